//! Updates derived values in an event: the member count of a server, the last message of a channel, the reactions to a message.

use beep_core::channel::Channel;
use beep_core::event::{EventBody, EventClass};
use beep_core::id::MessageId;
use beep_core::message::Message;
use beep_core::port::Place;
use beep_core::space::Space;

/// The servers in a body.
pub(crate) fn servers(body: &mut EventBody) -> impl Iterator<Item = &mut Space> {
    let (one, other) = match body {
        EventBody::SpaceUpdated { server, before } => (Some(server), Some(before)),
        _ => (None, None),
    };
    one.into_iter().chain(other)
}

/// The channels in a body.
pub(crate) fn channels(body: &mut EventBody) -> impl Iterator<Item = &mut Channel> {
    let (one, other) = match body {
        EventBody::ChannelCreated(channel) | EventBody::ChannelDeleted { before: channel } => (Some(channel), None),
        EventBody::ChannelUpdated { channel, before } => (Some(channel), Some(before)),
        _ => (None, None),
    };
    one.into_iter().chain(other)
}

/// The message in a body that an edit tells of: how often it was reacted to is counted as it is committed.
pub(crate) fn message(body: &mut EventBody) -> Option<&mut Message> {
    match body {
        EventBody::MessageUpdated(message) => Some(message),
        _ => None,
    }
}

/// The newest message of a channel according to an event: a message that was sent, even if it was deleted since, or the
/// last message of a channel that became visible.
pub(crate) fn last_message(body: &EventBody) -> Option<MessageId> {
    match body {
        EventBody::ChannelCreated(channel) => channel.last_message,
        body => body.message().map(|(_, message)| message),
    }
}

/// Whether an event that another backend numbered is of the content class and the end of its stream, `last`, has it behind
/// it: a server that was fetched whole has what its stream tells after that.
pub(crate) fn is_behind(body: &EventBody, place: Place, last: u64) -> bool {
    body.class() == EventClass::Content && place.seq <= last
}
