//! Password hashing, which is expensive by design and so has its own thread pool.

use async_trait::async_trait;

/// Hashes and checks passwords with argon2id.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Hashes a password with a new salt, in PHC format.
    ///
    /// # Errors
    /// [`HashError::Busy`] if too many wait for their turn; [`HashError::Failed`].
    async fn hash(&self, password: String) -> Result<String, HashError>;

    /// Whether a password matches a hash. `None` in place of the hash takes the same time and gives false, so a missing
    /// account looks like a wrong password.
    ///
    /// # Errors
    /// [`HashError::Busy`] if too many wait for their turn; [`HashError::Failed`].
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError>;
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many wait for their turn.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// Hashing failed.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}
