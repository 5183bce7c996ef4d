//! Messages on their way: kept over restarts, in order within each channel, and said once.
//!
//! `Queue` decides what is sent when; it is pure. Each message has a nonce that stays the same over all attempts and
//! restarts, so that a backend that already has it answers with the first one. Channels do not wait for each other: each
//! is a lane with one message under way and its own pauses.

mod lane;
mod outgoing;

use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{ChannelId, MessageId, UserId};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::messages::Send;
use beep_proto::view::Message;

use self::lane::Lane;
pub(crate) use self::outgoing::StoredOutgoing;
pub use self::outgoing::{Outgoing, SendState};
use crate::error::Error;
use crate::failure::{Failure, Outlook};
use crate::moment::Moment;
use crate::observe::ObservedList;
use crate::sorted::{SortedMap, SortedSet};
use crate::transport::TransportErrorKind;

/// Why a message is not queued, edited or discarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// [`MAX_QUEUED`] messages wait.
    #[error("at most {MAX_QUEUED} messages wait to be sent")]
    Full,
    /// The text has more than [`MAX_QUEUED_LEN`] bytes.
    #[error("a text that waits has at most {MAX_QUEUED_LEN} bytes")]
    TooLong,
    /// It is not in the queue: it was sent, or discarded.
    #[error("the message is not in the queue")]
    Gone,
    /// It is being sent, or an earlier attempt may have arrived: another text under its nonce would be lost.
    #[error("the message may have been sent")]
    MayBeSent,
}

/// The messages of an account that are not known to be sent.
#[derive(Debug)]
pub(crate) struct Queue {
    me: Full<UserId>,
    /// In the order in which they were queued.
    list: ObservedList<Arc<Outgoing>>,
    lanes: SortedMap<Full<ChannelId>, Lane>,
    /// What changed since it was last handed out to be stored, by nonce.
    unsaved: SortedSet<String>,
    /// What no storage has been asked to keep yet; it is not sent before.
    unkept: SortedSet<String>,
    is_paused: bool,
    is_restored: bool,
    next_number: u64,
}

impl Queue {
    /// Has nothing to send yet, and sends nothing before [`Self::restore`].
    pub(crate) fn new(me: Full<UserId>) -> Self {
        Self {
            me,
            list: ObservedList::default(),
            lanes: SortedMap::new(),
            unsaved: SortedSet::new(),
            unkept: SortedSet::new(),
            is_paused: false,
            is_restored: false,
            next_number: 0,
        }
    }

    /// Takes what was stored, before what was queued meanwhile.
    pub(crate) fn restore(&mut self, mut stored: Vec<StoredOutgoing>) {
        stored.sort_by(|a, b| (a.number, &a.nonce).cmp(&(b.number, &b.nonce)));
        let first = stored.last().map_or(0, |last| last.number.saturating_add(1));
        let queued = self.list.rows().iter().map(|one| {
            let mut one = Outgoing::clone(one);
            one.number = one.number.saturating_add(first);
            Arc::new(one)
        });
        let queued: Vec<_> = queued.collect();
        self.next_number = self.next_number.saturating_add(first);
        let all = stored.into_iter().map(|one| Arc::new(one.into())).chain(queued).collect();
        self.list.replace(all, |one: &Arc<Outgoing>| one.nonce.clone());
        self.is_restored = true;
    }

    /// The messages, to watch.
    pub(crate) fn list(&mut self) -> &mut ObservedList<Arc<Outgoing>> {
        &mut self.list
    }

    /// The messages of a channel, in order.
    pub(crate) fn of<'a>(&'a self, channel: &'a Full<ChannelId>) -> impl Iterator<Item = &'a Arc<Outgoing>> {
        self.list.rows().iter().filter(move |one| one.channel == *channel)
    }

    /// Queues a message under a nonce that nothing else has.
    pub(crate) fn push(
        &mut self,
        nonce: String,
        channel: &Full<ChannelId>,
        content: String,
        reply_to: Option<Bare<MessageId>>,
        now: Moment,
    ) -> Result<(), QueueError> {
        if self.list.rows().len() >= MAX_QUEUED {
            return Err(QueueError::Full);
        }
        if content.len() > MAX_QUEUED_LEN {
            return Err(QueueError::TooLong);
        }
        let number = self.next_number;
        self.next_number += 1;
        self.unsaved.insert(nonce.clone());
        self.unkept.insert(nonce.clone());
        let outgoing = Outgoing {
            nonce,
            channel: channel.clone(),
            content,
            reply_to,
            queued_at: now.at.into(),
            state: SendState::Queued,
            number,
            is_cut_off: false,
        };
        self.list.insert(self.list.rows().len(), vec![Arc::new(outgoing)]);
        Ok(())
    }

