//! Sends one remote its stream: in order, in batches, as fast as it is taken. What to do next, [`delivery::Sender`] says;
//! here it is done.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use beep_core::backend::Backend;
use beep_core::backend::outbound::{self, OutboundStream, Unreadable};
use beep_core::domain::Domain;
use beep_core::port::StoreError;
use beep_core::transient::Transient;
use beep_federation::delivery::{self, Answered, Kept, Next, ResetReason};
use beep_federation::net::Egress;
use beep_federation::{Rpc, SharedPolicy};
use beep_proto::federation::{Acknowledged, Heard, OnEvents, OnTransient};
use serde_json::value::RawValue;

use super::calls::ask;
use super::label;
use super::senders::Remote;
use super::written;
use crate::hub::Closing;

/// What all senders need.
pub(super) struct Work {
    pub(super) backend: Weak<Backend>,
    pub(super) egress: Arc<Egress>,
    pub(super) policy: Arc<SharedPolicy>,
    /// How much is kept for a remote.
    pub(super) kept: Kept,
    pub(super) closing: Closing,
}

/// Sends a remote its stream until the backend stops.
pub(super) async fn run(to: Domain, remote: Arc<Remote>, work: Arc<Work>) {
    let outbound_stream = OutboundStream::new(to.clone());
    let mut task = Task { to, remote, work, sender: None, outbound_stream, pending: VecDeque::new() };
    while task.turn().await {}
}

struct Task {
    to: Domain,
    remote: Arc<Remote>,
    work: Arc<Work>,
    sender: Option<delivery::Sender>,
    outbound_stream: OutboundStream,
    /// What was read and is not acknowledged, in order.
    pending: VecDeque<Box<RawValue>>,
}

/// When a sender goes on.
enum Wait {
    /// At once.
    Not,
    /// When there is more in the stream.
    ForMore,
    /// After a pause, or when the remote is heard of.
    Pause(Duration),
}

