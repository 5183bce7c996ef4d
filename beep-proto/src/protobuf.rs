//! The hot paths in protobuf: types made from `proto/beep.v1.proto`, and conversions to and from the JSON ones.

use beep_core::time::Timestamp;

use crate::gateway;
use crate::operation::messages::Send;
use crate::page::Page;
use crate::problem::Problem;
use crate::request;
use crate::view;

/// The generated types.
#[expect(missing_docs, clippy::all, reason = "generated; the .proto file has the words")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/beep.v1.rs"));
}

/// The media type of protobuf bodies.
pub const MEDIA_TYPE: &str = "application/x-protobuf";

/// Reads a [`Send`] whose body is protobuf.
///
/// # Errors
/// `invalid_request` for a body that is no `SendMessage`, or names what is malformed.
pub fn read_send(channel: &str, body: &[u8]) -> Result<Send, Problem> {
    let body: v1::SendMessage = prost::Message::decode(body)
        .map_err(|_| Problem::new(crate::problem::ErrorCode::InvalidRequest, "the body is no protobuf `SendMessage`"))?;
    request::read_arguments(serde_json::json!({
        "channel": channel,
        "content": body.content,
        "nonce": body.nonce,
        "reply_to": body.reply_to,
    }))
}

impl From<&view::Message> for v1::Message {
    fn from(message: &view::Message) -> Self {
        Self {
            id: message.id.to_string(),
            channel_id: message.channel_id.to_string(),
            author: message.author.to_string(),
            content: message.content.clone(),
            created_at_ms: message.created_at.0.millis(),
            edited_at_ms: message.edited_at.map(|at| at.0.millis()),
            reply_to: message.reply_to.map(|id| id.to_string()),
            nonce: message.nonce.clone(),
            pinned: message.pinned,
        }
    }
}

impl TryFrom<v1::Message> for view::Message {
    type Error = crate::id::IdError;
    fn try_from(message: v1::Message) -> Result<Self, Self::Error> {
        Ok(Self {
            id: message.id.parse()?,
            channel_id: message.channel_id.parse()?,
            author: message.author.parse()?,
            content: message.content,
            created_at: Timestamp::from_millis(message.created_at_ms).into(),
            edited_at: message.edited_at_ms.map(|at| Timestamp::from_millis(at).into()),
            reply_to: message.reply_to.map(|id| id.parse()).transpose()?,
            attachments: Vec::new(),
            mentions: Vec::new(),
            reactions: Vec::new(),
            pinned: message.pinned,
            nonce: message.nonce,
            webhook: None,
        })
    }
}

impl From<&Page<view::Message>> for v1::MessagePage {
    fn from(page: &Page<view::Message>) -> Self {
        Self { items: page.items.iter().map(Into::into).collect(), next: page.next.clone() }
    }
}

impl From<&gateway::Event> for v1::Event {
    fn from(event: &gateway::Event) -> Self {
        use gateway::EventData;
        let data = match &event.data {
            EventData::MessageCreated(message) | EventData::MessageUpdated(message) => {
                v1::event::Data::Message(message.into())
            }
            other => v1::event::Data::Json(json(other)),
        };
        Self {
            r#type: event.data.kind().to_owned(),
            cursor: event.cursor.clone(),
            stream: event.stream.clone(),
            seq: event.seq,
            at_ms: event.at.0.millis(),
            data: Some(data),
        }
    }
}

impl From<&gateway::ServerFrame> for v1::Frame {
    fn from(frame: &gateway::ServerFrame) -> Self {
        use gateway::ServerFrame;
        use v1::frame::Op;
        let at = |at: &gateway::At| v1::At { cursor: at.cursor.clone() };
        let op = match frame {
            ServerFrame::Ready(ready) => Some(Op::Ready(json(ready))),
            ServerFrame::Resumed(place) => Some(Op::Resumed(at(place))),
            ServerFrame::CaughtUp(place) => Some(Op::CaughtUp(at(place))),
            ServerFrame::ResyncRequired(what) => {
                Some(Op::ResyncRequired(v1::ResyncRequired { scope: what.scope.clone() }))
            }
            ServerFrame::Event(event) => Some(Op::Event(event.as_ref().into())),
            ServerFrame::Ping => Some(Op::Ping(v1::Ping {})),
            ServerFrame::Pong => Some(Op::Pong(v1::Pong {})),
            ServerFrame::Error(closing) => Some(Op::Error(v1::Error {
                code: closing.code.as_str().to_owned(),
                reconnect: closing.reconnect,
                retry_after_ms: closing.retry_after_ms,
            })),
            ServerFrame::Unknown => None,
        };
        Self { op }
    }
}

/// Reads a client's frame; `None` for octets that are no frame, or no frame of a client.
pub fn read_client_frame(octets: &[u8]) -> Option<gateway::ClientFrame> {
    use gateway::ClientFrame;
    use v1::frame::Op;
    let frame: v1::Frame = prost::Message::decode(octets).ok()?;
    Some(match frame.op? {
        Op::Hello(hello) => ClientFrame::Hello(gateway::Hello {
            access_token: hello.access_token.into(),
            cursor: hello.cursor,
            channels: None,
        }),
        Op::Refresh(refresh) => {
            ClientFrame::Refresh(gateway::Refresh { access_token: refresh.access_token.into() })
        }
        Op::Ping(_) => ClientFrame::Ping,
        Op::Pong(_) => ClientFrame::Pong,
        _ => return None,
    })
}

fn json<T: serde::Serialize>(view: &T) -> String {
    serde_json::to_string(view).expect("views have string keys and no failing parts")
}
