//! This backend's way to others: what it asks them, the streams that it sends them, and comparing with them.
//!
//! Who another backend is and what it may ask is `beep-federation`'s question; what becomes of it, `beep-core`'s. Here
//! their steps are carried out. What others ask this backend is answered by [`crate::ingress`].

pub(crate) mod allow_list;
pub(crate) mod calls;
mod comparisons;
pub(crate) mod label;
mod network;
mod peers;
mod sender;
mod senders;
pub(crate) mod status;
mod written;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use beep_core::domain::Domain;
use beep_federation::SharedPolicy;
use beep_federation::net::Egress;

pub(crate) use allow_list::AllowList;
pub(crate) use comparisons::Comparisons;
pub(crate) use network::Network;
pub(crate) use senders::Senders;
pub(crate) use written::written;

/// A backend's way to others. It knows nothing of the backend itself.
pub(crate) struct Federation {
    pub(crate) egress: Arc<Egress>,
    pub(crate) policy: Arc<SharedPolicy>,
    pub(crate) senders: Arc<Senders>,
    pub(crate) comparisons: Arc<Comparisons>,
    address: OnceLock<SocketAddr>,
}

impl Federation {
    fn new(egress: Arc<Egress>, policy: Arc<SharedPolicy>) -> Self {
        Self { egress, policy, senders: Arc::default(), comparisons: Arc::default(), address: OnceLock::new() }
    }

    /// Where other backends reach this one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address.get().copied()
    }

    /// Whether requests to and from a backend are allowed at this moment.
    pub(crate) fn allows(&self, domain: &Domain) -> bool {
        self.policy.get().allows(domain)
    }

    /// Takes that another backend was heard of: what waits for it goes out at once.
    pub(crate) fn heard(&self, of: &Domain) {
        self.egress.heard(of);
        self.senders.wake(of);
        self.comparisons.reachable(of);
    }
}
