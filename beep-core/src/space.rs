//! A server: a community of members, roles and channels, owned by one backend.

use crate::id::{SpaceKey, UserKey};
use crate::text::{Description, ServerName};
use crate::time::Timestamp;

/// A server as everybody who may see it sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Space {
    /// Its name among all backends.
    pub id: SpaceKey,
    /// What it is called.
    pub name: ServerName,
    /// What it says of itself; may be empty.
    pub description: Description,
    /// Who may find and join it.
    pub visibility: Visibility,
    /// Who owns it and holds everything in it.
    pub owner: UserKey,
    /// How many members it has.
    pub member_count: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts the changes of the fields that editors change; starts at 1.
    pub version: u64,
}

/// A server as somebody sees it who is no member yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Preview {
    /// Its name among all backends.
    pub id: SpaceKey,
    /// What it is called.
    pub name: ServerName,
    /// What it says of itself; may be empty.
    pub description: Description,
    /// How many members it has.
    pub member_count: u64,
}

impl From<&Space> for Preview {
    fn from(server: &Space) -> Self {
        Self {
            id: server.id.clone(),
            name: server.name.clone(),
            description: server.description.clone(),
            member_count: server.member_count,
        }
    }
}

/// Who may find and join a server.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Visibility {
    /// Anybody finds it and joins.
    Public,
    /// Only by invitation.
    Private,
}

/// What a new server starts with.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Template {
    /// No channel, and `everyone` is granted nothing.
    #[default]
    Empty,
    /// A channel `general`, and `everyone` may view, send, attach and change their nickname.
    Community,
}