    /// Sends a message that failed once more, or one that waits at once.
    pub(crate) fn retry(&mut self, nonce: &str) -> Result<(), QueueError> {
        let at = self.find(nonce).ok_or(QueueError::Gone)?;
        let held = self.list.rows()[at].clone();
        match held.state {
            SendState::Failed { .. } => self.set(at, SendState::Queued, held.is_cut_off),
            SendState::Waiting { .. } => self.lane(&held.channel).attempts.hurry(),
            SendState::Queued | SendState::Sending => {}
        }
        Ok(())
    }

    /// Replaces the text of a message that certainly was not sent; one that failed is then sent again.
    pub(crate) fn edit(&mut self, nonce: &str, content: String) -> Result<(), QueueError> {
        if content.len() > MAX_QUEUED_LEN {
            return Err(QueueError::TooLong);
        }
        let at = self.find(nonce).ok_or(QueueError::Gone)?;
        let held = &self.list.rows()[at];
        if held.is_cut_off || held.state == SendState::Sending {
            return Err(QueueError::MayBeSent);
        }
        let edited = Outgoing { content, state: SendState::Queued, ..Outgoing::clone(held) };
        self.list.update(at, Arc::new(edited));
        self.unsaved.insert(nonce.to_owned());
        self.unkept.insert(nonce.to_owned());
        Ok(())
    }

    /// Gives a message up. It may still have been sent if an attempt was cut off; then it appears in the channel.
    pub(crate) fn discard(&mut self, nonce: &str) -> Result<Arc<Outgoing>, QueueError> {
        let at = self.find(nonce).ok_or(QueueError::Gone)?;
        let held = self.list.rows()[at].clone();
        if held.state == SendState::Sending {
            return Err(QueueError::MayBeSent);
        }
        self.remove(at);
        Ok(held)
    }

    /// The next message to send now, which is then under way until [`Self::answered`].
    pub(crate) fn next_send(&mut self, now: Moment) -> Option<Send> {
        if !self.is_restored || self.is_paused {
            return None;
        }
        let mut busy: SortedMap<&Domain, usize> = SortedMap::new();
        for (channel, _) in self.lanes.iter().filter(|(_, lane)| lane.under_way.is_some()) {
            *busy.get_or_insert_with(channel.home(), Default::default) += 1;
        }
        let mut passed: SortedSet<&Full<ChannelId>> = SortedSet::new();
        let at = self.list.rows().iter().position(|one| {
            // Only the first of a channel that has not failed for good is next there.
            if matches!(one.state, SendState::Failed { .. }) || !passed.insert(&one.channel) {
                return false;
            }
            let is_free = busy.get(one.channel.home()).is_none_or(|busy| *busy < MAX_UNDER_WAY);
            is_free
                && !self.unkept.contains(&one.nonce)
                && self.lanes.get(&one.channel).is_none_or(|lane| lane.is_free(now))
        })?;
        let held = self.list.rows()[at].clone();
        self.lane(&held.channel).under_way = Some(held.nonce.clone());
        self.set(at, SendState::Sending, held.is_cut_off);
        let send = Send::new(&held.channel, &*held.content).nonce(&*held.nonce);
        Some(match held.reply_to {
            Some(message) => send.reply_to(message),
            None => send,
        })
    }

    /// When [`Self::next_send`] has something next because a pause ends.
    pub(crate) fn due(&self) -> Option<Duration> {
        if !self.is_restored || self.is_paused {
            return None;
        }
        self.lanes.values().filter(|lane| lane.under_way.is_none()).filter_map(|lane| lane.attempts.due()).min()
    }

    /// How an attempt ended. A message that was sent leaves the queue.
    pub(crate) fn answered(&mut self, channel: &Full<ChannelId>, nonce: &str, failure: Option<&Error>, now: Moment) {
        let Some(lane) = self.lanes.get_mut(channel) else { return };
        if lane.under_way.as_deref() != Some(nonce) {
            return;
        }
        lane.under_way = None;
        let Some(error) = failure else {
            lane.attempts.succeeded();
            if let Some(at) = self.find(nonce) {
                self.remove(at);
            }
            return self.forget_idle_lane(channel);
        };
        let outlook = Outlook::of(error);
        let retry_in = match outlook {
            Outlook::Transient => Some(lane.attempts.failed(None, now)),
            Outlook::Limited(pause) => Some(lane.attempts.failed(Some(pause), now)),
            Outlook::SignedOut => {
                self.is_paused = true;
                Some(Duration::ZERO)
            }
            Outlook::Lasting => {
                lane.attempts.succeeded();
                None
            }
        };
        let Some(at) = self.find(nonce) else { return };
        let reason = Failure::from(error);
        // A refusal says that this attempt did not send it; an earlier one still may have.
        let is_cut_off = self.list.rows()[at].is_cut_off || (outlook == Outlook::Transient && !is_unreached(error));
        let state = match retry_in {
            Some(time) => SendState::Waiting { reason, retry_at: now.after(time) },
            None => SendState::Failed { reason },
        };
        self.set(at, state, is_cut_off);
        self.forget_idle_lane(channel);
    }

