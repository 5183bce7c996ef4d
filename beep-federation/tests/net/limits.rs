//! Callers that are strangers, ask for too much, or take too long.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use beep_federation::net::{EgressSettings, IngressSettings};
use beep_proto::problem::Problem;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore, SupportedProtocolVersion};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::authority::{Files, Order};
use crate::backend::{Backend, World, quick};

type Body = BoxBody<Bytes, Infallible>;

/// A world with a backend `b` and somebody who calls it by hand.
struct Stage {
    world: World,
    good: Backend,
}

impl Stage {
    async fn new(settings: IngressSettings) -> Self {
        let world = World::new();
        let issued = world.authority.issue(&Order::of(&["federator.b.example.com"]));
        let files = Files::new(&issued, &world.authority.pem());
        let good = world.started("b", files, settings, EgressSettings::default()).await;
        // Where `a` is served matters, not that it is.
        world.zone.point(&crate::backend::domain("a.example.com"), "federator.a.example.com", 1);
        Self { world, good }
    }

    /// The handshake of somebody, with a certificate for `a` or without one.
    async fn tls(
        &self,
        certificate: bool,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        self.handshake(&Arc::new(self.config(certificate, versions))).await
    }

    fn config(&self, certificate: bool, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.world.authority.pem().as_bytes()).expect("a certificate");
        roots.add(root).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let builder = builder.expect("ring has them").with_root_certificates(roots);
        let mut config = if certificate {
            let (certificate, key) = self.world.authority.issue(&Order::of(&["federator.a.example.com"]));
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("they fit")
        } else {
            builder.with_no_client_auth()
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    async fn handshake(&self, config: &Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("federator.b.example.com").expect("a name");
        TlsConnector::from(config.clone()).connect(name, self.tcp().await).await
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.good.address).await.expect("somebody listens")
    }

    async fn connect(&self, certificate: bool) -> Caller {
        Caller::over(self.tls(certificate, &[&rustls::version::TLS13]).await.expect("the handshake goes through")).await
    }

    fn asked(&self) -> usize {
        self.good.answers.asked.load(Ordering::SeqCst)
    }
}

struct Caller {
    requests: SendRequest<Body>,
}

impl Caller {
    async fn over(stream: TlsStream<TcpStream>) -> Self {
        Self::taking(stream, None).await
    }

    /// One that takes so many octets of an answer before it is read.
    async fn taking(stream: TlsStream<TcpStream>, window: Option<u32>) -> Self {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        let handshake = builder.initial_stream_window_size(window).handshake(TokioIo::new(stream)).await;
        let (requests, driver) = handshake.expect("it is HTTP/2");
        tokio::spawn(driver);
        Self { requests }
    }

    async fn send(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        self.requests.send_request(request).await
    }

    /// The status and the code of the refusal of a request.
    async fn refused(&mut self, request: Request<Body>) -> (u16, String, Problem) {
        let response = self.send(request).await.expect("it is answered");
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let document = response.into_body().collect().await.expect("it is whole").to_bytes();
        let problem: Problem = serde_json::from_slice(&document).expect("it is a problem document");
        assert_eq!(problem.status, status);
        (status, problem.code.as_str().to_owned(), problem)
    }
}

fn request(path: &str, body: Body) -> Request<Body> {
    let builder = Request::post(format!("https://federator.b.example.com{path}"));
    let builder = builder.header("wire-origin-domain", "a.example.com");
    builder.header("beep-destination-domain", "b.example.com").body(body).expect("it is a request")
}

fn full(octets: usize) -> Body {
    Full::new(Bytes::from(vec![b' '; octets])).boxed()
}

const RUN: &str = "/federation/queries/run";

#[tokio::test]
async fn who_has_no_certificate_is_told_so_and_asks_nothing_of_the_dns() {
    let stage = Stage::new(quick()).await;
    let mut caller = stage.connect(false).await;
    let (status, code, _) = caller.refused(request(RUN, full(2))).await;
    assert_eq!((status, code.as_str()), (403, "authentication_failure"));
    assert_eq!(stage.asked(), 0);
}

