//! Sends each other backend its stream: in order, in batches, as fast as it is taken, and no faster than it is there.
//!
//! One task for each remote, so that one that is slow or down slows nobody else. What was sent is let go of when the
//! other says that it has applied it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use beep_core::backend::Backend;
use beep_core::backend::outbound::{self, Outlet, Unreadable};
use beep_core::domain::Domain;
use beep_core::port::{Outbound, StoreError};
use beep_core::time::Timestamp;
use beep_federation::Rpc;
use beep_proto::federation::{Acknowledged, Entry, OnEvents};
use serde_json::value::RawValue;
use tokio::sync::Notify;
use uuid::Uuid;

use super::calls::ask;
use crate::app::App;

/// The tasks that send, one for each remote.
#[derive(Default)]
pub(crate) struct Senders {
    remotes: Mutex<HashMap<Domain, Arc<Remote>>>,
    app: std::sync::OnceLock<Weak<App>>,
}

/// What is known of one remote's sender from outside.
#[derive(Default)]
pub(crate) struct Remote {
    /// There is more in the stream.
    more: Notify,
    /// The remote was heard of.
    heard: Notify,
    failure: Mutex<Option<Failure>>,
}

/// The last thing that went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) at: Timestamp,
    pub(crate) error: String,
    /// How often in a row.
    pub(crate) times: u32,
}

impl Senders {
    /// Sends what waits from before, and from now on what comes.
    pub(crate) fn begin(self: &Arc<Self>, app: &Arc<App>) {
        let _ = self.app.set(Arc::downgrade(app));
        let (senders, backend) = (self.clone(), app.backend.clone());
        tokio::spawn(async move {
            match backend.store.outbound().await {
                Ok(streams) => senders.queued(&streams.into_iter().map(|stream| stream.to).collect::<Vec<_>>()),
                Err(error) => tracing::error!(%error, "the streams to other backends cannot be read"),
            }
        });
    }

    /// Takes that there is more in the streams to these backends.
    pub(crate) fn queued(&self, to: &[Domain]) {
        for to in to {
            self.remote(to).more.notify_one();
        }
    }

    /// Takes that a remote was heard of: who waits to try again need not.
    pub(crate) fn wake(&self, remote: &Domain) {
        if let Some(known) = self.lock().get(remote) {
            known.heard.notify_one();
        }
    }

    /// The last thing that went wrong with a remote, if it has not gone well since.
    pub(crate) fn failure(&self, remote: &Domain) -> Option<Failure> {
        self.lock().get(remote)?.failure()
    }

