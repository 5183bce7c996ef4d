//! The frames of the live connection, and what an event looks like on the wire.
//!
//! Both sides speak frames `{"op", "d"}`. What each means and when it comes is the contract's ("Gateway").

use beep_core::event::EventBody;
use beep_core::id::{ChannelId, ChannelKey, InvitationId, MessageId, RoleId, SessionId, SpaceId, SpaceKey, UserId};
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::id::{Bare, Full};
use crate::problem::ErrorCode;
use crate::text::Secret;
use crate::time::Time;
use crate::view::{Channel, Invitation, Member, Message, Role, SelfUser, Server, User};

mod frame;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "op", content = "d", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ClientFrame {
    /// The first frame: who it is and where it stands.
    Hello(Hello),
    /// A newer access token, so that the connection outlives the older one.
    Refresh(Refresh),
    /// Is somebody there?
    Ping,
    /// The answer to a ping.
    Pong,
}

/// Who a client is and where it stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The access token.
    pub access_token: Secret,
    /// The cursor of the last event that it handled; `null` asks for a snapshot.
    #[serde(default)]
    pub cursor: Option<String>,
    /// The channels whose message events it wants, all that it may see if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<Full<ChannelId>>>,
}

/// A newer access token.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refresh {
    /// The access token, of the same session.
    pub access_token: Secret,
}

/// What a backend says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "op", content = "d", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ServerFrame {
    /// The snapshot that a client without a cursor starts from.
    Ready(Box<Ready>),
    /// The cursor is good: every event after it follows.
    Resumed(At),
    /// The past is told; what follows is live.
    CaughtUp(At),
    /// The cursor is too old.
    ResyncRequired(Resync),
    /// Something happened.
    Event(Box<Event>),
    /// Is somebody there?
    Ping,
    /// The answer to a ping.
    Pong,
    /// Why the connection is about to close.
    Error(Closing),
    /// A frame of a newer backend.
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// A place in the log.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct At {
    /// The cursor.
    pub cursor: String,
}

/// What is to be fetched anew.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resync {
    /// `all`, or the id of a server.
    pub scope: String,
}

/// Why a connection closes and what to do about it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Closing {
    /// What went wrong.
    pub code: ErrorCode,
    /// Whether to connect again.
    pub reconnect: bool,
    /// After how many milliseconds.
    pub retry_after_ms: u64,
}

/// Everything that the caller may see, at one moment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ready {
    /// The session that the access token is of.
    pub session_id: Bare<SessionId>,
    /// How often to say something, in milliseconds; two intervals of silence close the connection.
    pub heartbeat_ms: u64,
    /// The moment.
    pub cursor: String,
    /// The caller.
    #[serde(rename = "self")]
    pub me: SelfUser,
    /// The servers that the caller is a member of.
    pub servers: Vec<ServerState>,
    /// The channels that the caller may see.
    pub channels: Vec<ChannelState>,
    /// How far the caller has read, by channel.
    pub read_state: Vec<Value>,
    /// Who is there.
    pub presence: Vec<Value>,
}

/// A server as one of its members holds it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerState {
    /// The server.
    #[serde(flatten)]
    pub server: Server,
    /// Its roles, highest first.
    pub roles: Vec<Role>,
    /// The caller's membership.
    pub member: Member,
    /// The last number of its stream.
    pub seq: u64,
}

/// A channel and how far its stream had come.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelState {
    /// The channel.
    #[serde(flatten)]
    pub channel: Channel,
    /// The last number of its stream.
    pub seq: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Where the caller stands after it.
    pub cursor: String,
    /// The channel, server or user that it belongs to.
    pub stream: String,
    /// Its number in the stream.
    pub seq: u64,
    /// When it happened.
    pub at: Time,
    /// What happened.
    pub data: EventData,
}