#[tokio::test]
async fn a_stranger_does_not_stay() {
    let settings = IngressSettings { stranger_time: Duration::from_millis(200), ..quick() };
    let stage = Stage::new(settings).await;
    let mut stranger = stage.tls(false, &[&rustls::version::TLS13]).await.expect("the handshake goes through");
    let mut sink = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), stranger.read_to_end(&mut sink)).await;
    assert!(ended.is_ok(), "it is hung up on");
}

#[tokio::test]
async fn older_tls_is_refused() {
    let stage = Stage::new(quick()).await;
    let error = stage.tls(true, &[&rustls::version::TLS12]).await.expect_err("1.2 is not spoken");
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    assert!(stage.tls(true, &[&rustls::version::TLS13]).await.is_ok());
}

#[tokio::test]
async fn heads_are_judged_by_the_steps() {
    let stage = Stage::new(quick()).await;
    let mut caller = stage.connect(true).await;
    let old_name = Request::post(format!("https://x{RUN}")).header("wire-domain", "A.example.com");
    let old_name = old_name.header("beep-destination-domain", "B.example.com").body(full(2));
    assert_eq!(caller.send(old_name.expect("a request")).await.expect("answered").status(), 200);

    let change = |change: fn(&mut Request<Body>)| {
        let mut request = request(RUN, full(2));
        change(&mut request);
        request
    };
    for (name, request, status, code) in [
        ("no origin", change(|one| one.headers_mut().clear()), 403, "validation_error"),
        (
            "two origins",
            change(|one| {
                one.headers_mut().append("wire-origin-domain", "b.example.com".parse().expect("a value"));
            }),
            403,
            "validation_error",
        ),
        (
            "an origin that is no text",
            change(|one| {
                let value = http::HeaderValue::from_bytes(b"\xff\xfe").expect("it may be sent");
                one.headers_mut().insert("wire-origin-domain", value);
            }),
            403,
            "validation_error",
        ),
        (
            "another's domain",
            change(|one| {
                one.headers_mut().insert("wire-origin-domain", "b.example.com".parse().expect("a value"));
            }),
            403,
            "validation_error",
        ),
        (
            "a domain that nobody serves",
            change(|one| {
                one.headers_mut().insert("wire-origin-domain", "c.example.com".parse().expect("a value"));
            }),
            502,
            "discovery_failure",
        ),
        ("no destination", change(|one| drop(one.headers_mut().remove("beep-destination-domain"))), 421, "misdirected"),
        (
            "another's destination",
            change(|one| {
                one.headers_mut().insert("beep-destination-domain", "c.example.com".parse().expect("a value"));
            }),
            421,
            "misdirected",
        ),
        ("another method", change(|one| *one.method_mut() = http::Method::GET), 404, "not_found"),
        ("another path", request("/federation/queries/run/x", full(2)), 404, "not_found"),
        ("a query", request("/federation/queries/run?x=1", full(2)), 404, "not_found"),
        ("an escape", request("/federation/queries%2Frun", full(2)), 404, "not_found"),
        ("too large", request(RUN, full((1 << 20) + 1)), 413, "payload_too_large"),
        (
            "an encoding",
            change(|one| {
                one.headers_mut().insert("content-encoding", "gzip".parse().expect("a value"));
            }),
            422,
            "invalid_request",
        ),
        (
            "another version",
            change(|one| {
                one.headers_mut().insert("beep-federation-version", "2".parse().expect("a value"));
            }),
            422,
            "invalid_request",
        ),
    ] {
        let refused = caller.refused(request).await;
        assert_eq!((refused.0, refused.1.as_str()), (status, code), "{name}");
    }
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_cut_where_it_is_too_long() {
    let stage = Stage::new(quick()).await;
    let mut caller = stage.connect(true).await;
    let chunk = || Ok(Frame::data(Bytes::from(vec![b' '; 64 << 10])));
    let body = |chunks| BodyExt::boxed(StreamBody::new(stream::repeat_with(chunk).take(chunks)));
    let whole = caller.send(request(RUN, body(16))).await.expect("it is answered");
    let answer = whole.into_body().collect().await.expect("it is whole").to_bytes();
    let answer: serde_json::Value = serde_json::from_slice(&answer).expect("it is JSON");
    assert_eq!(answer["octets"], 1 << 20);
    let refused = caller.refused(request(RUN, body(17))).await;
    assert_eq!((refused.0, refused.1.as_str()), (413, "payload_too_large"));
}

#[tokio::test]
async fn bodies_that_hang_or_drip_are_cut() {
    for drip in [false, true] {
        let stage = Stage::new(IngressSettings { body_time: Duration::from_millis(200), ..quick() }).await;
        let mut caller = stage.connect(true).await;
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<()>(1);
        let frames = stream::poll_fn(move |cx| {
            receiver.poll_recv(cx).map(|fed| fed.map(|()| Ok(Frame::data(Bytes::from_static(b" ")))))
        });
        tokio::spawn(async move {
            while drip && sender.send(()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            sender.closed().await;
        });
        let begun = Instant::now();
        let refused = caller.refused(request(RUN, BodyExt::boxed(StreamBody::new(frames)))).await;
        assert_eq!((refused.0, refused.1.as_str()), (503, "remote_unavailable"));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!(stage.asked(), 0);
        // The connection is good for more.
        assert_eq!(caller.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_is_cut() {
    let stage = Stage::new(IngressSettings { handshake_time: Duration::from_millis(100), ..quick() }).await;
    let mut silent = stage.tcp().await;
    let mut sink = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), silent.read_to_end(&mut sink)).await;
    assert!(ended.is_ok(), "it is hung up on");
}

#[tokio::test]
async fn strangers_of_one_address_have_so_many_connections_and_others_get_in_after_them() {
    let settings = IngressSettings { strangers_per_address: 3, handshake_time: Duration::from_secs(60), ..quick() };
    let stage = Stage::new(settings).await;
    // Those with a certificate do not count once they have shown it.
    let mut callers = Vec::new();
    for _ in 0..5 {
        let mut caller = stage.connect(true).await;
        assert_eq!(caller.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
        callers.push(caller);
    }
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(stage.tcp().await);
    }
    let mut one_more = stage.tcp().await;
    let hung_up = one_more.read(&mut [0; 16]).await;
    assert!(matches!(hung_up, Ok(0) | Err(_)), "there is no place for it");
    assert!(silent[0].read(&mut [0; 16]).now_or_never().is_none(), "those before it stay");
    drop(silent);
    loop {
        if stage.tls(true, &[&rustls::version::TLS13]).await.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn one_certificate_has_so_many_connections() {
    let stage = Stage::new(IngressSettings { connections_per_certificate: 2, ..quick() }).await;
    let issued = stage.world.authority.issue(&Order::of(&["federator.a.example.com"]));
    let files = || Files::new(&issued, &stage.world.authority.pem());
    let mut one = Vec::new();
    for _ in 0..3 {
        one.push(stage.world.started("a", files(), quick(), EgressSettings::default()).await);
    }
    assert!(one[0].ask("b.example.com").await.is_ok());
    assert!(one[1].ask("b.example.com").await.is_ok());
    assert_eq!(one[2].code("b.example.com").await, "remote_unavailable");
    // Another certificate has its own share.
    let mut other = stage.connect(true).await;
    assert_eq!(other.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    assert!(one[0].ask("b.example.com").await.is_ok());
}

#[tokio::test]
async fn a_domain_asks_so_often_and_no_more() {
    let stage = Stage::new(IngressSettings { requests_per_second: 1, request_burst: 3, ..quick() }).await;
    let mut caller = stage.connect(true).await;
    for _ in 0..3 {
        assert_eq!(caller.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    }
    // On another connection it is the same domain.
    let mut caller = stage.connect(true).await;
    let (status, code, problem) = caller.refused(request(RUN, full(2))).await;
    assert_eq!((status, code.as_str()), (429, "rate_limited"));
    assert_eq!(problem.retry_after, Some(1));
    stage.world.clock.pass(Duration::from_secs(1));
    assert_eq!(caller.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
}

#[tokio::test]
async fn a_domain_has_so_many_octets_under_way() {
    let stage = Stage::new(IngressSettings { octets_in_flight: 1 << 20, ..quick() }).await;
    let mut caller = stage.connect(true).await;
    let mut other = stage.connect(true).await;
    let mut held = Box::pin(caller.send(request("/federation/events/pull", full(700 << 10))));
    while stage.asked() == 0 {
        assert!(futures_util::poll!(&mut held).is_pending());
        tokio::task::yield_now().await;
    }
    let (status, code, _) = other.refused(request(RUN, full(400 << 10))).await;
    assert_eq!((status, code.as_str()), (429, "rate_limited"));
    assert_eq!(other.send(request(RUN, full(100 << 10))).await.expect("it is answered").status(), 200);
    stage.good.answers.lets.add_permits(1);
    assert_eq!(held.await.expect("it is answered").status(), 200);
    assert_eq!(other.send(request(RUN, full(400 << 10))).await.expect("it is answered").status(), 200);
}

#[tokio::test]
async fn what_is_answered_is_under_way_until_it_is_taken() {
    let stage = Stage::new(IngressSettings { octets_in_flight: 1 << 20, ..quick() }).await;
    let snapshot = || request("/federation/servers/snapshot", full(2));
    let stream = stage.tls(true, &[&rustls::version::TLS13]).await.expect("the handshake goes through");
    let mut slow = Caller::taking(stream, Some(16 << 10)).await;
    let untaken = slow.send(snapshot()).await.expect("it is answered");
    assert_eq!(untaken.status(), 200);
    let mut other = stage.connect(true).await;
    let (status, code, _) = other.refused(snapshot()).await;
    assert_eq!((status, code.as_str()), (429, "rate_limited"));
    assert_eq!(other.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    let taken = untaken.into_body().collect().await.expect("all of it comes").to_bytes();
    assert!(taken.len() > 600 << 10);
    // By the next answer on the same connection the other end knows.
    assert_eq!(slow.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    assert_eq!(other.send(snapshot()).await.expect("it is answered").status(), 200);
}

#[tokio::test]
async fn who_only_guesses_has_to_come_again() {
    let stage = Stage::new(quick()).await;
    let mut caller = stage.connect(true).await;
    let mut guesses = 0;
    while let Ok(response) = caller.send(request("/federation/x/y", full(0))).await {
        assert_eq!(response.status(), 404);
        guesses += 1;
        assert!(guesses < 1000, "nobody ever stopped it");
    }
    assert!(guesses >= 32, "{guesses}");
}

#[tokio::test]
async fn sessions_resume_with_their_certificate() {
    let stage = Stage::new(quick()).await;
    let config = Arc::new(stage.config(true, &[&rustls::version::TLS13]));
    for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let stream = stage.handshake(&config).await.expect("the handshake goes through");
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(kind));
        let mut caller = Caller::over(stream).await;
        assert_eq!(caller.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    }
}

#[tokio::test]
async fn a_connection_does_not_outlive_its_certificate() {
    let stage = Stage::new(quick()).await;
    let mut caller = stage.connect(true).await;
    assert_eq!(caller.send(request(RUN, full(2))).await.expect("it is answered").status(), 200);
    stage.world.clock.pass(Duration::from_secs(2 * 24 * 60 * 60));
    let (status, code, _) = caller.refused(request(RUN, full(2))).await;
    assert_eq!((status, code.as_str()), (403, "authentication_failure"));
}
