//! The channels of a server.

use beep_core::id::{ChannelId, RoleId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::{Channel, Permissions};

operation! {
    /// Lists the channels of a server that the caller may view.
    Get "/servers/{server}/channels" => 200 Page<Channel>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Channels in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Makes a channel; takes `manage_channels`.
    Post "/servers/{server}/channels" => 201 Channel, idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
        /// What it is called.
        name: String,
    } + {
        /// What it is about.
        topic: String,
        /// Its place in the list, lowest first; the end if left out.
        position: i32,
        /// Seconds that a member waits between two messages, at most 21,600; 0 if left out.
        slow_mode_s: u32,
    }
}

operation! {
    /// Gives a channel.
    Get "/channels/{channel}" => 200 Channel, owner = home_of(channel);
    Get {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {}
}

operation! {
    /// Changes a channel; takes `manage_channels` there.
    Patch "/channels/{channel}" => 200 Channel, idempotent = by_key, owner = home_of(channel);
    Update {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// What it is called.
        name: String,
        /// What it is about.
        topic: String,
        /// Its place in the list, lowest first.
        position: i32,
        /// Seconds that a member waits between two messages, at most 21,600.
        slow_mode_s: u32,
        /// The version that the change is of; another one answers `conflict`.
        version: u64,
    }
}

operation! {
    /// Deletes a channel with its messages; takes `manage_channels` there.
    Delete "/channels/{channel}" => 204 (), idempotent = by_key, owner = home_of(channel);
    Delete {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {}
}

operation! {
    /// Sets what a role is allowed and denied in a channel; takes `manage_channels` there, rank, and every permission
    /// that is newly allowed or no longer denied.
    Put "/channels/{channel}/overrides/role/{role}" => 200 Channel,
        idempotent = by_key, owner = home_of(channel);
    PutRoleOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which role; `everyone` too.
        role: Bare<RoleId>,
    } + {
        /// What is added; nothing if left out.
        allow: Permissions,
        /// What is taken away; nothing if left out.
        deny: Permissions,
        /// The channel's version that the change is of; another one answers `conflict`.
        version: u64,
    }
}

operation! {
    /// Takes the override of a role away; takes `manage_channels` there, rank, and every permission that was denied.
    Delete "/channels/{channel}/overrides/role/{role}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
    DeleteRoleOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {}
}

operation! {
    /// Sets what one member is allowed and denied in a channel; takes what it takes for a role.
    Put "/channels/{channel}/overrides/member/{user}" => 200 Channel,
        idempotent = by_key, owner = home_of(channel);
    PutMemberOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which member.
        user: Ref<UserId>,
    } + {
        /// What is added; nothing if left out.
        allow: Permissions,
        /// What is taken away; nothing if left out.
        deny: Permissions,
        /// The channel's version that the change is of; another one answers `conflict`.
        version: u64,
    }
}

operation! {
    /// Takes the override of one member away; takes what it takes for a role.
    Delete "/channels/{channel}/overrides/member/{user}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
    DeleteMemberOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which member.
        user: Ref<UserId>,
    } + {}
}
