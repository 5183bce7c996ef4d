//! Messages.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::ban::{Purge, Sent};
use crate::id::{ChannelKey, MessageId, SpaceKey, UserKey};
use crate::message::{Draft, Message, Pin};
use crate::port::StoreError;
use crate::text::{Emoji, Nonce};
use crate::time::Timestamp;

/// Messages.
#[async_trait]
pub trait Messages {
    /// One message.
    async fn message(&self, channel: &ChannelKey, id: MessageId) -> Result<Option<Message>, StoreError>;
    /// The message that a user sent to a channel under a nonce.
    async fn message_by_nonce(
        &self,
        channel: &ChannelKey,
        author: &UserKey,
        nonce: &Nonce,
    ) -> Result<Option<Message>, StoreError>;
    /// A page of the history. Reads one range of an index, so the size of the channel does not matter.
    async fn messages(&self, channel: &ChannelKey, page: MessagePage, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// The messages that a purge deletes next, by channel and id, at most `limit`.
    async fn sent_by(&self, purge: &Purge, limit: u32) -> Result<Vec<(ChannelKey, MessageId)>, StoreError>;
    /// Some purge that is not done.
    async fn purge(&self) -> Result<Option<Purge>, StoreError>;
    /// The messages that are pinned to a channel, newest pin first, at most `limit`.
    async fn pins(&self, channel: &ChannelKey, limit: u32) -> Result<Vec<Pin>, StoreError>;
    /// How many messages are pinned to a channel.
    async fn pin_count(&self, channel: &ChannelKey) -> Result<u32, StoreError>;
    /// Who reacted to a message with an emoji, in the order in which they did, after a place, at most `limit`.
    async fn reactors(
        &self,
        channel: &ChannelKey,
        id: MessageId,
        emoji: &Emoji,
        after: ReactionNumber,
        limit: u32,
    ) -> Result<Vec<(ReactionNumber, UserKey)>, StoreError>;
    /// With which emoji a user reacted to each of some messages of a channel of this backend.
    async fn reactions_by(
        &self,
        channel: &ChannelKey,
        messages: &[MessageId],
        user: &UserKey,
    ) -> Result<BTreeSet<(MessageId, Emoji)>, StoreError>;
}

/// The place of a reaction among those to its message: a later one has a greater number, whatever the clock did. The first
/// is after 0.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct ReactionNumber(pub u64);

/// Which part of a history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessagePage {
    /// The newest messages, newest first.
    Newest,
    /// Those before an id, newest first.
    Before(MessageId),
    /// Those after an id, oldest first.
    After(MessageId),
}

/// What is written of messages.
#[derive(Clone, Debug, PartialEq)]
pub enum MessageWrite {
    /// Sends a message: stamps it with an id above all others of the channel and the time of the commit, and logs
    /// `message.created` for those who may see the channel. With a nonce that its author used in the channel before,
    /// writes nothing and gives the message that was sent then.
    Post {
        /// The space of the channel.
        server: SpaceKey,
        /// What to send.
        draft: Draft,
    },
    /// Replaces a message.
    Put(Message),
    /// Removes a message.
    Remove(ChannelKey, MessageId),
    /// Pins a message that is there, at the time of the commit. Of a copy it is kept that it is pinned, and not by whom.
    Pin {
        /// In which channel.
        channel: ChannelKey,
        /// Which message.
        id: MessageId,
        /// Who pins it.
        by: UserKey,
    },
    /// Takes a pin down.
    Unpin(ChannelKey, MessageId),
    /// Changes the reactions to a message of this backend that is there, and logs what changed for those who may see the
    /// channel: nothing, where a user reacted already or did not. It is stale if the message is not there, if it has as many
    /// emoji as it may have and this would be one more, and if there is nothing to clear.
    React {
        /// The space of the channel.
        server: SpaceKey,
        /// In which channel.
        channel: ChannelKey,
        /// To which message.
        id: MessageId,
        /// With which emoji.
        emoji: Emoji,
        /// What changes.
        change: ReactionChange,
    },
    /// Takes how often a copy was reacted to with an emoji, as its owner told; who did is not kept.
    CountReactions {
        /// In which channel.
        channel: ChannelKey,
        /// To which message.
        id: MessageId,
        /// With which emoji.
        emoji: Emoji,
        /// How many did.
        count: u64,
        /// Whether one more did, or one fewer.
        added: bool,
    },
}

/// What changes about the reactions to a message with one emoji.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum ReactionChange {
    /// A user reacts.
    Add(UserKey),
    /// A user takes their reaction back.
    Remove(UserKey),
    /// All are removed, whoever reacted. Told as one event.
    Clear,
}

/// What a decision rested on about messages.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum MessageGuard {
    /// The message is there as it was read.
    At {
        /// In which channel.
        channel: ChannelKey,
        /// Which message.
        id: MessageId,
        /// When it was last edited, as read.
        edited_at: Option<Timestamp>,
        /// Whether it was pinned, as read.
        pinned: bool,
    },
    /// Fewer messages than this are pinned to the channel.
    PinsFewer {
        /// Which channel.
        channel: ChannelKey,
        /// How many are too many.
        than: u32,
    },
    /// These are the messages that a purge deletes next.
    Sent(Sent),
}

impl MessageGuard {
    /// That a message is there as it was read.
    pub fn as_read(message: &Message) -> Self {
        let Message { channel, id, edited_at, pinned, .. } = message;
        Self::At { channel: channel.clone(), id: *id, edited_at: *edited_at, pinned: *pinned }
    }
}
