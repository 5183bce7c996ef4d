//! A member: the membership of one user in one server.

use crate::id::{RoleId, SpaceKey, UserKey};
use crate::text::Nickname;
use crate::time::Timestamp;

/// The membership of a user in a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The server.
    pub server: SpaceKey,
    /// Who it is.
    pub user: UserKey,
    /// The nickname.
    pub nickname: Option<Nickname>,
    /// Their roles, sorted by id; `everyone` is not among them.
    pub roles: Vec<RoleId>,
    /// When they last joined.
    pub joined_at: Timestamp,
    /// When a mute ends; a time in the past has no effect.
    pub muted_until: Option<Timestamp>,
    /// When what a moderator of the backend restricts them by in this server ends; a time in the past has no effect.
    pub restricted_until: Option<Timestamp>,
}

impl Member {
    /// A user who joins at `at`, without roles.
    pub fn joining(server: SpaceKey, user: UserKey, at: Timestamp) -> Self {
        Self {
            server,
            user,
            nickname: None,
            roles: Vec::new(),
            joined_at: at,
            muted_until: None,
            restricted_until: None,
        }
    }
}
