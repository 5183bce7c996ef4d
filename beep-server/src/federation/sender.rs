//! Sends each other backend its stream: in order, in batches, as fast as it is taken, and no faster than it is there.
//!
//! One task for each remote, so that one that is slow or down slows nobody else. What was sent is let go of when the
//! other says that it has applied it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use beep_core::backend::Backend;
use beep_core::backend::outbound::{self, OutboundStream, Unreadable};
use beep_core::domain::Domain;
use beep_core::port::{Outbound, StoreError, StreamMark};
use beep_core::replica_delta::ReplicaDelta;
use beep_core::time::Timestamp;
use beep_federation::Rpc;
use beep_federation::delivery::{self, Acked, Step};
use beep_proto::federation::{Acknowledged, Entry, OnEvents};
use serde_json::value::RawValue;
use tokio::sync::Notify;

use super::Federation;
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

    fn fails(&self, at: Timestamp, error: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(Failure { at, error });
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
    delivery: delivery::Outbound,
    outbound_stream: OutboundStream,
    /// What was read and is not acknowledged, in order.
    pending: VecDeque<Box<RawValue>>,
    /// Whether the other has said where it is.
    handshaken: bool,
    /// Whether that was where it cannot be.
    position_mismatch: bool,
    /// Whether the invitations of its users are in the stream, if it began anew.
    resent: bool,
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
        let mut progress: Option<Progress> = None;
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
                heard = self.wait(next) => {
                    if let Some(progress) = progress.as_mut().filter(|_: &&mut Progress| heard) {
                        progress.delivery.woken();
                    }
                }
                () = closing.closes() => return,
            }
        }
    }

    /// Waits; says whether the remote was heard of, so that what waits for it need not.
    async fn wait(&self, next: Next) -> bool {
        match next {
            Next::Again => {}
            Next::Idle => self.remote.more.notified().await,
            Next::Pause(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.remote.heard.notified() => return true,
            },
        }
        false
    }

    async fn step(&self, app: &App, progress: &mut Option<Progress>) -> Result<Next, StoreError> {
        let Some(federation) = &app.federation else { return Ok(Next::Idle) };
        let backend = &app.backend;
        let Some(stream) = backend.store.outbound_to(&self.to).await? else { return Ok(Next::Idle) };
        let waiting = stream.last - stream.acknowledged.seq;
        metrics::gauge!("beep_federation_queued", "domain" => self.to.to_string()).set(waiting as f64);
        let now = progress.get_or_insert_with(|| Progress::new(&self.to, &stream));
        now.delivery.queued(stream.last);
        if !federation.allows(&self.to) {
            // What it is not to be told is not kept for it either: when it is back it begins anew.
            if stream.last > 0 {
                self.reset(backend, now, "it is not on the allow list").await?;
            }
            now.resent = false;
            return Ok(Next::Pause(DENIED_PAUSE));
        }
        if !now.resent {
            outbound::tell_again(backend, &self.to).await.map_err(StoreError::new)?;
            now.resent = true;
            return Ok(Next::Again);
        }
        if is_past(app, &stream) {
            self.reset(backend, now, "more waits than is kept").await?;
        }
        let time = backend.clock.now();
        if !now.handshaken {
            return match now.delivery.retry(time) {
                Some(retry) => Ok(Next::Pause(retry.since(time))),
                // Where the other is, it says; what it is told then may differ from what it was told before.
                None => self.send(app, federation, now, Vec::new()).await,
            };
        }
        match now.delivery.next(time) {
            Step::Wait(None) => Ok(Next::Idle),
            Step::Wait(Some(retry)) => Ok(Next::Pause(retry.since(time))),
            Step::Send { first, .. } => {
                if now.pending.is_empty() {
                    match now.outbound_stream.read(backend, first - 1, AT_ONCE).await {
                        Ok(batch) => now.pending.extend(written(&batch.deltas, &self.to)),
                        Err(Unreadable::Hole) => {
                            self.reset(backend, now, "part of it is no longer kept").await?;
                            return Ok(Next::Again);
                        }
                        Err(Unreadable::Store(error)) => return Err(error),
                    }
                }
                let events = now.batch();
                self.send(app, federation, now, events).await
            }
        }
    }

    async fn send(
        &self,
        app: &App,
        federation: &Federation,
        now: &mut Progress,
        events: Vec<Box<RawValue>>,
    ) -> Result<Next, StoreError> {
        let backend = &app.backend;
        let before = now.delivery.acknowledged();
        // More may have been committed before it was read than there was when the stream was looked at.
        now.delivery.queued(before + events.len() as u64);
        let batch = OnEvents::new(now.delivery.stream(), before + 1, events);
        match ask::<_, Acknowledged>(&federation.egress, &self.to, Rpc::OnEvents, &batch, true).await {
            Ok(Acknowledged { acked_seq }) => {
                let sent = batch.events.len();
                metrics::counter!("beep_federation_sent_total", "domain" => self.to.to_string()).increment(sent as u64);
                self.remote.succeeds();
                now.handshaken = true;
                if now.delivery.acked(acked_seq) == Acked::Astray {
                    tracing::warn!(to = %self.to, acked_seq, before, sent, "the other backend is where it cannot be");
                    if now.position_mismatch {
                        self.reset(backend, now, "the other backend is not where it can be").await?;
                    } else {
                        // It is looked at once more where both are, before all is told again.
                        if let Some(stream) = backend.store.outbound_to(&self.to).await? {
                            *now = Progress::new(&self.to, &stream);
                        }
                        now.position_mismatch = true;
                    }
                    self.stumbles(backend, now);
                    return Ok(Next::Again);
                }
                now.position_mismatch = false;
                if sent > 0 && acked_seq <= before {
                    self.stumbles(backend, now);
                }
                if acked_seq == before + sent as u64 {
                    now.pending.drain(..sent);
                } else {
                    // It is elsewhere: from there on it is told again.
                    tracing::info!(to = %self.to, acked_seq, before, sent, "the other backend is elsewhere in the stream");
                    now.pending.clear();
                }
                if acked_seq > before {
                    outbound::acknowledge(backend, &self.to, acked_seq).await.map_err(StoreError::new)?;
                }
                Ok(Next::Again)
            }
            Err(failed) => {
                self.stumbles(backend, now);
                // By the time that it goes out, the other may not see any more what was read for it.
                now.pending.clear();
                now.outbound_stream = OutboundStream::new(self.to.clone());
                let times = now.delivery.failures();
                metrics::counter!("beep_federation_send_failures_total", "domain" => self.to.to_string()).increment(1);
                self.remote.fails(backend.clock.now(), failed.to_string());
                tracing::info!(to = %self.to, error = %failed, times, "a stream is not taken");
                Ok(Next::Again)
            }
        }
    }

    /// Takes that it came to nothing, so that it is tried again later.
    fn stumbles(&self, backend: &Backend, now: &mut Progress) {
        now.delivery.failed(backend.clock.now(), u64::from_be_bytes(backend.entropy.octets()));
    }

    /// Begins the stream anew: the other fetches what it missed.
    async fn reset(&self, backend: &Backend, now: &mut Progress, why: &str) -> Result<(), StoreError> {
        let stream = outbound::reset(backend, &self.to).await.map_err(StoreError::new)?;
        tracing::warn!(to = %self.to, why, "the stream begins anew");
        metrics::counter!("beep_federation_resets_total", "domain" => self.to.to_string()).increment(1);
        now.delivery.reset(stream);
        now.outbound_stream = OutboundStream::new(self.to.clone());
        now.pending.clear();
        now.handshaken = false;
        now.resent = false;
        Ok(())
    }
}

