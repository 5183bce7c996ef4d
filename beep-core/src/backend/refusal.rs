//! Why a use case says no.

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

/// Why a use case says no; nothing was changed.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// A value does not fit; the caller's fault.
    Invalid(Invalid),
    /// Not there, or not to be seen.
    NotFound,
    /// Allowed to some, not to the caller: these permissions are missing.
    Missing(Permissions),
    /// The server is public, so the caller knows of it, but they are no member: this is what it would take as one.
    NotMember(Permissions),
    /// Allowed to those alone who hold a global role.
    NotGlobal(GlobalRole),
    /// Allowed to the author alone.
    NotYours,
    /// The other takes no direct messages of the caller and may not be added by them; why is not told.
    ContactDenied,
    /// The caller is muted.
    Muted {
        /// Until when.
        until: Timestamp,
    },
    /// The rank does not suffice.
    Rank(RankDenied),
    /// The thing changed since the caller read it; this is what it is.
    Changed(Box<Current>),
    /// The state of things forbids it, as the text says.
    Conflict(&'static str),
    /// Too many changes at once; trying again may help.
    Contended,
    /// Somebody has the username.
    UsernameTaken,
    /// Some account has the address.
    EmailTaken,
    /// The user is banned from the server.
    Banned,
    /// The user is a member.
    AlreadyMember,
    /// The invitation's time is over; told to members alone.
    InvitationExpired,
    /// The invitation is used up; told to members alone.
    InvitationExhausted,
    /// Registration is not open to the caller.
    RegistrationClosed,
    /// Login, password or code do not fit.
    InvalidCredentials,
    /// The mailed code was not entered yet.
    NotActivated,
    /// The session is not signed in, or the refresh credential is none.
    Unauthenticated,
    /// The refresh credential was replaced long ago and used again: its session has ended.
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
    /// The cursor is older than what is kept.
    CursorTooOld,
    /// The claimed request was carried out before.
    Repeated,
    /// Another backend that the answer hangs on did not give one.
    Remote(PeerError),
    /// A failure of ours; the cause is for the log.
    Failed(String),
}

/// A value that does not fit.
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
    /// A value that does not fit.
    pub fn invalid(field: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(Invalid { field, code, detail: detail.into() })
    }
}

/// A thing that changed, as it is.
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
        Self::Failed(error.to_string())
    }
}

impl From<RankDenied> for Refusal {
    fn from(denied: RankDenied) -> Self {
        Self::Rank(denied)
    }
}
