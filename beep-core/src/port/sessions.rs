//! Sessions.

use async_trait::async_trait;

use crate::id::{SessionId, UserId};
use crate::port::StoreError;
use crate::record::Record;
use crate::session::Session;
use crate::time::Timestamp;

/// Sessions.
#[async_trait]
pub trait Sessions {
    /// The session with this id, alive or not.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// The sessions of a user that are not revoked, newest first.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;
    /// The addresses that sessions of a user were last used from, ended ones included while they are kept.
    async fn session_addresses(&self, user: UserId) -> Result<Vec<String>, StoreError>;
    /// The ids of all sessions that were revoked at or after `since`.
    async fn revoked_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError>;
}

impl Record for Session {
    type Key = SessionId;
}

/// What a decision rested on about a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SessionGuard {
    /// The session is not revoked and this is the hash of its good secret.
    At {
        /// Which session.
        id: SessionId,
        /// The hash that was read.
        current: [u8; 32],
    },
    /// A user has so many sessions that are not revoked.
    Counted {
        /// Who.
        user: UserId,
        /// How many were read.
        signed_in: u32,
    },
}
