//! Operations of moderators and administrators of a backend.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::text::Nullable;
use crate::view::{FederationStatus, GlobalRole};

operation! {
    /// Gives a global role to a user of this backend; needs the global role `application_administrator`.
    Put "/admin/users/{user}/roles/{global_role}" => 204 (), idempotent = by_key;
    GrantRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {}
}

operation! {
    /// Takes a global role from a user; needs the global role `application_administrator`.
    ///
    /// The last administrator cannot lose the role: `conflict`.
    Delete "/admin/users/{user}/roles/{global_role}" => 204 (), idempotent = by_key;
    RevokeRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {}
}

operation! {
    /// Gives the state of federation with each other backend; needs the global role `application_administrator`.
    Get "/admin/federation" => 200 FederationStatus;
    Federation {} + {}
}

operation! {
    /// Sets the allow list of backends, from now on and after restarts; needs the global role
    /// `application_administrator`.
    ///
    /// A removed backend loses access at once; if it is added again, it catches up.
    Put "/admin/federation/allow-list" => 200 FederationStatus, idempotent = by_key;
    AllowBackends {
        /// The allowed domains; `null` for every backend that authenticates.
        #[serde(deserialize_with = "Nullable::required")]
        domains: Nullable<Vec<String>>,
    } + {}
}
