//! The hot paths in protobuf: types made from `proto/beep.v1.proto`, and conversions to and from the JSON ones.

use beep_core::time::Timestamp;

use crate::gateway;
use crate::octets::Octets;
use crate::operation::messages::Send;
use crate::page::Page;
use crate::problem::Problem;
use crate::request;
use crate::view;

/// The generated types.
#[expect(missing_docs, reason = "generated; the .proto file has the words")]
#[expect(clippy::large_enum_variant, reason = "generated; each is taken apart as soon as it is made")]
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
    let body: v1::SendMessage = prost::Message::decode(body).map_err(|_| {
        Problem::new(crate::problem::ErrorCode::InvalidRequest, "the body is not a protobuf `SendMessage`")
    })?;
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
            author: message.author.as_ref().map(ToString::to_string).unwrap_or_default(),
            content: message.content.clone(),
            created_at_ms: message.created_at.0.millis(),
            edited_at_ms: message.edited_at.map(|at| at.0.millis()),
            reply_to: message.reply_to.map(|id| id.to_string()),
            nonce: message.nonce.clone(),
            pinned: message.pinned,
            via: message.via.as_ref().map(Into::into),
            sealed: message.sealed.as_ref().map(|octets| octets.0.clone()),
            reactions: message.reactions.iter().map(Into::into).collect(),
        }
    }
}

impl From<&view::Reaction> for v1::Reaction {
    fn from(view::Reaction { emoji, count, me }: &view::Reaction) -> Self {
        Self { emoji: emoji.clone(), count: *count, me: *me }
    }
}

impl From<v1::Reaction> for view::Reaction {
    fn from(v1::Reaction { emoji, count, me }: v1::Reaction) -> Self {
        Self { emoji, count, me }
    }
}

impl From<&view::Via> for v1::Via {
    fn from(via: &view::Via) -> Self {
        use v1::via::Kind;
        let kind = match via {
            view::Via::Webhook { id, name, avatar } => {
                let (id, name, avatar) = (id.to_string(), name.clone(), avatar.clone());
                Some(Kind::Webhook(v1::WebhookAuthor { id, name, avatar }))
            }
            view::Via::App { id, name } => Some(Kind::App(v1::AppAuthor { id: id.to_string(), name: name.clone() })),
            view::Via::System { event } => Some(Kind::System(v1::SystemAuthor { event: event.clone() })),
            view::Via::Unknown => None,
        };
        Self { kind }
    }
}

impl TryFrom<v1::Via> for view::Via {
    type Error = crate::id::IdError;
    fn try_from(via: v1::Via) -> Result<Self, Self::Error> {
        use v1::via::Kind;
        Ok(match via.kind {
            Some(Kind::Webhook(v1::WebhookAuthor { id, name, avatar })) => {
                Self::Webhook { id: id.parse()?, name, avatar }
            }
            Some(Kind::App(v1::AppAuthor { id, name })) => Self::App { id: id.parse()?, name },
            Some(Kind::System(v1::SystemAuthor { event })) => Self::System { event },
            None => Self::Unknown,
        })
    }
}

impl TryFrom<v1::Message> for view::Message {
    type Error = crate::id::IdError;
    fn try_from(message: v1::Message) -> Result<Self, Self::Error> {
        Ok(Self {
            id: message.id.parse()?,
            channel_id: message.channel_id.parse()?,
            author: if message.author.is_empty() { None } else { Some(message.author.parse()?) },
            via: message.via.map(TryInto::try_into).transpose()?,
            content: message.content,
            sealed: message.sealed.map(Octets),
            created_at: Timestamp::from_millis(message.created_at_ms).into(),
            edited_at: message.edited_at_ms.map(|at| Timestamp::from_millis(at).into()),
            reply_to: message.reply_to.map(|id| id.parse()).transpose()?,
            attachments: Vec::new(),
            mentions: Vec::new(),
            reactions: message.reactions.into_iter().map(Into::into).collect(),
            pinned: message.pinned,
            nonce: message.nonce,
        })
    }
}

impl From<&Page<view::Message>> for v1::MessagePage {
    fn from(page: &Page<view::Message>) -> Self {
        Self { items: page.items.iter().map(Into::into).collect(), next: page.next.clone() }
    }
}

