//! What moderators of a backend see: users, and what was reported.

use beep_core::id::{ChannelId, ReportId, UserId};
use beep_core::report::{
    Report as CoreReport, ReportState as CoreState, ReportTarget as CoreTarget, Resolution as CoreResolution,
};
use beep_core::suspension::{Moderated, Suspension as CoreSuspension};
use beep_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{Bare, Full};
use crate::time::Time;
use crate::view::User;

/// A user as moderators of the backend see them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModeratedUser {
    /// The profile.
    pub user: User,
    /// The global roles.
    pub global_roles: Vec<String>,
    /// The suspension, if one is in force.
    pub suspension: Option<Suspension>,
}

/// A suspension of a user.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suspension {
    /// When it ends by itself; `null` for never.
    pub until: Option<Time>,
    /// The reason.
    pub reason: Option<String>,
    /// Who made it.
    pub by: Full<UserId>,
    /// When it was made.
    pub created_at: Time,
}

impl From<&Moderated> for ModeratedUser {
    fn from(of: &Moderated) -> Self {
        Self {
            user: (&of.user).into(),
            global_roles: of.global_roles.iter().map(ToString::to_string).collect(),
            suspension: of.suspension.as_ref().map(Into::into),
        }
    }
}

impl From<&CoreSuspension> for Suspension {
    fn from(suspension: &CoreSuspension) -> Self {
        Self {
            until: (suspension.until < Timestamp::LAST).then(|| suspension.until.into()),
            reason: suspension.reason.as_ref().map(ToString::to_string),
            by: (&suspension.by).into(),
            created_at: suspension.created_at.into(),
        }
    }
}

/// What somebody reported to the moderators of their backend.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The id.
    pub id: Bare<ReportId>,
    /// When it was made.
    pub at: Time,
    /// Who made it.
    pub by: Full<UserId>,
    /// What it is about.
    pub target: ReportTarget,
    /// What is wrong with it.
    pub reason: String,
    /// What else its maker says.
    pub comment: Option<String>,
    /// How far it has come.
    pub state: ReportState,
    /// The moderator who deals with it.
    pub claimed_by: Option<Full<UserId>>,
    /// What came of it.
    pub resolution: Option<Resolution>,
}

/// What a report is about.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportTarget {
    /// What it is.
    pub kind: ReportKind,
    /// Its id: qualified of a user or server, bare of a message.
    pub id: String,
    /// The channel of a message, and of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<Full<ChannelId>>,
}

/// What is reported.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ReportKind {
    /// A message.
    Message,
    /// A user.
    User,
    /// A server.
    Server,
}

/// How far a report has come.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ReportState {
    /// Nobody deals with it.
    Open,
    /// A moderator does.
    Claimed,
    /// It is dealt with.
    Resolved,
}

impl From<CoreState> for ReportState {
    fn from(state: CoreState) -> Self {
        match state {
            CoreState::Open => Self::Open,
            CoreState::Claimed => Self::Claimed,
            CoreState::Resolved => Self::Resolved,
        }
    }
}

impl From<ReportState> for CoreState {
    fn from(state: ReportState) -> Self {
        match state {
            ReportState::Open => Self::Open,
            ReportState::Claimed => Self::Claimed,
            ReportState::Resolved => Self::Resolved,
        }
    }
}

/// What came of a report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resolution {
    /// What was done.
    pub action: String,
    /// Why.
    pub note: Option<String>,
}

impl From<&CoreReport> for Report {
    fn from(report: &CoreReport) -> Self {
        Self {
            id: report.id.into(),
            at: report.at.into(),
            by: (&report.by).into(),
            target: (&report.target).into(),
            reason: report.reason.to_string(),
            comment: report.comment.as_ref().map(ToString::to_string),
            state: report.state().into(),
            claimed_by: report.claimed_by.as_ref().map(Into::into),
            resolution: report.resolution.as_ref().map(Into::into),
        }
    }
}

impl From<&CoreTarget> for ReportTarget {
    fn from(target: &CoreTarget) -> Self {
        match target {
            CoreTarget::Message { channel, id } => {
                Self { kind: ReportKind::Message, id: id.to_string(), channel_id: Some(channel.clone().into()) }
            }
            CoreTarget::User(user) => Self { kind: ReportKind::User, id: user.to_string(), channel_id: None },
            CoreTarget::Server(server) => Self { kind: ReportKind::Server, id: server.to_string(), channel_id: None },
        }
    }
}

impl From<&CoreResolution> for Resolution {
    fn from(resolution: &CoreResolution) -> Self {
        Self { action: resolution.action.to_string(), note: resolution.note.as_ref().map(ToString::to_string) }
    }
}
