//! The transport of ordinary programs: reqwest and tungstenite on tokio, TLS by rustls with ring.
//!
//! Trusts the certificate authorities of the web, which are compiled in, and those that are added.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use beep_core::time::Timestamp;
use beep_proto::operation::Method;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use crate::error::Error;
use crate::transport::{
    BoxFuture, Connection, Frame, HttpRequest, HttpResponse, Transport, TransportError, TransportErrorKind,
};

/// IO, time and randomness by tokio: must be used inside a tokio runtime with IO and time.
#[derive(Clone, Debug)]
pub struct NativeTransport {
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
    started: Instant,
}

impl NativeTransport {
    /// Trusts the certificate authorities of the web and these, as PEM or DER.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an invalid certificate.
    pub fn new(roots: &[Vec<u8>]) -> Result<Self, Error> {
        let tls = Arc::new(tls(roots)?);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| Error::Configuration(cause(&error)))?;
        Ok(Self { http, tls, started: Instant::now() })
    }
}

impl Transport for NativeTransport {
    fn exchange(&self, request: HttpRequest) -> BoxFuture<Result<HttpResponse, TransportError>> {
        let http = self.http.clone();
        Box::pin(async move {
            let mut asked = http.request(method(request.method), &request.url).timeout(request.timeout);
            for (name, value) in request.headers {
                asked = asked.header(name, value);
            }
            if let Some(body) = request.body {
                asked = asked.body(body);
            }
            let answer = asked.send().await.map_err(failed)?;
            let status = answer.status().as_u16();
            let headers = answer.headers().iter();
            let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
            let headers = headers.collect();
            let body =
                answer.bytes().await.map_err(|error| TransportError::interrupted(cause(&error.without_url())))?;
            Ok(HttpResponse { status, headers, body })
        })
    }

    fn connect(
        &self,
        url: String,
        subprotocol: &'static str,
    ) -> BoxFuture<Result<Box<dyn Connection>, TransportError>> {
        let connector = Connector::Rustls(self.tls.clone());
        Box::pin(async move {
            let mut request = url.into_client_request().map_err(TransportError::unreached)?;
            request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
            let config = WebSocketConfig::default()
                .max_message_size(Some(MAX_MESSAGE_OCTETS))
                .max_frame_size(Some(MAX_MESSAGE_OCTETS));
            let opening =
                tokio_tungstenite::connect_async_tls_with_config(request, Some(config), true, Some(connector));
            let (socket, _) = match tokio::time::timeout(CONNECT_TIMEOUT, opening).await {
                Ok(result) => result.map_err(unopened)?,
                Err(_) => return Err(TransportError::unreached("the connection was not opened in time")),
            };
            Ok(Box::new(Socket { inner: socket, over: false }) as Box<dyn Connection>)
        })
    }

    fn sleep(&self, time: Duration) -> BoxFuture<()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that the port stands for")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("a system that runs a network client has randomness");
    }
}

/// A WebSocket whose frames are texts.
struct Socket {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Whether it was closed or broke.
    over: bool,
}

impl Stream for Socket {
    type Item = Result<Frame, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.over {
            let item = match std::task::ready!(self.inner.poll_next_unpin(context)) {
                Some(Ok(Message::Text(text))) => return Poll::Ready(Some(Ok(Frame::Text(text.as_str().to_owned())))),
                // Answered by tungstenite itself.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(frame))) => {
                    Some(Ok(Frame::Closed { code: frame.map_or(NO_CODE, |frame| frame.code.into()) }))
                }
                Some(Ok(Message::Binary(_))) => {
                    Some(Err(TransportError::interrupted("a binary frame arrived where text was agreed on")))
                }
                Some(Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed)) | None => None,
                Some(Err(error)) => Some(Err(TransportError::interrupted(cause(&error)))),
            };
            self.over = true;
            return Poll::Ready(item);
        }
        Poll::Ready(None)
    }
}

impl Sink<String> for Socket {
    type Error = TransportError;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready_unpin(context).map_err(|error| TransportError::interrupted(cause(&error)))
    }

    fn start_send(mut self: Pin<&mut Self>, text: String) -> Result<(), TransportError> {
        self.inner.start_send_unpin(Message::text(text)).map_err(|error| TransportError::interrupted(cause(&error)))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_flush_unpin(context).map_err(|error| TransportError::interrupted(cause(&error)))
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_close_unpin(context).map_err(|error| TransportError::interrupted(cause(&error)))
    }
}

fn tls(roots: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let refuse = |detail: String| Error::Configuration(format!("a root certificate is not valid: {detail}"));
    for root in roots {
        let pem: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(root).collect();
        let mut certificates = pem.map_err(|error| refuse(error.to_string()))?;
        if certificates.is_empty() {
            certificates.push(CertificateDer::from(root.clone()));
        }
        for certificate in certificates {
            store.add(certificate).map_err(|error| refuse(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Configuration(error.to_string()))?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn failed(error: reqwest::Error) -> TransportError {
    let unreached = error.is_connect() || error.is_builder();
    let detail = cause(&error.without_url());
    if unreached { TransportError::unreached(detail) } else { TransportError::interrupted(detail) }
}

fn unopened(error: tungstenite::Error) -> TransportError {
    match error {
        tungstenite::Error::Http(answer) => {
            let status = answer.status().as_u16();
            let detail = format!("the gateway answered with status {status}");
            TransportError { kind: TransportErrorKind::Refused(status), detail }
        }
        error => TransportError::unreached(cause(&error)),
    }
}

/// The innermost cause of an error: the outer ones only say that sending or opening failed.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_MESSAGE_OCTETS: usize = 64 << 20; // a snapshot of very many servers
const NO_CODE: u16 = 1005; // RFC 6455, 7.4.1
