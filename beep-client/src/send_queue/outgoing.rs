//! A message on its way, as it is shown and as it is stored.

use beep_core::id::{ChannelId, MessageId};
use beep_proto::id::{Bare, Full};
use beep_proto::time::Time;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A message that is not known to be sent. Once it is, it leaves the queue, and a timeline has it as a message under the
/// same [key](crate::timeline::TimelineRow::key).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Outgoing {
    /// Its name in the queue, and on the backend what makes it said once.
    pub nonce: String,
    /// Where it goes.
    pub channel: Full<ChannelId>,
    /// The text.
    pub content: String,
    /// The message that it replies to.
    pub reply_to: Option<Bare<MessageId>>,
    /// When it was queued.
    pub queued_at: Time,
    /// How far it is.
    pub state: SendState,
    /// Its place in the queue.
    #[serde(skip)]
    pub(super) number: u64,
    /// Whether an attempt ended without an answer, so that it may have been sent.
    #[serde(skip)]
    pub(super) is_cut_off: bool,
}

impl Outgoing {
    /// Its place among the messages of the queue: greater than that of every earlier one.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

/// How far a message is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SendState {
    /// It waits for its turn.
    Queued,
    /// An attempt failed, and the next one follows by itself.
    Waiting {
        /// Why it failed.
        reason: Failure,
        /// When the next one is due, unless the network is back before.
        retry_at: Time,
    },
    /// It is under way.
    Sending,
    /// The backend refused it: retry, edit or discard it.
    Failed {
        /// Why. In slow mode `until` says when it may be retried.
        reason: Failure,
    },
}

/// A message as it is stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct StoredOutgoing {
    pub(super) number: u64,
    pub(super) nonce: String,
    channel: Full<ChannelId>,
    content: String,
    reply_to: Option<Bare<MessageId>>,
    queued_at: Time,
    failed: Option<Failure>,
    /// Whether it may have been sent: after a restart nobody knows whether an attempt was made.
    may_be_sent: bool,
}

impl From<&Outgoing> for StoredOutgoing {
    fn from(one: &Outgoing) -> Self {
        let Outgoing { nonce, channel, content, reply_to, queued_at, state, number, is_cut_off } = one.clone();
        let failed = if let SendState::Failed { reason } = state { Some(reason) } else { None };
        let may_be_sent = is_cut_off || failed.is_none();
        Self { number, nonce, channel, content, reply_to, queued_at, failed, may_be_sent }
    }
}

impl From<StoredOutgoing> for Outgoing {
    fn from(one: StoredOutgoing) -> Self {
        let StoredOutgoing { number, nonce, channel, content, reply_to, queued_at, failed, may_be_sent } = one;
        let state = failed.map_or(SendState::Queued, |reason| SendState::Failed { reason });
        Self { nonce, channel, content, reply_to, queued_at, state, number, is_cut_off: may_be_sent }
    }
}
