//! The hub: hands each committed event to the live connections that may see it.
//!
//! Follows the log with one task. An event is serialised once for each wire format, and the same octets go to every
//! connection's own bounded queue; nobody here waits for a socket. Which connections may see a channel is worked out
//! once and kept until the facts or the connections of its server change.

mod closing;
mod company;
mod connection;
mod follow;
mod frame;
mod live;
mod room;
mod state;

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use beep_core::backend::Backend;
use beep_core::event::{Event, Position};
use beep_core::id::{ChannelId, SessionId, UserKey};
use beep_core::port::{Entropy, Publish, Snapshot, StoreError};
use beep_proto::cursor::Cursors;
use tokio::sync::{Notify, watch};

pub(crate) use closing::Closing;
pub(crate) use company::Focus;
use connection::Connection;
pub(crate) use connection::{Format, Frame};
pub(crate) use frame::{channel_states, event, frame, server_state};
pub(crate) use room::{fitting, room, room_of};

use state::State;

/// The live connections of this process and what they may see.
pub(crate) struct Hub {
    state: Mutex<State>,
    waiting: Mutex<Waiting>,
    more: Notify,
    /// Somebody is seen otherwise, departs, or is looked at.
    pub(crate) moved: Notify,
    /// How far events were handed out, for those who wait for that.
    reached: watch::Sender<Position>,
    /// How many clients are talked to.
    guests: watch::Sender<usize>,
    stage: watch::Sender<Stage>,
    cursors: Cursors,
    /// Whoever keeps what events change, and may not hear of those that are read from the log.
    caches: OnceLock<Vec<Arc<dyn Publish>>>,
}

/// How far a hub is; it never goes back.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Stage {
    Open,
    /// Connections are closed, and those that come.
    Closing,
    /// The log is followed no more.
    Ended,
}

/// What the hub has yet to do.
#[derive(Default)]
struct Waiting {
    events: VecDeque<Arc<Event>>,
    /// How far somebody has read the log, who waits for the hub to come there.
    wanted: Position,
}

/// The log moved on too far while a snapshot was read: take another.
#[derive(Debug)]
pub(crate) struct SnapshotTooOld;

impl Hub {
    /// A hub of a backend that follows the log of these cursors from a position on.
    pub(crate) fn new(backend: &Backend, cursors: Cursors, from: Position) -> Arc<Self> {
        let (clock, entropy) = (backend.clock.clone(), backend.entropy.clone());
        Arc::new(Self {
            state: Mutex::new(State::new(cursors.clone(), from, clock, entropy)),
            waiting: Mutex::default(),
            more: Notify::new(),
            moved: Notify::new(),
            reached: watch::Sender::new(from),
            guests: watch::Sender::new(0),
            stage: watch::Sender::new(Stage::Open),
            cursors,
            caches: OnceLock::new(),
        })
    }

    /// Has these be told of the events that are read from the log, as nobody may have published them. To be called once.
    pub(crate) fn tells(&self, caches: Vec<Arc<dyn Publish>>) {
        let _ = self.caches.set(caches);
    }

    /// Reads the log to its end, where there may be more than is published.
    pub(crate) fn look(&self) {
        self.want(Position(u64::MAX - 1));
    }

    /// Seals and opens the cursors of the log.
    pub(crate) fn cursors(&self) -> &Cursors {
        &self.cursors
    }

    /// The cursor of where a client stands, which tells nothing of what it was not told.
    pub(crate) fn standing(&self, position: Position, entropy: &dyn Entropy) -> String {
        self.cursors.standing(position, entropy.octets())
    }

    /// Takes events that were committed, in order. Never waits: what is too much to hold is read from the log later.
    pub(crate) fn publish(&self, events: &[Arc<Event>]) {
        let mut waiting = lock(&self.waiting);
        if waiting.events.len() + events.len() > MOST_WAITING {
            waiting.events.clear();
        }
        waiting.events.extend(events.iter().cloned());
        drop(waiting);
        self.more.notify_one();
    }

    /// Adds a connection whose client is told all up to `snapshot` by its caller; from there on by the hub. It is removed
    /// when what this gives is dropped.
    pub(crate) async fn attach(
        self: &Arc<Self>,
        user: &UserKey,
        session: SessionId,
        channels: Option<Vec<ChannelId>>,
        format: Format,
        snapshot: &Snapshot,
    ) -> Result<Attached, SnapshotTooOld> {
        tokio::select! {
            () = self.reach(snapshot.position) => {}
            // The connection is closed at once, wherever the hub is.
            () = self.closes() => {}
        }
        let connection = Arc::new(Connection::new(user.clone(), session, channels, snapshot.left_out.clone(), format));
        self.lock().attach(&connection, snapshot)?;
        self.moved.notify_one();
        Ok(Attached { hub: self.clone(), connection })
    }

