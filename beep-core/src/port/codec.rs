//! How a store writes down what happened without knowing a format.

use std::collections::BTreeMap;

use crate::event::EventBody;
use crate::id::{ChannelKey, MessageId};
use crate::message::Message;

/// Turns event bodies into records of the log, and back.
///
/// A record holds the ids of messages and not what they say: what is deleted or replaced is told to nobody, so it is read
/// from the messages as they are.
pub trait EventCodec: Send + Sync {
    /// Writes a record, with what was before where the body says so.
    fn encode(&self, body: &EventBody) -> Vec<u8>;

    /// Reads what [`Self::encode`] wrote, in this release or an earlier one. `messages` are those that are there of what
    /// was asked for.
    ///
    /// # Errors
    /// [`CodecError`] when the record is damaged, or was written by a release that is newer than this one.
    fn decode(&self, kind: &str, record: &[u8], messages: &StoredMessages) -> Result<Decoded, CodecError>;
}

/// Messages by channel and id.
pub type StoredMessages = BTreeMap<(ChannelKey, MessageId), Message>;

/// What a record says.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
pub enum Decoded {
    /// What happened.
    Body(EventBody),
    /// That this message is needed to say it. Where there is none, it was deleted, and [`Decoded::or_deleted`] is what is
    /// left to tell.
    Needs(ChannelKey, MessageId),
}

impl Decoded {
    /// What happened, once it is known which messages are there. Of one that is not only its deletion is told, which
    /// whoever heard of it is told again by a later event.
    pub fn or_deleted(self) -> EventBody {
        match self {
            Self::Body(body) => body,
            Self::Needs(channel, id) => EventBody::MessageDeleted { channel, id },
        }
    }
}

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the record of a `{kind}` event cannot be read: {reason}")]
pub struct CodecError {
    /// The event's type.
    pub kind: String,
    /// What is wrong with it.
    pub reason: String,
}
