//! A client as the contract describes it, without the safety nets of the SDK: it keeps the cursor of what it handled,
//! says hello with it, and believes what it is told.

use beep_proto::gateway::{ClientFrame, Event, EventData, Hello, Ready, ServerFrame};
use beep_tests::people::Person;
use beep_tests::proxy::Proxy;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::within;

/// A client that follows.
pub(crate) struct Plain {
    proxy: Proxy,
    token: String,
    /// Whether there is a backend to connect to.
    up: watch::Receiver<bool>,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    cursor: Option<String>,
    /// How often it resumed.
    pub(crate) resumed: usize,
}

impl Plain {
    /// Connects for the first time.
    pub(crate) async fn start(proxy: Proxy, person: &Person, up: watch::Receiver<bool>) -> (Self, Ready) {
        let token = person.token.clone();
        let mut plain = Self { proxy, token, up, socket: None, cursor: None, resumed: 0 };
        match plain.frame().await {
            ServerFrame::Ready(ready) => {
                plain.cursor = Some(ready.cursor.clone());
                (plain, *ready)
            }
            other => panic!("not ready: {other:?}"),
        }
    }

    /// Collects the messages of a channel up to one that says `end`, cut off when it has so many of them. Each number
    /// of the channel's stream must come once and in its order.
    pub(crate) async fn collect(mut self, channel: String, after: u64, end: &str, mut cuts: Vec<usize>) -> Collected {
        let (mut seq, mut messages) = (after, Vec::new());
        loop {
            let event = self.event().await;
            if event.stream.to_string() == format!("channel:{channel}") {
                seq += 1;
                assert_eq!(event.seq, seq, "a plain client was told {event:?}");
            }
            self.cursor = Some(event.cursor);
            let EventData::MessageCreated(message) = event.data else { continue };
            let is_last = message.content == end;
            messages.push((message.id, message.content));
            if is_last {
                return Collected { messages, resumed: self.resumed };
            }
            if cuts.first().is_some_and(|cut| messages.len() >= *cut) {
                cuts.remove(0);
                self.proxy.cut();
            }
        }
    }

    async fn event(&mut self) -> Event {
        loop {
            match self.frame().await {
                ServerFrame::Event(event) => return *event,
                ServerFrame::Resumed(at) => {
                    assert_eq!(Some(&at.cursor), self.cursor.as_ref());
                    self.resumed += 1;
                }
                ServerFrame::CaughtUp(at) => self.cursor = Some(at.cursor),
                ServerFrame::Ping | ServerFrame::Pong => {}
                other => panic!("a plain client was told {other:?}"),
            }
        }
    }

    /// The next frame, of this connection or of the next.
    async fn frame(&mut self) -> ServerFrame {
        loop {
            let Some(socket) = &mut self.socket else {
                self.connect().await;
                continue;
            };
            match within("a frame for a plain client", socket.next()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("it is a frame"),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("a plain client was sent {other:?}"),
                Some(Err(_)) | None => self.socket = None,
            }
        }
    }

    /// Connects and says hello, if it can.
    async fn connect(&mut self) {
        within("a backend", self.up.wait_for(|up| *up)).await.expect("the story goes on");
        let url = format!("ws://{}/v1/gateway", self.proxy.address());
        let Ok((mut socket, _)) = tokio_tungstenite::connect_async(url).await else { return };
        let hello = Hello { access_token: self.token.as_str().into(), cursor: self.cursor.clone(), channels: None };
        let hello = serde_json::to_string(&ClientFrame::Hello(hello)).expect("a frame can be written");
        if socket.send(Message::text(hello)).await.is_ok() {
            self.socket = Some(socket);
        }
    }
}

/// What a client was told.
pub(crate) struct Collected {
    /// The messages, in the order in which they came.
    pub(crate) messages: Vec<(beep_proto::id::Bare<beep_client::MessageId>, String)>,
    /// How often it went on after it had been cut off.
    pub(crate) resumed: usize,
}
