//! Audit logs.

use beep_core::audit::{
    AuditChange as CoreChange, AuditEntry as CoreEntry, AuditTarget as CoreTarget, AuditValue as CoreValue,
};
use beep_core::id::{AuditEntryId, UserId};
use serde::{Deserialize, Serialize};

use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::time::Time;

/// A change of a server or by a global role: who made it, what it was made to, and why.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// The id.
    pub id: Bare<AuditEntryId>,
    /// When it was made.
    pub at: Time,
    /// Who made it; `null` for the operator of the backend, on its machine.
    pub actor: Option<Full<UserId>>,
    /// The name of the operation that made it, as `roles.update`.
    pub action: String,
    /// What it was made to.
    pub target: AuditTarget,
    /// The reason.
    pub reason: Option<String>,
    /// The fields that have other values since, at most 64. They hold no codes of invitations and no text of messages.
    #[serde(deserialize_with = "lenient::items")]
    pub changes: Vec<AuditChange>,
}

/// What a change was made to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditTarget {
    /// `server`, `user`, `role`, `channel`, `invitation`, `message`, `domain` or `report`.
    pub kind: String,
    /// Its id: qualified of a server, user or channel; of a domain the domain itself.
    pub id: String,
}

/// A field that has another value since a change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditChange {
    /// The field of the object. An override of a channel is `overrides.role:<id>.allow`, or `member` and `deny`; a role that
    /// was given to a member is the value of `role` after, and one that was taken the value before.
    pub field: String,
    /// The value before; `null` for none, as of what was created.
    pub before: Option<AuditValue>,
    /// The value since; `null` for none, as of what was deleted.
    pub after: Option<AuditValue>,
}

/// The value of a field: as it is in the object.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AuditValue {
    /// A truth.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text, an id or a time.
    Text(String),
    /// Permissions by name.
    Names(Vec<String>),
}

impl From<&CoreEntry> for AuditEntry {
    fn from(entry: &CoreEntry) -> Self {
        Self {
            id: entry.id.into(),
            at: entry.at.into(),
            actor: entry.actor.as_ref().map(Into::into),
            action: entry.action.name().to_owned(),
            target: (&entry.target).into(),
            reason: entry.reason.as_ref().map(ToString::to_string),
            changes: entry.changes.iter().map(Into::into).collect(),
        }
    }
}

impl From<&CoreTarget> for AuditTarget {
    fn from(target: &CoreTarget) -> Self {
        Self { kind: target.kind.name().to_owned(), id: target.id.clone() }
    }
}

impl From<&CoreChange> for AuditChange {
    fn from(change: &CoreChange) -> Self {
        Self {
            field: change.field.clone(),
            before: change.before.as_ref().map(Into::into),
            after: change.after.as_ref().map(Into::into),
        }
    }
}

impl From<&CoreValue> for AuditValue {
    fn from(value: &CoreValue) -> Self {
        match value {
            CoreValue::Text(text) => Self::Text(text.clone()),
            CoreValue::Number(number) => Self::Number(*number),
            CoreValue::Flag(flag) => Self::Flag(*flag),
            CoreValue::Time(time) => Self::Text(Time(*time).to_string()),
            CoreValue::Names(names) => Self::Names(names.clone()),
        }
    }
}
