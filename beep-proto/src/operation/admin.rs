//! Operations of moderators and administrators of a backend.
//!
//! Each change leaves an entry with its reason in the audit log of the backend, and if it concerns a server in that of the server.

use beep_core::id::{ChannelId, ReportId, SpaceId, UserId};

use super::operation;
use crate::id::{Bare, Ref};
use crate::page::Page;
use crate::text::Nullable;
use crate::time::Time;
use crate::view::{AuditEntry, FederationStatus, GlobalRole, ModeratedUser, Report, ReportState};

operation! {
    /// Lists users of this backend; needs the global role `user_moderator`.
    Get "/admin/users" => 200 Page<ModeratedUser>;
    Users {} + {
        /// What username or display name begins with; all users if left out.
        q: String,
        /// Only those who are suspended, those of other backends among them; `q` does not count then.
        suspended: bool,
        /// Users in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Suspends a user; needs the global role `user_moderator`.
    ///
    /// One of this backend is signed out everywhere at once, and signing in answers `account_suspended`; invitations that they
    /// made let nobody in. For one of another backend, nothing is done here that their home asks for. Who holds a global role
    /// themselves is suspended by an administrator alone. Replaces an earlier suspension.
    Put "/admin/users/{user}/suspension" => 204 (), idempotent = by_key;
    SuspendUser {
        /// Which user.
        user: Ref<UserId>,
        /// The reason, 1 to 512 characters.
        reason: String,
    } + {
        /// When it ends by itself; never if left out.
        until: Time,
    }
}

operation! {
    /// Ends the suspension of a user; needs the global role `user_moderator`.
    Delete "/admin/users/{user}/suspension" => 204 (), idempotent = by_key;
    UnsuspendUser {
        /// Which user.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Gives a global role to a user of this backend; needs the global role `application_administrator`.
    ///
    /// Nobody gives one to themselves: `conflict`.
    Put "/admin/users/{user}/roles/{global_role}" => 204 (), idempotent = by_key;
    GrantRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Takes a global role from a user; needs the global role `application_administrator`.
    ///
    /// The last administrator who is not suspended cannot lose the role: `last_administrator`.
    Delete "/admin/users/{user}/roles/{global_role}" => 204 (), idempotent = by_key;
    RevokeRole {
        /// Which user.
        user: Ref<UserId>,
        /// Which role.
        global_role: GlobalRole,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Suspends a server of this backend; needs the global role `server_moderator`.
    ///
    /// Its members see what is there and may leave, and its owner may delete it; all else answers `server_suspended`. Replaces an
    /// earlier suspension.
    Put "/admin/servers/{server}/suspension" => 204 (), idempotent = by_key;
    SuspendServer {
        /// Which server.
        server: Ref<SpaceId>,
        /// The reason, 1 to 512 characters.
        reason: String,
    } + {
        /// When it ends by itself; never if left out.
        until: Time,
    }
}

operation! {
    /// Ends the suspension of a server; needs the global role `server_moderator`.
    Delete "/admin/servers/{server}/suspension" => 204 (), idempotent = by_key;
    UnsuspendServer {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Restricts a user in a server of this backend; needs the global role `server_moderator`.
    ///
    /// They are as muted there, in every channel, as its owner or an administrator too: `restricted`. It holds for who leaves
    /// and comes back, and for who is no member yet. Who holds a global role themselves is restricted by an administrator alone.
    /// Replaces an earlier restriction.
    Put "/admin/servers/{server}/restrictions/{user}" => 204 (), idempotent = by_key;
    RestrictInServer {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which user.
        user: Ref<UserId>,
        /// The reason, 1 to 512 characters.
        reason: String,
    } + {
        /// When it ends by itself; never if left out.
        until: Time,
    }
}

operation! {
    /// Ends the restriction of a user in a server; needs the global role `server_moderator`.
    Delete "/admin/servers/{server}/restrictions/{user}" => 204 (), idempotent = by_key;
    UnrestrictInServer {
        /// Which server.
        server: Ref<SpaceId>,
        /// Which user.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Restricts a user in one channel of a server of this backend, as in a whole server; needs the global role
    /// `server_moderator`.
    ///
    /// At most 1,000 users are restricted in a channel.
    Put "/admin/channels/{channel}/restrictions/{user}" => 204 (), idempotent = by_key;
    RestrictInChannel {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which user.
        user: Ref<UserId>,
        /// The reason, 1 to 512 characters.
        reason: String,
    } + {
        /// When it ends by itself; never if left out.
        until: Time,
    }
}

operation! {
    /// Ends the restriction of a user in a channel; needs the global role `server_moderator`.
    Delete "/admin/channels/{channel}/restrictions/{user}" => 204 (), idempotent = by_key;
    UnrestrictInChannel {
        /// Which channel.
        channel: Ref<ChannelId>,
        /// Which user.
        user: Ref<UserId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Lists reports, oldest first: those about users and messages for the global role `user_moderator`, those about servers and
    /// messages for `server_moderator`, all for `application_administrator`.
    Get "/admin/reports" => 200 Page<Report>;
    Reports {} + {
        /// Only those in this state.
        state: ReportState,
        /// Reports in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Takes on a report; needs a global role that sees it.
    ///
    /// One that another moderator took on is taken over by an administrator alone.
    Post "/admin/reports/{report}/claim" => 200 Report, idempotent = by_key;
    ClaimReport {
        /// Which report.
        report: Bare<ReportId>,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Says what came of a report, which the caller took on or nobody did; needs a global role that sees it.
    Post "/admin/reports/{report}/resolve" => 200 Report, idempotent = by_key;
    ResolveReport {
        /// Which report.
        report: Bare<ReportId>,
        /// What was done, in 1 to 64 characters.
        action: String,
    } + {
        /// Why, at most 512 characters.
        note: String,
    }
}

operation! {
    /// Lists what was done by global roles, newest first; needs the global role `application_administrator`.
    ///
    /// Nobody deletes entries. They are kept for two years, and the newest 1,000,000.
    Get "/admin/audit-log" => 200 Page<AuditEntry>;
    AuditLog {} + {
        /// Only what this user did.
        actor: Ref<UserId>,
        /// Only what was done to the user, server, report or domain with this id.
        #[sample = "b.example.com"]
        target: String,
        /// Only what this operation did, as `admin.suspend_user`.
        #[sample = "admin.suspend_user"]
        action: String,
        /// Entries in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
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
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
