//! How a store encodes events without knowing a format.

use std::collections::BTreeMap;

use crate::event::EventBody;
use crate::id::{ChannelKey, MessageId};
use crate::message::Message;

/// Encodes event bodies as records of the log, and decodes them.
///
/// A record holds ids of messages, not their text. The text is read from the messages at delivery, so a reader never
/// gets deleted or replaced text.
pub trait EventCodec: Send + Sync {
    /// Encodes a record, with the earlier state if the body has one.
    fn encode(&self, body: &EventBody) -> Vec<u8>;

    /// Decodes a record of [`Self::encode`], of this release or an earlier one. `messages` has the needed messages that
    /// exist.
    ///
    /// # Errors
    /// [`CodecError`] if the record is damaged, or a newer release wrote it.
    fn decode(&self, kind: &str, record: &[u8], messages: &StoredMessages) -> Result<Decoded, CodecError>;
}

/// Messages by channel and id.
pub type StoredMessages = BTreeMap<(ChannelKey, MessageId), Message>;

/// The content of a record.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
pub enum Decoded {
    /// What happened.
    Body(EventBody),
    /// This message is needed. If it does not exist it was deleted, and [`Decoded::or_deleted`] gives what is left.
    Needs(ChannelKey, MessageId),
}

impl Decoded {
    /// The event, once it is known which messages exist. An event of a deleted message becomes its deletion; a later
    /// event repeats that for clients that saw the message.
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
