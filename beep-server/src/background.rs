//! What a backend does by itself: rotating keys, forgetting what is old.

use std::sync::{Arc, Weak};
use std::time::Duration;

use beep_core::backend::Backend;

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

const ROUND: Duration = Duration::from_secs(10 * 60);
