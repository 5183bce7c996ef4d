//! A peer by hand: any certificate, any header, any path, any body, over HTTP/2 or as bare octets.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use h2::SendStream;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Method, Request};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::PATIENCE;
use crate::federation::authority::{Authority, Identity};

/// Somebody who connects to the ingress of a backend.
#[derive(Clone)]
pub struct Peer {
    tls: Arc<ClientConfig>,
    /// Where it connects from; anywhere, if nothing is said.
    from: Option<IpAddr>,
}

/// A connection, to ask over.
pub struct Wire {
    requests: SendRequest<Bytes>,
    /// The backend that the host serves.
    destination: String,
    driver: JoinHandle<Option<String>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub octets: Vec<u8>,
}

/// Why nothing came back, in words for a person who reads a failed test; the connection's own where it has some.
#[derive(Clone, Debug)]
pub struct Broken(pub String);

impl Peer {
    /// Trusts an authority, and shows a certificate if it has one.
    pub fn new(trusts: &Authority, identity: Option<&Identity>) -> Self {
        Self::speaking(trusts, identity, &[&rustls::version::TLS13], &[b"h2"])
    }

    /// The same with other versions of TLS, and other protocols above it.
    pub fn speaking(
        trusts: &Authority,
        identity: Option<&Identity>,
        versions: &[&'static rustls::SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(trusts.root()).expect("an authority can be trusted");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let tls = tls.expect("the versions are known").with_root_certificates(roots);
        let mut tls = match identity {
            Some(identity) => tls.with_client_auth_cert(identity.chain(), identity.private_key()).expect("they fit"),
            None => tls.with_no_client_auth(),
        };
        tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Self { tls: Arc::new(tls), from: None }
    }

    /// The same at an address of this machine.
    #[must_use]
    pub fn at(&self, address: IpAddr) -> Self {
        Self { from: Some(address), ..self.clone() }
    }

    /// Connects to a host by the name that its certificate is to show, and speaks nothing above TLS yet.
    ///
    /// # Errors
    /// The connection ended, or its other end is somebody else. In TLS 1.3 a certificate that was shown may also be
    /// refused after this.
    pub async fn dial(&self, to: SocketAddr, name: &str) -> Result<TlsStream<TcpStream>, Broken> {
        let name = ServerName::try_from(name.to_owned()).expect("a host has a name");
        let dialling = async {
            let tcp = match self.from {
                Some(from) => {
                    let socket = TcpSocket::new_v4()?;
                    socket.set_reuseaddr(true)?;
                    socket.bind(SocketAddr::new(from, 0))?;
                    socket.connect(to).await?
                }
                None => TcpStream::connect(to).await?,
            };
            tcp.set_nodelay(true)?;
            TlsConnector::from(self.tls.clone()).connect(name, tcp).await
        };
        timely("a handshake", dialling).await.map_err(broken)
    }

    /// Connects to a host by the name that its certificate is to show.
    ///
    /// # Errors
    /// As of [`Self::dial`].
    pub async fn connect(&self, to: SocketAddr, name: &str) -> Result<Wire, Broken> {
        let stream = self.dial(to, name).await?;
        let (requests, connection) = h2::client::handshake(stream).await.map_err(broken)?;
        let driver = tokio::spawn(async move { connection.await.err().map(|error| error.to_string()) });
        let destination = name.strip_prefix("federator.").unwrap_or(name).to_owned();
        Ok(Wire { requests, destination, driver })
    }
}

impl Wire {
    /// Sends a request whole, and reads the answer whole.
    ///
    /// # Errors
    /// There is none.
    pub async fn ask(&mut self, request: Request<()>, body: impl Into<Bytes>) -> Result<Reply, Broken> {
        let asked = async {
            let (answer, mut sending) = self.begin(request).await?;
            // Whoever answers early need not take the rest of the body.
            let _ = sending.send_data(body.into(), true);
            Self::read(answer).await
        };
        match timely("an answer", asked).await {
            Err(error) => Err(self.cause(error).await),
            answer => answer,
        }
    }

    /// Begins a request whose body is sent by the caller. It is for the backend that the host serves, unless it says
    /// another one.
    ///
    /// # Errors
    /// The connection takes none.
    pub async fn begin(&self, mut request: Request<()>) -> Result<(ResponseFuture, SendStream<Bytes>), Broken> {
        let own = self.destination.parse().expect("a domain is a header value");
        request.headers_mut().entry("beep-destination-domain").or_insert(own);
        let mut requests = self.requests.clone().ready().await.map_err(broken)?;
        requests.send_request(request, false).map_err(broken)
    }

    /// Reads an answer whole.
    ///
    /// # Errors
    /// There is none, or it ends amid.
    pub async fn read(answer: ResponseFuture) -> Result<Reply, Broken> {
        let (head, mut body) = answer.await.map_err(broken)?.into_parts();
        let mut octets = Vec::new();
        while let Some(part) = body.data().await {
            let part = part.map_err(broken)?;
            let _ = body.flow_control().release_capacity(part.len());
            octets.extend_from_slice(&part);
        }
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, octets })
    }

    /// Calls as a backend does.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn call(&mut self, origin: &str, call: &str, body: &Value) -> Result<Reply, Broken> {
        self.ask(request(origin, call), body.to_string()).await
    }

    /// What the connection itself says of its end, which tells more than what a request hears of it.
    async fn cause(&mut self, of: Broken) -> Broken {
        if self.driver.is_finished()
            && let Ok(Some(said)) = (&mut self.driver).await
        {
            return Broken(said);
        }
        of
    }

    /// Waits until the other end closes the connection.
    pub async fn closed(&mut self) {
        let _ = timely("the end of a connection", &mut self.driver).await;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Reply {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.octets).unwrap_or_default()
    }

    /// The code of a problem.
    pub fn code(&self) -> Option<String> {
        self.json()["code"].as_str().map(str::to_owned)
    }

    /// Expects a refusal with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        let said = String::from_utf8_lossy(&self.octets);
        assert_eq!((self.status, self.code().as_deref()), (status, Some(code)), "{said}");
    }
}

/// A call as backends make it, without its body.
pub fn request(origin: &str, call: &str) -> Request<()> {
    let request = Request::builder().method(Method::POST).uri(format!("https://federator/federation/{call}"));
    let request = request.header("wire-origin-domain", origin).header("beep-federation-version", "1");
    request.header("content-type", "application/json").body(()).expect("it is a request")
}

fn broken(error: impl std::error::Error) -> Broken {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    Broken(words)
}

async fn timely<T>(what: &str, wait: impl Future<Output = T>) -> T {
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {what} within {} s", PATIENCE.as_secs()))
}
