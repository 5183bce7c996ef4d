//! Argon2id on a bounded pool of its own, so that logins never stall messages.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use async_trait::async_trait;
use beep_core::port::{HashError, Passwords};
use tokio::sync::Semaphore;

/// Hashes on blocking threads, few at a time. So many more wait in line; whoever comes after is sent away.
pub(crate) struct Argon2Pool {
    places: Arc<Semaphore>,
    line: Semaphore,
}

impl Argon2Pool {
    /// A pool that runs `at_once` hashes at a time.
    pub(crate) fn new(at_once: usize) -> Self {
        let at_once = at_once.max(1);
        Self { places: Arc::new(Semaphore::new(at_once)), line: Semaphore::new(at_once + MOST_WAITING) }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _turn = self.line.try_acquire().map_err(|_| HashError::Busy)?;
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
        let kept = kept.unwrap_or_else(|| DECOY.to_owned());
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
    HashError::Failed(cause.to_string())
}

/// How many wait in line: one hash takes some hundredths of a second, so the last of them waits for a few seconds.
const MOST_WAITING: usize = 128;

/// What an absent account's password is compared with, at the cost of any other. Not made at the start, which it
/// would slow down by all of that cost.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$yMXsBLQ9TGmG3Y54nBmasA$28XVzVpbK2V5ueIC+PrKN4yqBfCXMyogVZsbzyPD248";

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn only_so_many_wait_in_line() {
        let pool = Argon2Pool::new(1);
        // Nobody gets to hash, so everybody stays in line.
        let _only = pool.places.acquire().await.expect("it is never closed");
        let mut waiting: Vec<_> = (0..=MOST_WAITING).map(|_| Box::pin(pool.verify("x".to_owned(), None))).collect();
        assert!(waiting.iter_mut().all(|hash| hash.now_or_never().is_none()));
        let refused = pool.verify("x".to_owned(), None).await;
        assert!(matches!(refused, Err(HashError::Busy)), "{refused:?}");
        drop(waiting.pop());
        assert!(Box::pin(pool.verify("x".to_owned(), None)).now_or_never().is_none(), "there is a place in line again");
    }

    #[tokio::test]
    async fn an_absent_account_costs_what_another_does_and_never_fits() {
        let pool = Argon2Pool::new(1);
        let kept = pool.hash("correct horse battery".to_owned()).await.expect("it hashes");
        assert!(pool.verify("correct horse battery".to_owned(), Some(kept.clone())).await.expect("it verifies"));
        assert!(!pool.verify("wrong horse battery".to_owned(), Some(kept.clone())).await.expect("it verifies"));
        assert!(!pool.verify("a password that nobody has".to_owned(), None).await.expect("it verifies"));
        // Algorithm, version and parameters, then salt and hash of the same lengths.
        let cost = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let lengths = |phc: &str| phc.split('$').skip(4).map(str::len).collect::<Vec<_>>();
        assert_eq!((cost(DECOY), lengths(DECOY)), (cost(&kept), lengths(&kept)));
    }
}