/// Declares the event types once: variant, spelling and what the event holds.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident = $kind:literal ($data:ty)),+ $(,)?) => {
        /// What happened, by the event's `type`.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum EventData {
            $($(#[doc = $doc])+ $name($data),)+
            /// A type of a newer backend, with what it holds.
            Unknown {
                /// The type.
                kind: String,
                /// What it holds.
                data: Value,
            },
        }

        impl EventData {
            /// Every type that this release knows.
            pub const KINDS: &'static [&'static str] = &[$($kind),+];

            /// The event's `type`.
            pub fn kind(&self) -> &str {
                match self { $(Self::$name(_) => $kind,)+ Self::Unknown { kind, .. } => kind }
            }

            /// Reads what an event of a type holds.
            ///
            /// # Errors
            /// When `data` is not what the type holds.
            pub fn read(kind: &str, data: Value) -> Result<Self, serde_json::Error> {
                match kind {
                    $($kind => serde_json::from_value(data).map(Self::$name),)+
                    _ => Ok(Self::Unknown { kind: kind.to_owned(), data }),
                }
            }
        }

        impl Serialize for EventData {
            /// Writes what the event holds, without its type.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$name(data) => data.serialize(serializer),)+
                    Self::Unknown { data, .. } => data.serialize(serializer),
                }
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for Event {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Event".into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let one = |kind: &str, doc: &str, data: schemars::Schema, time: schemars::Schema| serde_json::json!({
                    "type": "object",
                    "description": doc.trim(),
                    "required": ["type", "cursor", "stream", "seq", "at", "data"],
                    "properties": {
                        "type": { "const": kind },
                        "cursor": { "type": "string", "description": "Where the caller stands after it." },
                        "stream": { "type": "string", "description": "The channel, server or user that it belongs to." },
                        "seq": { "type": "integer", "minimum": 0, "description": "Its number in the stream." },
                        "at": time,
                        "data": data,
                    },
                });
                let variants = vec![$(one(
                    $kind,
                    concat!($($doc),+),
                    generator.subschema_for::<$data>(),
                    generator.subschema_for::<Time>(),
                )),+];
                schemars::json_schema!({ "description": "Something that happened.", "oneOf": variants })
            }
        }
    };
}

events! {
    /// A message was sent.
    MessageCreated = "message.created" (Message),
    /// A message was edited.
    MessageUpdated = "message.updated" (Message),
    /// A message was deleted.
    MessageDeleted = "message.deleted" (MessageGone),
    /// A channel was made, or became visible to the caller.
    ChannelCreated = "channel.created" (ChannelState),
    /// A channel changed.
    ChannelUpdated = "channel.updated" (Channel),
    /// A channel was deleted, or is no longer visible to the caller.
    ChannelDeleted = "channel.deleted" (ChannelGone),
    /// A server changed.
    SpaceUpdated = "server.updated" (Server),
    /// A server was deleted.
    SpaceDeleted = "server.deleted" (ServerGone),
    /// Somebody became a member.
    MemberJoined = "member.joined" (Joined),
    /// A member changed.
    MemberUpdated = "member.updated" (Member),
    /// A member left or was removed.
    MemberLeft = "member.left" (MemberGone),
    /// A member was banned.
    MemberBanned = "member.banned" (MemberGone),
    /// A role was made.
    RoleCreated = "role.created" (Role),
    /// A role changed.
    RoleUpdated = "role.updated" (Role),
    /// A role was deleted, also from members and overrides.
    RoleDeleted = "role.deleted" (RoleGone),
    /// A user's profile changed.
    UserUpdated = "user.updated" (User),
    /// Somebody invited the caller to a server.
    InvitationReceived = "invitation.received" (Invitation),
    /// An invitation of the caller was answered, or lets them in no more.
    InvitationRevoked = "invitation.revoked" (InvitationGone),
    /// One of the caller's sessions ended.
    SessionRevoked = "session.revoked" (SessionGone),
}

/// Somebody became a member; when it is the caller, with the server that opened to them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The membership.
    #[serde(flatten)]
    pub member: Member,
    /// The server, to the one who joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Box<ServerState>>,
    /// The channels that they may see, to the one who joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<ChannelState>>,
}

/// Declares what is left of things that went: their ids.
macro_rules! gone {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $fdoc:literal])+ $field:ident: $type:ty),+ })+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name { $($(#[doc = $fdoc])+ pub $field: $type),+ }
    )+ };
}

gone! {
    /// The ids of a message that went.
    MessageGone {
        /// Which message.
        id: Bare<MessageId>,
        /// Where it was.
        channel_id: Full<ChannelId>
    }
    /// The ids of a channel that went.
    ChannelGone {
        /// Which channel.
        id: Full<ChannelId>,
        /// Where it was.
        server_id: Full<SpaceId>
    }
    /// The id of a server that went.
    ServerGone {
        /// Which server.
        id: Full<SpaceId>
    }
    /// The ids of a membership that ended.
    MemberGone {
        /// In which server.
        server_id: Full<SpaceId>,
        /// Whose.
        user: Full<UserId>
    }
    /// The ids of a role that went.
    RoleGone {
        /// Which role.
        id: Bare<RoleId>,
        /// Of which server.
        server_id: Full<SpaceId>
    }
    /// The ids of an invitation that went.
    InvitationGone {
        /// Which invitation.
        id: Bare<InvitationId>,
        /// Where it led.
        server_id: Full<SpaceId>
    }
    /// The id of a session that ended.
    SessionGone {
        /// Which session.
        id: Bare<SessionId>
    }
}

