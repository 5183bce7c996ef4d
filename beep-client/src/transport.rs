//! The port to the world: one HTTP exchange, one WebSocket connection, time and randomness.
//!
//! Everything else in this crate is free of sockets, timers and clocks, so that it runs alike on a phone, in a
//! browser and in a test. `NativeTransport`, behind the feature `native`, is the one for ordinary programs.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use beep_core::time::Timestamp;
use beep_proto::operation::{Method, masked_path};
use bytes::Bytes;
use futures_util::{Sink, Stream};

pub use self::bounds::{BoxFuture, BoxStream, MaybeSend, MaybeSync};

/// What the SDK needs of the world.
pub trait Transport: MaybeSend + MaybeSync + 'static {
    /// Makes one HTTP request and gives the whole answer, whatever its status. Follows no redirect.
    fn exchange(&self, request: HttpRequest) -> BoxFuture<Result<HttpResponse, TransportError>>;

    /// Opens a WebSocket connection to a `ws://` or `wss://` URL that speaks `subprotocol`.
    fn connect(&self, url: String, subprotocol: &'static str)
    -> BoxFuture<Result<Box<dyn Connection>, TransportError>>;

    /// Ends after `time`.
    fn sleep(&self, time: Duration) -> BoxFuture<()>;

    /// The time since some fixed moment; never goes back. What expires is measured with it.
    fn uptime(&self) -> Duration;

    /// The time of day. Only what the rules compare with the times of others depends on it, as the end of a mute.
    fn now(&self) -> Timestamp;

    /// Fills `buffer` with randomness. One that can be guessed lets retries collide, and gives away nothing else.
    fn fill(&self, buffer: &mut [u8]);
}

/// One WebSocket connection: the frames that arrive, and a sink for the texts that are sent.
///
/// The stream must be read for pings to be answered, and ends after [`Frame::Closed`] or an error. Dropping the
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
    /// Leaves out headers and body, which hold tokens and passwords, and what is secret in the path.
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
    /// Leaves out headers and body, which hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} octets", self.status, self.body.len())
    }
}

/// Why an exchange or a connection failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct TransportError {
    /// How far it came.
    pub kind: TransportErrorKind,
    /// What happened, without any secret.
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

/// Gives 32 hexadecimal digits, 12 of the time and 20 random: a nonce or an idempotency key. A backend's database
/// keeps together what begins alike, and so writes down what is sent at the same time with less work.
pub(crate) fn new_name(transport: &dyn Transport) -> String {
    let millis = transport.now().millis().cast_unsigned() & 0xffff_ffff_ffff;
    let random = u128::from_be_bytes(random(transport)) >> 48;
    format!("{millis:012x}{random:020x}")
}

/// Where native programs and browsers differ: there futures move between threads, here there is only one.
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

/// Where native programs and browsers differ: there futures move between threads, here there is only one.
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
