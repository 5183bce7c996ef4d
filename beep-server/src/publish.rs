//! Who hears of committed events: the caches first, then the hub.

use std::sync::{Arc, OnceLock};

use beep_core::backend::facts_cache::FactsCache;
use beep_core::domain::Domain;
use beep_core::event::Event;
use beep_core::port::Publish;

use crate::federation::Senders;
use crate::hub::Hub;
use crate::token::Revoked;

/// Passes events on; the hub comes to be after the store that it reads from.
#[derive(Default)]
pub(crate) struct Publisher {
    pub(crate) facts: Arc<FactsCache>,
    pub(crate) revoked: Arc<Revoked>,
    pub(crate) hub: OnceLock<Arc<Hub>>,
    pub(crate) senders: OnceLock<Arc<Senders>>,
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.get() {
            hub.end();
        }
    }
}

impl Publish for Publisher {
    fn publish(&self, events: &[Arc<Event>]) {
        self.facts.publish(events);
        self.revoked.publish(events);
        if let Some(hub) = self.hub.get() {
            hub.publish(events);
        }
    }

    fn lost_track(&self) {
        self.facts.lost_track();
        if let Some(hub) = self.hub.get() {
            hub.look();
        }
    }

    fn queued(&self, to: &[Domain]) {
        if let Some(senders) = self.senders.get() {
            senders.queued(to);
        }
    }
}
