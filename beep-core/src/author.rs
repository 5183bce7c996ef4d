//! Who sent a message: a user, a webhook, an app, or the backend itself.

use crate::id::{AppKey, UserKey, WebhookId};
use crate::text::{AuthorName, SystemEvent};

/// Who sent a message. What is no user is kept with the name that it spoke under: it may be another later, or gone.
///
/// What follows from being somebody follows users alone: nonces, edits, and what is deleted of who is banned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Author {
    /// A user, of this backend or of another.
    User(UserKey),
    /// A webhook of the server that the channel is of.
    Webhook {
        /// Which one.
        id: WebhookId,
        /// What it called itself.
        name: AuthorName,
    },
    /// An app, of this backend or of another.
    App {
        /// Which one.
        id: AppKey,
        /// What it is called.
        name: AuthorName,
    },
    /// The owner of the channel, which says that this happened.
    System(SystemEvent),
}

impl Author {
    /// The user, if it is one.
    pub fn user(&self) -> Option<&UserKey> {
        match self {
            Self::User(user) => Some(user),
            Self::Webhook { .. } | Self::App { .. } | Self::System(_) => None,
        }
    }
}

impl From<UserKey> for Author {
    fn from(user: UserKey) -> Self {
        Self::User(user)
    }
}
