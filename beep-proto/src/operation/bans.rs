//! Users who are banned from a server.

use beep_core::id::{SpaceId, UserId};

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::time::Time;
use crate::view::Ban;

operation! {
    /// Lists the bans of a server; needs `manage_members`.
    Get "/servers/{server}/bans" => 200 Page<Ban>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Bans in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Bans a user from a server, member or not; needs `manage_members`, and a higher rank than a member.
    ///
    /// A member is removed. The user cannot join in any way, and the invitations that they made are deleted. Replaces
    /// an earlier ban.
    Put "/servers/{server}/bans/{user}" => 200 Ban, idempotent = by_key, owner = home_of(server);
    Put {
        /// Which server.
        server: Ref<SpaceId>,
        /// The user.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
        /// Deletes the messages that they sent to the server since this time; none if left out.
        delete_messages_since: Time,
    }
}

operation! {
    /// Ends a ban; needs `manage_members`.
    Delete "/servers/{server}/bans/{user}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
        /// The user.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
