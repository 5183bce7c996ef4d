//! Opening a connection to one of the hosts that serve a domain.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::network::Network;
use beep_core::time::Timestamp;
use bytes::Bytes;
use futures_util::future::{FutureExt, select_ok};
use http_body_util::Full;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::CertificateError;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::{Notify, OnceCell};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::Shared;
use super::links::Links;
use super::witness::{Testimony, Witness, said};
use crate::call::{Breakage, Pooled, may_be_gone_to, proves};
use crate::discovery::Target;
use crate::net::places::Place;
use crate::net::tls::{Configs, Leaf};
use crate::rpc::Rpc;

/// A connection to a host of a remote.
pub(super) struct Link {
    pub(super) requests: SendRequest<Full<Bytes>>,
    /// Set once the remote was asked for its versions and speaks ours.
    pub(super) understood: OnceCell<()>,
    host: Domain,
    port: u16,
    leaf: Leaf,
    configs: Arc<Configs>,
    testimony: Testimony,
    retired: AtomicBool,
    usage: Mutex<Usage>,
    network: Network,
    places: Arc<Held>,
    closing: Arc<Notify>,
}

/// How a connection is used: under one lock, so that none gives way on which a call begins.
struct Usage {
    /// The calls that are under way on it.
    calls: usize,
    /// When a call last began or ended on it.
    last: Instant,
    /// Whether it gave way to another: no call begins on it any more.
    gave_way: bool,
}

impl Usage {
    fn new() -> Self {
        Self { calls: 0, last: Instant::now(), gave_way: false }
    }

    /// Counts a call that begins; says whether it may.
    fn begin(&mut self) -> bool {
        self.calls += usize::from(!self.gave_way);
        !self.gave_way
    }

    /// Counts a call that ends.
    fn end(&mut self) {
        self.calls -= 1;
        self.last = Instant::now();
    }

    /// Has it give way, if no call is under way; says whether it does.
    fn give_way(&mut self) -> bool {
        let gives = self.calls == 0 && !self.gave_way;
        self.gave_way |= gives;
        gives
    }
}

/// The places of a connection, until it ends.
type Held = Mutex<Option<(Place<Domain>, Place<Network>)>>;

/// A call that is under way on a connection.
pub(super) struct Use<'a>(&'a Link);

impl Drop for Use<'_> {
    fn drop(&mut self) {
        self.0.usage().end();
    }
}

impl Link {
    /// What there is to say of it, `current` being the certificates that hold now.
    pub(super) fn pooled(&self, now: Timestamp, current: &Arc<Configs>) -> Pooled<'_> {
        Pooled {
            host: &self.host,
            port: self.port,
            lives: self.lives(),
            current: Arc::ptr_eq(&self.configs, current),
            names: self.leaf.names(now),
        }
    }

    /// Where a call goes.
    pub(super) fn url(&self, rpc: Rpc) -> String {
        format!("https://{}:{}{}", self.host, self.port, rpc.path())
    }

    /// Lets no further call use it; those under way go on.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Begins a call on it, until it is dropped; `None` if it gave way to another connection.
    pub(super) fn begin(&self) -> Option<Use<'_>> {
        self.usage().begin().then(|| Use(self))
    }

    /// Closes it and gives its places back, unless a call is under way on it; says whether it did.
    pub(super) fn gives_way(&self) -> bool {
        let gives = self.usage().give_way();
        if gives {
            free(&self.places);
            self.closing.notify_one();
        }
        gives
    }

    /// The host that it leads to.
    pub(super) fn host(&self) -> &Domain {
        &self.host
    }

    /// The network of the address that it leads to.
    pub(super) fn network(&self) -> Network {
        self.network
    }

    /// Notes that a call begins or ends on it.
    pub(super) fn touch(&self) {
        self.usage().last = Instant::now();
    }

    /// When a call last began or ended on it.
    pub(super) fn used(&self) -> Instant {
        self.usage().last
    }

    /// Whether it may be of use to anybody.
    pub(super) fn lives(&self) -> bool {
        !self.requests.is_closed() && !self.retired.load(Ordering::Relaxed) && !self.usage().gave_way
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it broke: what TLS said, else what is given.
    pub(super) fn fate(&self, otherwise: impl Display) -> Breakage {
        fate(&self.testimony, &self.host, otherwise)
    }
}

/// Connects to one target.
pub(super) async fn connect(target: &Target, within: Duration, shared: &Shared) -> Result<Link, Breakage> {
    let connecting = connect_at_leisure(target, shared);
    tokio::time::timeout(within, connecting).await.unwrap_or(Err(Breakage::Late(within)))
}

