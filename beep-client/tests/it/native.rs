//! The native transport over real sockets of this machine, plain and with TLS.

use std::sync::Arc;
use std::time::Duration;

use beep_client::transport::{Frame, HttpRequest, Transport, TransportError, TransportErrorKind};
use beep_client::{Client, ErrorCode, NativeTransport, Problem, backend};
use beep_proto::operation::Method;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// A certificate authority, and a server's half of TLS with a certificate of it for `localhost`.
fn authority() -> (String, TlsAcceptor) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .expect("they fit");
    (root, TlsAcceptor::from(Arc::new(config)))
}

/// Listens on a free port, for as many connections as are made one after the other.
async fn listen<F, Fut>(tls: Option<TlsAcceptor>, talk: F) -> u16
where
    F: Fn(Box<dyn Socket>) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            match &tls {
                None => talk(Box::new(socket)).await,
                // One that does not trust the certificate hangs up.
                Some(tls) => {
                    if let Ok(socket) = tls.accept(socket).await {
                        talk(Box::new(socket)).await;
                    }
                }
            }
        }
    });
    port
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// Reads one request and answers it with itself.
async fn echo_request(mut socket: Box<dyn Socket>) {
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"hello") {
        match socket.read(&mut part).await {
            Ok(octets) if octets > 0 => request.extend_from_slice(&part[..octets]),
            _ => return,
        }
    }
    let head =
        format!("HTTP/1.1 418 \r\nX-Request-Id: one\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", request.len());
    socket.write_all(head.as_bytes()).await.expect("the client reads");
    socket.write_all(&request).await.expect("the client reads");
    socket.flush().await.expect("the client reads");
}

fn request(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Patch,
        url,
        headers: vec![("x-test", "yes".to_owned())],
        body: Some(Bytes::from_static(b"hello")),
        timeout: Duration::from_secs(20),
    }
}

/// Says back what it hears; at `bye` closes with 4002.
async fn echo_frames(socket: Box<dyn Socket>) {
    let choose = |request: &Request, mut response: Response| {
        let protocol = request.headers()["sec-websocket-protocol"].clone();
        response.headers_mut().insert("sec-websocket-protocol", protocol);
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(socket, choose).await.expect("a handshake");
    socket.send(Message::Ping(Bytes::new())).await.expect("the client reads");
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) if text.as_str() == "bye" => {
                let close = CloseFrame { code: 4002.into(), reason: "slow".into() };
                socket.close(Some(close)).await.expect("the client reads");
            }
            Message::Text(text) => socket.send(Message::Text(text)).await.expect("the client reads"),
            _ => {}
        }
    }
}

async fn exchange_and_talk(transport: &NativeTransport, tls: Option<TlsAcceptor>) {
    let secure = if tls.is_some() { "s" } else { "" };
    let port = listen(tls.clone(), echo_request).await;
    let answer = transport.exchange(request(format!("http{secure}://localhost:{port}/v1/x?y=%20"))).await;
    let answer = answer.expect("there is an answer");
    assert_eq!((answer.status, answer.header("x-request-id")), (418, Some("one")));
    let echoed = String::from_utf8(answer.body.to_vec()).expect("is text");
    assert!(echoed.starts_with("PATCH /v1/x?y=%20 HTTP/1.1\r\n"), "{echoed}");
    assert!(echoed.to_ascii_lowercase().contains("\r\nx-test: yes\r\n"), "{echoed}");

    let port = listen(tls, echo_frames).await;
    let connection = transport.connect(format!("ws{secure}://localhost:{port}/v1/gateway"), "beep.v1.json").await;
    let mut connection = connection.expect("is opened");
    connection.send("hi".to_owned()).await.expect("is sent");
    assert_eq!(connection.next().await, Some(Ok(Frame::Text("hi".to_owned()))));
    connection.send("bye".to_owned()).await.expect("is sent");
    assert_eq!(connection.next().await, Some(Ok(Frame::Closed { code: 4002 })));
    assert_eq!(connection.next().await, None);
}

#[tokio::test]
async fn speaks_plainly() {
    let transport = NativeTransport::new(&[]).expect("valid");
    exchange_and_talk(&transport, None).await;
}

#[tokio::test]
async fn speaks_tls_with_an_authority_that_is_added() {
    let (root, tls) = authority();
    let transport = NativeTransport::new(&[root.into_bytes()]).expect("valid");
    exchange_and_talk(&transport, Some(tls)).await;
}

#[tokio::test]
async fn trusts_no_other_authority() {
    let (_, tls) = authority();
    let (other, _) = authority();
    let transport = NativeTransport::new(&[other.into_bytes()]).expect("valid");
    let port = listen(Some(tls.clone()), echo_request).await;
    let error = transport.exchange(request(format!("https://localhost:{port}/"))).await.expect_err("is not trusted");
    assert_eq!(error.kind, TransportErrorKind::Unreached);
    assert!(error.detail.contains("certificate"), "{error}");
    let opening = transport.connect(format!("wss://localhost:{port}/"), "beep.v1.json").await;
    let error = opening.map(drop).expect_err("is not trusted");
    assert!(error.detail.contains("certificate"), "{error}");
}

#[tokio::test]
async fn says_how_far_it_came() {
    let transport = NativeTransport::new(&[]).expect("valid");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    // Accepts, and hangs up once something was asked.
    let (asked, was_asked) = oneshot::channel();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a client");
        let octets = socket.read(&mut [0; 4096]).await.expect("a request");
        asked.send(octets).expect("somebody waits");
    });
    let lost = transport.exchange(request(format!("http://127.0.0.1:{port}/"))).await.expect_err("hung up");
    assert_eq!(lost.kind, TransportErrorKind::Interrupted, "{lost}");
    assert!(was_asked.await.expect("the request came") > 0);
    let unreached = transport.exchange(request(format!("http://127.0.0.1:{port}/"))).await.expect_err("nobody listens");
    assert_eq!(unreached.kind, TransportErrorKind::Unreached, "{unreached}");

    let port = listen(None, |mut socket: Box<dyn Socket>| async move {
        let _ = socket.read(&mut [0; 4096]).await;
        let _ = socket.write_all(b"HTTP/1.1 401 \r\nContent-Length: 0\r\n\r\n").await;
    });
    let opening = transport.connect(format!("ws://127.0.0.1:{}/", port.await), "beep.v1.json").await;
    let refused: TransportError = opening.map(drop).expect_err("refused");
    assert_eq!(refused.kind, TransportErrorKind::Refused(401));
}

#[tokio::test]
async fn a_client_needs_nothing_but_a_url() {
    let problem = serde_json::to_string(&Problem::new(ErrorCode::NotFound, "nothing here")).expect("is JSON");
    let port = listen(None, move |mut socket: Box<dyn Socket>| {
        let answer =
            format!("HTTP/1.1 404 \r\nContent-Length: {}\r\nConnection: close\r\n\r\n{problem}", problem.len());
        async move {
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    let client = Client::builder(format!("http://127.0.0.1:{}", port.await)).build().expect("valid");
    let error = client.backend().get(backend::Get::new()).await.expect_err("refused");
    assert_eq!(error.code(), Some(ErrorCode::NotFound));
}

#[test]
fn a_root_certificate_that_is_none_is_refused() {
    let built = Client::builder("https://a.example.com").root_certificate("no certificate").build();
    assert!(matches!(built, Err(beep_client::Error::Configuration(_))), "{built:?}");
}