    /// Takes a message that was said: if it is one of these, it leaves the queue. Gives its nonce then.
    pub(crate) fn heard(&mut self, message: &Message) -> Option<String> {
        let nonce = message.nonce.as_deref().filter(|_| message.author.as_ref() == Some(&self.me))?;
        let at = self.find(nonce).filter(|at| self.list.rows()[*at].channel == message.channel_id)?;
        self.remove(at);
        if let Some(lane) = self.lanes.get_mut(&message.channel_id)
            && lane.under_way.as_deref() == Some(nonce)
        {
            *lane = Lane::default();
        }
        self.forget_idle_lane(&message.channel_id);
        Some(nonce.to_owned())
    }

    /// Ends the pauses of the channels of a backend, or of all: it is back, or the network is.
    pub(crate) fn hurry(&mut self, domain: Option<&Domain>) {
        let of = |channel: &Full<ChannelId>| domain.is_none_or(|domain| channel.is_of(domain));
        for (_, lane) in self.lanes.iter_mut().filter(|(channel, _)| of(channel)) {
            lane.attempts.hurry();
        }
    }

    /// There is a session: what waited for one is sent.
    pub(crate) fn resume(&mut self) {
        self.is_paused = false;
    }

    /// The nonces of what changed since the last call: each is stored as [`Self::stored`] says.
    pub(crate) fn take_unsaved(&mut self) -> SortedSet<String> {
        if self.is_restored { std::mem::take(&mut self.unsaved) } else { SortedSet::new() }
    }

    /// What is stored of a message; `None` if it left the queue.
    pub(crate) fn stored(&self, nonce: &str) -> Option<StoredOutgoing> {
        self.find(nonce).map(|at| (&*self.list.rows()[at]).into())
    }

    /// The storage was asked to keep a message: it is stored, or cannot be, and is sent all the same.
    pub(crate) fn kept(&mut self, nonce: &str) {
        self.unkept.remove(nonce);
    }

    fn lane(&mut self, channel: &Full<ChannelId>) -> &mut Lane {
        self.lanes.get_or_insert_with(channel.clone(), Default::default)
    }

    fn forget_idle_lane(&mut self, channel: &Full<ChannelId>) {
        let waits = self.of(channel).any(|one| !matches!(one.state, SendState::Failed { .. }));
        if !waits && self.lanes.get(channel).is_some_and(|lane| lane.under_way.is_none()) {
            self.lanes.remove(channel);
        }
    }

    fn set(&mut self, at: usize, state: SendState, is_cut_off: bool) {
        let held = &self.list.rows()[at];
        let next = Outgoing { state, is_cut_off, ..Outgoing::clone(held) };
        if StoredOutgoing::from(&next) != StoredOutgoing::from(&**held) {
            self.unsaved.insert(next.nonce.clone());
        }
        self.list.update(at, Arc::new(next));
    }

    fn remove(&mut self, at: usize) {
        let nonce = self.list.rows()[at].nonce.clone();
        self.unkept.remove(&nonce);
        self.unsaved.insert(nonce);
        self.list.remove(at, 1);
    }

    fn find(&self, nonce: &str) -> Option<usize> {
        self.list.rows().iter().position(|one| one.nonce == nonce)
    }
}

/// Whether a request certainly did not arrive.
fn is_unreached(error: &Error) -> bool {
    matches!(error, Error::Transport(error) if error.kind == TransportErrorKind::Unreached)
}

/// How many messages wait, of all channels together.
pub const MAX_QUEUED: usize = 1_000;

/// The longest text that waits, in bytes. What a backend takes is less.
pub const MAX_QUEUED_LEN: usize = 256 << 10;

/// How many messages are under way to one backend, so that one that answers slowly does not hold the others up.
const MAX_UNDER_WAY: usize = 4;

#[cfg(test)]
mod tests;
