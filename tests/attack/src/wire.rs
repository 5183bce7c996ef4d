//! A TCP connection from an address of one's choice, over which one says what one likes.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use beep_tests::PATIENCE;

/// A connection.
pub struct Wire {
    stream: TcpStream,
    /// What was read and belongs to no answer yet.
    read: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The status.
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Heard {
    /// The code of a problem; empty if it is none.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    /// After how many seconds to come back, if it says so.
    pub fn retry_after(&self) -> Option<u64> {
        self.head.lines().find_map(|line| line.strip_prefix("retry-after:")?.trim().parse().ok())
    }
}

impl Wire {
    /// Connects from an address.
    ///
    /// # Errors
    /// The connection is refused.
    pub async fn open(server: &str, from: impl Into<IpAddr>) -> io::Result<Self> {
        Ok(Self { stream: connect(server, from, None).await?, read: Vec::new() })
    }

    /// Says something.
    ///
    /// # Errors
    /// The other end is gone.
    pub async fn say(&mut self, octets: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(octets.as_ref()).await
    }

    /// Asks with a body of JSON, or none where it is empty; `headers` are lines with their ends.
    ///
    /// # Errors
    /// The other end is gone, or gives no answer.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<Heard> {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}content-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        );
        // Who is refused before the body is read has an answer as well.
        let said = async {
            self.stream.write_all(head.as_bytes()).await?;
            self.stream.write_all(body).await
        };
        let said = said.await;
        self.answer().await.or_else(|error| said.and(Err(error)))
    }

    /// The answer that comes soon, as one comes to who is refused; none if there is none.
    pub async fn answer_soon(&mut self) -> Option<Heard> {
        timeout(Duration::from_secs(1), self.answer()).await.ok()?.ok()
    }

    /// The next answer.
    ///
    /// # Errors
    /// There is none.
    pub async fn answer(&mut self) -> io::Result<Heard> {
        loop {
            if let Some(head) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let body = head + 4;
                let text = String::from_utf8_lossy(&self.read[..head]).to_ascii_lowercase();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
                let length: usize = length.unwrap_or(0);
                if self.read.len() >= body + length {
                    let status = text.get(9..12).and_then(|status| status.parse().ok());
                    let status = status.ok_or_else(|| io::Error::other("no status line"))?;
                    let rest = self.read.split_off(body + length);
                    let body = self.read.split_off(body);
                    self.read = rest;
                    return Ok(Heard { status, head: text, body });
                }
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
            if read.map_err(|_| io::Error::other("no answer"))?? == 0 {
                return Err(io::Error::other("closed without an answer"));
            }
        }
    }

    /// What comes up to the end of the connection, which comes within this time.
    ///
    /// # Errors
    /// The connection is still open then.
    pub async fn end(&mut self, within: Duration) -> io::Result<Vec<u8>> {
        let reading = async { while let Ok(1..) = self.stream.read_buf(&mut self.read).await {} };
        timeout(within, reading).await.map_err(|_| io::Error::other("it is still open"))?;
        Ok(std::mem::take(&mut self.read))
    }
}

/// A bare connection from an address; its socket holds about so many octets that were not read yet.
///
/// # Errors
/// The connection is refused.
pub async fn connect(server: &str, from: impl Into<IpAddr>, receives: Option<u32>) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(octets) = receives {
        socket.set_recv_buffer_size(octets)?;
    }
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(from.into(), 0))?;
    let server = server.parse().map_err(io::Error::other)?;
    let stream = timeout(PATIENCE, socket.connect(server)).await.map_err(|_| io::Error::other("nobody accepts"))??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
