//! Servers: communities of members, roles and channels.

use beep_core::id::{ChannelId, SpaceId, UserId};

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::text::Nullable;
use crate::view::{Explained, Member, Server, Visibility};

operation! {
    /// Makes a server, owned by the caller.
    Post "/servers" => 201 Server, idempotent = by_key;
    Create {
        /// What it is called.
        name: String,
        /// Who may find and join it.
        visibility: Visibility,
    } + {
        /// What it says of itself.
        description: String,
        /// What it starts with; `empty` if left out.
        template: Template,
        /// The asset shown for it; refused with `unknown` by a backend that keeps no assets.
        icon: String,
    }
}

/// What a new server starts with.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Template {
    /// No channel, and `everyone` is granted nothing.
    Empty,
    /// A channel `general`, and `everyone` may view, send, attach and change their nickname.
    Community,
}

operation! {
    /// Lists the servers that the caller is a member of.
    Get "/servers" => 200 Page<Server>;
    List {} + {
        /// Servers in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Lists public servers by name and description.
    Get "/servers/discover" => 200 Page<Server>, owner = backend(domain);
    Discover {} + {
        /// What name or description hold; all if left out.
        q: String,
        /// The backend to look on; the caller's own if left out.
        #[sample = "b.example.com"]
        domain: String,
        /// Servers in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Gives a server: to its members, and to all if it is public.
    Get "/servers/{server}" => 200 Server, owner = home_of(server);
    Get {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}

operation! {
    /// Changes a server; takes `manage_server`, and `manage_invitations` as well to make a private one public.
    Patch "/servers/{server}" => 200 Server, idempotent = by_key, owner = home_of(server);
    Update {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// What it is called.
        name: String,
        /// What it says of itself.
        description: String,
        /// Who may find and join it.
        visibility: Visibility,
        /// The asset shown for it; refused with `unknown` by a backend that keeps no assets.
        #[serde(deserialize_with = "Nullable::field")]
        icon: Nullable<String>,
        /// The version that the change is of; another one answers `conflict`.
        version: u64,
    }
}

operation! {
    /// Deletes a server with all that is in it; takes `administrator`.
    Delete "/servers/{server}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
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
    /// Leaves a server; its owner cannot. Of a server of another backend one is out even while that does not answer; it
    /// hears of it when it does.
    Delete "/servers/{server}/members/me" => 204 (),
        idempotent = by_key, owner = home_of(server), effect = Leaves;
    Leave {
        /// Which server.
        server: Ref<SpaceId>,
    } + {}
}

operation! {
    /// Says what a member may do, and why: oneself, or somebody else with `manage_roles`.
    Get "/servers/{server}/permissions" => 200 Explained, owner = home_of(server);
    Permissions {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Which member; the caller if left out.
        user: Ref<UserId>,
        /// In which channel; in the server if left out.
        channel: Ref<ChannelId>,
    }
}
