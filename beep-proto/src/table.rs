//! The table of operations: what names, routes, documents and SDK methods are made from.

/// All operations by area: `/// sentence` `area { method: Struct, … }`.
///
/// The area is a module of [`crate::operation`], and the operation's name is `<area>.<method>`. What follows `polled` SDKs
/// give no method, since they have the live stream instead. What follows `raw` reads its request or writes its answer
/// itself. An operation that is not here does not compile.
#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    ($select:ident $($with:ident)?) => {
        $crate::$select! {
            $($with)?
            /// The backend itself.
            backend { get: Get } raw { openapi: OpenApi }
            /// Signing up, confirming addresses, and forgotten passwords.
            accounts {
                register: Register, activate: Activate, resend_activation: ResendActivation,
                request_password_reset: RequestPasswordReset, complete_password_reset: CompletePasswordReset
            }
            /// Signing in, refreshing, and signing out.
            sessions {
                login: Login, refresh: Refresh, logout: Logout, list: List, revoke: Revoke, revoke_others: RevokeOthers
            }
            /// The caller's account.
            self_ as "self" {
                get: Get, update: Update, change_password: ChangePassword, change_email: ChangeEmail,
                delete: Delete
            }
            /// The second factor of the caller: codes of an authenticator app, and recovery codes.
            second_factor {
                begin: Begin, confirm: Confirm, renew_recovery_codes: RenewRecoveryCodes, remove: Remove
            }
            /// How the caller is seen.
            presence { put: Put }
            /// Other users.
            users { get: Get, by_handle: ByHandle, search: Search }
            /// Requests to be friends.
            friend_requests { create: Create, list: List, accept: Accept, decline: Decline, cancel: Cancel }
            /// The caller's friends.
            friends { list: List, remove: Remove }
            /// Users whom the caller has blocked.
            blocks { list: List, put: Put, delete: Delete }
            /// Communities of members, roles and channels.
            servers {
                create: Create, list: List, discover: Discover, get: Get, update: Update, delete: Delete,
                transfer: Transfer, join: Join, leave: Leave, permissions: Permissions
            }
            /// The members of a server.
            members {
                list: List, get: Get, update: Update, assign_role: AssignRole, remove_role: RemoveRole, mute: Mute,
                unmute: Unmute, kick: Kick
            }
            /// Who changed and moderated what in a server.
            audit_log { list: List }
            /// The bans of a server.
            bans { list: List, put: Put, delete: Delete }
            /// Backends whose users are banned from a server.
            domain_bans { list: List, put: Put, delete: Delete }
            /// The roles of a server.
            roles { list: List, create: Create, order: Order, update: Update, delete: Delete }
            /// The channels of a server, and the categories that hold them.
            channels {
                list: List, create: Create, order: Order, get: Get, update: Update, delete: Delete,
                follow_parent: FollowParent, unfollow_parent: UnfollowParent,
                put_role_override: PutRoleOverride, delete_role_override: DeleteRoleOverride,
                put_member_override: PutMemberOverride, delete_member_override: DeleteMemberOverride, typing: Typing
            }
            /// Private channels: direct ones of two people, and groups.
            conversations { list: List, open: Open, add: Add, remove: Remove, leave: Leave }
            /// Invitations to servers.
            invitations {
                list: List, create: Create, revoke: Revoke, received: Received, preview: Preview, accept: Accept,
                decline: Decline
            }
            /// Messages of a channel.
            messages { send: Send, list: List, get: Get, edit: Edit, delete: Delete, events: Events }
            /// Messages that are pinned to their channel.
            pins { list: List, put: Put, delete: Delete }
            /// Reactions to messages, one emoji each.
            reactions { list: List, put: Put, delete: Delete, clear: Clear }
            /// What the caller has read.
            reads { get: Get, put: Put, put_server: PutServer }
            /// Events over plain HTTP.
            events polled { list: List }
            /// Telling the moderators of the backend.
            reports { create: Create }
            /// Moderation and administration of a backend.
            admin {
                users: Users, suspend_user: SuspendUser, unsuspend_user: UnsuspendUser, grant_role: GrantRole,
                revoke_role: RevokeRole, suspend_server: SuspendServer, unsuspend_server: UnsuspendServer,
                restrict_in_server: RestrictInServer, unrestrict_in_server: UnrestrictInServer,
                restrict_in_channel: RestrictInChannel, unrestrict_in_channel: UnrestrictInChannel, reports: Reports,
                claim_report: ClaimReport, resolve_report: ResolveReport, audit_log: AuditLog, federation: Federation,
                allow_backends: AllowBackends
            }
            /// Live events.
            gateway raw { connect: Connect }
        }
    };
}

/// Calls a macro with every operation but the raw ones, by area: `area { method: Struct, … } …`.
#[macro_export]
macro_rules! for_each_operation {
    ($with:ident) => {
        $crate::__table! { __operations $with }
    };
}

/// Calls a macro with every operation that SDKs have a method for, by area: `area { method: Struct, … } …`.
#[macro_export]
macro_rules! for_each_call {
    ($with:ident) => {
        $crate::__table! { __calls $with }
    };
}

/// Calls a macro with every [raw operation](crate::operation::RawOperation), by area: `area { method: Struct, … } …`.
#[macro_export]
macro_rules! for_each_raw_operation {
    ($with:ident) => {
        $crate::__table! { __raw_operations $with }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __operations {
    ($with:ident $(
        $(#[doc = $doc:literal])+ $area:ident $(as $name:literal)?
        $({ $($call:tt)* })? $(polled { $($polled:tt)* })? $(raw { $($raw:tt)* })?
    )*) => {
        $with! { $( $($area { $($call)* })? $($area { $($polled)* })? )* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __calls {
    ($with:ident $(
        $(#[doc = $doc:literal])+ $area:ident $(as $name:literal)?
        $({ $($call:tt)* })? $(polled { $($polled:tt)* })? $(raw { $($raw:tt)* })?
    )*) => {
        $with! { $( $($area { $($call)* })? )* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __raw_operations {
    ($with:ident $(
        $(#[doc = $doc:literal])+ $area:ident $(as $name:literal)?
        $({ $($call:tt)* })? $(polled { $($polled:tt)* })? $(raw { $($raw:tt)* })?
    )*) => {
        $with! { $( $($area { $($raw)* })? )* }
    };
}

/// Lists the areas, and gives each operation its name.
#[doc(hidden)]
#[macro_export]
macro_rules! __names {
    ($(
        $(#[doc = $doc:literal])+ $area:ident $(as $name:literal)?
        $({ $($call:tt)* })? $(polled { $($polled:tt)* })? $(raw { $($raw:tt)* })?
    )*) => {
        /// The areas in the order of the table, each with what it is about.
        pub const AREAS: &[(&str, &str)] = &[$(($crate::__area!($area [$($name)?]), concat!($($doc),+).trim_ascii())),*];
        $(
            $crate::__names_of! { $area [$($name)?] $($($call)*,)? $($($polled)*,)? $($($raw)*,)? }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __names_of {
    ($area:ident $name:tt $($method:ident: $operation:ident),* $(,)?) => { $(
        impl $crate::operation::Listed for $crate::operation::$area::$operation {
            const NAME: &'static str = concat!($crate::__area!($area $name), ".", stringify!($method));
        }
    )* };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __area {
    ($area:ident []) => {
        stringify!($area)
    };
    ($area:ident [$name:literal]) => {
        $name
    };
}
