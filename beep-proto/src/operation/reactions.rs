//! Reactions to messages.

use beep_core::id::{ChannelId, MessageId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::Reactor;

operation! {
    /// Lists the users who reacted to a message with an emoji, in the order in which they did.
    Get "/channels/{channel}/messages/{message}/reactions/{emoji}" => 200 Page<Reactor>, owner = home_of(channel);
    List {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
        /// One emoji, with or without U+FE0F.
        #[sample = "👍"]
        emoji: String,
    } + {
        /// Users in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Reacts to a message; needs `send_messages` there.
    ///
    /// Does nothing if the caller has reacted with the emoji. An emoji is a sequence that Unicode recommends for general
    /// interchange; with and without U+FE0F it is the same, and answered fully qualified, and with another skin it is another.
    /// A message has at most 20 different ones: one more is refused with `conflict`.
    Put "/channels/{channel}/messages/{message}/reactions/{emoji}/me" => 204 (),
        idempotent = by_nature, owner = home_of(channel);
    Put {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
        /// One emoji, with or without U+FE0F.
        #[sample = "👍"]
        emoji: String,
    } + {}
}

operation! {
    /// Takes the caller's reaction back; needs `send_messages` there. Does nothing if there is none.
    Delete "/channels/{channel}/messages/{message}/reactions/{emoji}/me" => 204 (),
        idempotent = by_nature, owner = home_of(channel);
    Delete {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
        /// One emoji, with or without U+FE0F.
        #[sample = "👍"]
        emoji: String,
    } + {}
}

operation! {
    /// Removes all reactions with an emoji from a message, whoever reacted; needs `manage_messages`.
    ///
    /// Does nothing if there are none. One `reaction.removed` tells of it, with `user` `null` and `count` 0.
    Delete "/channels/{channel}/messages/{message}/reactions/{emoji}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
    Clear {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
        /// One emoji, with or without U+FE0F.
        #[sample = "👍"]
        emoji: String,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
