//! A registration: somebody asks for an account, with a mail address that they have not confirmed yet.
//!
//! It is no account. An address that was never confirmed belongs to nobody, so a newer registration replaces the older
//! one, with its password and name. It is kept also for an address that has an account, whose owner is told by mail: to
//! the one who registers both look alike.

use std::time::Duration;

use crate::id::{InvitationId, UserId};
use crate::text::{DisplayName, Email, Username};
use crate::time::Timestamp;

/// A registration that waits for its code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Registration {
    /// The address; there is one registration for each.
    pub email: Email,
    /// The id of the account that it becomes. The registration that replaces it has the same.
    pub user: UserId,
    /// The username; see [`UsernameHold`].
    pub username: Username,
    /// The display name.
    pub display_name: Option<DisplayName>,
    /// The password as argon2id in PHC format.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Keeps a username for one user, until a time: for a registration as long as its code is valid, and for the former
/// holder of the name for [`FORMER_NAME_REST`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UsernameHold {
    /// The name.
    pub username: Username,
    /// Who may take it.
    pub holder: UserId,
    /// From when on everybody may.
    pub until: Timestamp,
}

/// One use of an invitation that belongs to the account that was registered by it, or to its registration. When this
/// user joins by the invitation the use is counted, and the seat is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvitationSeat {
    /// Whose.
    pub user: UserId,
    /// Of which invitation.
    pub invitation: InvitationId,
}

/// How long a registration waits for its code; a new code can be asked for meanwhile.
pub const REGISTRATION_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long nobody else gets a name that was given up: links and notes may still mean its former holder.
pub const FORMER_NAME_REST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
