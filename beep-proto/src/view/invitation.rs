//! Invitations.

use beep_core::id::{InvitationId, ServerId, UserId};
use beep_core::invitation::Invitation as CoreInvitation;
use beep_core::server::Server as CoreServer;
use serde::{Deserialize, Serialize};

use crate::id::{Bare, Full};
use crate::time::Time;

/// An invitation to a server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitation {
    /// The id.
    pub id: Bare<InvitationId>,
    /// What is passed on; `null` when it is for one person.
    pub code: Option<String>,
    /// Where it leads.
    pub server: ServerPreview,
    /// Who made it.
    pub inviter: Full<UserId>,
    /// The one person it is for.
    pub user: Option<Full<UserId>>,
    /// From when on it lets nobody in.
    pub expires_at: Option<Time>,
    /// How many it lets in at most.
    pub max_uses: Option<u32>,
    /// How many it has let in.
    pub uses: u32,
    /// When it was made.
    pub created_at: Time,
}

/// A server as somebody sees it who is no member yet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerPreview {
    /// The id.
    pub id: Full<ServerId>,
    /// What it is called.
    pub name: String,
    /// What it says of itself; may be empty.
    pub description: String,
    /// The asset shown for it.
    pub icon: Option<String>,
    /// How many members it has.
    pub member_count: u64,
}

/// An invitation as anybody sees it who has the code.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationPreview {
    /// The code.
    pub code: String,
    /// Where it leads.
    pub server: ServerPreview,
    /// From when on it lets nobody in.
    pub expires_at: Option<Time>,
}

impl Invitation {
    /// Joins an invitation and the server it leads to.
    pub fn new(invitation: &CoreInvitation, server: &CoreServer) -> Self {
        Self {
            id: invitation.id.into(),
            code: Some(invitation.code.clone()),
            server: server.into(),
            inviter: (&invitation.inviter).into(),
            user: None,
            expires_at: invitation.expires_at.map(Into::into),
            max_uses: invitation.max_uses,
            uses: invitation.uses,
            created_at: invitation.created_at.into(),
        }
    }
}

impl From<&CoreServer> for ServerPreview {
    fn from(server: &CoreServer) -> Self {
        Self {
            id: (&server.id).into(),
            name: server.name.to_string(),
            description: server.description.to_string(),
            icon: None,
            member_count: server.member_count,
        }
    }
}

impl InvitationPreview {
    /// Joins an invitation and the server it leads to.
    pub fn new(invitation: &CoreInvitation, server: &CoreServer) -> Self {
        Self { code: invitation.code.clone(), server: server.into(), expires_at: invitation.expires_at.map(Into::into) }
    }
}
