//! What a backend does by itself: rotating keys, forgetting what is old.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::app::App;

/// Looks after a backend until it is dropped.
pub(crate) fn begin(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(ROUND);
        tick.tick().await;
        loop {
            tick.tick().await;
            let Some(app) = Weak::upgrade(&weak) else { return };
            round(&app).await;
        }
    });
}

async fn round(app: &App) {
    let backend = &app.backend;
    if let Err(error) = backend.keys.rotate(&*backend.store, &*backend.clock, &*backend.entropy).await {
        tracing::error!(%error, "could not rotate the keys");
    }
    if let Err(error) = app.tokens.read_revoked(backend).await {
        tracing::error!(%error, "could not read which sessions have ended");
    }
    let before = backend.clock.now().before(Duration::from_secs(app.config.limits.event_retention_s));
    match backend.store.prune(before).await {
        Ok(0) => {}
        Ok(events) => tracing::info!(events, "forgot old events"),
        Err(error) => tracing::error!(%error, "could not forget old events"),
    }
    app.rates.sweep();
}

const ROUND: Duration = Duration::from_secs(10 * 60);
