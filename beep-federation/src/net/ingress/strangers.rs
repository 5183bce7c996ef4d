//! The connections whose other end has not shown a certificate, or not yet: so many of each network, and so many in all.
//!
//! Where there are as many as there may be, a new one is let in all the same, and the oldest of the network that has most
//! gives way: to say nothing takes no place from those who show what they have.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use beep_core::network::Network;
use tokio::sync::Notify;

/// The places of strangers.
pub(super) struct Strangers {
    each: usize,
    all: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    next: u64,
    /// In the order of their arrival.
    places: VecDeque<(u64, Network, Arc<Notify>)>,
}

impl Strangers {
    /// At most `each` of one network, and `all` together.
    pub(super) fn new(each: usize, all: usize) -> Arc<Self> {
        Arc::new(Self { each, all, held: Mutex::default() })
    }

    /// Lets one in until it is dropped; `None` if its network has as many as it may.
    pub(super) fn admit(self: &Arc<Self>, network: Network) -> Option<Stranger> {
        let mut held = self.held();
        let mut counts: HashMap<Network, usize> = HashMap::new();
        for (_, of, _) in &held.places {
            *counts.entry(*of).or_default() += 1;
        }
        if self.all == 0 || counts.get(&network).copied().unwrap_or_default() >= self.each {
            return None;
        }
        if held.places.len() >= self.all {
            let fullest = counts.into_iter().max_by_key(|(_, count)| *count).map(|(network, _)| network);
            let oldest = held.places.iter().position(|(_, of, _)| Some(*of) == fullest);
            if let Some((_, _, gives_way)) = oldest.and_then(|at| held.places.remove(at)) {
                gives_way.notify_one();
            }
        }
        let (id, gives_way) = (held.next, Arc::new(Notify::new()));
        held.next += 1;
        held.places.push_back((id, network, gives_way.clone()));
        drop(held);
        Some(Stranger { of: self.clone(), id, gives_way })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one stranger; dropping it gives it back.
pub(super) struct Stranger {
    of: Arc<Strangers>,
    id: u64,
    gives_way: Arc<Notify>,
}

impl Stranger {
    /// Waits until somebody else needs the place.
    pub(super) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.of.held().places.retain(|(id, ..)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use futures_util::FutureExt;

    use super::*;

    fn network(last: u8) -> Network {
        Network::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
    }

    #[test]
    fn who_has_most_gives_way() {
        let strangers = Strangers::new(2, 3);
        let silent = [1, 1, 2].map(|of| strangers.admit(network(of)).expect("there is room"));
        assert!(strangers.admit(network(1)).is_none(), "a network has so many");
        let honest = strangers.admit(network(3)).expect("somebody gives way");
        let gone = silent.each_ref().map(|stranger| stranger.gives_way().now_or_never().is_some());
        assert_eq!(gone, [true, false, false]);
        assert!(honest.gives_way().now_or_never().is_none());
        drop(silent);
        assert_eq!(strangers.held().places.len(), 1);
    }
}
