//! Password hashing, which is expensive by design and so has its own thread pool.

use async_trait::async_trait;

/// Hashes and checks passwords with argon2id.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Hashes a password with a new salt, in PHC format.
    ///
    /// # Errors
    /// [`HashError`] if the pool is full or closed.
    async fn hash(&self, password: String) -> Result<String, HashError>;

    /// Whether a password matches a hash. `None` in place of the hash takes the same time and gives false, so a missing
    /// account looks like a wrong password.
    ///
    /// # Errors
    /// [`HashError`] if the pool is full or closed.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError>;
}

/// Hashing is not available at the moment.
#[derive(Debug, thiserror::Error)]
#[error("password hashing is not available: {0}")]
pub struct HashError(pub String);
