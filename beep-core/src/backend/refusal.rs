//! Why a use case refuses.

use std::time::Duration;

use crate::channel::Channel;
use crate::global_role::GlobalRole;
use crate::hierarchy::RankDenied;
use crate::id::SessionId;
use crate::permission::Permissions;
use crate::port::{CommitError, HashError, PeerError, StoreError, Unique};
use crate::role::Role;
use crate::space::Space;
use crate::time::Timestamp;

/// Why a use case refuses; nothing was changed.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// A value is not valid; the caller's fault.
    Invalid(Invalid),
    /// It does not exist, or the caller may not see it.
    NotFound,
    /// The caller lacks these permissions.
    Missing(Permissions),
    /// The caller is not a member of the server, which is public and so known to them; a member would need these
    /// permissions.
    NotMember(Permissions),
    /// The caller lacks a global role.
    NotGlobal(GlobalRole),
    /// Only the author may do this.
    NotYours,
    /// The other takes no direct messages of the caller and may not be added by them; why is not told.
    ContactDenied,
    /// The caller is muted.
    Muted {
        /// Until when.
        until: Timestamp,
    },
    /// A moderator of the backend restricts the caller here.
    Restricted {
        /// Until when.
        until: Timestamp,
    },
    /// A moderator of the backend suspended the server.
    ServerSuspended {
        /// Until when.
        until: Timestamp,
    },
    /// A moderator of the backend suspended the user.
    Suspended {
        /// Until when.
        until: Timestamp,
    },
    /// Nobody else is an administrator of the backend.
    LastAdministrator,
    /// The rank of the caller is too low.
    Rank(RankDenied),
    /// The thing has changed since the caller read it; this is its present state.
    Changed(Box<Current>),
    /// The state of the thing does not allow it, as the text says.
    Conflict(&'static str),
    /// Too many changes at once; trying again may help.
    Contended,
    /// Too many sign in at once; trying again in a second may help.
    Busy,
    /// Another user has the username.
    UsernameTaken,
    /// Another account has the mail address.
    EmailTaken,
    /// The user is banned from the server.
    Banned,
    /// The domain of the user is banned from the server.
    DomainBanned,
    /// The user is already a member.
    AlreadyMember,
    /// The two are friends.
    AlreadyFriends,
    /// The invitation has expired; only members get this.
    InvitationExpired,
    /// The invitation is used up; only members get this.
    InvitationExhausted,
    /// Registration is closed, or needs an invitation.
    RegistrationClosed,
    /// Login, password or code is wrong.
    InvalidCredentials,
    /// The account has a second factor, and no code of it was given.
    OtpRequired,
    /// The code of the second factor is wrong, or was used before.
    OtpInvalid,
    /// The account is not activated yet.
    NotActivated,
    /// The session has ended, or the refresh token is not valid.
    Unauthenticated,
    /// A refresh token that was replaced long ago was used again: its session was ended.
    Reused {
        /// Which session.
        session: SessionId,
    },
    /// The channel is in slow mode.
    SlowMode {
        /// When the caller may send again.
        until: Timestamp,
        /// How long that is from now.
        wait: Duration,
    },
    /// The cursor is older than the retained events.
    CursorTooOld,
    /// The request was carried out before, under the same idempotency key.
    Repeated,
    /// The answer depends on another backend, which gave none.
    Remote(PeerError),
    /// A failure of this backend; the cause goes to the log.
    Failed(String),
}

/// A value that is not valid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invalid {
    /// The field.
    pub field: &'static str,
    /// `missing`, `too_short`, `too_long`, `out_of_range`, `unknown`, `common` or `malformed`.
    pub code: &'static str,
    /// What it should be.
    pub detail: String,
}

impl Refusal {
    /// A value that is not valid.
    pub fn invalid(field: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(Invalid { field, code, detail: detail.into() })
    }
}

/// The present state of a thing that changed.
#[derive(Clone, Debug)]
pub enum Current {
    /// A server.
    Space(Space),
    /// A role.
    Role(Role),
    /// A channel.
    Channel(Channel),
}

impl From<CommitError> for Refusal {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale => Self::Contended,
            CommitError::Taken(Unique::Username) => Self::UsernameTaken,
            CommitError::Taken(Unique::Email) => Self::EmailTaken,
            CommitError::Taken(Unique::InvitationCode) => Self::Contended,
            CommitError::Spent(_) => Self::NotFound,
            CommitError::Repeated => Self::Repeated,
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<PeerError> for Refusal {
    fn from(error: PeerError) -> Self {
        Self::Remote(error)
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed(_) => Self::Failed(error.to_string()),
        }
    }
}

impl From<RankDenied> for Refusal {
    fn from(denied: RankDenied) -> Self {
        Self::Rank(denied)
    }
}
