//! The frames of the live connection.
//!
//! Both sides speak frames `{"op", "d"}`. What each means and when it comes is the contract's ("Gateway"). What an event
//! looks like is in [`event`].

use beep_core::id::{ChannelId, SessionId, SpaceId, UserId};
use serde::{Deserialize, Deserializer, Serialize};

use crate::id::{Bare, Full};
use crate::json;
use crate::problem::ErrorCode;
use crate::text::Secret;
use crate::view::{Channel, Member, Presence, ReadState, Role, SelfUser, Server};

pub mod event;
mod frame;
mod stream;

pub use event::*;
pub use stream::StreamName;

/// A frame of a client.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "op", content = "d", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ClientFrame {
    /// The first frame: access token and cursor.
    Hello(Hello),
    /// A newer access token, so that the connection outlives the older one.
    Refresh(Refresh),
    /// A ping, to be answered with a pong.
    Ping,
    /// What the client shows now.
    Focus(Focus),
    /// The answer to a ping.
    Pong,
}

/// The access token and the cursor of a client.
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

/// What a client shows now: who is writing there, and whether those people are there, is told for it alone. Replaces what
/// was said before; what is beyond the limits is left out.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Focus {
    /// The channels, at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Full<ChannelId>>,
    /// The members, of at most 20 servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<FocusedMembers>,
}

impl Focus {
    /// The most channels that a client shows at once.
    pub const MOST_CHANNELS: usize = 50;
    /// The most servers whose members it shows at once.
    pub const MOST_SERVERS: usize = 20;
    /// The most members that it shows at once.
    pub const MOST_MEMBERS: u32 = 1_000;
}

/// The members of a server that a client shows, at most 1,000 in all.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FocusedMembers {
    /// Which server.
    pub server: Full<SpaceId>,
    /// Places in the list of its members, each the first and the last, counted from 0. Only for servers of the caller's own
    /// backend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<[u32; 2]>,
    /// Members by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Full<UserId>>,
}

impl FocusedMembers {
    /// The most ranges of one server.
    pub const MOST_RANGES: usize = 10;
    /// The most members of one server that are named.
    pub const MOST_USERS: usize = 200;
}

/// A newer access token.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refresh {
    /// The access token, of the same session.
    pub access_token: Secret,
}

/// A frame of a backend.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "op", content = "d", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ServerFrame {
    /// The snapshot that a client without a cursor starts from.
    Ready(Box<Ready>),
    /// The cursor is valid: every event after it follows.
    Resumed(At),
    /// All past events were sent; what follows is live.
    CaughtUp(At),
    /// The cursor is too old.
    ResyncRequired(Resync),
    /// Something happened.
    Event(Box<Event>),
    /// A ping, to be answered with a pong.
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

/// What must be fetched again.
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

/// A snapshot of everything that the caller may see, but for what is `incomplete`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ready {
    /// The session of the access token.
    pub session_id: Bare<SessionId>,
    /// The interval of pings, in milliseconds; two intervals of silence close the connection.
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
    /// What the caller has read of the channels that they have marked or that have something unread, as of `cursor`; also of
    /// those of the servers that are `incomplete`.
    pub read_state: Vec<ReadState>,
    /// The caller, and their friends who are there. Who else is there, is told of those in `focus`.
    pub presence: Vec<Presence>,
    /// The servers for which there was no room: each follows as an event `member.joined` that holds all of it. A client
    /// that is cut off before it has them all begins without a cursor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Full<SpaceId>>,
}

/// A server as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

impl<'de> Deserialize<'de> for ServerState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Rest {
            roles: Vec<Role>,
            member: Member,
            seq: u64,
        }
        let (server, Rest { roles, member, seq }) = json::both(deserializer)?;
        Ok(Self { server, roles, member, seq })
    }
}

/// A channel and the end of its stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelState {
    /// The channel.
    #[serde(flatten)]
    pub channel: Channel,
    /// The last number of its stream.
    pub seq: u64,
}

impl<'de> Deserialize<'de> for ChannelState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Rest {
            seq: u64,
        }
        let (channel, Rest { seq }) = json::both(deserializer)?;
        Ok(Self { channel, seq })
    }
}

/// Why a connection was closed, by the WebSocket close code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CloseCode {
    /// A frame that is not valid.
    BadFrame,
    /// No valid access token, or its session has ended.
    Unauthenticated,
    /// The client reads too slowly; its cursor still resumes.
    TooSlow,
    /// Too many frames.
    RateLimited,
    /// The backend is stopping: reconnect at once.
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

/// The subprotocol for JSON.
pub const JSON_SUBPROTOCOL: &str = "beep.v1.json";

/// The subprotocol for protobuf.
pub const PROTO_SUBPROTOCOL: &str = "beep.v1.proto";