    /// Knows of a client from before its hello until its farewell is said, when what this gives is dropped.
    pub(crate) fn welcome(self: &Arc<Self>) -> ConnectedClient {
        self.guests.send_modify(|guests| *guests += 1);
        ConnectedClient(self.clone())
    }

    /// Closes every connection, and those that come later.
    pub(crate) fn close(&self) {
        self.lock().close();
        self.go_to(Stage::Closing);
    }

    /// Ends the task that follows the log.
    pub(crate) fn end(&self) {
        self.go_to(Stage::Ended);
    }

    /// Tells others when the hub closes.
    pub(crate) fn closing(&self) -> Closing {
        Closing(self.stage.subscribe())
    }

    /// Waits until the hub closes.
    pub(crate) async fn closes(&self) {
        self.comes_to(Stage::Closing).await;
    }

    /// Waits until the farewell of every client is said.
    pub(crate) async fn farewells(&self) {
        // The sender lives as long as this.
        let _ = self.guests.subscribe().wait_for(|guests| *guests == 0).await;
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.lock().everybody().count()
    }

    /// Follows the log until the hub ends or nobody else has the backend.
    pub(crate) async fn run(self: Arc<Self>, backend: Weak<Backend>) {
        tokio::select! {
            () = self.follow_log(&backend) => {}
            () = self.comes_to(Stage::Ended) => {}
        }
    }

    async fn follow_log(&self, backend: &Weak<Backend>) {
        loop {
            self.more.notified().await;
            let Some(backend) = backend.upgrade() else { return };
            loop {
                let Waiting { events, wanted } = std::mem::take(&mut *lock(&self.waiting));
                if events.is_empty() && wanted <= self.lock().position {
                    break;
                }
                for event in events {
                    self.catch_up(&backend, event.position).await;
                    self.follow(&backend, event).await;
                }
                // The log can be read before its events are published, and may hold some that never are: those that
                // another process committed with its last breath.
                self.catch_up(&backend, Position(wanted.0 + 1)).await;
                self.reached.send_replace(self.lock().position);
            }
        }
    }

    /// Waits until all events up to a position of the log are handed out.
    async fn reach(&self, position: Position) {
        if self.lock().position >= position {
            return;
        }
        self.want(position);
        // The sender lives as long as this.
        let _ = self.reached.subscribe().wait_for(|reached| *reached >= position).await;
    }

    fn go_to(&self, stage: Stage) {
        self.stage.send_modify(|at| *at = stage.max(*at));
    }

    async fn comes_to(&self, stage: Stage) {
        // The sender lives as long as this.
        let _ = self.stage.subscribe().wait_for(|at| *at >= stage).await;
    }

    fn want(&self, position: Position) {
        let mut waiting = lock(&self.waiting);
        waiting.wanted = waiting.wanted.max(position);
        drop(waiting);
        self.more.notify_one();
    }

    /// Reads what was too much to hold, up to the event before `to`.
    async fn catch_up(&self, backend: &Backend, to: Position) {
        loop {
            let at = self.lock().position;
            if at.0 + 1 >= to.0 {
                return;
            }
            let events = retry_forever(|| backend.store.events_after(at, PAGE)).await;
            if events.is_empty() {
                return;
            }
            let events: Vec<_> = events.into_iter().map(Arc::new).collect();
            self.caches.get().into_iter().flatten().for_each(|cache| cache.missed(&events));
            for event in events {
                self.follow(backend, event).await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// A client while it is talked to.
pub(crate) struct ConnectedClient(Arc<Hub>);

impl Drop for ConnectedClient {
    fn drop(&mut self) {
        self.0.guests.send_modify(|guests| *guests -= 1);
    }
}

/// A connection while the hub knows it.
pub(crate) struct Attached {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
}

impl Deref for Attached {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.hub.lock().detach(&self.connection);
        self.hub.moved.notify_one();
    }
}

/// Reads from the store until it succeeds: without what it asks for the hub cannot go on.
async fn retry_forever<T, F: Future<Output = Result<T, StoreError>>>(read: impl Fn() -> F) -> T {
    loop {
        match read().await {
            Ok(read) => return read,
            Err(error) => {
                tracing::error!(%error, "the hub cannot read the event log; it tries again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Events that wait for the hub at most; it reads the log instead of more.
const MOST_WAITING: usize = 65_536;

/// Events that are read from the log at once.
const PAGE: u32 = 1_000;

/// How long the hub waits after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
