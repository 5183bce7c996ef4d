//! A ban: who may not come back to a server, and why.

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

/// The messages that a user sent to the channels of a server since a given time.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Sent {
    /// To which server.
    pub server: SpaceKey,
    /// By whom.
    pub author: UserKey,
    /// From when on.
    pub since: Timestamp,
    /// Which messages, by channel and id.
    pub messages: Vec<(ChannelKey, MessageId)>,
}
