//! The channels of a server.

use beep_core::id::{ChannelId, RoleId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Nullable;
use crate::view::{Channel, Permissions};

operation! {
    /// Lists the channels of a server that the caller may view, categories among them, lowest position first. A channel whose
    /// category the caller may not view is listed as in none.
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
    /// Creates a channel or a category; needs `manage_channels`. In a category it has no overrides of it: see
    /// `PUT /channels/{channel}/follow-parent`.
    Post "/servers/{server}/channels" => 201 Channel, idempotent = by_key, owner = home_of(server);
    Create {
        /// Which server.
        server: Ref<SpaceId>,
        /// The name.
        name: String,
    } + {
        /// The kind; `text` if left out.
        kind: ServerChannelKind,
        /// The category that it is in, which the caller may view; none if left out. A category is in no other.
        parent_id: Ref<ChannelId>,
        /// The topic; a category has none.
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

/// The kind of a channel of a server.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ServerChannelKind {
    /// It holds messages.
    Text,
    /// It holds channels.
    Category,
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
    /// Changes a channel; needs `manage_channels` there. In another category or in none, it follows none. Of a private channel the name alone: everybody who takes part in a group
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
        /// The category that it is in, which the caller may view; `null` takes it out of the one that the caller sees it in.
        #[serde(deserialize_with = "Nullable::field")]
        parent_id: Nullable<Ref<ChannelId>>,
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
    /// Puts channels into categories and in order, all or none; needs `manage_channels`, and it in each channel that is moved.
    /// Channels that are not named stay where they are. A channel in another category or in none follows none.
    Put "/servers/{server}/channels/order" => 204 (), idempotent = by_key, owner = home_of(server);
    Order {
        /// Which server.
        server: Ref<SpaceId>,
        /// Where each channel is to be; each is named once.
        channels: Vec<ChannelPlace>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

/// Where a channel of a server is to be.
#[derive(Clone, Debug, serde::Deserialize, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelPlace {
    /// Which channel.
    pub id: Ref<ChannelId>,
    /// The category that it is in, which the caller may view; `null` for none that the caller sees.
    #[serde(deserialize_with = "Nullable::required")]
    pub parent_id: Nullable<Ref<ChannelId>>,
    /// The position in the list, lowest first.
    pub position: i32,
}

operation! {
    /// Has a channel take over the overrides of its category, and every later change of them; needs `manage_channels` there, and
    /// what setting each override that differs needs. An override that is set on the channel itself ends it.
    Put "/channels/{channel}/follow-parent" => 200 Channel, idempotent = by_key, owner = home_of(channel);
    FollowParent {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Has a channel follow its category no more; its overrides stay as they are. Needs `manage_channels` there.
    Delete "/channels/{channel}/follow-parent" => 204 (), idempotent = by_key, owner = home_of(channel);
    UnfollowParent {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Deletes a channel with its messages; needs `manage_channels` there. The channels of a category stay, in none.
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
    /// Says that the caller is writing in a channel: who looks at it sees that for 8 seconds, or until their message comes.
    /// Needs `send_messages` there.
    Post "/channels/{channel}/typing" => 204 (), idempotent = by_nature, owner = home_of(channel);
    Typing {
        /// Which channel.
        channel: Ref<ChannelId>,
    } + {}
}

operation! {
    /// Sets what a role is allowed and denied in a channel; needs `manage_channels` there, a higher rank, and every
    /// permission that is newly allowed or no longer denied. Of a category, the channels that follow it are changed with it, where
    /// the same is needed.
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
