//! What moderators and administrators of a backend do.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::view::{FederationStatus, GlobalRole};

operation! {
    /// Gives a global role to a user of this backend; takes the global role `application_administrator`.
    Put "/admin/users/{user}/roles/{global_role}" => 204 (), idempotent = by_key;
    GrantRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {}
}

operation! {
    /// Takes a global role from a user; takes the global role `application_administrator`.
    ///
    /// The last administrator stays one: `conflict`.
    Delete "/admin/users/{user}/roles/{global_role}" => 204 (), idempotent = by_key;
    RevokeRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {}
}

operation! {
    /// Tells how the backend stands with others; takes the global role `application_administrator`.
    Get "/admin/federation" => 200 FederationStatus;
    Federation {} + {}
}

operation! {
    /// Says which backends to talk to, from now on and after restarts; takes the global role `application_administrator`.
    ///
    /// Whoever is taken off loses access at once; if they come back they catch up.
    Put "/admin/federation/allow-list" => 200 FederationStatus, idempotent = by_key;
    AllowBackends {} + {
        /// Their domains; any that authenticates if left out.
        domains: Vec<String>,
    }
}
