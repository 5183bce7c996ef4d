//! A member: what one user is in one server.

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
    /// What they are shown as there.
    pub nickname: Option<Nickname>,
    /// Their roles, sorted by id; `everyone` is not among them.
    pub roles: Vec<RoleId>,
    /// When they joined, this time.
    pub joined_at: Timestamp,
    /// The end of a mute; a past one means nothing.
    pub muted_until: Option<Timestamp>,
}

impl Member {
    /// Someone who joins at `at`, with nothing but what `everyone` grants.
    pub fn joining(server: SpaceKey, user: UserKey, at: Timestamp) -> Self {
        Self { server, user, nickname: None, roles: Vec::new(), joined_at: at, muted_until: None }
    }
}
