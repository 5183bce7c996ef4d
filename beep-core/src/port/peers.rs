//! Other backends, as far as use cases ask them themselves.

use async_trait::async_trait;

use crate::account::User;
use crate::domain::Domain;
use crate::id::UserId;

/// Asks other backends.
#[async_trait]
pub trait Peers: Send + Sync {
    /// The users of a backend with these ids, as far as there are such.
    async fn users(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<User>, PeerError>;
    /// The user of a backend with exactly this name.
    async fn user_by_name(&self, home: &Domain, name: &str) -> Result<Option<User>, PeerError>;
    /// Users of a backend whose username or display name starts so, as far as it lets them be found; at most `limit`.
    async fn search(&self, home: &Domain, query: &str, limit: u32) -> Result<Vec<User>, PeerError>;
}

/// Why another backend did not answer (contract: federation, "Authorization").
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PeerError {
    /// One of the two does not federate with the other.
    #[error("not federated")]
    Denied,
    /// It is not found in the DNS.
    #[error("the backend is not found in the DNS")]
    Discovery,
    /// The connection was not authenticated.
    #[error("the backends did not authenticate each other")]
    Authentication,
    /// The certificate is for another domain.
    #[error("the certificate is not that of the backend")]
    Validation,
    /// It cannot be reached.
    #[error("the backend cannot be reached")]
    Unavailable,
    /// Its answer makes no sense; what it said goes with it.
    #[error("the backend answered what makes no sense: {0}")]
    Answer(String),
}

/// For a backend that federates with nobody: what others own is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPeers;

#[async_trait]
impl Peers for NoPeers {
    async fn users(&self, _: &Domain, _: &[UserId]) -> Result<Vec<User>, PeerError> {
        Ok(Vec::new())
    }

    async fn user_by_name(&self, _: &Domain, _: &str) -> Result<Option<User>, PeerError> {
        Ok(None)
    }

    async fn search(&self, _: &Domain, _: &str, _: u32) -> Result<Vec<User>, PeerError> {
        Err(PeerError::Denied)
    }
}
