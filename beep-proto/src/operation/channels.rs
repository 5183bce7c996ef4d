//! The channels of a server.

use beep_core::id::{ChannelId, RoleId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::view::{Channel, Permissions};

operation! {
    /// Lists the channels of a server that the caller may view.
    "channels.list", Get "/servers/{server}/channels" => 200 Page<Channel>, Member, Read;
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
    "channels.create", Post "/servers/{server}/channels" => 201 Channel, Member, Write;
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
    "channels.get", Get "/channels/{channel}" => 200 Channel, Member, Read;
    Get {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {}
}

operation! {
    /// Changes a channel; takes `manage_channels` there.
    "channels.update", Patch "/channels/{channel}" => 200 Channel, Member, Write;
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
    "channels.delete", Delete "/channels/{channel}" => 204 (), Member, Write;
    Delete {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {}
}

operation! {
    /// Sets what a role is allowed and denied in a channel; takes `manage_channels` there, rank, and every permission
    /// that is newly allowed or no longer denied.
    "channels.put_role_override", Put "/channels/{channel}/overrides/role/{role}" => 200 Channel, Member, Write;
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
    "channels.delete_role_override", Delete "/channels/{channel}/overrides/role/{role}" => 204 (), Member, Write;
    DeleteRoleOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {}
}

operation! {
    /// Sets what one member is allowed and denied in a channel; takes what it takes for a role.
    "channels.put_member_override", Put "/channels/{channel}/overrides/member/{user}" => 200 Channel, Member, Write;
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
    "channels.delete_member_override", Delete "/channels/{channel}/overrides/member/{user}" => 204 (), Member, Write;
    DeleteMemberOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which member.
        user: Ref<UserId>,
    } + {}
}
