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
        /// Channels in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Creates a channel; needs `manage_channels`.
    Post "/servers/{server}/channels" => 201 Channel, idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
        /// The name.
        name: String,
    } + {
        /// The topic.
        topic: String,
        /// The position in the list, lowest first; the end if left out.
        position: i32,
        /// Slow mode: seconds that a member waits between two messages, at most 21,600; 0 if left out.
        slow_mode_s: u32,
        /// Hides it from everybody else from the start; the caller sees it too. For everybody if left out.
        private_to: Audience,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

/// Whom a channel is for.
#[derive(Clone, Debug, serde::Deserialize, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Audience {
    /// The members with one of these roles.
    pub roles: Vec<Bare<RoleId>>,
    /// These members.
    pub members: Vec<Ref<UserId>>,
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
    /// Changes a channel; needs `manage_channels` there. Of a private channel the name alone: everybody who takes part in a group
    /// may give it one, or take it away with an empty one.
    Patch "/channels/{channel}" => 200 Channel, idempotent = by_key, owner = home_of(channel);
    Update {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// The name.
        name: String,
        /// The topic.
        topic: String,
        /// The position in the list, lowest first.
        position: i32,
        /// Slow mode: seconds that a member waits between two messages, at most 21,600.
        slow_mode_s: u32,
        /// The version that the change is based on; if it is not the current one, the answer is `conflict`.
        version: u64,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Deletes a channel with its messages; needs `manage_channels` there.
    Delete "/channels/{channel}" => 204 (), idempotent = by_key, owner = home_of(channel);
    Delete {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Sets what a role is allowed and denied in a channel; needs `manage_channels` there, a higher rank, and every
    /// permission that is newly allowed or no longer denied.
    Put "/channels/{channel}/overrides/role/{role}" => 200 Channel,
        idempotent = by_key, owner = home_of(channel);
    PutRoleOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which role; may be `everyone`.
        role: Bare<RoleId>,
        /// The permissions that are allowed.
        allow: Permissions,
        /// The permissions that are denied.
        deny: Permissions,
    } + {
        /// The version of the channel that the change is based on; if it is not the current one, the answer is
        /// `conflict`.
        version: u64,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Removes the override of a role; needs `manage_channels` there, a higher rank, and every permission that was
    /// denied.
    Delete "/channels/{channel}/overrides/role/{role}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
    DeleteRoleOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which role.
        role: Bare<RoleId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Sets what one member is allowed and denied in a channel; needs the same as for a role.
    Put "/channels/{channel}/overrides/member/{user}" => 200 Channel,
        idempotent = by_key, owner = home_of(channel);
    PutMemberOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which member.
        user: Ref<UserId>,
        /// The permissions that are allowed.
        allow: Permissions,
        /// The permissions that are denied.
        deny: Permissions,
    } + {
        /// The version of the channel that the change is based on; if it is not the current one, the answer is
        /// `conflict`.
        version: u64,
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Removes the override of one member; needs the same as for a role.
    Delete "/channels/{channel}/overrides/member/{user}" => 204 (),
        idempotent = by_key, owner = home_of(channel);
    DeleteMemberOverride {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which member.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
