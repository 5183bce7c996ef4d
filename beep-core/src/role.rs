//! A role: a named set of permissions at a place in the order of a server.

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
    /// What it is called.
    pub name: RoleName,
    /// The colour of the names of those who have it.
    pub color: Option<Color>,
    /// Its place: a higher position ranks higher.
    pub position: i32,
    /// What it grants, before closure.
    pub permissions: Permissions,
    /// Whether it is the role that every member has, at position 0, for ever.
    pub everyone: bool,
    /// Counts its changes; starts at 1.
    pub version: u64,
}

impl Role {
    /// Its place in the order.
    pub fn rank(&self) -> RoleRank {
        RoleRank { position: self.position, role: self.id }
    }
}
