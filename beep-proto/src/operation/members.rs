//! The members of a server.

use beep_core::id::{RoleId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Nullable;
use crate::time::Time;
use crate::view::Member;

operation! {
    /// Lists the members of a server; only for members.
    Get "/servers/{server}/members" => 200 Page<Member>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Any part of nickname, handle or display name; all members if left out.
        q: String,
        /// Members in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Gives one member of a server; only for members.
    Get "/servers/{server}/members/{user}" => 200 Member, owner = home_of(server);
    Get {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Changes what a member is called; needs `manage_nicknames` and a higher rank, or `change_nickname` for oneself.
    Patch "/servers/{server}/members/{user}" => 200 Member, idempotent = by_key, owner = home_of(server);
    Update {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
    } + {
        /// The nickname; `null` takes it away.
        #[serde(deserialize_with = "Nullable::field")]
        nickname: Nullable<String>,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Mutes a member until a time; needs `manage_members`, and a higher rank.
    ///
    /// They may only read, and delete what they wrote. It ends by itself, and holds for who leaves and comes back. Replaces
    /// an earlier mute.
    Put "/servers/{server}/members/{user}/mute" => 200 Member, idempotent = by_key, owner = home_of(server);
    Mute {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
        /// When it ends.
        until: Time,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Ends a mute; needs `manage_members`, and a higher rank.
    Delete "/servers/{server}/members/{user}/mute" => 204 (), idempotent = by_key, owner = home_of(server);
    Unmute {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member, also who has left.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Gives a role to a member; needs `manage_roles` or `manage_members`, a higher rank, and every permission of the
    /// role.
    Put "/servers/{server}/members/{user}/roles/{role}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    AssignRole {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Takes a role from a member; needs `manage_roles` or `manage_members`, and a higher rank.
    Delete "/servers/{server}/members/{user}/roles/{role}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    RemoveRole {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Kicks a member, who may join again; needs `manage_members`, and a higher rank.
    ///
    /// The invitations that they made are deleted.
    Delete "/servers/{server}/members/{user}" => 204 (),
        idempotent = by_key, owner = home_of(server);
    Kick {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which member.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
