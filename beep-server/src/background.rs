//! What a backend does by itself: rotating keys, forgetting what is old.

use std::sync::{Arc, Weak};
use std::time::Duration;

use beep_core::backend::{Backend, Refusal, account_deletion, domain_bans, purges};
use tokio::sync::Notify;

use crate::rate::Rates;
use crate::resumes::Resumes;
use crate::token::Tokens;

/// What is looked after.
pub(crate) struct Upkeep {
    pub(crate) backend: Weak<Backend>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) resumes: Arc<Resumes>,
    /// How long events are kept.
    pub(crate) event_retention: Duration,
}

impl Upkeep {
    /// Looks after a backend until it is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut tick = tokio::time::interval(ROUND);
        tick.tick().await;
        loop {
            tick.tick().await;
            let Some(backend) = self.backend.upgrade() else { return };
            self.round(&backend).await;
        }
    }

    async fn round(&self, backend: &Backend) {
        if let Err(error) = backend.keys.rotate(&*backend.store, &*backend.clock, &*backend.entropy).await {
            tracing::error!(%error, "could not rotate the keys");
        }
        if let Err(error) = self.tokens.read_revoked(backend).await {
            tracing::error!(%error, "could not read the ended sessions");
        }
        match backend.store.prune(backend.clock.now().before(self.event_retention)).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "deleted old events"),
            Err(error) => tracing::error!(%error, "could not delete old events"),
        }
        self.rates.sweep();
        self.resumes.sweep();
    }
}

/// Deletes and removes what is to be deleted and removed bit by bit, at the start, when that is rung for, and now and then, until the backend is
/// dropped.
pub(crate) async fn purge(backend: Weak<Backend>, rung: Arc<Notify>) {
    loop {
        let Some(held) = backend.upgrade() else { return };
        loop {
            match step(&held).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(refusal) => {
                    tracing::error!(
                        ?refusal,
                        "could not delete what is to be deleted, or remove the members of a banned domain or what is left of a \
                         deleted account"
                    );
                    break;
                }
            }
        }
        drop(held);
        let _ = tokio::time::timeout(ROUND, rung.notified()).await;
    }
}

/// Deletes the next messages, and removes the next members of banned domains and what is left of deleted accounts; says
/// whether more may be left.
async fn step(backend: &Backend) -> Result<bool, Refusal> {
    let more = purges::go_on(backend).await? | domain_bans::go_on(backend).await?;
    Ok(account_deletion::go_on(backend).await? | more)
}

const ROUND: Duration = Duration::from_secs(10 * 60);
