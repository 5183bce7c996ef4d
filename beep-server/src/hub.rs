//! The hub: hands each committed event to the live connections that may see it.
//!
//! Follows the log with one task. An event is serialised once for each wire format, and the same octets go to every
//! connection's own bounded queue; nobody here waits for a socket. Which connections may see a channel is worked out
//! once and kept until the facts or the connections of its server change.

mod connection;
mod follow;
mod frame;
mod state;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use beep_core::backend::Backend;
use beep_core::event::{Event, Position};
use beep_core::id::{ChannelId, SessionId, UserKey};
use beep_core::port::Snapshot;
use beep_proto::gateway::CloseCode;
use tokio::sync::Notify;

pub(crate) use connection::{Connection, Format, Frame};
pub(crate) use frame::{channel_states, event, frame, server_state};

use state::State;

/// The live connections of this process and what they may see.
pub(crate) struct Hub {
    state: Mutex<State>,
    waiting: Mutex<VecDeque<Arc<Event>>>,
    more: Notify,
    log: u64,
}

/// The log moved on too far while a snapshot was read: take another.
#[derive(Debug)]
pub(crate) struct Missed;

impl Hub {
    /// A hub that follows the log with this id from a position on.
    pub(crate) fn new(log: u64, from: Position) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::new(log, from)), waiting: Mutex::default(), more: Notify::new(), log })
    }

    /// The id of the log, which cursors carry.
    pub(crate) fn log(&self) -> u64 {
        self.log
    }

    /// Takes events that were committed, in order. Never waits: what is too much to hold is read from the log later.
    pub(crate) fn publish(&self, events: &[Arc<Event>]) {
        let mut waiting = lock(&self.waiting);
        if waiting.len() + events.len() > MOST_WAITING {
            waiting.clear();
        }
        waiting.extend(events.iter().cloned());
        drop(waiting);
        self.more.notify_one();
    }

    /// Adds a connection whose client is told all up to `snapshot` by its caller; from there on by the hub.
    pub(crate) fn attach(
        &self,
        user: &UserKey,
        session: SessionId,
        channels: Option<Vec<ChannelId>>,
        format: Format,
        snapshot: &Snapshot,
    ) -> Result<Arc<Connection>, Missed> {
        let connection = Arc::new(Connection::new(user.clone(), session, channels, format, snapshot.position));
        self.lock().attach(&connection, snapshot)?;
        Ok(connection)
    }

    /// Removes a connection.
    pub(crate) fn detach(&self, connection: &Arc<Connection>) {
        self.lock().detach(connection);
    }

    /// Closes every connection, and those that come later.
    pub(crate) fn close(&self) {
        for connection in self.lock().everybody() {
            connection.close(CloseCode::GoingAway);
        }
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.lock().everybody().count()
    }

    /// Follows the log for as long as the process lives.
    pub(crate) async fn run(self: Arc<Self>, backend: Arc<Backend>) {
        loop {
            self.more.notified().await;
            loop {
                let batch = std::mem::take(&mut *lock(&self.waiting));
                if batch.is_empty() {
                    break;
                }
                for event in batch {
                    self.catch_up(&backend, event.position).await;
                    self.follow(&backend, event).await;
                }
            }
        }
    }

    /// Reads what was too much to hold, up to the event before `to`.
    async fn catch_up(&self, backend: &Backend, to: Position) {
        loop {
            let at = self.lock().position;
            if at.0 + 1 >= to.0 {
                return;
            }
            match backend.store.events_after(at, PAGE).await {
                Ok(events) if events.is_empty() => return,
                Ok(events) => {
                    for event in events {
                        self.follow(backend, Arc::new(event)).await;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the hub cannot read the log; it tries again");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Events that wait for the hub at most; it reads the log instead of more.
const MOST_WAITING: usize = 65_536;

/// Events that are read from the log at once.
const PAGE: u32 = 1_000;
