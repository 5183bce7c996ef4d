//! Suspensions: which users may do nothing on this backend for a while, and why.

use crate::account::User;
use crate::global_role::GlobalRole;
use crate::id::UserKey;
use crate::text::Reason;
use crate::time::Timestamp;

/// A user whom a moderator of the backend suspended. One of this backend is signed out and cannot sign in; for one of another
/// backend nothing is done here that their home asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suspension {
    /// Who it is, a user of this backend or of another.
    pub user: UserKey,
    /// When it ends; [`Timestamp::LAST`] for never.
    pub until: Timestamp,
    /// The reason, as its maker gave it.
    pub reason: Option<Reason>,
    /// Who made it.
    pub by: UserKey,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Suspension {
    /// Whether it is in force at `now`. It ends exactly at its time.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// A user as moderators of the backend see them.
#[derive(Clone, Debug)]
pub struct Moderated {
    /// The profile.
    pub user: User,
    /// Their global roles.
    pub global_roles: Vec<GlobalRole>,
    /// Their suspension, if one is in force.
    pub suspension: Option<Suspension>,
}
