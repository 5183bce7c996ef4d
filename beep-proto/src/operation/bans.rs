//! People who may not come back to a server.

use beep_core::id::{SpaceId, UserId};

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::time::Time;
use crate::view::Ban;

operation! {
    /// Lists the bans of a server; takes `manage_members`.
    Get "/servers/{server}/bans" => 200 Page<Ban>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Bans in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Bans somebody from a server, member or not; takes `manage_members`, and rank over a member.
    ///
    /// They are removed, cannot join by invitation or publicly, and the invitations that they made are gone. Who is
    /// banned already is banned anew.
    Put "/servers/{server}/bans/{user}" => 200 Ban, idempotent = by_key, owner = home_of(server);
    Put {
        /// Which server.
        server: Ref<SpaceId>,
        /// Whom.
        user: Ref<UserId>,
    } + {
        /// Why, at most 512 characters.
        reason: String,
        /// Deletes what they sent to the server from this time on; nothing if left out.
        delete_messages_since: Time,
    }
}

operation! {
    /// Ends a ban; takes `manage_members`.
    Delete "/servers/{server}/bans/{user}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
        /// Whose.
        user: Ref<UserId>,
    } + {}
}
