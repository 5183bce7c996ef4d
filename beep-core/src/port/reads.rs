//! What users of this backend have read.

use async_trait::async_trait;

use crate::id::{ChannelKey, MessageId, UserId};
use crate::port::StoreError;
use crate::read_state::{ReadMark, ReadPlace, ReadState, UnreadMessage};

/// What users of this backend have read.
#[async_trait]
pub trait Reads {
    /// The mark of a user in a channel.
    async fn read_mark(&self, user: UserId, channel: &ChannelKey) -> Result<Option<ReadMark>, StoreError>;
    /// All marks of a user: as many as channels that they are in and have marked.
    async fn read_marks(&self, user: UserId) -> Result<Vec<ReadMark>, StoreError>;
    /// The messages of a channel after one and up to another, newest first, at most `limit`. One that cannot be read is left
    /// out.
    async fn unread(
        &self,
        channel: &ChannelKey,
        after: MessageId,
        up_to: MessageId,
        limit: u32,
    ) -> Result<Vec<UnreadMessage>, StoreError>;
}

/// What is written of marks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReadWrite {
    /// Moves the mark of a user, as [`ReadMark::moved`] decides by the newest message of the moment, and logs `read.updated`
    /// for them; does nothing where it does not move. Of several in one transaction the last that moves it is logged.
    Move {
        /// The mark that was read; the one without a row, where there was none.
        from: ReadMark,
        /// Where it goes.
        to: ReadPlace,
        /// What is unread then.
        state: ReadState,
    },
}