impl EventData {
    /// What an event says on the wire. A channel that appears needs the number of its stream, `seq`.
    pub fn new(body: &EventBody, seq: u64) -> Self {
        match body {
            EventBody::MessageCreated(message) => Self::MessageCreated(message.into()),
            EventBody::MessageUpdated(message) => Self::MessageUpdated(message.into()),
            EventBody::MessageDeleted { channel, id } => {
                Self::MessageDeleted(MessageGone { id: Bare(*id), channel_id: channel.into() })
            }
            EventBody::ChannelCreated(channel) => Self::ChannelCreated(ChannelState { channel: channel.into(), seq }),
            EventBody::ChannelUpdated { channel, .. } => Self::ChannelUpdated(channel.into()),
            EventBody::ChannelDeleted { before } => Self::channel_gone(&before.id, before.space_key()),
            EventBody::SpaceUpdated { server, .. } => Self::SpaceUpdated(server.into()),
            EventBody::SpaceDeleted { id } => Self::SpaceDeleted(ServerGone { id: id.into() }),
            EventBody::MemberJoined(member) | EventBody::Reopened(member) => {
                Self::MemberJoined(Joined { member: Member::new(member, None), server: None, channels: None })
            }
            EventBody::MemberUpdated { member, .. } => Self::MemberUpdated(Member::new(member, None)),
            EventBody::MemberLeft { server, user } => {
                Self::MemberLeft(MemberGone { server_id: server.into(), user: user.into() })
            }
            EventBody::MemberBanned { server, user } => {
                Self::MemberBanned(MemberGone { server_id: server.into(), user: user.into() })
            }
            EventBody::RoleCreated(role) => Self::RoleCreated(role.into()),
            EventBody::RoleUpdated { role, .. } => Self::RoleUpdated(role.into()),
            EventBody::RoleDeleted { before, .. } => {
                Self::RoleDeleted(RoleGone { id: Bare(before.id), server_id: (&before.server).into() })
            }
            EventBody::UserUpdated(user) => Self::UserUpdated(user.into()),
            EventBody::InvitationReceived(invited) => Self::InvitationReceived(invited.into()),
            EventBody::InvitationRevoked { id, server } => {
                Self::InvitationRevoked(InvitationGone { id: Bare(*id), server_id: server.into() })
            }
            EventBody::SessionRevoked { id } => Self::SessionRevoked(SessionGone { id: Bare(*id) }),
            EventBody::Unknown { kind, data } => {
                Self::Unknown { kind: kind.clone(), data: serde_json::from_slice(data).unwrap_or_default() }
            }
        }
    }

    /// That a channel went, or is no longer to be seen.
    pub fn channel_gone(id: &ChannelKey, server: SpaceKey) -> Self {
        Self::ChannelDeleted(ChannelGone { id: id.into(), server_id: server.into() })
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Event", 6)?;
        fields.serialize_field("type", self.data.kind())?;
        fields.serialize_field("cursor", &self.cursor)?;
        fields.serialize_field("stream", &self.stream)?;
        fields.serialize_field("seq", &self.seq)?;
        fields.serialize_field("at", &self.at)?;
        fields.serialize_field("data", &self.data)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(rename = "type")]
            kind: String,
            cursor: String,
            stream: String,
            seq: u64,
            at: Time,
            data: Value,
        }
        let Raw { kind, cursor, stream, seq, at, data } = Raw::deserialize(deserializer)?;
        let data = EventData::read(&kind, data).map_err(D::Error::custom)?;
        Ok(Self { cursor, stream, seq, at, data })
    }
}

/// Why a connection was closed, as the WebSocket close code says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CloseCode {
    /// A frame that makes no sense.
    BadFrame,
    /// No good access token, or its session ended.
    Unauthenticated,
    /// The client reads too slowly; its cursor still resumes.
    TooSlow,
    /// Too many frames.
    RateLimited,
    /// The backend stops: connect again at once.
    GoingAway,
}

impl CloseCode {
    /// All of them, by number.
    pub const ALL: &'static [Self] =
        &[Self::BadFrame, Self::Unauthenticated, Self::TooSlow, Self::RateLimited, Self::GoingAway];

    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::BadFrame => 4000,
            Self::Unauthenticated => 4001,
            Self::TooSlow => 4002,
            Self::RateLimited => 4003,
            Self::GoingAway => 4004,
        }
    }

    /// What the number means, if it is one of these.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

/// The subprotocol that speaks JSON.
pub const JSON_SUBPROTOCOL: &str = "beep.v1.json";

/// The subprotocol that speaks protobuf.
pub const PROTO_SUBPROTOCOL: &str = "beep.v1.proto";
