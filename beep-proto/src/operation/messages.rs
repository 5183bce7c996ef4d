//! Messages of a channel.

use beep_core::id::{ChannelId, MessageId};

use super::operation;
use crate::gateway::Event;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::Message;

operation! {
    /// Sends a message; needs `send_messages` there.
    ///
    /// After the answer 201 it is durable and reaches every member. The same `nonce` of the same author in the same
    /// channel gets the first answer again. Accepts and answers protobuf too.
    Post "/channels/{channel}/messages" => 201 Message,
        idempotent = by_nonce(nonce), rate = Send, owner = home_of(channel), protobuf_body = SendMessage,
        protobuf_answer = Message;
    Send {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// The text: 1 to 4,000 characters.
        content: String,
    } + {
        /// An id that the caller chooses, at most 64 characters.
        nonce: String,
        /// The message of the same channel that it replies to.
        reply_to: Bare<MessageId>,
        /// The attached assets; refused with `unknown` by a backend without assets.
        attachments: Vec<String>,
    }
}

operation! {
    /// Reads the history of a channel: one of `before`, `after` and `around`, or none for the newest.
    ///
    /// Newest first for `before` and for none, oldest first for `after` and `around`. Answers protobuf too.
    Get "/channels/{channel}/messages" => 200 Page<Message>,
        owner = home_of(channel), protobuf_answer = MessagePage;
    List {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// Those before this id.
        before: Bare<MessageId>,
        /// Those after this id.
        after: Bare<MessageId>,
        /// Half of the page before this message, the message itself, and half after it.
        around: Bare<MessageId>,
        /// Messages in this page, 1 to 100; 50 if left out.
        limit: u32,
    }
}

operation! {
    /// Gives one message.
    Get "/channels/{channel}/messages/{message}" => 200 Message, owner = home_of(channel);
    Get {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
    } + {}
}

operation! {
    /// Edits the caller's own message; needs `send_messages` there.
    Patch "/channels/{channel}/messages/{message}" => 200 Message,
        idempotent = by_key, owner = home_of(channel);
    Edit {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
        /// The new text.
        content: String,
    } + {}
}

operation! {
    /// Deletes a message: the caller's own, or any with `manage_messages`.
    Delete "/channels/{channel}/messages/{message}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
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

operation! {
    /// Gives the events of a channel after a number, oldest first, to fill a gap in `seq`.
    Get "/channels/{channel}/events" => 200 Page<Event>, owner = home_of(channel);
    Events {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// The last known number.
        after_seq: u64,
    } + {
        /// Events in this page, 1 to 100; 50 if left out.
        limit: u32,
    }
}
