//! Backends with real sockets on loopback, and a world of names in which they find each other.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::domain::Domain;
use beep_core::port::{Clock, Entropy};
use beep_core::time::Timestamp;
use beep_federation::net::{Answer, Call, CallError, Egress, EgressSettings, Ingress, IngressSettings, Tls};
use beep_federation::{
    AddressError, Discoverer, Limits, Peer, Policy, Resolver, Rpc, SharedPolicy, SrvAnswer, SrvEntry, SrvService,
};
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, oneshot};

use crate::authority::{Authority, Files, Order};

/// What backends have in common: an authority, names, and the time.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) zone: Arc<Zone>,
    pub(crate) clock: Arc<WorldClock>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { authority: Authority::new(), zone: Arc::default(), clock: Arc::default() }
    }

    /// A backend `<letter>.example.com` at `federator.<letter>.example.com` with a good certificate.
    pub(crate) async fn backend(&self, letter: &str) -> Backend {
        let host: &'static str = format!("federator.{letter}.example.com").leak();
        self.backend_with(letter, &Order::of(&[host])).await
    }

    pub(crate) async fn backend_with(&self, letter: &str, order: &Order) -> Backend {
        let files = Files::new(&self.authority.issue(order), &self.authority.pem());
        self.started(letter, files, quick(), EgressSettings::default()).await
    }

    pub(crate) async fn started(
        &self,
        letter: &str,
        files: Files,
        ingress: IngressSettings,
        egress: EgressSettings,
    ) -> Backend {
        let domain = domain(&format!("{letter}.example.com"));
        let tls = Tls::load(files.tls(), self.clock.clone()).expect("good files");
        let discoverer = Arc::new(Discoverer::new(self.zone.clone(), self.clock.clone(), SrvService::default()));
        let policy = Policy { domain: domain.clone(), allow_list: None, limits: Limits::default() };
        let policy = Arc::new(SharedPolicy::new(policy));
        let clock = self.clock.clone();
        let bound = Ingress::bind(ingress, tls.clone(), discoverer.clone(), policy.clone(), clock.clone());
        let ingress = bound.await.expect("a port is free");
        let address = ingress.local_addr();
        self.zone.point(&domain, &format!("federator.{letter}.example.com"), address.port());
        let answers = Arc::new(Answers::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async move {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(ingress.serve(answers.clone(), until));
        let egress = EgressSettings { allow_private_targets: true, ..egress };
        let egress = Egress::new(egress, tls.clone(), discoverer.clone(), policy.clone(), clock, Arc::new(Zeros));
        let stop = Some(stop);
        Backend { domain, address, egress: Arc::new(egress), answers, policy, tls, files, discoverer, stop, serving }
    }
}

/// Settings that do not make a test wait.
pub(crate) fn quick() -> IngressSettings {
    IngressSettings {
        handshake_time: Duration::from_millis(500),
        body_time: Duration::from_millis(500),
        grace: Duration::from_secs(5),
        ..IngressSettings::on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }
}

/// A backend that runs until it is stopped.
pub(crate) struct Backend {
    pub(crate) domain: Domain,
    pub(crate) address: SocketAddr,
    pub(crate) egress: Arc<Egress>,
    pub(crate) answers: Arc<Answers>,
    pub(crate) policy: Arc<SharedPolicy>,
    pub(crate) tls: Arc<Tls>,
    pub(crate) files: Files,
    pub(crate) discoverer: Arc<Discoverer>,
    stop: Option<oneshot::Sender<()>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Backend {
    /// Calls another one with a query.
    pub(crate) async fn ask(&self, other: &str) -> Result<serde_json::Value, CallError> {
        self.call(other, Rpc::Run, b"{}".to_vec()).await
    }

    pub(crate) async fn call(&self, other: &str, rpc: Rpc, body: Vec<u8>) -> Result<serde_json::Value, CallError> {
        let call = Call { to: domain(other), rpc, body: body.into(), repeatable: true, answer_limit: 8 << 20 };
        let answer = self.egress.call(call).await?;
        Ok(serde_json::from_slice(&answer).expect("answers here are JSON"))
    }

    /// The code with which a question to another one fails.
    pub(crate) async fn code(&self, other: &str) -> &'static str {
        match self.ask(other).await {
            Ok(answer) => panic!("it was answered {answer}"),
            Err(error) => error.problem().code.as_str(),
        }
    }

    pub(crate) fn allow(&self, list: Option<&[&str]>) {
        let list = list.map(|list| list.iter().map(|text| domain(text)).collect::<BTreeSet<_>>());
        self.policy.set_allow_list(list);
    }

    /// Ends the listener and waits until it has.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        (&mut self.serving).await.expect("it did not panic");
    }
}

