//! Global roles.

use beep_core::global_role::GlobalRole as CoreRole;
use serde::{Deserialize, Serialize};

/// A role of the whole backend.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GlobalRole {
    /// May restrict users.
    UserModerator,
    /// May restrict servers, channels and users in them.
    ServerModerator,
    /// May do what both may, grant global roles, and decide about federation.
    ApplicationAdministrator,
}

impl From<GlobalRole> for CoreRole {
    fn from(role: GlobalRole) -> Self {
        match role {
            GlobalRole::UserModerator => Self::UserModerator,
            GlobalRole::ServerModerator => Self::ServerModerator,
            GlobalRole::ApplicationAdministrator => Self::ApplicationAdministrator,
        }
    }
}
