//! Private channels: direct ones of two people, and groups. What is done with their messages is done as in any channel.

use beep_core::id::{ChannelId, UserId};
use serde::{Deserialize, Serialize};

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::view::Channel;

operation! {
    /// Lists the private channels that the caller takes part in.
    Get "/channels" => 200 Page<Channel>;
    List {} + {
        /// Channels in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Opens a private channel. Of two people there is one direct channel: if it exists, the answer is that one, with status
    /// 200. A group is new each time.
    Post "/channels" => 201 Channel, idempotent = by_key, owner = pair_with(user), effect = Opens;
    Open {
        /// What kind of channel.
        kind: PrivateKind,
    } + {
        /// Who else, in a direct channel.
        user: Ref<UserId>,
        /// Who else, in a group: 1 to 49 users.
        users: Vec<Ref<UserId>>,
        /// The name of a group. Without one it is shown by who takes part.
        name: String,
    }
}

/// The kind of a private channel.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PrivateKind {
    /// For two people.
    Direct,
    /// For several people.
    Group,
}

operation! {
    /// Adds somebody to a group; everybody who takes part may. They see its whole history.
    Post "/channels/{channel}/members" => 201 Channel, idempotent = by_key, owner = home_of(channel), effect = Adds;
    Add {
        /// Which group.
        channel: Ref<ChannelId>,
        /// Who.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Removes somebody from a group; only the first of its participants may.
    Delete "/channels/{channel}/members/{user}" => 204 (), idempotent = by_key, owner = home_of(channel);
    Remove {
        /// Which group.
        channel: Ref<ChannelId>,
        /// Who.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Leaves a group. With its last participant it goes, and its messages with it.
    Delete "/channels/{channel}/members/me" => 204 (), idempotent = by_key, owner = home_of(channel), effect = Leaves;
    Leave {
        /// Which group.
        channel: Ref<ChannelId>,
    } + {}
}