impl Progress {
    fn new(to: &Domain, stream: &Outbound) -> Self {
        let StreamMark { stream: id, seq } = stream.acknowledged;
        Self {
            delivery: delivery::Outbound::new(id, seq, stream.last),
            outbound_stream: OutboundStream::new(to.clone()),
            pending: VecDeque::new(),
            handshaken: false,
            position_mismatch: false,
            // An empty stream may have begun anew before this process.
            resent: stream.last > 0,
        }
    }

    /// As much of what is pending as one call takes.
    fn batch(&self) -> Vec<Box<RawValue>> {
        self.pending.iter().take(fitting(&self.pending)).cloned().collect()
    }
}

/// Whether more waits, or for longer, than is kept for a remote.
fn is_past(app: &App, stream: &Outbound) -> bool {
    let settings = &app.config.federation;
    let oldest = app.backend.clock.now().before(Duration::from_secs(settings.retention_s));
    stream.last - stream.acknowledged.seq > settings.max_backlog
        || stream.waits_since.is_some_and(|since| since < oldest)
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
    let Some(stream) = backend.store.outbound_to(to).await? else { return Ok(None) };
    if after < stream.acknowledged.seq || after > stream.last {
        return Ok(None);
    }
    match OutboundStream::new(to.clone()).read(backend, after, limit).await {
        Ok(batch) => {
            let mut events = written(&batch.deltas, to);
            events.truncate(fitting(&events));
            Ok(Some(OnEvents::new(stream.acknowledged.stream, after + 1, events)))
        }
        Err(Unreadable::Hole) => Ok(None),
        Err(Unreadable::Store(error)) => Err(error),
    }
}

