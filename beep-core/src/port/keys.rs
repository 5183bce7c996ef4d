//! Keys of the backend itself.

use async_trait::async_trait;
use uuid::Uuid;

use crate::port::StoreError;
use crate::record::Record;
use crate::time::Timestamp;

/// Keys of the backend itself.
#[async_trait]
pub trait Keys {
    /// All keys, oldest first.
    async fn secret_keys(&self) -> Result<Vec<SecretKey>, StoreError>;
}

/// A key of the backend.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretKey {
    /// Its id, which is part of what it signs.
    pub id: Uuid,
    /// Its purpose.
    pub purpose: SecretPurpose,
    /// The secret octets.
    pub secret: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("id", &self.id).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SecretPurpose {
    /// Signs access tokens (an Ed25519 seed).
    Access,
    /// Seals refresh tokens.
    Refresh,
    /// Seals cursors.
    Cursor,
}

impl Record for SecretKey {
    type Key = Uuid;
}
