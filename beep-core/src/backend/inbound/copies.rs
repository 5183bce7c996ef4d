//! Copies of messages of other backends: the log refers to them, and delivery reads their text from the copies. The
//! owners keep the originals; a copy is removed with the log, by its age.

use std::borrow::Cow;

use crate::event::{EventBody, facts_events, person_events};
use crate::id::{ChannelKey, MessageId};
use crate::message::Message;
use crate::port::{Change, MessageWrite};
use crate::replica_delta::{ReplicaDelta, ReplicatedEvent};
use crate::text::Emoji;
use crate::time::Timestamp;

/// Writes what an event changes of the copies.
pub(super) fn write(change: Change, body: &EventBody) -> Change {
    match body {
        EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => {
            change.write(MessageWrite::Put(message.clone()))
        }
        EventBody::MessageDeleted { channel, id } => change.write(MessageWrite::Remove(channel.clone(), *id)),
        EventBody::MessagePinned { channel, id, user } => {
            change.write(MessageWrite::Pin { channel: channel.clone(), id: *id, by: user.clone() })
        }
        EventBody::MessageUnpinned { channel, id, .. } => change.write(MessageWrite::Unpin(channel.clone(), *id)),
        EventBody::ReactionAdded { channel, id, emoji, count, .. } => {
            change.write(counted(channel, *id, emoji, *count, true))
        }
        EventBody::ReactionRemoved { channel, id, emoji, count, .. } => {
            change.write(counted(channel, *id, emoji, *count, false))
        }
        EventBody::Unknown { .. } | EventBody::Unreadable { .. } | facts_events!() | person_events!() => change,
    }
}

fn counted(channel: &ChannelKey, id: MessageId, emoji: &Emoji, count: u64, added: bool) -> MessageWrite {
    MessageWrite::CountReactions { channel: channel.clone(), id, emoji: emoji.clone(), count, added }
}

/// The delta with message times that are not in the future: otherwise its copy would not be removed in time.
pub(super) fn dated(delta: &ReplicaDelta, now: Timestamp) -> Cow<'_, ReplicaDelta> {
    let of_message = delta.event.as_ref().and_then(|told| match &told.body {
        EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => Some((told, message)),
        _ => None,
    });
    let Some((told, message)) =
        of_message.filter(|(_, message)| message.edited_at.unwrap_or(message.created_at).max(message.created_at) > now)
    else {
        return Cow::Borrowed(delta);
    };
    let message = Message {
        created_at: message.created_at.min(now),
        edited_at: message.edited_at.map(|at| at.min(now)),
        ..message.clone()
    };
    let body = match &told.body {
        EventBody::MessageCreated(_) => EventBody::MessageCreated(message),
        _ => EventBody::MessageUpdated(message),
    };
    let event = Some(ReplicatedEvent { body, ..told.clone() });
    Cow::Owned(ReplicaDelta { event, ..delta.clone() })
}
