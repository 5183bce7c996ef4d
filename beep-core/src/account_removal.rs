//! A deleted account of which something is left to remove.

use std::time::Duration;

use crate::id::UserId;
use crate::time::Timestamp;

/// That an account was deleted, and that what belonged to it goes bit by bit: memberships, friendships, invitations, blocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountRemoval {
    /// Whose account it was.
    pub user: UserId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

/// How long after it was deleted an account may still come by something: by a request that was on its way.
pub const REMOVAL_SETTLES: Duration = Duration::from_secs(60);

/// How long other backends are told that friendships have ended. One that cannot be reached hears no more of it.
pub const REMOVAL_PATIENCE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
