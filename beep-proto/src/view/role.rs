//! Roles.

use beep_core::id::{RoleId, SpaceId};
use beep_core::role::Role as CoreRole;
use beep_core::text::{Color, RoleName};
use serde::{Deserialize, Serialize};

use super::{ViewError, field, option};
use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::view::Permissions;

/// A role of a server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Role {
    /// The id.
    pub id: Bare<RoleId>,
    /// The server that it belongs to.
    pub server_id: Full<SpaceId>,
    /// The name.
    pub name: String,
    /// `0xRRGGBB` as a number.
    #[serde(default, deserialize_with = "lenient::color")]
    pub color: Option<u32>,
    /// The position; a higher one ranks higher.
    #[serde(deserialize_with = "lenient::number")]
    pub position: i32,
    /// The permissions, without those that they imply.
    #[serde(deserialize_with = "lenient::permissions")]
    pub permissions: Permissions,
    /// Whether its members are a section of the list of members.
    #[serde(default)]
    pub hoist: bool,
    /// Whether anybody who may send can mention it; else it takes `manage_messages`.
    #[serde(default)]
    pub mentionable: bool,
    /// Whether it is the role `everyone`, which every member has.
    pub everyone: bool,
    /// Send it with a change to detect a change of another editor.
    #[serde(deserialize_with = "lenient::number")]
    pub version: u64,
}

impl From<&CoreRole> for Role {
    fn from(role: &CoreRole) -> Self {
        Self {
            id: role.id.into(),
            server_id: (&role.server).into(),
            name: role.name.to_string(),
            color: role.color.map(Color::rgb),
            position: role.position,
            permissions: role.permissions.into(),
            hoist: role.hoist,
            mentionable: role.mentionable,
            everyone: role.everyone,
            version: role.version,
        }
    }
}

impl TryFrom<Role> for CoreRole {
    type Error = ViewError;
    fn try_from(role: Role) -> Result<Self, ViewError> {
        let color = |rgb: &u32| Color::new(*rgb).ok_or("must be between 0 and 0xffffff");
        Ok(Self {
            id: role.id.0,
            server: role.server_id.0,
            name: field("name", RoleName::parse(&role.name))?,
            color: option("color", role.color, color)?,
            position: role.position,
            permissions: role.permissions.0,
            hoist: role.hoist,
            mentionable: role.mentionable,
            everyone: role.everyone,
            version: role.version,
        })
    }
}
