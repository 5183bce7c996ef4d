//! The keys of a backend, which sign access tokens and encrypt refresh tokens and cursors.
//!
//! The newest access key signs. A replaced key still verifies until the last token that it signed has expired. Keys are
//! in the store, so every process of a backend has the same.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use uuid::Uuid;

use crate::port::{Change, Clock, CommitError, Entropy, SecretKey, SecretPurpose, Store, StoreError};
use crate::session::ACCESS_LIFE;
use crate::time::Timestamp;

/// The keys, as last read.
pub struct KeyRing {
    keys: RwLock<Arc<[SecretKey]>>,
    read_at: AtomicI64,
}

impl KeyRing {
    /// Reads the keys, and makes what is missing.
    pub(super) async fn open(store: &dyn Store, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<Self, CommitError> {
        let keys = RwLock::new(store.secret_keys().await?.into());
        let ring = Self { keys, read_at: AtomicI64::new(clock.now().millis()) };
        ring.rotate(store, clock, entropy).await?;
        Ok(ring)
    }

    /// Makes a new access key when the newest one is old enough, makes missing keys, and deletes keys whose last token
    /// has expired.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rotate(&self, store: &dyn Store, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<(), CommitError> {
        let now = clock.now();
        let mut change = Change::default();
        let make = |purpose| SecretKey {
            id: uuid::Builder::from_random_bytes(entropy.octets()).into_uuid(),
            purpose,
            secret: entropy.octets(),
            created_at: now,
        };
        // A clock that was once ahead must not have keys last until then.
        let keys = self.all();
        let early = keys.iter().filter(|key| key.created_at > now.after(CLOCK_ERROR));
        let early: Vec<_> = early.map(|key| SecretKey { created_at: now, ..key.clone() }).collect();
        if !early.is_empty() {
            store.commit(early.into_iter().fold(Change::default(), Change::put)).await?;
            self.read(store).await?;
        }
        let keys = self.all();
        if youngest(&keys, SecretPurpose::Access).is_none_or(|key| now.since(key.created_at) >= SIGNS_FOR) {
            change = change.put(make(SecretPurpose::Access));
        }
        for purpose in [SecretPurpose::Refresh, SecretPurpose::Cursor] {
            if youngest(&keys, purpose).is_none() {
                change = change.put(make(purpose));
            }
        }
        for key in keys.iter().filter(|key| spent(key, &keys, now)) {
            change = change.remove::<SecretKey>(key.id);
        }
        if !change.writes.is_empty() {
            store.commit(change).await?;
            self.read(store).await?;
        }
        Ok(())
    }

    /// Reads the keys again: another process may have made one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(&self, store: &dyn Store) -> Result<(), StoreError> {
        let keys = store.secret_keys().await?.into();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Reads the keys again, unless that was done a moment ago, so that forged key ids do not cause a read each.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read_if_stale(&self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        let before = self.read_at.load(Ordering::Relaxed);
        let stale = now.since(Timestamp::from_millis(before)) >= READ_AGAIN_AFTER;
        let mine = || self.read_at.compare_exchange(before, now.millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if stale && mine() { self.read(store).await } else { Ok(()) }
    }

    /// The access key that signs.
    pub fn signing(&self) -> Option<SecretKey> {
        youngest(&self.all(), SecretPurpose::Access).cloned()
    }

    /// The access key with this id.
    pub fn verifying(&self, id: Uuid) -> Option<SecretKey> {
        self.all().iter().find(|key| key.purpose == SecretPurpose::Access && key.id == id).cloned()
    }

    /// The keys of refresh tokens; the first one encrypts, all decrypt.
    pub fn refresh(&self) -> Vec<[u8; 32]> {
        self.of(SecretPurpose::Refresh)
    }

    /// The keys of cursors; the first one encrypts, all decrypt.
    pub fn cursors(&self) -> Vec<[u8; 32]> {
        self.of(SecretPurpose::Cursor)
    }

    fn of(&self, purpose: SecretPurpose) -> Vec<[u8; 32]> {
        self.all().iter().filter(|key| key.purpose == purpose).map(|key| key.secret).collect()
    }

    fn all(&self) -> Arc<[SecretKey]> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn youngest(keys: &[SecretKey], purpose: SecretPurpose) -> Option<&SecretKey> {
    keys.iter().filter(|key| key.purpose == purpose).max_by_key(|key| (key.created_at, key.id))
}

/// Whether a younger access key has signed for so long that no token of this one is left.
fn spent(key: &SecretKey, keys: &[SecretKey], now: Timestamp) -> bool {
    let replaced = |other: &&SecretKey| other.purpose == key.purpose && other.created_at > key.created_at;
    key.purpose == SecretPurpose::Access
        && keys.iter().filter(replaced).any(|younger| now.since(younger.created_at) > ACCESS_LIFE * 2)
}

/// By how much a clock may be wrong.
const CLOCK_ERROR: Duration = Duration::from_secs(24 * 60 * 60);

const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How long an access key signs.
const SIGNS_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
