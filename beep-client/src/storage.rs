//! The port for what outlives the program: bytes by key.
//!
//! [`Chat`](crate::Chat) stores its state through it. [`MemoryStorage`] is for tests and programs that keep nothing,
//! `FileStorage` (feature `native`) for ordinary programs; a browser implements the trait over IndexedDB.

#[cfg(feature = "native")]
mod files;
mod record;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "native")]
pub use self::files::FileStorage;
pub(crate) use self::record::{decode, encode};
use crate::transport::{BoxFuture, MaybeSend, MaybeSync};

/// Values by key. A key has 1 to [`MAX_KEY_LEN`] characters of `a-z`, `0-9`, `.`, `-`, `_`, `@` and `/`; a value at most
/// [`MAX_VALUE_LEN`] bytes.
///
/// What [`write`](Self::write) answered must survive the end of the program. A write that fails or is cut off leaves the
/// earlier value. The caller does not start a change before the one before it was answered.
pub trait Storage: MaybeSend + MaybeSync + 'static {
    /// The value of a key; `None` if there is none.
    fn read(&self, key: String) -> BoxFuture<Result<Option<Vec<u8>>, StorageError>>;

    /// Puts a value in the place of the earlier one.
    fn write(&self, key: String, value: Vec<u8>) -> BoxFuture<Result<(), StorageError>>;

    /// Removes a key; does nothing if there is none.
    fn remove(&self, key: String) -> BoxFuture<Result<(), StorageError>>;

    /// Carries out several writes as one: after a program that ended in between, all of them or none are found. `None`
    /// where the storage cannot; the caller then does one after the other, and some are found.
    fn write_all(&self, writes: &[Write]) -> Option<BoxFuture<Result<(), StorageError>>> {
        let _ = writes;
        None
    }

    /// The keys with a prefix, sorted.
    fn list(&self, prefix: String) -> BoxFuture<Result<Vec<String>, StorageError>>;
}

/// A value to store under a key; without one the key is removed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Write {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Option<Vec<u8>>,
}

impl Write {
    /// Says whether it can be carried out.
    ///
    /// # Errors
    /// [`StorageError::Key`] or [`StorageError::TooLarge`].
    pub fn check(&self) -> Result<(), StorageError> {
        check_entry(&self.key, self.value.as_deref().unwrap_or_default())
    }
}

/// The longest key, in characters.
pub const MAX_KEY_LEN: usize = 800;

/// The largest value, in bytes.
pub const MAX_VALUE_LEN: usize = 64 << 20;

/// Why something was not read or stored.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The key is too long or has other characters than the trait allows.
    #[error("`{0}` is not a key")]
    Key(String),
    /// The value is too large.
    #[error("a value of {0} bytes is too large to be stored")]
    TooLarge(usize),
    /// The storage failed: no space, no permission, a broken disk.
    #[error("the storage failed: {0}")]
    Failed(String),
}

impl StorageError {
    /// A failure with its cause.
    pub fn failed(cause: impl fmt::Display) -> Self {
        Self::Failed(cause.to_string())
    }
}

/// Says whether a text is a key.
///
/// # Errors
/// [`StorageError::Key`].
pub fn check_key(key: &str) -> Result<(), StorageError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '@' | '/');
    let good = (1..=MAX_KEY_LEN).contains(&key.len()) && key.chars().all(allowed);
    if good { Ok(()) } else { Err(StorageError::Key(key.chars().take(MAX_KEY_LEN).collect())) }
}

/// Says whether a value can be stored under a key.
///
/// # Errors
/// [`StorageError::Key`] or [`StorageError::TooLarge`].
pub fn check_entry(key: &str, value: &[u8]) -> Result<(), StorageError> {
    check_key(key)?;
    if value.len() > MAX_VALUE_LEN { Err(StorageError::TooLarge(value.len())) } else { Ok(()) }
}

/// Storage in memory. All clones are one storage, so that a test can start a program again on what it left.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl MemoryStorage {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        // Nothing in here panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStorage {
    fn read(&self, key: String) -> BoxFuture<Result<Option<Vec<u8>>, StorageError>> {
        let value = check_key(&key).map(|()| self.lock().get(&key).cloned());
        Box::pin(std::future::ready(value))
    }

    fn write(&self, key: String, value: Vec<u8>) -> BoxFuture<Result<(), StorageError>> {
        let written = check_entry(&key, &value).map(|()| drop(self.lock().insert(key, value)));
        Box::pin(std::future::ready(written))
    }

    fn remove(&self, key: String) -> BoxFuture<Result<(), StorageError>> {
        let removed = check_key(&key).map(|()| drop(self.lock().remove(&key)));
        Box::pin(std::future::ready(removed))
    }

    fn write_all(&self, writes: &[Write]) -> Option<BoxFuture<Result<(), StorageError>>> {
        let written = writes.iter().try_for_each(Write::check).map(|()| {
            let mut values = self.lock();
            for Write { key, value } in writes {
                match value {
                    Some(value) => values.insert(key.clone(), value.clone()),
                    None => values.remove(key),
                };
            }
        });
        Some(Box::pin(std::future::ready(written)))
    }

    fn list(&self, prefix: String) -> BoxFuture<Result<Vec<String>, StorageError>> {
        let keys = self.lock().range(prefix.clone()..).map(|(key, _)| key.clone()).collect::<Vec<_>>();
        let keys = keys.into_iter().take_while(|key| key.starts_with(&prefix)).collect();
        Box::pin(std::future::ready(Ok(keys)))
    }
}

impl fmt::Debug for MemoryStorage {
    /// Omits the values, which hold messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStorage").field("keys", &self.lock().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
