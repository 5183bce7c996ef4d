//! The port for IO: HTTP requests, WebSocket connections, time and randomness.
//!
//! The rest of the crate has no sockets, timers or clocks, so it works on phones, in browsers and in tests.
//! `NativeTransport`, behind the feature `native`, is the implementation for ordinary programs.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use beep_core::time::Timestamp;
use beep_proto::operation::{Method, masked_path};
use bytes::Bytes;
use futures_util::{Sink, Stream};

pub use self::bounds::{BoxFuture, BoxStream, MaybeSend, MaybeSync};

/// The IO, time and randomness that the SDK needs.
pub trait Transport: MaybeSend + MaybeSync + 'static {
    /// Sends one HTTP request and gives the whole answer, whatever its status. Does not follow redirects.
    fn exchange(&self, request: HttpRequest) -> BoxFuture<Result<HttpResponse, TransportError>>;

    /// Opens a WebSocket connection to a `ws://` or `wss://` URL with this subprotocol.
    fn connect(&self, url: String, subprotocol: &'static str)
    -> BoxFuture<Result<Box<dyn Connection>, TransportError>>;

    /// Resolves after `time`.
    fn sleep(&self, time: Duration) -> BoxFuture<()>;

    /// The time since a fixed moment; never goes back. Used for everything that expires.
    fn uptime(&self) -> Duration;

    /// The time of day. Used only for rules that compare it with times of the backend, such as the end of a mute.
    fn now(&self) -> Timestamp;

    /// Fills `buffer` with random bytes. If they can be guessed, retries of different clients may coincide; nothing
    /// else depends on them.
    fn fill(&self, buffer: &mut [u8]);
}

/// One WebSocket connection: the frames that arrive, and a sink for the texts that are sent.
///
/// The stream must be polled so that pings are answered. It ends after [`Frame::Closed`] or an error. Dropping the
/// connection closes it.
pub trait Connection:
    Stream<Item = Result<Frame, TransportError>> + Sink<String, Error = TransportError> + Unpin + MaybeSend
{
}

impl<T> Connection for T where
    T: Stream<Item = Result<Frame, TransportError>> + Sink<String, Error = TransportError> + Unpin + MaybeSend
{
}

/// What arrives on a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// A text.
    Text(String),
    /// The other side closed the connection.
    Closed {
        /// The close code; 1005 if there was none (RFC 6455, 7.4.1).
        code: u16,
    },
}

/// One HTTP request.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if there is one.
    pub body: Option<Bytes>,
    /// How long the exchange may take as a whole.
    pub timeout: Duration,
}

impl fmt::Debug for HttpRequest {
    /// Omits headers and body, which hold tokens and passwords, and secret parts of the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base, path) = self.url.split_at(self.url.find("/v1/").map_or(self.url.len(), |at| at + "/v1".len()));
        write!(f, "{} {base}{}", self.method.as_str(), masked_path(path))
    }
}

/// One HTTP answer.
#[derive(Clone)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Bytes,
}

impl HttpResponse {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpResponse {
    /// Omits headers and body, which hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} octets", self.status, self.body.len())
    }
}

/// Why an exchange or a connection failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct TransportError {
    /// How far the exchange came.
    pub kind: TransportErrorKind,
    /// What happened, without secrets.
    pub detail: String,
}

/// How far a failed exchange came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransportErrorKind {
    /// The request certainly did not reach the backend.
    Unreached,
    /// The request may have been carried out; the answer is lost.
    Interrupted,
    /// The backend refused to open a WebSocket connection, with this status.
    Refused(u16),
}

impl TransportError {
    /// A request that did not reach the backend.
    pub fn unreached(detail: impl fmt::Display) -> Self {
        Self { kind: TransportErrorKind::Unreached, detail: detail.to_string() }
    }

    /// A request whose answer is lost.
    pub fn interrupted(detail: impl fmt::Display) -> Self {
        Self { kind: TransportErrorKind::Interrupted, detail: detail.to_string() }
    }
}

/// Gives `N` random octets.
pub(crate) fn random<const N: usize>(transport: &dyn Transport) -> [u8; N] {
    let mut octets = [0; N];
    transport.fill(&mut octets);
    octets
}

/// Gives a nonce or an idempotency key: 32 hexadecimal digits, of which 12 are the time and 20 are random. Keys of
/// about the same time share a prefix, so the index of the backend's database writes fewer pages.
pub(crate) fn new_name(transport: &dyn Transport) -> String {
    let millis = transport.now().millis().cast_unsigned() & 0xffff_ffff_ffff;
    let random = u128::from_be_bytes(random(transport)) >> 48;
    format!("{millis:012x}{random:020x}")
}

/// Bounds that differ between native programs and browsers: natively futures move between threads, a browser has one
/// thread.
#[cfg(not(target_arch = "wasm32"))]
mod bounds {
    use super::{Pin, Stream};

    /// `Send`, except in a browser.
    pub trait MaybeSend: Send {}
    impl<T: Send + ?Sized> MaybeSend for T {}

    /// `Sync`, except in a browser.
    pub trait MaybeSync: Sync {}
    impl<T: Sync + ?Sized> MaybeSync for T {}

    /// A boxed future that borrows nothing; `Send`, except in a browser.
    pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

    /// A boxed stream that borrows nothing; `Send`, except in a browser.
    pub type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;
}

/// Bounds that differ between native programs and browsers: natively futures move between threads, a browser has one
/// thread.
#[cfg(target_arch = "wasm32")]
mod bounds {
    use super::{Pin, Stream};

    /// `Send`, except in a browser.
    pub trait MaybeSend {}
    impl<T: ?Sized> MaybeSend for T {}

    /// `Sync`, except in a browser.
    pub trait MaybeSync {}
    impl<T: ?Sized> MaybeSync for T {}

    /// A boxed future that borrows nothing; `Send`, except in a browser.
    pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

    /// A boxed stream that borrows nothing; `Send`, except in a browser.
    pub type BoxStream<T> = Pin<Box<dyn Stream<Item = T>>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_shows_no_code() {
        let shown = |url: &str| {
            let (headers, body) = (vec![("authorization", "Bearer abc".to_owned())], Some(Bytes::from_static(b"{}")));
            let request =
                HttpRequest { method: Method::Get, url: url.to_owned(), headers, body, timeout: Duration::ZERO };
            format!("{request:?}")
        };
        assert_eq!(shown("https://a.example.com/v1/invitations/k3Xw9"), "GET https://a.example.com/v1/invitations/…");
        assert_eq!(shown("http://a/chat/v1/servers?limit=7"), "GET http://a/chat/v1/servers?limit=7");
        assert_eq!(shown("http://a"), "GET http://a");
    }
}
