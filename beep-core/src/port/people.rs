//! Friends, requests to be friends, and blocks of users of this backend.

use async_trait::async_trait;

use crate::block::Block;
use crate::domain::Domain;
use crate::friendship::{Friendship, Standing};
use crate::id::{FriendRequestId, UserId, UserKey};
use crate::port::StoreError;
use crate::presence::PresenceChoice;
use crate::record::Record;

/// Who is friends with whom, and who is blocked.
#[async_trait]
pub trait People {
    /// What is kept of a user and another one.
    async fn friendship(&self, user: UserId, other: &UserKey) -> Result<Option<Friendship>, StoreError>;
    /// The friendship of a user with this request.
    async fn friendship_by_request(
        &self,
        user: UserId,
        request: FriendRequestId,
    ) -> Result<Option<Friendship>, StoreError>;
    /// Those of a user that stand so, by the other user, after `after`.
    async fn friendships(
        &self,
        user: UserId,
        standing: Standing,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Friendship>, StoreError>;
    /// How many of a user stand so.
    async fn friendship_count(&self, user: UserId, standing: Standing) -> Result<u32, StoreError>;
    /// Those with users of a backend that has not heard yet what the user said last, in any order.
    async fn untold_friendships(&self, home: &Domain, limit: u32) -> Result<Vec<Friendship>, StoreError>;
    /// Whether a user has blocked another one.
    async fn block(&self, user: UserId, other: &UserKey) -> Result<Option<Block>, StoreError>;
    /// The users of this backend who have blocked somebody, in any order.
    async fn blocking(&self, other: &UserKey) -> Result<Vec<UserId>, StoreError>;
    /// The blocks of a user, by who is blocked, after `after`.
    async fn blocks(&self, user: UserId, after: Option<&UserKey>, limit: u32) -> Result<Vec<Block>, StoreError>;
}

impl Record for Friendship {
    type Key = (UserId, UserKey);
}

impl Record for PresenceChoice {
    type Key = UserId;
}

impl Record for Block {
    type Key = (UserId, UserKey);
}