/// Answers questions with who asked and how long the question was.
pub(crate) struct Answers {
    pub(crate) asked: AtomicUsize,
    pub(crate) versions: AtomicUsize,
    /// Asks that wait until they are let; nobody waits unless they are named `events/pull`.
    pub(crate) lets: Semaphore,
}

impl Default for Answers {
    fn default() -> Self {
        Self { asked: AtomicUsize::new(0), versions: AtomicUsize::new(0), lets: Semaphore::new(0) }
    }
}

#[async_trait]
impl Answer for Answers {
    async fn answer(&self, peer: Peer, body: Bytes) -> Result<Vec<u8>, Problem> {
        let answer = match peer.rpc() {
            Rpc::Versions => {
                self.versions.fetch_add(1, Ordering::SeqCst);
                serde_json::json!({ "supported": [1], "software": "a test" })
            }
            Rpc::UsersByHandle => return Err(Problem::new(ErrorCode::NotFound, "nobody is called that")),
            rpc => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                if rpc == Rpc::EventsPull {
                    self.lets.acquire().await.expect("it is never closed").forget();
                }
                if rpc == Rpc::ServerSnapshot {
                    return Ok(format!("\"{}\"", "x".repeat(600 << 10)).into_bytes());
                }
                serde_json::json!({ "asked_by": peer.domain().as_str(), "octets": body.len() })
            }
        };
        Ok(serde_json::to_vec(&answer).expect("it is JSON"))
    }
}

/// The names of a world; hosts are at 127.0.0.1 unless they are placed elsewhere.
#[derive(Default)]
pub(crate) struct Zone {
    services: Mutex<HashMap<String, Vec<SrvEntry>>>,
    hosts: Mutex<HashMap<String, IpAddr>>,
}

impl Zone {
    /// Lets a domain be served by one host.
    pub(crate) fn point(&self, domain: &Domain, host: &str, port: u16) {
        self.set(domain, &[(10, host, port)]);
    }

    pub(crate) fn set(&self, domain: &Domain, targets: &[(u16, &str, u16)]) {
        let entry = |(priority, host, port): &(u16, &str, u16)| SrvEntry {
            priority: *priority,
            weight: 0,
            port: *port,
            target: (*host).to_owned(),
        };
        let name = SrvService::default().name(domain);
        self.services.lock().expect("nobody panicked").insert(name, targets.iter().map(entry).collect());
    }

    /// Gives a host another address.
    pub(crate) fn place(&self, host: &str, address: IpAddr) {
        self.hosts.lock().expect("nobody panicked").insert(host.to_owned(), address);
    }
}

#[async_trait]
impl Resolver for Zone {
    async fn srv(&self, name: &str) -> SrvAnswer {
        let ttl = Duration::from_secs(60);
        match self.services.lock().expect("nobody panicked").get(name) {
            Some(records) => SrvAnswer::Found { records: records.clone(), ttl },
            None => SrvAnswer::Absent { ttl },
        }
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, AddressError> {
        let placed = self.hosts.lock().expect("nobody panicked").get(host).copied();
        Ok(vec![placed.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))])
    }
}

/// The real time, shifted.
#[derive(Default)]
pub(crate) struct WorldClock(AtomicI64);

impl WorldClock {
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_millis()).expect("not that long"), Ordering::SeqCst);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        let now = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).expect("not that late");
        Timestamp::from_millis(now + self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).expect("a domain")
}
