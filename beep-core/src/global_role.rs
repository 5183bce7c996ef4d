//! Global roles: what moderators and administrators may do on a whole backend.

use std::fmt;

/// A role for the whole backend; only its own users can hold one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum GlobalRole {
    /// May restrict users.
    UserModerator,
    /// May restrict servers, channels and users in them.
    ServerModerator,
    /// May do what both may, grant global roles, and decide about federation.
    ApplicationAdministrator,
}

impl GlobalRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::UserModerator, Self::ServerModerator, Self::ApplicationAdministrator];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserModerator => "user_moderator",
            Self::ServerModerator => "server_moderator",
            Self::ApplicationAdministrator => "application_administrator",
        }
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a user with these roles has the rights of this one.
    pub fn is_in(self, held: &[Self]) -> bool {
        held.contains(&self) || held.contains(&Self::ApplicationAdministrator)
    }
}

impl fmt::Display for GlobalRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
