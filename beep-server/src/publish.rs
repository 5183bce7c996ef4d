//! Who hears of committed events: the caches first, then the hub. The hub alone hears of what is not stored.

use std::sync::{Arc, OnceLock};

use beep_core::backend::facts_cache::FactsCache;
use beep_core::domain::Domain;
use beep_core::event::Event;
use beep_core::id::UserKey;
use beep_core::port::{Live, Publish};
use beep_core::presence::PresenceChoice;
use beep_core::transient::Transient;

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

impl Live for Publisher {
    fn tell(&self, what: Transient) {
        if let Some(hub) = self.hub.get() {
            hub.tell(what);
        }
    }

    fn choose(&self, user: &UserKey, choice: PresenceChoice) {
        if let Some(hub) = self.hub.get() {
            hub.choose(user, choice);
        }
    }

    fn hide(&self, user: &UserKey, from: &UserKey) {
        if let Some(hub) = self.hub.get() {
            hub.hide(user, from);
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