/// What is told of events, as it travels. What no call can carry is left out, lest it holds up all that follows.
fn written(deltas: &[ReplicaDelta], to: &Domain) -> Vec<Box<RawValue>> {
    let raw =
        |entry: &Entry| serde_json::value::to_raw_value(entry).expect("entries have string keys and no failing parts");
    let written = deltas.iter().map(|delta| {
        let entry = raw(&Entry::from(delta));
        if entry.get().len() < MOST_OCTETS {
            return entry;
        }
        metrics::counter!("beep_federation_left_out_total", "domain" => to.to_string()).increment(1);
        tracing::error!(%to, octets = entry.get().len(), "an event, or a server whole, is too large to be told");
        // Without the server around it, what happened may still be told.
        let event = raw(&Entry { event: delta.event.as_ref().map(Into::into), ..Entry::default() });
        if event.get().len() < MOST_OCTETS { event } else { raw(&Entry::default()) }
    });
    written.collect()
}

/// How many of what is told, from the first on, one call carries.
fn fitting<'a>(entries: impl IntoIterator<Item = &'a Box<RawValue>>) -> usize {
    let mut octets = 0;
    let fits = entries.into_iter().take_while(|entry| {
        octets += entry.get().len() + 1;
        octets <= MOST_OCTETS
    });
    fits.count()
}

/// Events that are read at once.
const AT_ONCE: u32 = 500;

/// The octets of events in one call: below what a peer takes, 4 MiB, by what is around them.
const MOST_OCTETS: usize = 7 << 19;

/// How long the store is left alone after it failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How soon it is looked whether a remote is allowed again.
const DENIED_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use beep_core::event::{EventBody, Stream};
    use beep_core::id::{Id, Qualified, SpaceId};
    use beep_core::port::Place;
    use beep_core::replica_delta::ReplicatedEvent;

    fn delta(octets: usize) -> ReplicaDelta {
        let domain = Domain::parse("a.example.com").expect("a domain");
        let stream = Stream::Space(Qualified::new(SpaceId::from_uuid(uuid::Uuid::nil()), domain));
        let data = format!("\"{}\"", "x".repeat(octets)).into_bytes();
        let body = EventBody::Unknown { kind: "server.sang".to_owned(), data };
        let place = Place { seq: 1, at: Timestamp::from_millis(0) };
        ReplicaDelta { event: Some(ReplicatedEvent { stream, place, body }), ..ReplicaDelta::default() }
    }

    #[test]
    fn what_no_call_carries_holds_up_nothing() {
        let to = Domain::parse("b.example.com").expect("a domain");
        let entries = written(&[delta(10), delta(MOST_OCTETS), delta(10)], &to);
        assert_eq!(entries[1].get(), "{}");
        assert!(entries[0].get().contains("server.sang") && entries[2].get().contains("server.sang"));
        assert_eq!(fitting(&entries), 3);
    }

    #[test]
    fn a_call_carries_what_fits_from_the_first_on() {
        let to = Domain::parse("b.example.com").expect("a domain");
        let half = MOST_OCTETS / 2;
        assert_eq!(fitting(&written(&[delta(10), delta(half), delta(half), delta(10)], &to)), 2);
        assert_eq!(fitting(&written(&[delta(half), delta(10), delta(10)], &to)), 3);
        assert_eq!(fitting(&written(&[], &to)), 0);
    }
}