impl TryFrom<v1::MessagePage> for Page<view::Message> {
    type Error = crate::id::IdError;
    fn try_from(page: v1::MessagePage) -> Result<Self, Self::Error> {
        let items = page.items.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { items, next: page.next })
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
            stream: event.stream.to_string(),
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

impl From<&gateway::ClientFrame> for v1::Frame {
    fn from(frame: &gateway::ClientFrame) -> Self {
        use gateway::ClientFrame;
        use v1::frame::Op;
        let op = match frame {
            ClientFrame::Hello(hello) => Op::Hello(v1::Hello {
                access_token: hello.access_token.0.clone(),
                cursor: hello.cursor.clone(),
                channels: hello
                    .channels
                    .as_ref()
                    .map(|channels| v1::ChannelSet { ids: channels.iter().map(ToString::to_string).collect() }),
            }),
            ClientFrame::Refresh(refresh) => Op::Refresh(v1::Refresh { access_token: refresh.access_token.0.clone() }),
            ClientFrame::Focus(focus) => Op::Focus(json(focus)),
            ClientFrame::Ping => Op::Ping(v1::Ping {}),
            ClientFrame::Pong => Op::Pong(v1::Pong {}),
        };
        Self { op: Some(op) }
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
            channels: match hello.channels {
                Some(set) => Some(set.ids.iter().map(|id| id.parse()).collect::<Result<_, _>>().ok()?),
                None => None,
            },
        }),
        Op::Refresh(refresh) => ClientFrame::Refresh(gateway::Refresh { access_token: refresh.access_token.into() }),
        Op::Focus(focus) => ClientFrame::Focus(serde_json::from_str(&focus).ok()?),
        Op::Ping(_) => ClientFrame::Ping,
        Op::Pong(_) => ClientFrame::Pong,
        _ => return None,
    })
}

/// Reads a backend's frame; `None` for octets that are no frame, or no frame of a backend.
///
/// A frame of a newer backend, of a kind that is not known here, is [`gateway::ServerFrame::Unknown`].
pub fn read_server_frame(octets: &[u8]) -> Option<gateway::ServerFrame> {
    use gateway::ServerFrame;
    use v1::frame::Op;
    let frame: v1::Frame = prost::Message::decode(octets).ok()?;
    let Some(op) = frame.op else { return Some(ServerFrame::Unknown) };
    let at = |at: v1::At| gateway::At { cursor: at.cursor };
    Some(match op {
        Op::Ready(ready) => ServerFrame::Ready(serde_json::from_str(&ready).ok()?),
        Op::Resumed(place) => ServerFrame::Resumed(at(place)),
        Op::CaughtUp(place) => ServerFrame::CaughtUp(at(place)),
        Op::ResyncRequired(what) => ServerFrame::ResyncRequired(gateway::Resync { scope: what.scope }),
        Op::Event(event) => ServerFrame::Event(Box::new(read_event(event)?)),
        Op::Ping(_) => ServerFrame::Ping,
        Op::Pong(_) => ServerFrame::Pong,
        Op::Error(v1::Error { code, reconnect, retry_after_ms }) => {
            let code = serde_json::from_value(code.into()).ok()?;
            ServerFrame::Error(gateway::Closing { code, reconnect, retry_after_ms })
        }
        Op::Hello(_) | Op::Refresh(_) | Op::Focus(_) => return None,
    })
}

fn read_event(event: v1::Event) -> Option<gateway::Event> {
    use gateway::EventData;
    let data = match (event.r#type.as_str(), event.data?) {
        ("message.created", v1::event::Data::Message(message)) => EventData::MessageCreated(message.try_into().ok()?),
        ("message.updated", v1::event::Data::Message(message)) => EventData::MessageUpdated(message.try_into().ok()?),
        (_, v1::event::Data::Message(_)) => return None,
        (kind, v1::event::Data::Json(data)) => EventData::read(kind, serde_json::from_str(&data).ok()?).ok()?,
    };
    let at = Timestamp::from_millis(event.at_ms).into();
    Some(gateway::Event { cursor: event.cursor, stream: event.stream.into(), seq: event.seq, at, data })
}

fn json<T: serde::Serialize>(view: &T) -> String {
    serde_json::to_string(view).expect("views have string keys and no failing parts")
}
