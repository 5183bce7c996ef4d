//! What the caller has read. It is kept by their own backend, for channels of others too.

use beep_core::id::{ChannelId, MessageId, SpaceId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::view::ReadState;

operation! {
    /// Gives what the caller has read of a channel, and what is unread.
    Get "/channels/{channel}/read" => 200 ReadState;
    Get {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {}
}

operation! {
    /// Marks a channel as read up to a message, on all devices of the caller; does nothing if it was read further.
    ///
    /// With `unread` the message becomes the first unread one instead, and the mark moves back. An id that is not (or no
    /// longer) there stands for its place. Who sends a message has read what was there.
    Put "/channels/{channel}/read" => 204 (), idempotent = by_nature;
    Put {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// The last message that was read.
        message_id: Bare<MessageId>,
    } + {
        /// Whether the message is to be the first unread one; no if left out.
        unread: bool,
    }
}

operation! {
    /// Marks all channels of a server as read that the caller may view.
    Put "/servers/{server}/read" => 204 (), idempotent = by_nature;
    PutServer {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}
