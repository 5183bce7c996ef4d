//! Users, the caller's account, sessions.

use beep_core::account::{Account, DirectFrom as CoreDirectFrom, User as CoreUser};
use beep_core::domain::Domain;
use beep_core::id::{SessionId, UserId, UserKey};
use beep_core::session::{self, Session as CoreSession};
use beep_core::text::{Bio, DisplayName, Username};
use serde::{Deserialize, Serialize};

use super::{ViewError, field, option};
use crate::id::{Bare, Full};
use crate::text::Secret;
use crate::time::Time;

/// The public profile of a user.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// The id.
    pub id: Full<UserId>,
    /// The name at the home backend.
    pub username: String,
    /// The home backend.
    pub domain: String,
    /// The display name.
    pub display_name: Option<String>,
    /// The avatar, as an asset.
    pub avatar: Option<String>,
    /// A few words about the user.
    pub bio: Option<String>,
    /// When the account was made.
    pub created_at: Time,
    /// Whether the account was deleted and only its messages remain.
    pub deleted: bool,
}

/// The caller's own account.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelfUser {
    /// The id.
    pub id: Full<UserId>,
    /// The name at the home backend.
    pub username: String,
    /// The home backend.
    pub domain: String,
    /// The display name.
    pub display_name: Option<String>,
    /// The avatar, as an asset.
    pub avatar: Option<String>,
    /// A few words about the user.
    pub bio: Option<String>,
    /// When the account was made.
    pub created_at: Time,
    /// Always false: a deleted account has no caller.
    pub deleted: bool,
    /// The mail address.
    pub email: String,
    /// First name, private.
    pub first_name: Option<String>,
    /// Last name, private.
    pub last_name: Option<String>,
    /// Whether login needs a second factor.
    pub two_factor: bool,
    /// Global roles, by name.
    pub global_roles: Vec<String>,
    /// Who may write to the caller directly.
    pub direct_from: DirectFrom,
}

/// Who may write to a user directly, and add them to groups. Friends always may.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DirectFrom {
    /// Anybody.
    Everyone,
    /// Members of servers that both are in.
    Servers,
    /// Friends alone.
    Friends,
}

impl From<CoreDirectFrom> for DirectFrom {
    fn from(of: CoreDirectFrom) -> Self {
        match of {
            CoreDirectFrom::Everyone => Self::Everyone,
            CoreDirectFrom::Servers => Self::Servers,
            CoreDirectFrom::Friends => Self::Friends,
        }
    }
}

impl From<DirectFrom> for CoreDirectFrom {
    fn from(of: DirectFrom) -> Self {
        match of {
            DirectFrom::Everyone => Self::Everyone,
            DirectFrom::Servers => Self::Servers,
            DirectFrom::Friends => Self::Friends,
        }
    }
}

impl User {
    /// The handle for users of the backend `own`: `name` if the user belongs to it too, else `name@a.example.com`.
    ///
    /// `users.by_handle` of that backend takes it.
    pub fn handle(&self, own: &Domain) -> String {
        if self.id.is_of(own) { self.username.clone() } else { format!("{}@{}", self.username, self.id.home()) }
    }
}

/// What signing in gives. The refresh token also travels as the `zuid` cookie.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedIn {
    /// The access token, for the `Authorization` header of every request.
    pub access_token: Secret,
    /// The type of the access token.
    pub token_type: TokenType,
    /// Seconds until it expires.
    pub expires_in: u64,
    /// The refresh token, for one `POST /access`, which gives the next one. Left out where the request had it as the
    /// cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The session.
    pub session_id: Bare<SessionId>,
    /// The account.
    pub user: SelfUser,
}

/// The type of an access token.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TokenType {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer,
}

/// A signed-in device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// Its id.
    pub id: Bare<SessionId>,
    /// The name that it got at login.
    pub label: Option<String>,
    /// The address of its last request.
    pub address: Option<String>,
    /// When it was signed in.
    pub created_at: Time,
    /// When it was last refreshed.
    pub last_used_at: Time,
    /// Whether it is the session of this request.
    pub current: bool,
}

impl Session {
    /// A session as the one with the id `current` sees it.
    pub fn seen(session: &CoreSession, current: SessionId) -> Self {
        Self {
            id: session.id.into(),
            label: session.label.as_ref().map(ToString::to_string),
            address: session.address.clone(),
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            current: session.id == current,
        }
    }
}

impl SignedIn {
    /// Joins the tokens and the account.
    pub fn new(access: String, refresh: String, session: SessionId, account: &Account) -> Self {
        Self {
            access_token: access.into(),
            token_type: TokenType::Bearer,
            expires_in: session::ACCESS_LIFE.as_secs(),
            refresh_token: Some(refresh.into()),
            session_id: session.into(),
            user: account.into(),
        }
    }
}

impl User {
    /// The profile of a user about whom nothing is known any more.
    pub fn gone(key: &UserKey) -> Self {
        (&CoreUser::gone(key.clone())).into()
    }
}

impl From<&CoreUser> for User {
    fn from(user: &CoreUser) -> Self {
        Self {
            id: (&user.key).into(),
            username: user.username.to_string(),
            domain: user.key.home.to_string(),
            display_name: user.display_name.as_ref().map(ToString::to_string),
            avatar: None,
            bio: user.bio.as_ref().map(ToString::to_string),
            created_at: user.created_at.into(),
            deleted: user.deleted,
        }
    }
}

impl TryFrom<User> for CoreUser {
    type Error = ViewError;
    fn try_from(user: User) -> Result<Self, ViewError> {
        Ok(Self {
            key: user.id.0,
            username: field("username", Username::parse(&user.username))?,
            display_name: option("display_name", user.display_name, |text| DisplayName::parse(text))?,
            bio: option("bio", user.bio, |text| Bio::parse(text))?,
            created_at: user.created_at.0,
            deleted: user.deleted,
        })
    }
}

impl From<&Account> for SelfUser {
    fn from(account: &Account) -> Self {
        let User { id, username, domain, display_name, avatar, bio, created_at, deleted } = (&account.user).into();
        Self {
            id,
            username,
            domain,
            display_name,
            avatar,
            bio,
            created_at,
            deleted,
            email: account.email.to_string(),
            first_name: account.first_name.as_ref().map(ToString::to_string),
            last_name: account.last_name.as_ref().map(ToString::to_string),
            two_factor: account.two_factor,
            global_roles: account.global_roles.iter().map(ToString::to_string).collect(),
            direct_from: account.direct_from.into(),
        }
    }
}
