//! Servers.

use beep_core::id::{SpaceId, UserId};
use beep_core::space::{self as core, Space};
use serde::{Deserialize, Serialize};

use crate::foreign::lenient;
use crate::id::Full;
use crate::time::Time;

/// A server: a community of members, roles and channels.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Server {
    /// The id.
    pub id: Full<SpaceId>,
    /// The name.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// Who may find and join it.
    #[serde(deserialize_with = "lenient::visibility")]
    pub visibility: Visibility,
    /// The icon, as an asset.
    pub icon: Option<String>,
    /// Who owns it.
    pub owner: Full<UserId>,
    /// How many members it has.
    #[serde(deserialize_with = "lenient::number")]
    pub member_count: u64,
    /// When it was made.
    pub created_at: Time,
    /// Send it with a change to detect a change of another editor.
    #[serde(deserialize_with = "lenient::number")]
    pub version: u64,
    /// When its suspension by a moderator of the backend ends, `9999-12-31T23:59:59.999Z` for never: until then its members
    /// see what is there and may leave, and its owner may delete it.
    #[serde(default)]
    pub suspended_until: Option<Time>,
}

/// Who may find and join a server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Visibility {
    /// Everybody can find and join it.
    Public,
    /// Only by invitation.
    Private,
}

impl From<core::Visibility> for Visibility {
    fn from(visibility: core::Visibility) -> Self {
        match visibility {
            core::Visibility::Public => Self::Public,
            core::Visibility::Private => Self::Private,
        }
    }
}

impl From<Visibility> for core::Visibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::Private => Self::Private,
        }
    }
}

impl From<&Space> for Server {
    fn from(server: &Space) -> Self {
        Self {
            id: (&server.id).into(),
            name: server.name.to_string(),
            description: server.description.to_string(),
            visibility: server.visibility.into(),
            icon: None,
            owner: (&server.owner).into(),
            member_count: server.member_count,
            created_at: server.created_at.into(),
            version: server.version,
            suspended_until: server.suspended_until.map(Into::into),
        }
    }
}
