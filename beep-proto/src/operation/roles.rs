//! The roles of a server.

use beep_core::id::{RoleId, SpaceId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Nullable;
use crate::view::{Permissions, Role};

operation! {
    /// Lists the roles of a server, highest first, to its members.
    Get "/servers/{server}/roles" => 200 Page<Role>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Roles in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Makes a role below one's own; takes `manage_roles` and every permission that it grants.
    Post "/servers/{server}/roles" => 201 Role, idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
        /// What it is called.
        name: String,
        /// What it grants.
        permissions: Permissions,
    } + {
        /// `0xRRGGBB` as a number.
        color: u32,
        /// Its place, from 1; 1 if left out.
        position: i32,
    }
}

operation! {
    /// Changes a role below one's own; takes `manage_roles` and every permission that is added.
    Patch "/servers/{server}/roles/{role}" => 200 Role,
        idempotent = by_key, owner = home_of(server);
    Update {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {
        /// What it is called.
        name: String,
        /// What it grants.
        permissions: Permissions,
        /// `0xRRGGBB` as a number.
        #[serde(deserialize_with = "Nullable::field")]
        color: Nullable<u32>,
        /// Its place, from 1; `everyone` stays at 0.
        position: i32,
        /// The version that the change is of; another one answers `conflict`.
        version: u64,
    }
}

operation! {
    /// Deletes a role below one's own, also from members and overrides; takes `manage_roles`.
    Delete "/servers/{server}/roles/{role}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {}
}
