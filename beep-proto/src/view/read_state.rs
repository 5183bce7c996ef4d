//! What somebody has read.

use beep_core::id::{ChannelId, MessageId};
use beep_core::read_state::ReadState as CoreReadState;
use serde::{Deserialize, Serialize};

use crate::foreign::lenient;
use crate::id::{Bare, Full};

/// What the caller has read of a channel, and what is unread.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadState {
    /// Which channel.
    pub channel: Full<ChannelId>,
    /// Up to here all is read. There need not be a message with this id: it then stands for its place.
    pub last_read: Bare<MessageId>,
    /// How many messages of others are unread.
    #[serde(deserialize_with = "lenient::number")]
    pub unread: u64,
    /// How many of those are for the caller: those that mention them, one of their roles or everyone, or answer them; in a
    /// private channel all but those of users whom they have blocked.
    #[serde(deserialize_with = "lenient::number")]
    pub mentions: u64,
    /// Whether more may be unread than is counted: at most 1,000 messages of a channel are looked at.
    pub more: bool,
    /// The newest message that was looked at: later ones are not counted.
    pub newest: Bare<MessageId>,
}

impl From<ReadState> for CoreReadState {
    fn from(state: ReadState) -> Self {
        let ReadState { channel, last_read, unread, mentions, more, newest } = state;
        Self { channel: channel.0, last_read: last_read.0, unread, mentions, more, newest: newest.0 }
    }
}

impl From<&CoreReadState> for ReadState {
    fn from(state: &CoreReadState) -> Self {
        Self {
            channel: (&state.channel).into(),
            last_read: Bare(state.last_read),
            unread: state.unread,
            mentions: state.mentions,
            more: state.more,
            newest: Bare(state.newest),
        }
    }
}
