//! A message in a channel, and the draft that becomes one.

use crate::author::Author;
use crate::content::Content;
use crate::id::{ChannelKey, MessageId, UserKey};
use crate::reaction::Reactions;
use crate::text::Nonce;
use crate::time::Timestamp;

/// A message as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its id: greater than that of every earlier message of the channel.
    pub id: MessageId,
    /// Where it was sent.
    pub channel: ChannelKey,
    /// Who sent it.
    pub author: Author,
    /// What it says.
    pub content: Content,
    /// When it was sent, by the clock of the channel's owner.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// The message of the same channel that it answers.
    pub reply_to: Option<MessageId>,
    /// Whether it is pinned to its channel.
    pub pinned: bool,
    /// How others reacted to it.
    pub reactions: Reactions,
    /// The sender's own name for it.
    pub nonce: Option<Nonce>,
}

/// A message that is pinned to its channel, where everybody finds it again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pin {
    /// The message.
    pub message: Message,
    /// Who pinned it.
    pub by: UserKey,
    /// When.
    pub at: Timestamp,
}

/// A message before its channel gave it its place: what the store stamps with id and time as it commits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Draft {
    /// Where it goes.
    pub channel: ChannelKey,
    /// Who sends it.
    pub author: Author,
    /// What it says.
    pub content: Content,
    /// The message of the same channel that it answers.
    pub reply_to: Option<MessageId>,
    /// The sender's own name for it: the same user and nonce in a channel give the first message again.
    pub nonce: Option<Nonce>,
}

impl Draft {
    /// The message that the draft becomes.
    pub fn stamp(self, id: MessageId, created_at: Timestamp) -> Message {
        Message {
            id,
            channel: self.channel,
            author: self.author,
            content: self.content,
            created_at,
            edited_at: None,
            reply_to: self.reply_to,
            pinned: false,
            reactions: Reactions::default(),
            nonce: self.nonce,
        }
    }
}
