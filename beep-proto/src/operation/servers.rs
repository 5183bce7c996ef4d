//! Servers: communities of members, roles and channels.

use beep_core::id::{ChannelId, SpaceId, UserId};

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::text::{Nullable, Secret};
use crate::view::{Explained, Member, Server, Visibility};

operation! {
    /// Creates a server, owned by the caller.
    Post "/servers" => 201 Server, idempotent = by_key;
    Create {
        /// The name.
        name: String,
        /// Who may find and join it.
        visibility: Visibility,
    } + {
        /// The description.
        description: String,
        /// The template; `empty` if left out.
        template: Template,
        /// The asset shown for it; refused with `unknown` by a backend without assets.
        icon: String,
    }
}

/// The template of a new server.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Template {
    /// No channel, and no permission for `everyone`.
    Empty,
    /// A channel `general`; `everyone` may view channels, send messages, attach files and change their nickname.
    Community,
}

operation! {
    /// Lists the servers that the caller is a member of.
    Get "/servers" => 200 Page<Server>;
    List {} + {
        /// Servers in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Lists public servers by name and description, the best first: a name fits better than a description, a word better than a part
    /// of one, and the larger server better than the smaller.
    Get "/servers/discover" => 200 Page<Server>, owner = backend(domain);
    Discover {} + {
        /// Words, or parts of words, that name or description contain, each in any place; all servers if left out.
        q: String,
        /// The backend to search; the caller's own if left out.
        #[sample = "b.example.com"]
        domain: String,
        /// Servers in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Gives a server to its members, or to everybody if it is public.
    Get "/servers/{server}" => 200 Server, owner = home_of(server);
    Get {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}

operation! {
    /// Changes a server; needs `manage_server`, and also `manage_invitations` to make a private server public.
    Patch "/servers/{server}" => 200 Server, idempotent = by_key, owner = home_of(server);
    Update {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// The name.
        name: String,
        /// The description.
        description: String,
        /// Who may find and join it.
        visibility: Visibility,
        /// The asset shown for it; refused with `unknown` by a backend without assets.
        #[serde(deserialize_with = "Nullable::field")]
        icon: Nullable<String>,
        /// The version that the change is based on; if it is not the current one, the answer is `conflict`.
        version: u64,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Deletes a server with everything in it; needs `administrator`.
    Delete "/servers/{server}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}

operation! {
    /// Makes another member the owner of a server; only for its owner, who confirms it with their password.
    Put "/servers/{server}/owner" => 200 Server, idempotent = by_key, rate = Credentials;
    Transfer {
        /// Which server, of this backend.
        server: Ref<SpaceId>,
        /// The new owner: a member of this backend.
        user: Ref<UserId>,
        /// The password of the caller.
        password: Secret,
    } + {
        /// A code of the second factor, if the account has one; without it the answer is `otp_required`.
        otp: Secret,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Joins a public server.
    Post "/servers/{server}/join" => 200 Member,
        idempotent = by_key, owner = home_of(server), effect = Enters;
    Join {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}

operation! {
    /// Leaves a server; its owner cannot. If the server belongs to another backend that does not answer, the caller
    /// leaves at once, and that backend is told later.
    Delete "/servers/{server}/members/me" => 204 (),
        idempotent = by_key, owner = home_of(server), effect = Leaves;
    Leave {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}

operation! {
    /// Gives the permissions of a member and the reasons; for another member than the caller it needs `manage_roles`.
    Get "/servers/{server}/permissions" => 200 Explained, owner = home_of(server);
    Permissions {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// The member; the caller if left out.
        user: Ref<UserId>,
        /// The channel; the server as a whole if left out.
        channel: Ref<ChannelId>,
    }
}
