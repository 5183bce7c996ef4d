//! A block: somebody who is to leave a user alone.

use crate::id::{UserId, UserKey};
use crate::time::Timestamp;

/// That a user wants to hear nothing of another one, who cannot tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Block {
    /// The user of this backend.
    pub user: UserId,
    /// Who is blocked.
    pub other: UserKey,
    /// Since when.
    pub since: Timestamp,
}
