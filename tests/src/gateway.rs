//! The gateway as a stranger's program speaks it: a bare WebSocket, frames in JSON or protobuf.

use std::collections::VecDeque;

use beep_proto::gateway::{
    ClientFrame, Event, EventData, Hello, JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL, Ready, ServerFrame,
};
use beep_proto::protobuf::{self, v1};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::PATIENCE;
use crate::people::Person;
use crate::server::Server;

/// How frames are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// `beep.v1.json`
    Json,
    /// `beep.v1.proto`
    Proto,
}

/// A live connection.
pub struct Gateway {
    socket: WebSocketStream<TcpStream>,
    format: Format,
    /// What came before an answer that was waited for.
    kept: VecDeque<ServerFrame>,
}

/// Whether an event is in no log.
fn is_transient(event: &Event) -> bool {
    matches!(event.data, EventData::TypingStarted(_) | EventData::PresenceUpdated(_))
}

/// What comes out of a connection.
#[derive(Debug)]
pub enum ReceivedEntry {
    /// A frame.
    Frame(Box<ServerFrame>),
    /// The end, with the close code if there was one.
    Closed(Option<u16>),
}

impl Gateway {
    /// Opens a connection and says nothing yet.
    pub async fn open(server: &Server, format: Format) -> Self {
        Self::open_with(server, format, None).await
    }

    /// Opens a connection whose socket holds at most about `receives` octets that were not read yet.
    pub async fn open_with(server: &Server, format: Format, receives: Option<u32>) -> Self {
        let address = server.address().parse().expect("the server has an address");
        let tcp = TcpSocket::new_v4().expect("a socket can be made");
        if let Some(octets) = receives {
            tcp.set_recv_buffer_size(octets).expect("a socket's buffer can be small");
        }
        Self::over(tcp.connect(address).await.expect("the server listens"), server, format).await
    }

    /// Makes a gateway connection of one to the server.
    pub async fn over(tcp: TcpStream, server: &Server, format: Format) -> Self {
        let upgraded = Self::upgrade(tcp, server.address(), format).await;
        upgraded.unwrap_or_else(|error| panic!("the connection is not upgraded: {error}"))
    }

