//! What moderators and administrators of a backend do.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::view::{FederationStatus, GlobalRole};

operation! {
    /// Gives a global role to a user of this backend; takes the global role `application_administrator`.
    "admin.grant_role", Put "/admin/users/{user}/roles/{global_role}" => 204 (), Member, Write;
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
    "admin.revoke_role", Delete "/admin/users/{user}/roles/{global_role}" => 204 (), Member, Write;
    RevokeRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {}
}

operation! {
    /// Tells how the backend stands with others; takes the global role `application_administrator`.
    "admin.federation", Get "/admin/federation" => 200 FederationStatus, Member, Read;
    Federation {} + {}
}

operation! {
    /// Says which backends to talk to, from now on and after restarts; takes the global role `application_administrator`.
    ///
    /// Whoever is taken off loses access at once; if they come back they catch up.
    "admin.allow_backends", Put "/admin/federation/allow-list" => 200 FederationStatus, Member, Write;
    AllowBackends {} + {
        /// Their domains; any that authenticates if left out.
        domains: Vec<String>,
    }
}
