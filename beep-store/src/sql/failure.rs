//! The failure of a store for good: another process has its database, or its writer is gone.

use std::sync::Arc;

use beep_core::port::StoreError;
use tokio::sync::watch;

/// Why the store can work no longer; it never works again, because caches may be outdated.
#[derive(Clone)]
pub(crate) struct Failure(Arc<watch::Sender<Option<StoreError>>>);

impl Default for Failure {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Failure {
    /// Records the failure; the first reason counts.
    pub(crate) fn report(&self, why: impl std::fmt::Display) {
        self.0.send_if_modified(|failure| {
            let is_first = failure.is_none();
            failure.get_or_insert_with(|| StoreError::new(why));
            is_first
        });
    }

    /// Fails once the store has.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.0.borrow().clone().map_or(Ok(()), Err)
    }

    /// Waits for the failure, without keeping the store.
    pub(crate) fn wait(&self) -> impl Future<Output = StoreError> + Send + use<> {
        let mut failures = self.0.subscribe();
        async move {
            match failures.wait_for(Option::is_some).await.map(|failure| failure.clone()) {
                Ok(Some(why)) => why,
                // The store is gone, and so is what could fail.
                Ok(None) | Err(_) => std::future::pending().await,
            }
        }
    }
}
