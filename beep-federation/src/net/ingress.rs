//! The listener for other backends: who gets in, how much of everything they get, and when it ends.
//!
//! [`crate::authorize`] decides on each request; [`Answer`] is asked only after that.

mod body;
mod connection;
mod load;
mod request;
mod strangers;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beep_core::network::Network;
use beep_core::port::Clock;
use beep_proto::problem::Problem;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::authorize::Peer;
use crate::discoverer::Discoverer;
use crate::net::places::Places;
use crate::net::tls::Tls;
use crate::shared_policy::SharedPolicy;
use load::Load;
use strangers::Strangers;

/// What the backend answers to a call that was let in.
#[async_trait]
pub trait Answer: Send + Sync {
    /// Answers with a JSON document.
    ///
    /// # Errors
    /// [`Problem`], which goes to the peer as it is. May be dropped half way, when the peer gives up.
    async fn answer(&self, peer: Peer, body: Bytes) -> Result<Vec<u8>, Problem>;
}

/// How much of everything peers get.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IngressSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Connections that have shown a certificate.
    pub connections: usize,
    /// Connections of one certificate.
    pub connections_per_certificate: usize,
    /// Connections that have not shown a certificate, or not yet.
    pub strangers: usize,
    /// Connections of one address (or IPv6 network of 64 bits) that have not shown a certificate, or not yet.
    pub strangers_per_address: usize,
    /// Requests at once on one connection.
    pub streams: u32,
    /// Requests a second of one domain in the long run.
    pub requests_per_second: u32,
    /// Requests of one domain that may come at once after a while without any.
    pub request_burst: u32,
    /// Octets of bodies of one domain that are being read or answered.
    pub octets_in_flight: u64,
    /// For the TLS handshake.
    pub handshake_time: Duration,
    /// For a body to be there as a whole.
    pub body_time: Duration,
    /// For a connection without a certificate to be told so.
    pub stranger_time: Duration,
    /// For what is under way when the listener ends.
    pub grace: Duration,
}

impl IngressSettings {
    /// The defaults, on an address.
    pub fn on(listen: SocketAddr) -> Self {
        Self {
            listen,
            connections: 4096,
            connections_per_certificate: 32,
            strangers: 512,
            strangers_per_address: 32,
            streams: 128,
            requests_per_second: 500,
            request_burst: 1000,
            octets_in_flight: 64 << 20,
            handshake_time: Duration::from_secs(5),
            body_time: Duration::from_secs(10),
            stranger_time: Duration::from_secs(10),
            grace: Duration::from_secs(10),
        }
    }
}

/// The mutual-TLS listener.
pub struct Ingress {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Ingress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingress").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl Ingress {
    /// Begins to listen; connections wait until [`Ingress::serve`].
    ///
    /// # Errors
    /// The address is not to be had.
    pub async fn bind(
        settings: IngressSettings,
        tls: Arc<Tls>,
        discoverer: Arc<Discoverer>,
        policy: Arc<SharedPolicy>,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let shared = Shared {
            load: Load::new(
                settings.requests_per_second,
                settings.request_burst,
                settings.octets_in_flight,
                clock.clone(),
            ),
            certificates: Places::new(settings.connections_per_certificate, settings.connections),
            strangers: Strangers::new(settings.strangers_per_address, settings.strangers),
            settings,
            tls,
            discoverer,
            policy,
            clock,
        };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// Where it listens: with port 0, on the port that it was given.
    ///
    /// # Panics
    /// Never: a bound socket has an address.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr().expect("a bound socket has an address")
    }

    /// Serves until told otherwise, then takes nothing new and finishes what is under way, within the grace.
    pub async fn serve(self, answer: Arc<dyn Answer>, until: impl Future<Output = ()> + Send) {
        let Self { listener, shared } = self;
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut until = std::pin::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => {
                        let Some(place) = shared.strangers.admit(Network::of(from.ip())) else {
                            tracing::debug!(%from, "refused a connection: too many have not authenticated yet");
                            continue;
                        };
                        let ended = stopped.clone();
                        connections.spawn(connection::serve(stream, place, shared.clone(), answer.clone(), ended));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection of another backend could not be accepted");
                        // Out of descriptors, most likely: turning at full speed would not bring any back.
                        tokio::time::sleep(ACCEPT_AGAIN).await;
                    }
                },
            }
        }
        drop(listener);
        let _ = stop.send(true);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(shared.settings.grace, all).await;
    }
}

/// What all connections share.
struct Shared {
    settings: IngressSettings,
    tls: Arc<Tls>,
    discoverer: Arc<Discoverer>,
    policy: Arc<SharedPolicy>,
    clock: Arc<dyn Clock>,
    load: Load,
    certificates: Arc<Places<Vec<u8>>>,
    strangers: Arc<Strangers>,
}

const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
