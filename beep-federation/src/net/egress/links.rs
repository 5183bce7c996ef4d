//! The connections to other backends: how many there are in all, to one host and to one network, and which of them gives
//! way to another.
//!
//! Those that are being opened are counted by themselves, by the network that they go to: names lead wherever their owner
//! likes, and from many places nobody ever answers.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use beep_core::domain::Domain;
use beep_core::network::Network;

use super::EgressSettings;
use super::connect::Link;
use crate::call::Breakage;
use crate::net::places::{Place, Places};

/// The connections that are open or being opened.
pub(super) struct Links {
    openings: Arc<Places<Network>>,
    hosts: Arc<Places<Domain>>,
    networks: Arc<Places<Network>>,
    open: Mutex<Vec<Weak<Link>>>,
}

impl Links {
    pub(super) fn new(settings: &EgressSettings) -> Self {
        let EgressSettings { connections, connections_per_host, openings, openings_per_network, .. } = *settings;
        Self {
            openings: Places::new(openings_per_network, openings),
            hosts: Places::new(connections_per_host, connections),
            networks: Places::new(connections_per_host, connections),
            open: Mutex::default(),
        }
    }

    /// A place for an attempt at a connection, until it stands or has failed.
    pub(super) fn opening(&self, address: IpAddr) -> Result<Place<Network>, Breakage> {
        self.openings.take(surroundings(address)).ok_or(Breakage::Crowded)
    }

    /// The places of a connection that stands: of its host, and of its network, since host names cost nothing.
    pub(super) fn standing(
        &self,
        host: &Domain,
        network: Network,
    ) -> Result<(Place<Domain>, Place<Network>), Breakage> {
        let of_host = self.take(&self.hosts, host, |link| link.host() == host)?;
        Ok((of_host, self.take(&self.networks, &network, |link| link.network() == network)?))
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
        let may_give_way = |link: &Arc<Link>| link.lives() && (!is_full || is_alike(link));
        let mut open: Vec<_> = self.open().iter().filter_map(Weak::upgrade).filter(may_give_way).collect();
        open.sort_by_key(|link| (!is_alike(link), link.used()));
        open.iter().find_map(|link| if link.gives_way() { taken() } else { None }).ok_or(Breakage::Crowded)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Weak<Link>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The network that attempts are counted for: whoever has one address of it may well name all of it.
fn surroundings(address: IpAddr) -> Network {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Network::of(IpAddr::from([a, b, c, 0]))
        }
        address => Network::of(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_network() {
        let links = Links::new(&EgressSettings { openings: 5, openings_per_network: 2, ..EgressSettings::default() });
        let open = |address: &str| links.opening(address.parse().expect("an address"));
        let first = open("192.0.2.1").expect("there is room");
        let _second = open("::ffff:192.0.2.200").expect("there is room");
        assert_eq!(open("192.0.2.77").map(drop), Err(Breakage::Crowded));
        let _other = [open("192.0.3.1"), open("2001:db8:1:2::1"), open("2001:db8:1:2:3::1")].map(Result::unwrap);
        assert_eq!(open("198.51.100.1").map(drop), Err(Breakage::Crowded), "there are as many as there may be in all");
        drop(first);
        assert_eq!(open("2001:db8:1:2:4::1").map(drop), Err(Breakage::Crowded));
        assert!(open("192.0.2.77").is_ok());
    }
}
