//! Global roles: what some users of a backend may do in all of it.

use std::fmt;

/// A role of the whole backend; only users of it hold one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum GlobalRole {
    /// Restrains users.
    UserModerator,
    /// Restrains servers, channels and users in them.
    ServerModerator,
    /// Does what both do, grants global roles and decides on federation.
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

    /// Whether who holds these roles may do what this one may.
    pub fn is_in(self, held: &[Self]) -> bool {
        held.contains(&self) || held.contains(&Self::ApplicationAdministrator)
    }
}

impl fmt::Display for GlobalRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
