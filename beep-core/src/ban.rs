//! Bans: which user, or which backend, may not come back to a server, and why.

use crate::domain::Domain;
use crate::id::{ChannelKey, MessageId, SpaceKey, UserKey};
use crate::text::Reason;
use crate::time::Timestamp;

/// A user who may not join a server in any way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ban {
    /// The server.
    pub server: SpaceKey,
    /// Who it is.
    pub user: UserKey,
    /// The reason, as its maker gave it.
    pub reason: Option<Reason>,
    /// Who made it.
    pub by: UserKey,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A backend whose users may not join a server in any way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DomainBan {
    /// The server.
    pub server: SpaceKey,
    /// The domain of the backend.
    pub domain: Domain,
    /// The reason, as its maker gave it.
    pub reason: Option<Reason>,
    /// Who made it.
    pub by: UserKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether members of the domain may be left, which are removed bit by bit.
    pub removing: bool,
}

/// That what a user sent to a server is to be deleted.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Purge {
    /// In which server.
    pub server: SpaceKey,
    /// Of whom.
    pub author: UserKey,
    /// What was sent from this time on.
    pub since: Timestamp,
    /// What was sent up to this time: they may be let in again.
    pub until: Timestamp,
    /// The last message that was deleted, in the order of channels and ids.
    pub reached: Option<(ChannelKey, MessageId)>,
}

impl Purge {
    /// What it is found by: two bans of the same user may each have something deleted.
    pub fn key(&self) -> (SpaceKey, UserKey, Timestamp, Timestamp) {
        (self.server.clone(), self.author.clone(), self.since, self.until)
    }
}

/// The messages that are to be deleted next.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Sent {
    /// What is to be deleted.
    pub of: Purge,
    /// Which messages come next, by channel and id.
    pub messages: Vec<(ChannelKey, MessageId)>,
    /// Whether there are others after them.
    pub more: bool,
}
