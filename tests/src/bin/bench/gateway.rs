//! WebSocket clients that cost next to nothing: they count frames by their headers and look into none.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection past its handshake.
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    pub(crate) scanner: Scanner,
}

impl Socket {
    /// Opens a WebSocket.
    pub(crate) async fn open(address: &str, path: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("the socket is open");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("the server answers"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        Self { stream, scanner: Scanner::default() }
    }

    /// Opens a gateway connection and waits until it is ready.
    pub(crate) async fn sign_in(address: &str, token: &str) -> Self {
        let mut socket = Self::open(address, "/v1/gateway").await;
        let hello = format!(r#"{{"op":"hello","d":{{"access_token":"{token}","cursor":null}}}}"#);
        socket.stream.write_all(&masked(hello.as_bytes())).await.expect("the server reads");
        let ready = socket.frame().await;
        assert!(ready.starts_with(br#"{"op":"ready""#), "{}", String::from_utf8_lossy(&ready));
        socket
    }

    /// Reads one frame.
    pub(crate) async fn frame(&mut self) -> Vec<u8> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).await.expect("a frame comes");
        let length = match head[1] {
            126 => u64::from(self.stream.read_u16().await.expect("a frame has a length")),
            127 => self.stream.read_u64().await.expect("a frame has a length"),
            length => u64::from(length),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a frame fits into memory")];
        self.stream.read_exact(&mut payload).await.expect("a frame is whole");
        payload
    }
}

/// A text frame of a client; the mask is zero, which changes nothing.
fn masked(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("clients say little here");
    let mut frame = vec![0x81];
    if length < 126 {
        frame.push(0x80 | payload.len() as u8);
    } else {
        frame.push(0x80 | 126);
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Finds the ends of frames in a stream of octets that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// The beginning of a header that is not whole yet.
    head: [u8; 10],
    held: usize,
    /// What is left of a payload.
    left: usize,
    /// How long that payload is.
    length: usize,
}

impl Scanner {
    /// Takes what was read, and gives how many frames of events end in it. Frames that are short, as those of the
    /// heartbeat are, do not count.
    pub(crate) fn take(&mut self, mut octets: &[u8]) -> u64 {
        let mut ended = 0;
        loop {
            if self.left > octets.len() {
                self.left -= octets.len();
                return ended;
            }
            if self.length > 0 {
                octets = &octets[self.left..];
                ended += u64::from(self.length >= SHORTEST_EVENT);
                (self.left, self.length) = (0, 0);
            }
            while self.held < 2 || self.held < 2 + more(self.head[1]) {
                let Some((first, rest)) = octets.split_first() else { return ended };
                self.head[self.held] = *first;
                self.held += 1;
                octets = rest;
            }
            let length = &self.head[2..self.held];
            self.length = match length.len() {
                0 => usize::from(self.head[1]),
                _ => length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)),
            };
            (self.left, self.held) = (self.length, 0);
        }
    }
}

/// How many octets of length follow the first.
fn more(first: u8) -> usize {
    match first {
        126 => 2,
        127 => 8,
        _ => 0,
    }
}

const SHORTEST_EVENT: usize = 64;