impl Task {
    /// Does one step and waits for the next; says whether there is one.
    async fn turn(&mut self) -> bool {
        let closing = self.work.closing.clone();
        let Some(backend) = self.work.backend.upgrade().filter(|_| !closing.is_closing()) else { return false };
        let wait = match self.step(&backend).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(to = %self.to, %error, "the outbox for a remote backend cannot be read");
                // What was done of it is kept or is not: it is taken up as it is kept.
                self.sender = None;
                self.forget_read();
                Wait::Pause(STORE_PAUSE)
            }
        };
        self.tell_transients(&backend).await;
        // Nobody holds the backend while nothing is to be done.
        drop(backend);
        tokio::select! {
            heard = wait.ends(&self.remote) => {
                if let Some(sender) = self.sender.as_mut().filter(|_| heard) {
                    sender.woken();
                }
                true
            }
            () = closing.closes() => false,
        }
    }

    async fn step(&mut self, backend: &Backend) -> Result<Wait, StoreError> {
        let Some(stream) = backend.store.outbound_to(&self.to).await? else { return Ok(Wait::ForMore) };
        let waiting = stream.last - stream.acknowledged.seq;
        metrics::gauge!("beep_federation_queued", "domain" => label::of(&self.to)).set(waiting as f64);
        let now = backend.clock.now();
        let sender = self.sender.get_or_insert_with(|| delivery::Sender::new(&stream, self.work.kept));
        match sender.next(&stream, self.work.policy.get().allows(&self.to), now) {
            Next::Reset(reason) => self.reset(backend, reason).await?,
            Next::Handshake => self.call(backend, Vec::new()).await?,
            Next::Resend => {
                outbound::tell_again(backend, &self.to).await.map_err(StoreError::new)?;
                self.sender.iter_mut().for_each(delivery::Sender::resent);
            }
            Next::Send { first } => {
                if self.pending.is_empty() {
                    match self.outbound_stream.read(backend, first - 1, AT_ONCE).await {
                        Ok(batch) => self.pending.extend(written(&batch.deltas, &self.to)),
                        Err(Unreadable::Hole) => {
                            sender.unreadable();
                            return Ok(Wait::Not);
                        }
                        Err(Unreadable::Store(error)) => return Err(error),
                    }
                }
                let events = self.pending.iter().take(delivery::fitting(&self.pending)).cloned().collect();
                self.call(backend, events).await?;
            }
            Next::Wait(None) => return Ok(Wait::ForMore),
            Next::Wait(Some(until)) => return Ok(Wait::Pause(until.since(now))),
        }
        Ok(Wait::Not)
    }

    async fn call(&mut self, backend: &Backend, events: Vec<Box<RawValue>>) -> Result<(), StoreError> {
        let Some(sender) = &mut self.sender else { return Ok(()) };
        let (to, before, sent) = (&self.to, sender.acknowledged(), events.len());
        let batch = OnEvents::new(sender.stream(), before + 1, events);
        let asked = ask::<_, Acknowledged>(&self.work.egress, to, Rpc::OnEvents, &batch, true).await;
        let (now, random) = (backend.clock.now(), u64::from_be_bytes(backend.entropy.octets()));
        let acked = match asked {
            Ok(Acknowledged { acked_seq }) => acked_seq,
            Err(failed) => {
                sender.failed(now, random);
                let times = sender.failures();
                metrics::counter!("beep_federation_send_failures_total", "domain" => label::of(to)).increment(1);
                self.remote.fails(now, failed.to_string());
                tracing::info!(%to, error = %failed, times, "sending events to a remote backend failed; it is retried");
                // By the time that it goes out, the other may not see any more what was read for it.
                self.forget_read();
                return Ok(());
            }
        };
        metrics::counter!("beep_federation_sent_total", "domain" => label::of(to)).increment(sent as u64);
        self.remote.succeeds();
        match sender.answered(acked, sent as u64, now, random) {
            Answered::Applied => drop(self.pending.drain(..sent)),
            // The rest goes out at once, and what is told after it follows on what was read.
            Answered::Partly(applied) => {
                tracing::info!(%to, applied, sent, "the peer applied part of what it was sent");
                self.pending.drain(..usize::try_from(applied).unwrap_or(sent).min(sent));
            }
            Answered::Elsewhere => {
                tracing::info!(%to, acked, before, sent, "the peer is at another position; sending continues there");
                self.pending.clear();
            }
            Answered::PositionMismatch => {
                tracing::warn!(%to, acked, before, sent, "the peer acknowledged an event that was not sent to it");
                self.forget_read();
                return Ok(());
            }
        }
        if acked > before {
            outbound::acknowledge(backend, to, acked).await.map_err(StoreError::new)?;
        }
        Ok(())
    }

    /// Tells what is not stored, once: what fails is lost.
    async fn tell_transients(&self, backend: &Backend) {
        loop {
            let waiting = self.remote.transients(MOST_TRANSIENTS);
            if waiting.is_empty() || !self.work.policy.get().allows(&self.to) {
                return;
            }
            let now = backend.clock.now();
            let is_for_them = |what: &Transient| match what {
                Transient::Typing(typing) => {
                    now < typing.until && self.outbound_stream.shows(&typing.space_key(), typing.channel.id)
                }
                Transient::Presence { .. } => true,
            };
            let events: Vec<_> = waiting.iter().filter(|what| is_for_them(what)).map(Into::into).collect();
            if events.is_empty() {
                continue;
            }
            let told = OnTransient::new(events);
            let heard = ask::<_, Heard>(&self.work.egress, &self.to, Rpc::OnTransient, &told, false).await;
            if let Err(error) = heard {
                tracing::debug!(to = %self.to, %error, "a remote backend did not hear what is not stored");
                return;
            }
        }
    }

    async fn reset(&mut self, backend: &Backend, reason: ResetReason) -> Result<(), StoreError> {
        let stream = outbound::reset(backend, &self.to).await.map_err(StoreError::new)?;
        tracing::warn!(to = %self.to, %reason, "the stream is reset");
        metrics::counter!("beep_federation_resets_total", "domain" => label::of(&self.to)).increment(1);
        self.sender.iter_mut().for_each(|sender| sender.reset(stream));
        self.forget_read();
        Ok(())
    }

    fn forget_read(&mut self) {
        self.pending.clear();
        self.outbound_stream = OutboundStream::new(self.to.clone());
    }
}

impl Wait {
    /// Waits; says whether the remote was heard of, so that what waits for it need not.
    async fn ends(self, remote: &Remote) -> bool {
        match self {
            Self::Not => {}
            Self::ForMore => remote.more.notified().await,
            Self::Pause(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = remote.heard.notified() => return true,
            },
        }
        false
    }
}

/// What is not stored is told so much at once.
const MOST_TRANSIENTS: usize = 100;

/// Events that are read at once.
const AT_ONCE: u32 = 500;

/// How long the store is left alone after it failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
