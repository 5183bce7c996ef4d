//! The audit log of a server.

use beep_core::id::{SpaceId, UserId};

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::view::AuditEntry;

operation! {
    /// Lists who changed and moderated what in a server, newest first; needs `manage_server`.
    ///
    /// Every change of the server, its roles, channels, invitations and members by others leaves an entry, and so does the
    /// deletion of another's message, and each pin. Entries are kept for 90 days, and the newest 10,000 of each server.
    Get "/servers/{server}/audit-log" => 200 Page<AuditEntry>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Only what this user did.
        actor: Ref<UserId>,
        /// Only what was done to the user, role, channel, invitation, message or domain with this id.
        #[sample = "b.example.com"]
        target: String,
        /// Only what this operation did, as `roles.update`.
        #[sample = "roles.update"]
        action: String,
        /// Entries in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}
