//! Who asks for something to be done.

use std::fmt;

use crate::backend::Refusal;
use crate::id::{AppKey, SessionId, SpaceKey, UserKey, WebhookId};
use crate::permission::Permissions;
use crate::port::IdempotencyKey;
use crate::text::Reason;

/// Who asks, by which request, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Actor {
    /// Who it is.
    pub who: Who,
    /// The session of the access token; none when another backend speaks for the user.
    pub session: Option<SessionId>,
    /// The caller's name for the request, so that it is carried out once.
    pub claim: Option<IdempotencyKey>,
    /// Why they ask, for the audit log.
    pub reason: Option<Reason>,
}

/// Who it is that asks.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Who {
    /// A user, of this backend or of another.
    User(UserKey),
    /// A webhook, within its server.
    Webhook {
        /// The server.
        server: SpaceKey,
        /// Which of its webhooks.
        id: WebhookId,
    },
    /// An app on its own behalf.
    App(AppKey),
    /// This backend itself.
    System,
}

impl Actor {
    /// A user without a session, a claim or a reason.
    pub fn user(user: UserKey) -> Self {
        Self { who: Who::User(user), session: None, claim: None, reason: None }
    }

    /// The same actor with a reason.
    #[must_use]
    pub fn because(&self, reason: Option<Reason>) -> Self {
        Self { reason, ..self.clone() }
    }

    /// The user, for what users alone can do.
    ///
    /// # Errors
    /// [`Refusal::Missing`], which names no permission, for anybody else.
    pub fn as_user(&self) -> Result<&UserKey, Refusal> {
        self.who.user().ok_or(Refusal::Missing(Permissions::empty()))
    }
}

impl Who {
    /// The user, if it is one.
    pub fn user(&self) -> Option<&UserKey> {
        match self {
            Self::User(user) => Some(user),
            Self::Webhook { .. } | Self::App(_) | Self::System => None,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Webhook { server, id } => write!(f, "webhook {id} of {server}"),
            Self::App(app) => write!(f, "app {app}"),
            Self::System => f.write_str("the backend"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Domain;
    use crate::id::{Id, Qualified};

    #[test]
    fn nobody_but_a_user_does_what_users_do() {
        let uuid = uuid::Uuid::from_u128(1);
        let home = Domain::parse("a.example.com").expect("a domain");
        let user = Qualified::new(Id::from_uuid(uuid), home.clone());
        assert_eq!(Actor::user(user.clone()).as_user().expect("it is one"), &user);
        let server = Qualified::new(Id::from_uuid(uuid), home.clone());
        let others = [
            Who::Webhook { server, id: Id::from_uuid(uuid) },
            Who::App(Qualified::new(Id::from_uuid(uuid), home)),
            Who::System,
        ];
        for who in others {
            let actor = Actor { who, session: None, claim: None, reason: None };
            assert!(matches!(actor.as_user(), Err(Refusal::Missing(none)) if none.is_empty()), "{actor:?}");
        }
    }
}
