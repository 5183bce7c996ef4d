//! The objects in answers.
//!
//! Fields for later features are already there, `null` or empty, so that clients of this release can read answers of
//! later ones.

mod account;
mod audit;
mod author;
mod backend;
mod ban;
mod channel;
mod federation;
mod friend;
mod global_role;
mod invitation;
mod member;
mod message;
mod moderation;
mod presence;
mod read_state;
mod role;
mod second_factor;
mod server;

pub use account::{DirectFrom, SelfUser, Session, SignedIn, TokenType, User};
pub use audit::{AuditChange, AuditEntry, AuditTarget, AuditValue};
pub use author::Via;
pub use backend::{Backend, Limits};
pub use ban::{Ban, DomainBan};
pub use channel::{Channel, ChannelKind, Override, OverrideSet, RestrictionSet};
pub use federation::{DeadLetter, FederationStatus, Remote};
pub use friend::{Friend, FriendRequest};
pub use global_role::GlobalRole;
pub use invitation::{Invitation, InvitationPreview, ServerPreview};
pub use member::{Because, Explained, Member, Permissions};
pub use message::{Asset, Message, Pin, Reaction, Reactor};
pub use moderation::{ModeratedUser, Report, ReportKind, ReportState, ReportTarget, Resolution, Suspension};
pub use presence::{Presence, PresenceStatus};
pub use read_state::ReadState;
pub use role::Role;
pub use second_factor::{RecoveryCodes, SecondFactorSetup};
pub use server::{Server, Visibility};

use crate::problem::FieldError;

/// A view that breaks a rule of the core; only peers or stored rows can contain one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{field}` {detail}")]
pub struct ViewError {
    /// The field.
    pub field: &'static str,
    /// What it should be.
    pub detail: String,
}

impl From<ViewError> for FieldError {
    fn from(error: ViewError) -> Self {
        Self { field: error.field.to_owned(), code: "malformed".to_owned(), detail: error.detail }
    }
}

/// Names the field that a conversion failed at.
pub(crate) fn field<T, E: std::fmt::Display>(field: &'static str, result: Result<T, E>) -> Result<T, ViewError> {
    result.map_err(|error| ViewError { field, detail: error.to_string() })
}

/// What is counted, as far as it can be counted on.
pub(crate) fn counted(name: &'static str, count: u64) -> Result<u64, ViewError> {
    if count <= MOST_COUNTED { Ok(count) } else { field(name, Err(format!("must be at most {MOST_COUNTED}"))) }
}

/// The most of anything: databases count with 63 bits, and add to it.
pub(crate) const MOST_COUNTED: u64 = i64::MAX.cast_unsigned() / 2;

/// The same for a field that may be absent.
fn option<T, U, E: std::fmt::Display>(
    name: &'static str,
    value: Option<T>,
    with: impl FnOnce(&T) -> Result<U, E>,
) -> Result<Option<U>, ViewError> {
    value.map(|value| field(name, with(&value))).transpose()
}
