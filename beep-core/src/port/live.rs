//! Telling those who are connected at this moment.

use crate::id::UserKey;
use crate::presence::PresenceChoice;
use crate::transient::Transient;

/// Tells the clients of this backend that are connected. Nothing of it is stored, and nothing here waits.
pub trait Live: Send + Sync {
    /// Tells those who look at what it is about, and may see it.
    fn tell(&self, what: Transient);
    /// Takes what a user of this backend has chosen to be seen as.
    fn choose(&self, user: &UserKey, choice: PresenceChoice);
    /// Hides from one user whether another is there, as they are blocked: to them the other goes offline.
    fn hide(&self, user: &UserKey, from: &UserKey);
}

/// For a program without live connections: nobody is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLive;

impl Live for NoLive {
    fn tell(&self, _: Transient) {}

    fn choose(&self, _: &UserKey, _: PresenceChoice) {}

    fn hide(&self, _: &UserKey, _: &UserKey) {}
}
