//! The connections to other backends that are open: how many there are in all, to one host and to one network, and which
//! of them gives way to another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use beep_core::domain::Domain;
use beep_core::network::Network;

use super::connect::Link;
use crate::call::Breakage;
use crate::net::places::{Place, Places};

/// The connections that are open or being opened.
pub(super) struct Links {
    hosts: Arc<Places<Domain>>,
    networks: Arc<Places<Network>>,
    open: Mutex<Vec<Weak<Link>>>,
}

impl Links {
    /// At most `each` to one host or network, and `all` together.
    pub(super) fn new(each: usize, all: usize) -> Self {
        Self { hosts: Places::new(each, all), networks: Places::new(each, all), open: Mutex::default() }
    }

    /// A place for one more to a host, before it is connected to.
    pub(super) fn to_host(&self, host: &Domain) -> Result<Place<Domain>, Breakage> {
        self.take(&self.hosts, host, |link| link.host() == host)
    }

    /// The same for the network that it turned out to be in: host names cost nothing.
    pub(super) fn to_network(&self, network: Network) -> Result<Place<Network>, Breakage> {
        self.take(&self.networks, &network, |link| link.network() == network)
    }

    /// Takes that a connection is open.
    pub(super) fn opened(&self, link: &Arc<Link>) {
        let mut open = self.open();
        open.retain(|link| link.strong_count() > 0);
        open.push(Arc::downgrade(link));
    }

    /// Takes a place; if there is none, of the connections that nobody uses the one gives way that was not used for
    /// longest, first among those of the same key.
    fn take<K: Clone + Eq + std::hash::Hash>(
        &self,
        places: &Arc<Places<K>>,
        key: &K,
        is_alike: impl Fn(&Link) -> bool,
    ) -> Result<Place<K>, Breakage> {
        let taken = || places.take(key.clone());
        if let Some(place) = taken() {
            return Ok(place);
        }
        // Where the key has all of its own, no other's connection would make room.
        let is_full = places.is_full(key);
        let may_give_way = |link: &Arc<Link>| link.is_idle() && link.lives() && (!is_full || is_alike(link));
        let mut idle: Vec<_> = self.open().iter().filter_map(Weak::upgrade).filter(may_give_way).collect();
        idle.sort_by_key(|link| (!is_alike(link), link.used()));
        idle.iter()
            .find_map(|link| {
                link.close();
                taken()
            })
            .ok_or(Breakage::Crowded)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Weak<Link>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
