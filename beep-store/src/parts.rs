//! What a store needs besides a database.

use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::port::{Clock, Entropy, EventCodec, Publish};

/// What a store needs besides a database; the same for every store.
#[derive(Clone)]
pub struct StoreParts {
    /// The domain of the backend.
    pub domain: Domain,
    /// The clock for messages and events.
    pub clock: Arc<dyn Clock>,
    /// The randomness for ids of messages and of the log.
    pub entropy: Arc<dyn Entropy>,
    /// Encodes events.
    pub codec: Arc<dyn EventCodec>,
    /// Receives events once they are durable, before the commit that made them is answered.
    pub publish: Arc<dyn Publish>,
}

impl std::fmt::Debug for StoreParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreParts").field("domain", &self.domain).finish_non_exhaustive()
    }
}
