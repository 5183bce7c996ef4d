//! What moderators and administrators of a backend do.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::view::GlobalRole;

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
