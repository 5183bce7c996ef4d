//! A space as its owner tells it.

use beep_core::space as core;
use beep_core::text::{Description, ServerName};
use serde::{Deserialize, Serialize};

use crate::view::{Server, ViewError, counted, field};

/// A space: what clients are told of a server, and of which kind it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Space {
    /// What kind of space. One that is not known is refused with all that it is part of.
    pub kind: SpaceKind,
    /// The rest of it.
    #[serde(flatten)]
    pub server: Server,
}

/// What kind of space.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpaceKind {
    /// A server.
    Community,
    /// A private conversation of several people.
    Group,
    /// The private conversation of two people.
    Direct,
}

impl From<core::SpaceKind> for SpaceKind {
    fn from(kind: core::SpaceKind) -> Self {
        match kind {
            core::SpaceKind::Community => Self::Community,
            core::SpaceKind::Group => Self::Group,
            core::SpaceKind::Direct => Self::Direct,
        }
    }
}

impl From<SpaceKind> for core::SpaceKind {
    fn from(kind: SpaceKind) -> Self {
        match kind {
            SpaceKind::Community => Self::Community,
            SpaceKind::Group => Self::Group,
            SpaceKind::Direct => Self::Direct,
        }
    }
}

impl From<&core::Space> for Space {
    fn from(space: &core::Space) -> Self {
        Self { kind: space.kind.into(), server: space.into() }
    }
}

impl TryFrom<Space> for core::Space {
    type Error = ViewError;
    fn try_from(Space { kind, server }: Space) -> Result<Self, ViewError> {
        Ok(Self {
            id: server.id.0,
            kind: kind.into(),
            name: field("name", ServerName::parse(&server.name))?,
            description: field("description", Description::parse(&server.description))?,
            visibility: server.visibility.into(),
            owner: server.owner.0,
            member_count: counted("member_count", server.member_count)?,
            created_at: server.created_at.0,
            version: counted("version", server.version)?,
            suspended_until: server.suspended_until.map(|until| until.0),
        })
    }
}
