//! Invitations.

use beep_core::id::{InvitationId, SpaceId, UserId};
use beep_core::invitation::{Admits, Invitation as CoreInvitation, Invited};
use beep_core::space::{Preview, Space};
use beep_core::text::{Description, ServerName};
use serde::{Deserialize, Serialize};

use super::{ViewError, counted, field};
use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::time::Time;

/// An invitation to a server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitation {
    /// The id.
    pub id: Bare<InvitationId>,
    /// The code; `null` if it is for one user.
    pub code: Option<String>,
    /// The server.
    pub server: ServerPreview,
    /// Who made it.
    pub inviter: Full<UserId>,
    /// The invited user; `null` for a code.
    pub user: Option<Full<UserId>>,
    /// When it expires; `null` for never.
    pub expires_at: Option<Time>,
    /// How often it can be used; `null` for no limit.
    #[serde(default, deserialize_with = "lenient::option")]
    pub max_uses: Option<u32>,
    /// How often it was used.
    #[serde(deserialize_with = "lenient::number")]
    pub uses: u32,
    /// When it was made.
    pub created_at: Time,
}

/// A server as users who are not members see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerPreview {
    /// The id.
    pub id: Full<SpaceId>,
    /// The name.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// The icon, as an asset.
    pub icon: Option<String>,
    /// How many members it has.
    #[serde(deserialize_with = "lenient::number")]
    pub member_count: u64,
}

/// An invitation as everybody with the code sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationPreview {
    /// The code.
    pub code: String,
    /// The server.
    pub server: ServerPreview,
    /// When it expires; `null` for never.
    pub expires_at: Option<Time>,
}

impl Invitation {
    /// Joins an invitation and its server.
    pub fn new(invitation: &CoreInvitation, server: &Preview) -> Self {
        Self {
            id: invitation.id.into(),
            code: invitation.code().map(str::to_owned),
            server: server.into(),
            inviter: (&invitation.inviter).into(),
            user: invitation.user().map(Into::into),
            expires_at: invitation.expires_at.map(Into::into),
            max_uses: invitation.max_uses(),
            uses: invitation.uses,
            created_at: invitation.created_at.into(),
        }
    }
}

impl Invitation {
    /// What accepts or declines it, whichever backend it is of: its code, or its id, and its backend's domain.
    pub fn named(&self) -> String {
        let home = &self.server.id.0.home;
        match &self.code {
            Some(code) => format!("{code}@{home}"),
            None => format!("{}@{home}", self.id),
        }
    }
}

impl From<&Invited> for Invitation {
    fn from(invited: &Invited) -> Self {
        Self::new(&invited.invitation, &invited.server)
    }
}

impl TryFrom<Invitation> for Invited {
    type Error = ViewError;
    fn try_from(view: Invitation) -> Result<Self, ViewError> {
        let admits = match (view.code, view.user) {
            (Some(code), None) => Admits::Code { code, max_uses: view.max_uses },
            (None, Some(user)) => Admits::User(user.0),
            _ => field("user", Err("must be present if `code` is not, and absent if it is"))?,
        };
        let server = Preview::try_from(view.server)?;
        let invitation = CoreInvitation {
            id: view.id.0,
            admits,
            server: server.id.clone(),
            inviter: view.inviter.0,
            expires_at: view.expires_at.map(|at| at.0),
            uses: view.uses,
            created_at: view.created_at.0,
        };
        Ok(Self { invitation, server })
    }
}

impl TryFrom<ServerPreview> for Preview {
    type Error = ViewError;
    fn try_from(view: ServerPreview) -> Result<Self, ViewError> {
        Ok(Self {
            id: view.id.0,
            name: field("name", ServerName::parse(&view.name))?,
            description: field("description", Description::parse(&view.description))?,
            member_count: counted("member_count", view.member_count)?,
        })
    }
}

impl From<&Preview> for ServerPreview {
    fn from(server: &Preview) -> Self {
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
    /// Joins a code, its invitation and its server.
    pub fn new(code: String, invitation: &CoreInvitation, server: &Space) -> Self {
        let server = &Preview::from(server);
        Self { code, server: server.into(), expires_at: invitation.expires_at.map(Into::into) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_named_with_its_backend() {
        let user = "01932c07-209d-7cc9-a31d-5f3a1f1c0f6b@a.example.com";
        let id = "01932c07-209d-7cc9-a31d-5f3a1f1c0f6c";
        let invitation = |code: Option<&str>, user: Option<&str>| {
            let written = serde_json::json!({
                "id": id,
                "code": code,
                "server": { "id": format!("{id}@b.example.com"), "name": "far", "description": "", "icon": null, "member_count": 1 },
                "inviter": "01932c07-209d-7cc9-a31d-5f3a1f1c0f6d@c.example.com",
                "user": user,
                "expires_at": null,
                "max_uses": null,
                "uses": 0,
                "created_at": "2026-11-23T10:00:00.000Z",
            });
            serde_json::from_value::<Invitation>(written).expect("it is an invitation")
        };
        assert_eq!(invitation(None, Some(user)).named(), format!("{id}@b.example.com"));
        assert_eq!(invitation(Some("k3Xw9"), None).named(), "k3Xw9@b.example.com");
    }
}
