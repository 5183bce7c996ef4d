//! What every request handler shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use beep_core::backend::Backend;

use crate::config::Config;
use crate::hub::Hub;
use crate::rate::Rates;
use crate::token::Tokens;

/// What every request handler shares.
pub(crate) struct App {
    pub(crate) backend: Arc<Backend>,
    pub(crate) config: Config,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Tokens,
    pub(crate) rates: Rates,
    pub(crate) openapi: bytes::Bytes,
    draining: AtomicBool,
}

impl App {
    pub(crate) fn new(
        backend: Arc<Backend>,
        config: Config,
        hub: Arc<Hub>,
        tokens: Tokens,
        openapi: bytes::Bytes,
    ) -> Self {
        let rates = Rates::new(config.limits.rates);
        Self { backend, config, hub, tokens, rates, openapi, draining: AtomicBool::new(false) }
    }

    /// Refuses new work and lets connections go.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.hub.close();
    }

    /// Whether the process is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}
