//! Argon2id on a bounded pool of its own, so that logins never stall messages.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use async_trait::async_trait;
use beep_core::port::{HashError, Passwords};
use tokio::sync::Semaphore;

/// Hashes on blocking threads, few at a time.
pub(crate) struct Argon2Pool {
    places: Arc<Semaphore>,
    /// What an absent account's password is compared with.
    decoy: String,
}

impl Argon2Pool {
    /// A pool that runs `at_once` hashes at a time.
    pub(crate) fn new(at_once: usize) -> Result<Self, HashError> {
        let decoy = hash("a password that nobody has")?;
        Ok(Self { places: Arc::new(Semaphore::new(at_once.max(1))), decoy })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.places.clone().acquire_owned().await.map_err(error)?;
        let work = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        work.await.map_err(error)?
    }
}

#[async_trait]
impl Passwords for Argon2Pool {
    async fn hash(&self, password: String) -> Result<String, HashError> {
        self.run(move || hash(&password)).await
    }

    async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, HashError> {
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.clone());
        let fits = self.run(move || {
            let kept = PasswordHash::new(&kept).map_err(error)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
        });
        Ok(fits.await? && known)
    }
}

fn hash(password: &str) -> Result<String, HashError> {
    // OWASP's parameters, the crate's default: 19 MiB, two passes.
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(error)?.to_string())
}

fn error(cause: impl std::fmt::Display) -> HashError {
    HashError(cause.to_string())
}
