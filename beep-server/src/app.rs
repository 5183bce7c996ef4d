//! What every request handler shares.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use beep_core::backend::Backend;
use beep_core::event::Position;
use beep_proto::openapi;
use bytes::Bytes;

use crate::config::Config;
use crate::federation::Federation;
use crate::http::UnderWay;
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
    pub(crate) under_way: UnderWay,
    /// None for a backend that talks to no other.
    pub(crate) federation: Option<Arc<Federation>>,
    openapi: OnceLock<Bytes>,
    draining: AtomicBool,
}

impl App {
    pub(crate) fn new(
        backend: Arc<Backend>,
        config: Config,
        hub: Arc<Hub>,
        tokens: Tokens,
        federation: Option<Arc<Federation>>,
    ) -> Self {
        let rates = Rates::new(config.limits.rates);
        Self {
            backend,
            config,
            hub,
            tokens,
            rates,
            under_way: UnderWay::default(),
            federation,
            openapi: OnceLock::new(),
            draining: AtomicBool::new(false),
        }
    }

    /// The OpenAPI document, made when somebody first asks for it.
    pub(crate) fn openapi(&self) -> Bytes {
        self.openapi.get_or_init(|| openapi::document(None).to_string().into()).clone()
    }

    /// The cursor of where a client stands, which tells nothing of what it was not told.
    pub(crate) fn standing(&self, position: Position) -> String {
        self.hub.cursors().standing(position, self.backend.entropy.octets())
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
