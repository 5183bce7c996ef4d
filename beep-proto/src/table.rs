//! The table of operations: what routes, documents and SDK methods are made from.

/// Calls a macro with every operation, by area: `area { method: Struct, … }`.
///
/// The area is a module of [`crate::operation`]. An operation that is not here does not exist.
#[macro_export]
macro_rules! for_each_operation {
    ($with:ident) => {
        $with! {
            backend { get: Get }
            accounts { register: Register, activate: Activate, resend_activation: ResendActivation }
            sessions { login: Login, refresh: Refresh, logout: Logout, list: List, revoke: Revoke }
            self_ { get: Get, update: Update }
            users { get: Get, by_handle: ByHandle, search: Search }
            servers {
                create: Create, list: List, discover: Discover, get: Get, update: Update, delete: Delete,
                join: Join, leave: Leave, permissions: Permissions
            }
            members { list: List, get: Get, assign_role: AssignRole, remove_role: RemoveRole, kick: Kick }
            bans { list: List, put: Put, delete: Delete }
            roles { list: List, create: Create, update: Update, delete: Delete }
            channels {
                list: List, create: Create, get: Get, update: Update, delete: Delete,
                put_role_override: PutRoleOverride, delete_role_override: DeleteRoleOverride,
                put_member_override: PutMemberOverride, delete_member_override: DeleteMemberOverride
            }
            invitations {
                list: List, create: Create, revoke: Revoke, received: Received, preview: Preview, accept: Accept,
                decline: Decline
            }
            messages { send: Send, list: List, get: Get, edit: Edit, delete: Delete, events: Events }
            events { list: List }
            admin {
                grant_role: GrantRole, revoke_role: RevokeRole, federation: Federation, allow_backends: AllowBackends
            }
        }
    };
}
