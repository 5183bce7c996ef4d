//! This backend among others: what it asks them, what they ask, and the streams of events both ways.
//!
//! Who another backend is and what it may ask is `beep-federation`'s question; what becomes of it, `beep-core`'s. Here
//! the two are joined.

pub(crate) mod allow_list;
mod answer;
mod calls;
mod execute;
pub(crate) mod forward;
mod network;
mod peers;
mod pending_leaves;
mod repair;
mod sender;
pub(crate) mod status;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use beep_core::domain::Domain;
use beep_federation::SharedPolicy;
use beep_federation::net::{Egress, Ingress};
use tokio::sync::watch;

use answer::Answering;
use peers::RemotePeers;

pub(crate) use network::Network;
pub(crate) use sender::Senders;

use crate::app::App;

/// What a backend has to do with others.
pub(crate) struct Federation {
    pub(crate) egress: Arc<Egress>,
    pub(crate) policy: Arc<SharedPolicy>,
    pub(crate) senders: Arc<Senders>,
    repairs: repair::Repairs,
    owing: pending_leaves::Owing,
    /// Held by who reads from the middle of a stream.
    pulls: tokio::sync::Mutex<()>,
    /// Counts what was applied of others' streams, for those who wait for something of it.
    applied: watch::Sender<u64>,
    address: OnceLock<SocketAddr>,
}

impl Federation {
    pub(crate) fn new(egress: Arc<Egress>, policy: Arc<SharedPolicy>) -> Self {
        let senders = Arc::new(Senders::default());
        Self {
            egress,
            policy,
            senders,
            repairs: repair::Repairs::default(),
            owing: pending_leaves::Owing::default(),
            pulls: tokio::sync::Mutex::default(),
            applied: watch::Sender::new(0),
            address: OnceLock::new(),
        }
    }

    /// Serves other backends until the process stops, and sends them what waits for them.
    fn begin(&self, app: &Arc<App>, ingress: Ingress) {
        let _ = self.address.set(ingress.local_addr());
        let until = app.hub.clone();
        let answering = Arc::new(Answering::new(app));
        tokio::spawn(async move { ingress.serve(answering, async move { until.closes().await }).await });
        self.senders.begin(app);
        repair::begin(app);
    }

    /// Where other backends reach this one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address.get().copied()
    }

    /// Says that something of another's stream was applied.
    fn applied(&self) {
        self.applied.send_modify(|count| *count += 1);
    }

    /// Whether requests to and from a backend are allowed at this moment.
    pub(crate) fn allows(&self, domain: &Domain) -> bool {
        self.policy.get().allows(domain)
    }
}
