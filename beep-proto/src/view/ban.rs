//! Bans.

use beep_core::ban::{Ban as CoreBan, DomainBan as CoreDomainBan};
use beep_core::id::UserId;
use serde::{Deserialize, Serialize};

use crate::id::Full;
use crate::time::Time;

/// A user who is banned from a server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ban {
    /// Who it is.
    pub user: Full<UserId>,
    /// The reason.
    pub reason: Option<String>,
    /// Who made it.
    pub by: Full<UserId>,
    /// When it was made.
    pub created_at: Time,
}

impl From<&CoreBan> for Ban {
    fn from(ban: &CoreBan) -> Self {
        Self {
            user: (&ban.user).into(),
            reason: ban.reason.as_ref().map(ToString::to_string),
            by: (&ban.by).into(),
            created_at: ban.created_at.into(),
        }
    }
}

/// A backend whose users are banned from a server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainBan {
    /// The domain of the backend.
    pub domain: String,
    /// The reason.
    pub reason: Option<String>,
    /// Who made it.
    pub by: Full<UserId>,
    /// When it was made.
    pub created_at: Time,
}

impl From<&CoreDomainBan> for DomainBan {
    fn from(ban: &CoreDomainBan) -> Self {
        Self {
            domain: ban.domain.to_string(),
            reason: ban.reason.as_ref().map(ToString::to_string),
            by: (&ban.by).into(),
            created_at: ban.created_at.into(),
        }
    }
}