async fn connect_at_leisure(target: &Target, shared: &Shared) -> Result<Link, Breakage> {
    let host = target.host.clone();
    let broken = |error: io::Error| match said(&error) {
        Some(error) => told(error, &host),
        None => Breakage::Network(error.to_string()),
    };
    let (stream, _opening) = tcp(&addresses(target, shared).await?, &shared.links).await?;
    let network = Network::of(stream.peer_addr().map_err(broken)?.ip());
    let _ = stream.set_nodelay(true);

    let configs = shared.tls.current();
    let name = ServerName::try_from(host.as_str().to_owned()).map_err(|error| Breakage::Tls(error.to_string()))?;
    let stream = TlsConnector::from(configs.client.clone()).connect(name, stream).await.map_err(broken)?;
    let connection = stream.get_ref().1;
    let leaf = connection.peer_certificates().and_then(|chain| Leaf::read(chain.first()?));
    let leaf = leaf.ok_or_else(|| Breakage::Tls("there is no certificate".to_owned()))?;
    proves(leaf.names(shared.clock.now()), &host)?;
    // None gives way to a connection that does not come about.
    let places = Arc::new(Mutex::new(Some(shared.links.standing(&host, network)?)));

    let (stream, testimony) = Witness::new(stream);
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM)
        .initial_connection_window_size(CONNECTION)
        .max_header_list_size(HEAD)
        .max_concurrent_reset_streams(RESETS)
        .keep_alive_interval(shared.settings.ping)
        .keep_alive_timeout(PONG)
        .keep_alive_while_idle(true);
    let handshake = protocol.handshake(TokioIo::new(stream)).await;
    let (requests, driver) = handshake.map_err(|error| fate(&testimony, &host, error))?;
    let (counters, closing) = (shared.counters.clone(), Arc::new(Notify::new()));
    let (held, closes) = (places.clone(), closing.clone());
    counters.connections.fetch_add(1, Ordering::Relaxed);
    counters.open.fetch_add(1, Ordering::Relaxed);
    tokio::spawn(async move {
        tokio::select! {
            ended = driver => if let Err(error) = ended {
                tracing::debug!(%error, "a connection to another backend broke");
            },
            () = closes.notified() => tracing::debug!("a connection to another backend gave way to another"),
        }
        free(&held);
        counters.open.fetch_sub(1, Ordering::Relaxed);
    });
    Ok(Link {
        requests,
        understood: OnceCell::new(),
        host,
        port: target.port,
        leaf,
        configs,
        testimony,
        retired: AtomicBool::new(false),
        usage: Mutex::new(Usage::new()),
        network,
        places,
        closing,
    })
}

fn free(places: &Held) {
    places.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Where the target listens, as far as it may be gone to.
async fn addresses(target: &Target, shared: &Shared) -> Result<Vec<SocketAddr>, Breakage> {
    let found = shared.discoverer.addresses(&target.host).await.map_err(Breakage::Address)?;
    let allowed = may_be_gone_to(found, shared.settings.allow_private_targets).inspect_err(|_| {
        tracing::warn!(host = %target.host, "refused the host of another backend: all its addresses are private");
    })?;
    Ok(allowed.into_iter().map(|ip| SocketAddr::new(ip, target.port)).collect())
}

/// Connects to the first that takes it; each is given a moment before the next one is tried as well.
async fn tcp(addresses: &[SocketAddr], links: &Links) -> Result<(TcpStream, Place<Network>), Breakage> {
    let attempts = addresses.iter().zip(0u32..).map(|(address, nth)| {
        async move {
            tokio::time::sleep(HEAD_START * nth).await;
            let opening = links.opening(address.ip())?;
            let stream = TcpStream::connect(address).await;
            Ok((stream.map_err(|error| Breakage::Network(error.to_string()))?, opening))
        }
        .boxed()
    });
    select_ok(attempts).await.map(|(opened, _)| opened)
}

/// Why a connection broke: by the time that HTTP/2 says so, what TLS said is in the testimony alone.
fn fate(testimony: &Testimony, host: &Domain, otherwise: impl Display) -> Breakage {
    testimony.get().map_or_else(|| Breakage::Network(otherwise.to_string()), |error| told(error, host))
}

/// What TLS tells, in our words.
fn told(error: &rustls::Error, host: &Domain) -> Breakage {
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Breakage::WrongName(host.clone()),
        // What listens there speaks another protocol, which is no more than that nobody answers.
        rustls::Error::InvalidMessage(_) => Breakage::Network(error.to_string()),
        error => Breakage::Tls(error.to_string()),
    }
}

const STREAM: u32 = 1 << 20;
const CONNECTION: u32 = 8 << 20;
const HEAD: u32 = 16 << 10;
const RESETS: usize = 64;
const PONG: Duration = Duration::from_secs(10);
const HEAD_START: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_gives_way_on_which_a_call_begins() {
        let mut usage = Usage::new();
        assert!(usage.begin() && usage.begin());
        usage.end();
        assert!(!usage.give_way(), "a call is under way");
        usage.end();
        assert!(usage.give_way() && !usage.give_way());
        assert!(!usage.begin(), "no call begins on what gave way");
        assert_eq!(usage.calls, 0);
    }
}
