//! A kept-alive connection that speaks just enough HTTP/1.1: a request is one write, an answer usually one read.

use std::io::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to a backend, for one caller.
pub(crate) struct Http {
    stream: TcpStream,
    /// What every request says of itself.
    headers: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Http {
    /// Connects to `127.0.0.1:…` with an access token.
    pub(crate) async fn connect(address: &str, token: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("the socket is open");
        let headers = format!("host: {address}\r\nauthorization: Bearer {token}\r\n");
        Self { stream, headers, request: Vec::new(), answer: Vec::new() }
    }

    /// `GET`; gives the status and the body.
    pub(crate) async fn get(&mut self, path: &str) -> (u16, &[u8]) {
        self.request.clear();
        write!(self.request, "GET {path} HTTP/1.1\r\n{}\r\n", self.headers).expect("a vector takes all");
        self.ask().await
    }

    /// `POST` of JSON; gives the status and the body.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> (u16, &[u8]) {
        self.with_body("POST", path, body).await
    }

    /// Any other method, with JSON or an empty body; gives the status and the body.
    pub(crate) async fn with_body(&mut self, method: &str, path: &str, body: &str) -> (u16, &[u8]) {
        let length = body.len();
        let media_type = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        self.request.clear();
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\n{}{media_type}content-length: {length}\r\n\r\n{body}",
            self.headers,
        )
        .expect("a vector takes all");
        self.ask().await
    }

    async fn ask(&mut self) -> (u16, &[u8]) {
        self.stream.write_all(&self.request).await.expect("the server reads");
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await.expect("the server answers");
            assert_ne!(read, 0, "the server closed the connection");
            let Some(head) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let body = head + 4;
            if self.answer.len() >= body + content_length(&self.answer[..body]) {
                let status = std::str::from_utf8(&self.answer[9..12]).ok().and_then(|status| status.parse().ok());
                return (status.expect("a status line"), &self.answer[body..]);
            }
        }
    }
}

/// What the head of an answer says of its body; nothing means none.
fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let Some(at) = head.windows(NAME.len()).position(|some| some.eq_ignore_ascii_case(NAME)) else { return 0 };
    let digits = head[at + NAME.len()..].iter().take_while(|octet| octet.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}