    /// The same of one to this address, where it may be refused.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn upgrade(tcp: TcpStream, address: &str, format: Format) -> Result<Self, Box<Error>> {
        let url = format!("ws://{address}/v1/gateway");
        let mut request = url.into_client_request().expect("it is a URL");
        let protocol = match format {
            Format::Json => JSON_SUBPROTOCOL,
            Format::Proto => PROTO_SUBPROTOCOL,
        };
        let value = protocol.parse().expect("the subprotocol is plain text");
        request.headers_mut().insert("sec-websocket-protocol", value);
        let (socket, answer) = client_async(request, tcp).await.map_err(Box::new)?;
        let chosen = answer.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
        assert_eq!(chosen, Some(protocol), "the subprotocol that was asked for");
        Ok(Self { socket, format, kept: VecDeque::new() })
    }

    /// Connects without a cursor.
    pub async fn connect(server: &Server, person: &Person) -> (Self, Ready) {
        Self::connect_in(server, person, Format::Json).await
    }

    /// Connects without a cursor, in a format.
    pub async fn connect_in(server: &Server, person: &Person, format: Format) -> (Self, Ready) {
        let mut gateway = Self::open(server, format).await;
        gateway.hello(&person.token, None).await;
        match gateway.frame().await {
            ServerFrame::Ready(ready) => (gateway, *ready),
            other => panic!("not ready: {other:?}"),
        }
    }

    /// Connects with a cursor; gives what came between `resumed` and `caught_up`, and the cursor of the latter.
    pub async fn resume(server: &Server, person: &Person, cursor: &str) -> (Self, Vec<Event>, String) {
        Self::resume_in(server, person, cursor, Format::Json).await
    }

    /// Connects with a cursor, in a format.
    pub async fn resume_in(
        server: &Server,
        person: &Person,
        cursor: &str,
        format: Format,
    ) -> (Self, Vec<Event>, String) {
        let mut gateway = Self::open(server, format).await;
        gateway.hello(&person.token, Some(cursor)).await;
        match gateway.frame().await {
            ServerFrame::Resumed(at) => assert_eq!(at.cursor, cursor),
            other => panic!("not resumed: {other:?}"),
        }
        let mut events = Vec::new();
        loop {
            match gateway.frame().await {
                ServerFrame::Event(event) => events.push(*event),
                ServerFrame::CaughtUp(at) => return (gateway, events, at.cursor),
                other => panic!("neither an event nor caught up: {other:?}"),
            }
        }
    }

    /// Says hello.
    pub async fn hello(&mut self, token: &str, cursor: Option<&str>) {
        let hello = Hello { access_token: token.into(), cursor: cursor.map(str::to_owned), channels: None };
        self.say(&ClientFrame::Hello(hello)).await;
    }

    /// Says a frame.
    pub async fn say(&mut self, frame: &ClientFrame) {
        let message = match self.format {
            Format::Json => Message::text(serde_json::to_string(frame).expect("a frame can be written")),
            Format::Proto => Message::binary(v1::Frame::from(frame).encode_to_vec()),
        };
        self.send(message).await;
    }

    /// Sends a message that need not be a frame. One that the other end no longer takes is lost.
    pub async fn send(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// The next thing to come; pings are answered and not told of.
    pub async fn hear(&mut self) -> ReceivedEntry {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("the gateway says something");
            let frame = match message {
                None | Some(Err(_)) => return ReceivedEntry::Closed(None),
                Some(Ok(Message::Close(close))) => return ReceivedEntry::Closed(close.map(|close| close.code.into())),
                Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("the backend writes frames"),
                Some(Ok(Message::Binary(octets))) => {
                    protobuf::read_server_frame(&octets).expect("the backend writes frames")
                }
                Some(Ok(_)) => continue,
            };
            match frame {
                ServerFrame::Ping => self.say(&ClientFrame::Pong).await,
                frame => return ReceivedEntry::Frame(Box::new(frame)),
            }
        }
    }

    /// The next message as JSON, read without knowing what frames look like.
    pub async fn json(&mut self) -> Value {
        let message = timeout(PATIENCE, self.socket.next()).await.expect("the gateway says something");
        let message = message.expect("the connection is open").expect("the message is whole");
        serde_json::from_str(message.to_text().expect("it is text")).expect("it is JSON")
    }

    /// The next frame.
    pub async fn frame(&mut self) -> ServerFrame {
        match self.kept.pop_front() {
            Some(frame) => frame,
            None => self.frame_of_the_wire().await,
        }
    }

    async fn frame_of_the_wire(&mut self) -> ServerFrame {
        match self.hear().await {
            ReceivedEntry::Frame(frame) => *frame,
            ReceivedEntry::Closed(code) => panic!("closed with {code:?} instead of a frame"),
        }
    }

    /// The next event of a stream; what is not stored is passed over.
    pub async fn event(&mut self) -> Event {
        loop {
            let event = self.any_event().await;
            if !is_transient(&event) {
                return event;
            }
        }
    }

    /// The next event that is not stored; those of streams are passed over.
    pub async fn transient(&mut self) -> Event {
        loop {
            let event = self.any_event().await;
            if is_transient(&event) {
                return event;
            }
        }
    }

    /// Events that are not stored, up to and with the first that `last` is true for.
    pub async fn transient_until(&mut self, mut last: impl FnMut(&EventData) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            events.push(self.transient().await);
            if events.last().is_some_and(|event| last(&event.data)) {
                return events;
            }
        }
    }

    /// Pings, and waits for the answer: what was said before is heard by then. What comes before it is kept.
    pub async fn pong(&mut self) {
        self.say(&ClientFrame::Ping).await;
        loop {
            match self.frame_of_the_wire().await {
                ServerFrame::Pong => return,
                frame => self.kept.push_back(frame),
            }
        }
    }

    async fn any_event(&mut self) -> Event {
        match self.frame().await {
            ServerFrame::Event(event) => *event,
            other => panic!("not an event: {other:?}"),
        }
    }

    /// Events up to and with the first that `last` is true for.
    pub async fn until(&mut self, mut last: impl FnMut(&EventData) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            let done = last(&event.data);
            events.push(event);
            if done {
                return events;
            }
        }
    }

    /// Reads to the end; gives the close code and the codes of the `error` frames before it.
    pub async fn end(&mut self) -> (Option<u16>, Vec<String>) {
        let mut said = Vec::new();
        loop {
            match self.hear().await {
                ReceivedEntry::Closed(code) => return (code, said),
                ReceivedEntry::Frame(frame) => {
                    if let ServerFrame::Error(closing) = *frame {
                        said.push(closing.code.as_str().to_owned());
                    }
                }
            }
        }
    }
}
