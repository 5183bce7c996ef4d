//! A mute: who may only read in a server for a while, and why.

use crate::id::{SpaceKey, UserKey};
use crate::text::Reason;
use crate::time::Timestamp;

/// A user who may only read in a server until a time. Kept by itself, so that it holds for who leaves and comes back; what
/// decides is [`Member::muted_until`](crate::member::Member::muted_until).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mute {
    /// The server.
    pub server: SpaceKey,
    /// Who it is.
    pub user: UserKey,
    /// When it ends.
    pub until: Timestamp,
    /// The reason, as its maker gave it.
    pub reason: Option<Reason>,
    /// Who made it.
    pub by: UserKey,
}
