//! Storage: one trait for each concept, joined in [`Store`].
//!
//! A read sees every commit that was answered before it began. Lookups give `None` for things that do not exist.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::port::{
    Accounts, Answered, AuditLogs, Change, CommitError, Committed, Events, Federation, IdempotencyKey, Invitations,
    Keys, Messages, Moderation, People, Reads, SecondFactors, Sessions, Spaces,
};

/// Everything that a backend stores.
#[async_trait]
pub trait Store:
    Accounts
    + Sessions
    + SecondFactors
    + Keys
    + People
    + Spaces
    + AuditLogs
    + Moderation
    + Invitations
    + Messages
    + Reads
    + Events
    + Federation
    + Send
    + Sync
{
    /// Commits a change: guards, writes, events and claim in one transaction, durable when it returns.
    /// Events are published in order before it returns.
    ///
    /// # Errors
    /// [`CommitError`]; then nothing was changed.
    async fn commit(&self, change: Change) -> Result<Committed, CommitError>;

    /// Whether the store can be read and written; for the readiness check.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Waits until the store can work no longer, whatever happens, and gives the reason. Does not keep the store open.
    fn failed(&self) -> Pin<Box<dyn Future<Output = StoreError> + Send>> {
        Box::pin(std::future::pending())
    }

    /// The first answer to a request with an idempotency key: `None` if it was never carried out, `Some(None)` if it
    /// was and the answer was lost in a crash. Keys older than a day may have been removed.
    async fn answer(&self, claim: &IdempotencyKey) -> Result<Option<Option<Answered>>, StoreError>;

    /// Waits for the work in progress, and closes the store.
    async fn close(&self);
}

/// The store failed. The cause goes to the log, never into an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(pub Arc<str>);

impl StoreError {
    /// Wraps a cause.
    pub fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}
