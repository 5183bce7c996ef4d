//! Backends that are called and do not mean well, or are broken.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use beep_federation::Rpc;
use beep_federation::net::{CallError, CircuitState, EgressSettings};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::{Files, Order};
use crate::backend::{Backend, World, domain, quick};

type Reply = Response<BoxBody<Bytes, Infallible>>;
type Answer = fn(Request<Incoming>) -> Reply;

/// A world with a good backend that does not wait long, and a host `e.example.com` that does what is said.
struct Stage {
    world: World,
    good: Backend,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new();
        let issued = world.authority.issue(&Order::of(&["federator.a.example.com"]));
        let settings = EgressSettings {
            connect_time: Duration::from_millis(400),
            answer_time: Duration::from_millis(400),
            ..EgressSettings::default()
        };
        let good = world.started("a", Files::new(&issued, &world.authority.pem()), quick(), settings).await;
        Self { world, good }
    }

    /// Lets the host treat each TCP connection so; counts them.
    async fn host<F>(&self, treat: impl Fn(TcpStream) -> F + Send + 'static) -> Arc<AtomicUsize>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        self.world.zone.point(&domain("e.example.com"), "federator.e.example.com", port);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(treat(stream));
            }
        });
        count
    }

    fn acceptor(&self) -> TlsAcceptor {
        let (certificate, key) = self.world.authority.issue(&Order::of(&["federator.e.example.com"]));
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("ring has it")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("they fit");
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// Lets the host treat each TLS connection so.
    async fn tls_host<F>(
        &self,
        treat: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
    ) -> Arc<AtomicUsize>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let acceptor = self.acceptor();
        self.host(move |stream| {
            let (acceptor, treat) = (acceptor.clone(), treat.clone());
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    treat(stream).await;
                }
            }
        })
        .await
    }

    /// Lets the host answer each request so, once it has told its versions.
    async fn http_host(&self, answer: Answer) -> Arc<AtomicUsize> {
        self.tls_host(move |stream| async move {
            let service = service_fn(move |request: Request<Incoming>| async move {
                if request.uri().path() == "/federation/meta/versions" {
                    return Ok::<_, Infallible>(json(200, r#"{"supported":[1]}"#));
                }
                Ok(answer(request))
            });
            let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        })
        .await
    }

    async fn error(&self) -> CallError {
        self.good.ask("e.example.com").await.expect_err("there is no good answer")
    }
}

fn reply(status: u16, kind: &str, body: impl Into<Bytes>) -> Reply {
    let response = Response::builder().status(status).header("content-type", kind);
    response.body(Full::new(body.into()).boxed()).expect("it is a response")
}

fn json(status: u16, body: &'static str) -> Reply {
    reply(status, "application/json", body)
}

#[tokio::test]
async fn one_that_nobody_listens_at() {
    let stage = Stage::new().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    stage.world.zone.point(&domain("e.example.com"), "federator.e.example.com", closed);
    let error = stage.error().await;
    assert!(matches!(error, CallError::RemoteUnavailable(_)) && error.is_transient(), "{error}");
    assert_eq!(error.problem().status, 503);
}

#[tokio::test]
async fn one_that_hangs_before_the_handshake_or_after_it() {
    for speak in [false, true] {
        let stage = Stage::new().await;
        if speak {
            stage.tls_host(|_stream| std::future::pending()).await;
        } else {
            stage.host(|_stream| std::future::pending()).await;
        }
        let begun = Instant::now();
        let error = stage.error().await;
        assert!(matches!(error, CallError::RemoteUnavailable(_)), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn one_that_closes_at_once() {
    let stage = Stage::new().await;
    stage.host(|stream| async move { drop(stream) }).await;
    let error = stage.error().await;
    assert!(matches!(error, CallError::RemoteUnavailable(_)), "{error}");
    let stage = Stage::new().await;
    stage.tls_host(|stream| async move { drop(stream) }).await;
    let error = stage.error().await;
    assert!(matches!(error, CallError::RemoteUnavailable(_)), "{error}");
}

#[tokio::test]
async fn one_that_speaks_something_else() {
    for words in ["HTTP/1.1 200 OK\r\n\r\n", "\u{1}\u{2}\u{3}\u{4}garbage that is no frame of anything at all"] {
        let stage = Stage::new().await;
        stage
            .host(move |mut stream| async move {
                let _ = stream.write_all(words.as_bytes()).await;
                let _ = stream.read(&mut [0; 1024]).await;
            })
            .await;
        let plain = stage.error().await;
        assert!(!matches!(plain, CallError::Refused(_) | CallError::RemoteError(_)), "{plain}");
        let stage = Stage::new().await;
        stage
            .tls_host(move |mut stream| async move {
                let _ = stream.write_all(words.as_bytes()).await;
                let _ = stream.read(&mut [0; 1024]).await;
            })
            .await;
        let inside = stage.error().await;
        assert!(matches!(inside, CallError::RemoteUnavailable(_)), "{inside}");
    }
}

#[tokio::test]
async fn one_whose_answers_make_no_sense() {
    let answers: [(&str, Answer); 8] = [
        ("a redirect", |_| {
            let mut reply = json(307, "{}");
            reply.headers_mut().insert("location", "https://federator.a.example.com/".parse().expect("a URL"));
            reply
        }),
        ("a permanent one", |_| json(301, "{}")),
        ("a page", |_| reply(200, "text/html", "<html>")),
        ("no type", |_| Response::new(Full::new(Bytes::new()).boxed())),
        ("no content", |_| json(204, "")),
        ("a refusal that is no document", |_| reply(403, "application/problem+json", "{")),
        ("a refusal of another kind", |_| json(403, "{}")),
        ("an encoding", |_| {
            let mut reply = json(200, "{}");
            reply.headers_mut().insert("content-encoding", "gzip".parse().expect("a word"));
            reply
        }),
    ];
    for (name, answer) in answers {
        let stage = Stage::new().await;
        let connections = stage.http_host(answer).await;
        let error = stage.error().await;
        assert!(matches!(error, CallError::RemoteError(_)), "{name}: {error}");
        assert_eq!((error.problem().status, error.is_transient()), (502, false));
        assert_eq!(connections.load(Ordering::SeqCst), 1, "{name}");
    }
}

#[tokio::test]
async fn one_that_answers_too_much() {
    let stage = Stage::new().await;
    stage.http_host(|_| reply(200, "application/json", vec![b' '; (8 << 20) + 1])).await;
    let error = stage.error().await;
    assert!(matches!(error, CallError::RemoteError(_)), "{error}");

    // Without saying how much, and without an end.
    let stage = Stage::new().await;
    stage
        .http_host(|_| {
            let endless = stream::repeat_with(|| Ok(Frame::data(Bytes::from(vec![b' '; 64 << 10]))));
            let body = BodyExt::boxed(StreamBody::new(endless));
            Response::builder().header("content-type", "application/json").body(body).expect("it is a response")
        })
        .await;
    let error = stage.error().await;
    assert!(matches!(error, CallError::RemoteError(_)), "{error}");

    let stage = Stage::new().await;
    stage.http_host(|_| reply(200, "application/json", vec![b' '; 8 << 20])).await;
    let call = beep_federation::net::Call {
        to: domain("e.example.com"),
        rpc: Rpc::Run,
        body: Bytes::from_static(b"{}"),
        repeatable: false,
        answer_limit: 8 << 20,
    };
    assert_eq!(stage.good.egress.call(call).await.expect("it is within the limit").len(), 8 << 20);
}

#[tokio::test]
async fn one_that_drips() {
    let stage = Stage::new().await;
    stage
        .http_host(|_| {
            let drips = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Ok(Frame::data(Bytes::from_static(b" "))), ()))
            });
            let (feed, body) = fed(drips);
            tokio::spawn(feed);
            Response::builder().header("content-type", "application/json").body(body).expect("it is a response")
        })
        .await;
    let begun = Instant::now();
    let error = stage.error().await;
    assert!(matches!(error, CallError::RemoteUnavailable(_)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A body that is fed by a task.
fn fed(
    frames: impl stream::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + 'static,
) -> (impl Future<Output = ()> + Send, BoxBody<Bytes, Infallible>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let feed = async move {
        let mut frames = Box::pin(frames);
        while let Some(frame) = frames.next().await {
            if sender.send(frame).await.is_err() {
                break;
            }
        }
    };
    let received = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    (feed, BodyExt::boxed(StreamBody::new(received)))
}

#[tokio::test]
async fn one_that_speaks_another_version() {
    for versions in [r#"{"supported":[2]}"#, r#"{"supported":"1"}"#, "[]", "nonsense"] {
        let stage = Stage::new().await;
        stage
            .tls_host(move |stream| async move {
                let service = service_fn(move |_| async move { Ok::<_, Infallible>(json(200, versions)) });
                let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            })
            .await;
        let error = stage.error().await;
        assert!(matches!(error, CallError::RemoteError(_)), "{versions}: {error}");
    }
}

#[tokio::test]
async fn one_that_is_down_is_left_alone_after_a_few_failures_and_tried_again() {
    let stage = Stage::new().await;
    let connections = stage.host(|stream| async move { drop(stream) }).await;
    for _ in 0..5 {
        stage.error().await;
    }
    let tried = connections.load(Ordering::SeqCst);
    let to = domain("e.example.com");
    assert!(matches!(stage.good.egress.circuit(&to), CircuitState::Open { .. }));
    for _ in 0..100 {
        assert_eq!(stage.good.code("e.example.com").await, "remote_unavailable");
    }
    assert_eq!(connections.load(Ordering::SeqCst), tried);

    stage.world.clock.pass(Duration::from_secs(1));
    stage.error().await;
    assert!(connections.load(Ordering::SeqCst) > tried, "it was tried again");
    let tried = connections.load(Ordering::SeqCst);
    stage.world.clock.pass(Duration::from_secs(1));
    stage.error().await;
    assert_eq!(connections.load(Ordering::SeqCst), tried, "the second wait is longer");

    stage.http_host(|_| json(200, "{}")).await;
    stage.good.discoverer.forget(&to);
    stage.world.clock.pass(Duration::from_secs(2));
    assert!(stage.good.ask("e.example.com").await.is_ok());
    assert_eq!(stage.good.egress.circuit(&to), CircuitState::Closed);
}

#[tokio::test]
async fn a_repeatable_call_survives_a_connection_that_breaks_and_another_does_not() {
    static BROKEN: AtomicUsize = AtomicUsize::new(0);
    let stage = Stage::new().await;
    // Each connection breaks at its first question, every second one.
    stage
        .tls_host(|stream| async move {
            let nth = BROKEN.fetch_add(1, Ordering::SeqCst);
            let (end, mut ended) = tokio::sync::mpsc::channel::<()>(1);
            let service = service_fn(move |request: Request<Incoming>| {
                let end = end.clone();
                async move {
                    if nth.is_multiple_of(2) && request.uri().path() != "/federation/meta/versions" {
                        let _ = end.send(()).await;
                        std::future::pending::<()>().await;
                    }
                    Ok::<_, Infallible>(json(200, r#"{"supported":[1]}"#))
                }
            });
            let serving = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
            tokio::select! { _ = serving => {}, _ = ended.recv() => {} }
        })
        .await;
    assert!(stage.good.ask("e.example.com").await.is_ok());
    assert_eq!(stage.good.egress.counts().connections, 2);

    // The one that holds is given up, so that the next one breaks.
    stage.good.files.write(&stage.world.authority.issue(&Order::of(&["federator.a.example.com"])));
    stage.good.tls.reload().expect("the files are good");
    let call = beep_federation::net::Call {
        to: domain("e.example.com"),
        rpc: Rpc::Execute,
        body: Bytes::from_static(b"{}"),
        repeatable: false,
        answer_limit: 8 << 20,
    };
    let error = stage.good.egress.call(call).await.expect_err("it may have been done");
    assert!(matches!(error, CallError::RemoteUnavailable(_)), "{error}");
    assert_eq!(stage.good.egress.counts().connections, 3);
}

#[tokio::test]
async fn private_addresses_are_not_gone_to_unless_allowed() {
    let world = World::new();
    let stage = Stage { good: world.backend("a").await, world };
    let listener = stage.host(|_stream| std::future::pending()).await;
    let egress = beep_federation::net::Egress::new(
        EgressSettings::default(),
        stage.good.tls.clone(),
        stage.good.discoverer.clone(),
        stage.good.policy.clone(),
        stage.world.clock.clone(),
        Arc::new(crate::backend::Zeros),
    );
    let call = beep_federation::net::Call {
        to: domain("e.example.com"),
        rpc: Rpc::Run,
        body: Bytes::new(),
        repeatable: true,
        answer_limit: 8 << 20,
    };
    let error = egress.call(call).await.expect_err("it is on loopback");
    assert_eq!(error.problem().code.as_str(), "discovery_failure");
    assert_eq!(listener.load(Ordering::SeqCst), 0);
}
