//! The members of a server.

use beep_core::id::{RoleId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::Member;

operation! {
    /// Lists the members of a server, to its members.
    Get "/servers/{server}/members" => 200 Page<Member>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// How nickname, username or display name start; all if left out.
        q: String,
        /// Members in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Gives one member of a server, to its members.
    Get "/servers/{server}/members/{user}" => 200 Member, owner = home_of(server);
    Get {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Gives a role to a member; takes `manage_roles` or `manage_members`, rank, and every permission of the role.
    Put "/servers/{server}/members/{user}/roles/{role}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    AssignRole {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {}
}

operation! {
    /// Takes a role from a member; takes `manage_roles` or `manage_members`, and rank.
    Delete "/servers/{server}/members/{user}/roles/{role}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    RemoveRole {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {}
}

operation! {
    /// Removes a member, who may come back; takes `manage_members`, and rank.
    ///
    /// The invitations that they made are gone.
    Delete "/servers/{server}/members/{user}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    Kick {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
    } + {
        /// Why, at most 512 characters.
        reason: String,
    }
}
