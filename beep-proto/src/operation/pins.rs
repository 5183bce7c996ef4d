//! Messages that are pinned to their channel.

use beep_core::id::{ChannelId, MessageId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::Pin;

operation! {
    /// Lists the pinned messages of a channel, newest pin first.
    Get "/channels/{channel}/pins" => 200 Page<Pin>, owner = home_of(channel);
    List {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// Pins in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Pins a message; needs `manage_messages`.
    ///
    /// Does nothing if it is pinned. A channel has at most 250 pins: one more is refused with `conflict`.
    Put "/channels/{channel}/pins/{message}" => 204 (), idempotent = by_key, owner = home_of(channel);
    Put {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Unpins a message; needs `manage_messages`. Does nothing if it is not pinned.
    Delete "/channels/{channel}/pins/{message}" => 204 (), idempotent = by_key, owner = home_of(channel);
    Delete {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
