//! A backend that is none: it has a certificate and a place in the DNS, and answers whatever the story says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::PATIENCE;
use crate::federation::authority::{Authority, Identity};

/// A false backend; it ends when it is dropped.
pub struct Fake {
    address: SocketAddr,
    heard: watch::Sender<Vec<ReceivedEntry>>,
    connections: watch::Sender<usize>,
    accepting: JoinHandle<()>,
}

/// A request that it was asked.
#[derive(Clone, Debug)]
pub struct ReceivedEntry {
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `null` if it is no JSON.
    pub body: Value,
}

/// What it does about a request.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Answers.
    Answer {
        /// The status.
        status: u16,
        /// Headers.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Says nothing for ever.
    Hang,
    /// Says that an answer comes, and sends one octet of it at a time, for ever.
    Drip(Duration),
    /// Says that an answer of this length comes, sends less, and resets the request.
    Truncate(Vec<u8>),
    /// Sends octets without an end.
    Endless,
    /// Closes the connection.
    Close,
}

impl Reaction {
    /// Answers 200 with JSON.
    pub fn json(body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Answer { status: 200, headers, body: body.to_string().into_bytes() }
    }

    /// Refuses, as another backend does.
    pub fn problem(status: u16, code: &str) -> Self {
        let body = serde_json::json!({ "type": "about:blank", "title": code, "status": status, "code": code });
        let headers = vec![("content-type", "application/problem+json".to_owned())];
        Self::Answer { status, headers, body: body.to_string().into_bytes() }
    }
}

impl Fake {
    /// Listens on a free port of an address, with a certificate, for clients of an authority.
    pub async fn start(
        on: &str,
        trusts: &Authority,
        identity: &Identity,
        react: impl Fn(&ReceivedEntry) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((on, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(trusts.root()).expect("an authority can be trusted");
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        let tls = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
        let tls = tls.expect("TLS 1.3 is known").with_client_cert_verifier(clients.expect("there is a root"));
        let mut tls = tls.with_single_cert(identity.chain(), identity.private_key()).expect("they fit");
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let (heard, connections) = (watch::Sender::new(Vec::new()), watch::Sender::new(0));
        let shared = Arc::new((heard.clone(), react));
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let counted = connections.clone();
        let accepting = tokio::spawn(async move {
            // They end with it.
            let mut connections = JoinSet::new();
            loop {
                let (tcp, _) = listener.accept().await.expect("it can accept");
                counted.send_modify(|count| *count += 1);
                while connections.try_join_next().is_some() {}
                connections.spawn(serve(tcp, acceptor.clone(), shared.clone()));
            }
        });
        Self { address, heard, connections, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked so far.
    pub fn heard(&self) -> Vec<ReceivedEntry> {
        self.heard.borrow().clone()
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    /// Waits until it is asked something that `is` true of; gives the first such.
    pub async fn until(&self, is: impl Fn(&ReceivedEntry) -> bool) -> ReceivedEntry {
        let mut heard = self.heard.subscribe();
        let found = heard.wait_for(|heard| heard.iter().any(&is));
        let found = tokio::time::timeout(PATIENCE, found).await.expect("it is asked that").expect("it listens");
        found.iter().find(|one| is(one)).cloned().expect("it was found")
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type Shared<F> = Arc<(watch::Sender<Vec<ReceivedEntry>>, F)>;

async fn serve<F>(tcp: TcpStream, acceptor: TlsAcceptor, shared: Shared<F>)
where
    F: Fn(&ReceivedEntry) -> Reaction + Send + Sync + 'static,
{
    let _ = tcp.set_nodelay(true);
    let Ok(stream) = acceptor.accept(tcp).await else { return };
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    let (close, mut closes) = watch::channel(false);
    loop {
        let (request, to) = tokio::select! {
            asked = connection.accept() => match asked {
                Some(Ok(asked)) => asked,
                _ => return,
            },
            _ = closes.wait_for(|close| *close) => return,
        };
        let (shared, close) = (shared.clone(), close.clone());
        tokio::spawn(async move {
            let Some(heard) = read(request).await else { return };
            let reaction = (shared.1)(&heard);
            shared.0.send_modify(|all| all.push(heard));
            react(reaction, to, &close).await;
        });
    }
}

async fn read(request: Request<RecvStream>) -> Option<ReceivedEntry> {
    let (head, mut body) = request.into_parts();
    let mut octets = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.ok()?;
        let _ = body.flow_control().release_capacity(part.len());
        octets.extend_from_slice(&part);
    }
    let body = serde_json::from_slice(&octets).unwrap_or_default();
    Some(ReceivedEntry { path: head.uri.path().to_owned(), headers: head.headers, body })
}

async fn react(reaction: Reaction, mut to: SendResponse<Bytes>, close: &watch::Sender<bool>) {
    match reaction {
        Reaction::Answer { status, headers, body } => {
            let mut answer = Response::builder().status(status);
            for (name, value) in headers {
                answer = answer.header(name, value);
            }
            let answer = answer.body(()).expect("it is an answer");
            if let Ok(mut sending) = to.send_response(answer, false) {
                let _ = sending.send_data(body.into(), true);
            }
        }
        Reaction::Hang => std::future::pending().await,
        Reaction::Drip(every) => {
            let Ok(mut sending) = to.send_response(Response::new(()), false) else { return };
            while sending.send_data(Bytes::from_static(b" "), false).is_ok() {
                tokio::time::sleep(every).await;
            }
        }
        Reaction::Truncate(body) => {
            let answer = Response::builder().header("content-length", body.len() + 1);
            let Ok(mut sending) = to.send_response(answer.body(()).expect("it is an answer"), false) else { return };
            let _ = sending.send_data(body.into(), false);
            sending.send_reset(h2::Reason::INTERNAL_ERROR);
        }
        Reaction::Endless => {
            let Ok(mut sending) = to.send_response(Response::new(()), false) else { return };
            let piece = Bytes::from(vec![b' '; 16 * 1024]);
            loop {
                sending.reserve_capacity(piece.len());
                let room = std::future::poll_fn(|context| sending.poll_capacity(context)).await;
                let Some(Ok(room)) = room else { return };
                if sending.send_data(piece.slice(..room.min(piece.len())), false).is_err() {
                    return;
                }
            }
        }
        Reaction::Close => {
            close.send_replace(true);
        }
    }
}
