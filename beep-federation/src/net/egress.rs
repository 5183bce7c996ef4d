//! Calling other backends.

mod connect;
mod exchange;
mod links;
mod remote;
mod witness;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::{Clock, Entropy};
use bytes::Bytes;

use crate::call::{Allowed, Times};
use crate::call_error::CallError;
use crate::discoverer::Discoverer;
use crate::net::tls::Tls;
use crate::rpc::Rpc;
use crate::shared_policy::SharedPolicy;
use links::Links;
use remote::Remote;

pub use crate::call::is_public;
pub use crate::circuit::CircuitState;

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The domain of the backend that is called.
    pub to: Domain,
    /// What it is called for.
    pub rpc: Rpc,
    /// The envelope, JSON.
    pub body: Bytes,
    /// Whether it does no harm if it comes twice.
    pub repeatable: bool,
    /// The octets that its answer may have, as far as [`EgressSettings::answer_limit`] allows.
    pub answer_limit: usize,
}

/// How other backends are called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EgressSettings {
    /// For a connection: TCP and TLS.
    pub connect_time: Duration,
    /// For an answer, from the sending of the request to its last octet.
    pub answer_time: Duration,
    /// The octets that any answer may have.
    pub answer_limit: usize,
    /// Connections that are open.
    pub connections: usize,
    /// Connections to one host, and to one address (or IPv6 network of 64 bits).
    pub connections_per_host: usize,
    /// Connections that are being opened: so those that never come about take no place of those that stand.
    pub openings: usize,
    /// Connections that are being opened to one network, of IPv4 of 24 bits and of IPv6 of 64.
    pub openings_per_network: usize,
    /// How often a connection is asked whether it lives.
    pub ping: Duration,
    /// How long a connection is kept that nobody uses.
    pub idle: Duration,
    /// Whether a domain's records may lead to a private address.
    pub allow_private_targets: bool,
}

impl Default for EgressSettings {
    fn default() -> Self {
        let times = Times::default();
        Self {
            connect_time: times.connect,
            answer_time: times.answer,
            answer_limit: 8 << 20,
            connections: 512,
            connections_per_host: 32,
            openings: 256,
            openings_per_network: 64,
            ping: Duration::from_secs(20),
            idle: Duration::from_secs(5 * 60),
            allow_private_targets: false,
        }
    }
}

/// How much there was to do since the start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Connections that were opened, handshake included.
    pub connections: u64,
    /// Connections that are open at the moment.
    pub open: u64,
    /// Requests that were sent for calls; repetitions count, questions for versions do not.
    pub calls: u64,
}

/// Calls other backends, over connections that are kept.
pub struct Egress {
    shared: Arc<Shared>,
    remotes: Mutex<HashMap<Domain, Arc<Remote>>>,
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Egress").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl Egress {
    /// Starts without any connection.
    pub fn new(
        settings: EgressSettings,
        tls: Arc<Tls>,
        discoverer: Arc<Discoverer>,
        policy: Arc<SharedPolicy>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let counters = Arc::default();
        let links = Links::new(&settings);
        let shared = Shared { settings, tls, discoverer, policy, clock, entropy, counters, links };
        Self { shared: Arc::new(shared), remotes: Mutex::default() }
    }

    /// Calls a backend and gives its answer, JSON of any shape.
    ///
    /// # Errors
    /// [`CallError`], by the contract's codes.
    pub async fn call(&self, call: Call) -> Result<Bytes, CallError> {
        let allowed = Allowed::by(&self.shared.policy.get(), &call.to)?;
        self.remote(allowed.domain()).call(allowed, call).await
    }

    /// Whether calls to a backend are tried at the moment.
    pub fn circuit(&self, to: &Domain) -> CircuitState {
        let remotes = self.remotes.lock().unwrap_or_else(PoisonError::into_inner);
        remotes.get(to).map_or(CircuitState::Closed, |remote| remote.circuit())
    }

    /// Takes that a backend was heard of, so that it is tried at once even if it did not answer lately.
    pub fn heard(&self, of: &Domain) {
        let remotes = self.remotes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remote) = remotes.get(of) {
            remote.heard();
        }
    }

    /// How much there was to do.
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { connections, open, calls } = &*self.shared.counters;
        Counts { connections: read(connections), open: read(open), calls: read(calls) }
    }

    fn remote(&self, domain: &Domain) -> Arc<Remote> {
        let mut remotes = self.remotes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remote) = remotes.get(domain) {
            return remote.clone();
        }
        if remotes.len() >= REMOTES {
            // Users name domains as they like; only those are worth remembering of which there is something to say.
            remotes.retain(|_, remote| Arc::strong_count(remote) > 1 || !remote.is_idle());
        }
        let remote = Arc::new(Remote::new(domain.clone(), self.shared.clone()));
        remotes.insert(domain.clone(), remote.clone());
        remote
    }
}

/// What all remotes share.
struct Shared {
    settings: EgressSettings,
    tls: Arc<Tls>,
    discoverer: Arc<Discoverer>,
    policy: Arc<SharedPolicy>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    counters: Arc<Counters>,
    links: Links,
}

/// What [`Counts`] is read from.
#[derive(Default)]
struct Counters {
    connections: AtomicU64,
    open: AtomicU64,
    calls: AtomicU64,
}

impl Shared {
    fn times(&self) -> Times {
        Times { connect: self.settings.connect_time, answer: self.settings.answer_time }
    }

    fn random(&self) -> u64 {
        u64::from_ne_bytes(self.entropy.octets())
    }
}

/// The remotes that are remembered before the idle ones are forgotten.
const REMOTES: usize = 4096;
