//! The roles of a server.

use beep_core::id::{RoleId, SpaceId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Nullable;
use crate::view::{Permissions, Role};

operation! {
    /// Lists the roles of a server, highest first; only for members.
    Get "/servers/{server}/roles" => 200 Page<Role>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Roles in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Creates a role below the caller's highest; needs `manage_roles` and every permission that it grants.
    Post "/servers/{server}/roles" => 201 Role, idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
        /// The name.
        name: String,
        /// The permissions.
        permissions: Permissions,
    } + {
        /// `0xRRGGBB` as a number.
        color: u32,
        /// The position, from 1; 1 if left out.
        position: i32,
        /// Whether its members are a section of the list of members.
        hoist: bool,
        /// Whether anybody who may send can mention it; else it takes `manage_messages`.
        mentionable: bool,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Changes a role below the caller's highest; needs `manage_roles` and every permission that is added.
    Patch "/servers/{server}/roles/{role}" => 200 Role,
        idempotent = by_key, owner = home_of(server);
    Update {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {
        /// The name.
        name: String,
        /// The permissions.
        permissions: Permissions,
        /// `0xRRGGBB` as a number.
        #[serde(deserialize_with = "Nullable::field")]
        color: Nullable<u32>,
        /// The position, from 1; `everyone` stays at 0.
        position: i32,
        /// Whether its members are a section of the list of members.
        hoist: bool,
        /// Whether anybody who may send can mention it; else it takes `manage_messages`.
        mentionable: bool,
        /// The version that the change is based on; if it is not the current one, the answer is `conflict`.
        version: u64,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Puts the roles in order, all or none; needs `manage_roles`. Only roles below the caller's highest can have another place.
    Put "/servers/{server}/roles/order" => 204 (), idempotent = by_key, owner = home_of(server);
    Order {
        /// Which server.
        server: Ref<SpaceId>,
        /// Each role but `everyone` once, the highest first.
        roles: Vec<Bare<RoleId>>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Deletes a role below the caller's highest, and removes it from members and overrides; needs `manage_roles`.
    Delete "/servers/{server}/roles/{role}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
