//! A restriction: who may only read in a server for a while, whatever else they hold, because a moderator of the backend says so.

use crate::id::{SpaceKey, UserKey};
use crate::time::Timestamp;

/// A user who is restricted in a server. Kept by itself, so that it holds for who leaves and comes back; what decides is
/// [`Member::restricted_until`](crate::member::Member::restricted_until). One in a single channel is part of the channel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Restriction {
    /// The server.
    pub server: SpaceKey,
    /// Who it is.
    pub user: UserKey,
    /// When it ends; [`Timestamp::LAST`] for never.
    pub until: Timestamp,
}
