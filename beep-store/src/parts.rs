//! What a store needs besides a place to keep things.

use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::port::{Clock, Entropy, EventCodec, Publish};

/// What a store needs besides a place to keep things; every store takes the same.
#[derive(Clone)]
pub struct StoreParts {
    /// The domain of the backend that it is the store of.
    pub domain: Domain,
    /// Gives messages and events their times.
    pub clock: Arc<dyn Clock>,
    /// Gives messages their ids, and the log its own.
    pub entropy: Arc<dyn Entropy>,
    /// Writes events down.
    pub codec: Arc<dyn EventCodec>,
    /// Hears of events once they are durable, before the commit that made them is answered.
    pub publish: Arc<dyn Publish>,
}

impl std::fmt::Debug for StoreParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreParts").field("domain", &self.domain).finish_non_exhaustive()
    }
}