    fn remote(&self, to: &Domain) -> Arc<Remote> {
        let mut remotes = self.lock();
        if let Some(known) = remotes.get(to) {
            return known.clone();
        }
        let remote = Arc::new(Remote::default());
        remotes.insert(to.clone(), remote.clone());
        if let Some(app) = self.app.get() {
            let work = Sender { to: to.clone(), app: app.clone(), remote: remote.clone() };
            tokio::spawn(work.run());
        }
        remote
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Domain, Arc<Remote>>> {
        self.remotes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remote {
    fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fails(&self, at: Timestamp, error: String) -> u32 {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let times = failure.as_ref().map_or(0, |failure| failure.times) + 1;
        *failure = Some(Failure { at, error, times });
        times
    }

    fn succeeds(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The task of one remote.
struct Sender {
    to: Domain,
    app: Weak<App>,
    remote: Arc<Remote>,
}

/// What a sender knows of its stream.
struct Progress {
    stream: Uuid,
    acknowledged: u64,
    outlet: Outlet,
    /// What was read and is not sent, from `acknowledged` on.
    pending: VecDeque<Box<RawValue>>,
    /// Whether the other was told of this stream.
    announced: bool,
}

/// What a sender does next.
enum Next {
    /// Goes on at once.
    Again,
    /// Nothing is left: it waits for more.
    Idle,
    /// It waits before it tries again.
    Pause(Duration),
}

impl Sender {
    async fn run(self) {
        let mut progress = None;
        loop {
            let Some(app) = self.app.upgrade().filter(|app| !app.is_draining()) else { return };
            let next = match self.step(&app, &mut progress).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(to = %self.to, %error, "a stream cannot be read");
                    Next::Pause(STORE_PAUSE)
                }
            };
            let closing = app.hub.clone();
            // Nobody holds the backend while nothing is to be done.
            drop(app);
            tokio::select! {
                () = self.wait(next) => {}
                () = closing.closes() => return,
            }
        }
    }

    async fn wait(&self, next: Next) {
        match next {
            Next::Again => {}
            Next::Idle => self.remote.more.notified().await,
            Next::Pause(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.remote.heard.notified() => {}
            },
        }
    }

    async fn step(&self, app: &App, progress: &mut Option<Progress>) -> Result<Next, StoreError> {
        let Some(federation) = &app.federation else { return Ok(Next::Idle) };
        let backend = &app.backend;
        let now = match progress {
            Some(now) => now,
            None => match self.stream(backend).await? {
                Some(stream) => progress.insert(Progress::new(&self.to, &stream)),
                None => return Ok(Next::Idle),
            },
        };
        if !federation.allows(&self.to) {
            // What it is not to be told is not kept for it either: when it is back it begins anew.
            self.reset(backend, now).await?;
            return Ok(Next::Pause(DENIED_PAUSE));
        }
        if !now.announced {
            return self.send(app, now).await;
        }
        if now.pending.is_empty() {
            if self.is_past(app).await? {
                self.reset(backend, now).await?;
            }
            match now.outlet.read(backend, now.acknowledged, AT_ONCE).await {
                Ok(batch) => now.pending.extend(batch.notices.iter().map(|notice| raw(&Entry::from(notice)))),
                Err(Unreadable::Hole) => self.reset(backend, now).await?,
                Err(Unreadable::Store(error)) => return Err(error),
            }
        }
        if now.pending.is_empty() {
            return Ok(Next::Idle);
        }
        self.send(app, now).await
    }

    /// Sends what is pending. At first nothing: where the other is, it says; what it is told then may differ from what it
    /// was told before.
    async fn send(&self, app: &App, now: &mut Progress) -> Result<Next, StoreError> {
        let Some(federation) = &app.federation else { return Ok(Next::Idle) };
        let backend = &app.backend;
        let batch = now.batch();
        let sent = batch.events.len();
        match ask::<_, Acknowledged>(&federation.egress, &self.to, Rpc::OnEvents, &batch, true).await {
            Ok(Acknowledged { acked_seq }) => {
                now.announced = true;
                self.remote.succeeds();
                metrics::counter!("beep_federation_sent_total", "domain" => self.to.to_string()).increment(sent as u64);
                self.acknowledged(backend, now, acked_seq, sent as u64).await?;
                Ok(Next::Again)
            }
            Err(failed) => {
                let times = self.remote.fails(backend.clock.now(), failed.to_string());
                tracing::info!(to = %self.to, error = %failed, times, "a stream is not taken");
                let random = u64::from_be_bytes(backend.entropy.octets());
                Ok(Next::Pause(pause(times, random)))
            }
        }
    }

    async fn stream(&self, backend: &Backend) -> Result<Option<Outbound>, StoreError> {
        Ok(backend.store.outbound().await?.into_iter().find(|stream| stream.to == self.to))
    }

    /// Takes what the other says that it has applied.
    async fn acknowledged(&self, backend: &Backend, now: &mut Progress, seq: u64, sent: u64) -> Result<(), StoreError> {
        let expected = now.acknowledged + sent;
        if seq == expected {
            now.pending.drain(..usize::try_from(sent).unwrap_or(usize::MAX).min(now.pending.len()));
        } else {
            // It is elsewhere: from there on it is told again.
            tracing::info!(to = %self.to, seq, expected, "the other backend is elsewhere in the stream");
            now.pending.clear();
        }
        let last = self.stream(backend).await?.map_or(0, |stream| stream.last);
        if seq > last || seq < now.acknowledged {
            // It has what it was never sent, or has lost what it had: only a fresh stream brings the two together.
            return self.reset(backend, now).await;
        }
        now.acknowledged = seq;
        outbound::acknowledge(backend, &self.to, seq).await.map_err(StoreError::new)
    }

    /// Whether more waits, or for longer, than is kept for a remote.
    async fn is_past(&self, app: &App) -> Result<bool, StoreError> {
        let Some(stream) = self.stream(&app.backend).await? else { return Ok(false) };
        let settings = &app.config.federation;
        let oldest = app.backend.clock.now().before(Duration::from_secs(settings.retention_s));
        Ok(stream.last - stream.acknowledged.seq > settings.max_backlog
            || stream.waits_since.is_some_and(|since| since < oldest))
    }

    /// Begins the stream anew: the other fetches what it missed.
    async fn reset(&self, backend: &Backend, now: &mut Progress) -> Result<(), StoreError> {
        let stream = outbound::reset(backend, &self.to).await.map_err(StoreError::new)?;
        tracing::warn!(to = %self.to, "the stream begins anew");
        metrics::counter!("beep_federation_resets_total", "domain" => self.to.to_string()).increment(1);
        *now = Progress {
            stream,
            acknowledged: 0,
            outlet: Outlet::new(self.to.clone()),
            pending: VecDeque::new(),
            announced: false,
        };
        Ok(())
    }
}

impl Progress {
    fn new(to: &Domain, stream: &Outbound) -> Self {
        Self {
            stream: stream.acknowledged.stream,
            acknowledged: stream.acknowledged.seq,
            outlet: Outlet::new(to.clone()),
            pending: VecDeque::new(),
            announced: false,
        }
    }

    /// As much of what is pending as one call takes.
    fn batch(&self) -> OnEvents {
        let mut octets = 0;
        let fits = |entry: &&Box<RawValue>| {
            octets += entry.get().len() + 1;
            octets <= MOST_OCTETS
        };
        let mut events: Vec<_> = self.pending.iter().take_while(fits).cloned().collect();
        if events.is_empty() {
            events.extend(self.pending.front().cloned());
        }
        OnEvents::new(self.stream, self.acknowledged + 1, events)
    }
}

/// What follows a number in the stream to a remote; `None` if the stream does not reach back so far.
///
/// # Errors
/// Only when the store fails.
pub(crate) async fn batch_after(
    backend: &Backend,
    to: &Domain,
    after: u64,
    limit: u32,
) -> Result<Option<OnEvents>, StoreError> {
    let streams = backend.store.outbound().await?;
    let Some(stream) = streams.into_iter().find(|stream| stream.to == *to) else { return Ok(None) };
    if after < stream.acknowledged.seq || after > stream.last {
        return Ok(None);
    }
    match Outlet::new(to.clone()).read(backend, after, limit).await {
        Ok(batch) => {
            let events = batch.notices.iter().map(|notice| raw(&Entry::from(notice))).collect();
            Ok(Some(OnEvents::new(stream.acknowledged.stream, after + 1, events)))
        }
        Err(Unreadable::Hole) => Ok(None),
        Err(Unreadable::Store(error)) => Err(error),
    }
}

fn raw(entry: &Entry) -> Box<RawValue> {
    serde_json::value::to_raw_value(entry).expect("entries have string keys and no failing parts")
}

/// How long to wait after so many failures in a row: exponential with full jitter (contract: federation, "Events between
/// backends").
fn pause(times: u32, random: u64) -> Duration {
    let most = LEAST_PAUSE.saturating_mul(1 << times.saturating_sub(1).min(16)).min(MOST_PAUSE);
    let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random % millis.max(1))
}

/// Events that are read at once.
const AT_ONCE: u32 = 500;

/// The octets of events in one call: below what a peer takes, 4 MiB, by what is around them.
const MOST_OCTETS: usize = 7 << 19;

const LEAST_PAUSE: Duration = Duration::from_secs(1);
const MOST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How long the store is left alone after it failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How soon it is looked whether a remote is allowed again.
const DENIED_PAUSE: Duration = Duration::from_secs(1);
