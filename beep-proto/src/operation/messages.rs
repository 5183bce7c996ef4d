//! Messages of a channel.

use beep_core::id::{ChannelId, MessageId};

use super::operation;
use crate::gateway::Event;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::Message;

operation! {
    /// Sends a message; takes `send_messages` there.
    ///
    /// Answered 201, it is durable and will reach every member. The same `nonce` from the same author in the same
    /// channel gives the first answer again. Speaks protobuf too.
    Post "/channels/{channel}/messages" => 201 Message,
        idempotent = by_nonce(nonce), rate = Send, owner = home_of(channel), protobuf_body = SendMessage,
        protobuf_answer = Message;
    Send {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// What it says: 1 to 4,000 characters.
        content: String,
    } + {
        /// The caller's own name for it, at most 64 characters.
        nonce: String,
        /// The message of the same channel that it answers.
        reply_to: Bare<MessageId>,
        /// The assets that go with it; refused with `unknown` by a backend that keeps no assets.
        attachments: Vec<String>,
    }
}

operation! {
    /// Reads the history of a channel: one of `before`, `after` and `around`, or none for the newest.
    ///
    /// Newest first for `before` and for none, oldest first for `after` and `around`. Speaks protobuf too.
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
        /// The half before this id, the message itself, and the half after it.
        around: Bare<MessageId>,
        /// Messages in this part, 1 to 100; 50 if left out.
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
    /// Edits one's own message; takes `send_messages` there.
    Patch "/channels/{channel}/messages/{message}" => 200 Message,
        idempotent = by_key, owner = home_of(channel);
    Edit {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
        /// What it says instead.
        content: String,
    } + {}
}

operation! {
    /// Deletes a message: one's own, or with `manage_messages` any.
    Delete "/channels/{channel}/messages/{message}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
    Delete {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which message.
        message: Bare<MessageId>,
    } + {}
}

operation! {
    /// Gives what happened in a channel after a number, oldest first: what to ask for when `seq` shows a hole.
    Get "/channels/{channel}/events" => 200 Page<Event>, owner = home_of(channel);
    Events {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// The last number that is known.
        after_seq: u64,
    } + {
        /// Events in this part, 1 to 100; 50 if left out.
        limit: u32,
    }
}
