//! A role: a named set of permissions with a rank in a server.

use crate::hierarchy::RoleRank;
use crate::id::{RoleId, SpaceKey};
use crate::permission::Permissions;
use crate::text::{Color, RoleName};

/// A role of a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Role {
    /// Its id, unique in its server.
    pub id: RoleId,
    /// The server that it belongs to.
    pub server: SpaceKey,
    /// The name.
    pub name: RoleName,
    /// The colour of the names of its members.
    pub color: Option<Color>,
    /// A higher position ranks higher.
    pub position: i32,
    /// The permissions, without those that they imply.
    pub permissions: Permissions,
    /// Whether its members are a section of the list of members.
    pub hoist: bool,
    /// Whether anybody who may send can mention it; else it takes `manage_messages`.
    pub mentionable: bool,
    /// Whether it is the role `everyone`, which every member has, at position 0.
    pub everyone: bool,
    /// The number of its changes; starts at 1.
    pub version: u64,
}

impl Role {
    /// The role `everyone` of a new space.
    pub fn everyone(id: RoleId, space: SpaceKey, permissions: Permissions) -> Self {
        Self {
            id,
            server: space,
            name: RoleName::parse("everyone").expect("it fits the rules of a role's name"),
            color: None,
            position: 0,
            permissions,
            hoist: false,
            mentionable: false,
            everyone: true,
            version: 1,
        }
    }

    /// Its rank.
    pub fn rank(&self) -> RoleRank {
        RoleRank { position: self.position, role: self.id }
    }
}
