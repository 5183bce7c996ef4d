//! Password hashing, which is meant to cost and so has a pool of its own.

use async_trait::async_trait;

/// Hashes and checks passwords with argon2id.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Hashes a password with a fresh salt, in PHC format.
    ///
    /// # Errors
    /// [`HashError`] when the pool is full or gone.
    async fn hash(&self, password: String) -> Result<String, HashError>;

    /// Whether a password is the one that was hashed; `None` in place of a hash costs the same and is false,
    /// so that an absent account cannot be told from a wrong password.
    ///
    /// # Errors
    /// [`HashError`] when the pool is full or gone.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError>;
}

/// Hashing is not to be had right now.
#[derive(Debug, thiserror::Error)]
#[error("password hashing is not available: {0}")]
pub struct HashError(pub String);
