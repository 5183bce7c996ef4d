//! What is kept: one trait for each concept, joined in [`Store`].
//!
//! Reads see every commit that was answered before they began. Lookups give `None` for what is not there.

use std::sync::Arc;

use async_trait::async_trait;

use crate::port::{
    Accounts, Answered, Change, CommitError, Committed, Events, Federation, IdempotencyKey, Invitations, Keys,
    Messages, Sessions, Spaces,
};

/// Everything that a backend keeps.
#[async_trait]
pub trait Store:
    Accounts + Sessions + Keys + Spaces + Invitations + Messages + Events + Federation + Send + Sync
{
    /// Commits a change: guards, writes, events and claim in one transaction, durable when it returns.
    /// Events are published in order before it returns.
    ///
    /// # Errors
    /// [`CommitError`]; then nothing of the change was made.
    async fn commit(&self, change: Change) -> Result<Committed, CommitError>;

    /// Whether the store answers; for readiness.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The first answer to a claimed request: `None` if it was never carried out, `Some(None)` if it was and
    /// its answer was lost in a crash. Claims older than a day may be gone.
    async fn answer(&self, claim: &IdempotencyKey) -> Result<Option<Option<Answered>>, StoreError>;

    /// Waits for what is under way and lets go of everything.
    async fn close(&self);
}

/// The store failed; the cause is for the log, never for an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(pub Arc<str>);

impl StoreError {
    /// Wraps a cause.
    pub fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}
