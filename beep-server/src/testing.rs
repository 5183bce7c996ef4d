//! A backend in memory with a clock that tests turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::backend::servers::{self, NewServer};
use beep_core::backend::{Actor, Backend, Policy, Ports};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, SpaceKey};
use beep_core::port::{Clock, Mail, Mailer, NoLive, NoPeers, new_id};
use beep_core::space::{Template, Visibility};
use beep_core::text::{Description, ServerName};
use beep_core::time::Timestamp;
use beep_proto::record::Records;
use beep_store::{SqlOptions, SqlStore, StoreParts};

use crate::passwords::Argon2Pool;
use crate::publish::Publisher;
use crate::world::SystemEntropy;

/// A backend in memory.
pub(crate) struct World {
    pub(crate) backend: Arc<Backend>,
    pub(crate) clock: Arc<TurnedClock>,
}

/// A clock that stands still until it is turned.
pub(crate) struct TurnedClock(AtomicI64);

impl TurnedClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).expect("tests stay in their century"), Ordering::SeqCst);
    }
}

impl TurnedClock {
    /// Turns it back.
    pub(crate) fn turn_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).expect("tests stay in their century"), Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Sends nothing.
struct NoMail;

#[async_trait]
impl Mailer for NoMail {
    async fn send(&self, _: Mail) {}
}

impl World {
    pub(crate) async fn open(domain: &str) -> Self {
        let domain = Domain::parse(domain).expect("tests name domains");
        let clock = Arc::new(TurnedClock(AtomicI64::new(1_800_000_000_000)));
        let publisher = Arc::new(Publisher::default());
        let parts = StoreParts {
            domain: domain.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            codec: Arc::new(Records),
            publish: publisher.clone(),
        };
        let store = SqlStore::open("memory:", SqlOptions::default(), parts).await.expect("memory opens");
        let ports = Ports {
            store: Arc::new(store),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            passwords: Arc::new(Argon2Pool::new(1)),
            mailer: Arc::new(NoMail),
            peers: Arc::new(NoPeers),
            live: Arc::new(NoLive),
            facts: publisher.facts.clone(),
        };
        let backend = Backend::open(domain, ports, Policy::default()).await.expect("memory does not fail");
        Self { backend: Arc::new(backend), clock }
    }

    /// Somebody of this backend.
    pub(crate) fn somebody(&self) -> Actor {
        Actor::user(Qualified::new(new_id(self.clock.now(), &SystemEntropy), self.backend.domain.clone()))
    }

    /// A private server of somebody, with one channel.
    pub(crate) async fn server(&self, owner: &Actor) -> SpaceKey {
        let new = NewServer {
            name: ServerName::parse("Garden").expect("a name"),
            description: Description::parse("").expect("empty"),
            visibility: Visibility::Private,
            template: Template::Community,
        };
        servers::create(&self.backend, owner, new).await.expect("anybody may").id
    }
}
