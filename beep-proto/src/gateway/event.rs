//! What an event looks like to a client.

use beep_core::event::{EventBody, EventKind, Stream};
use beep_core::id::{
    ChannelId, ChannelKey, InvitationId, MessageId, RoleId, SessionId, SpaceId, SpaceKey, UserId, UserKey,
};
use beep_core::text::Emoji;
use beep_core::transient::Typing as CoreTyping;
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{ChannelState, ServerState, StreamName};
use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::json;
use crate::time::Time;
use crate::view::{
    Channel, FriendRequest, Invitation, MOST_COUNTED, Member, Message, Presence, ReadState, Role, Server, User,
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Where the caller stands after it.
    pub cursor: String,
    /// The channel, server or user that it belongs to.
    pub stream: StreamName,
    /// Its number in the stream.
    pub seq: u64,
    /// When it happened.
    pub at: Time,
    /// What happened.
    pub data: EventData,
}

/// Declares what clients are told of events: for each what it holds on the wire, and its type, which is that of the kind of
/// the same name where nothing else is said.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident($data:ty) $(as $kind:expr)?),+ $(,)?) => {
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
            pub const KINDS: &'static [&'static str] = &[$(events!(@type $name $($kind)?)),+];

            /// The event's `type`.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$name(_) => events!(@type $name $($kind)?),)+
                    Self::Unknown { kind, .. } => kind,
                }
            }

            /// Reads what an event of a type holds.
            ///
            /// # Errors
            /// When `data` is not what the type holds.
            pub fn read(kind: &str, data: &RawValue) -> Result<Self, serde_json::Error> {
                let data = data.get();
                match kind {
                    $(told if told == events!(@type $name $($kind)?) => json::read(data).map(Self::$name),)+
                    _ => json::read(data).map(|data| Self::Unknown { kind: kind.to_owned(), data }),
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
                let stream = generator.subschema_for::<StreamName>();
                let one = |kind: &str, doc: &str, data: schemars::Schema, time: schemars::Schema| serde_json::json!({
                    "type": "object",
                    "description": doc.trim(),
                    "required": ["type", "cursor", "stream", "seq", "at", "data"],
                    "properties": {
                        "type": { "const": kind },
                        "cursor": { "type": "string", "description": "Where the caller stands after it." },
                        "stream": stream,
                        "seq": { "type": "integer", "minimum": 0, "description": "Its number in the stream." },
                        "at": time,
                        "data": data,
                    },
                });
                let variants = vec![$(one(
                    events!(@type $name $($kind)?),
                    concat!($($doc),+),
                    generator.subschema_for::<$data>(),
                    generator.subschema_for::<Time>(),
                )),+];
                schemars::json_schema!({ "description": "Something that happened.", "oneOf": variants })
            }
        }
    };
    (@type $name:ident) => { EventKind::$name.name() };
    (@type $name:ident $kind:expr) => { $kind };
}

events! {
    /// A message was sent.
    MessageCreated(Message),
    /// A message was edited.
    MessageUpdated(Message),
    /// A message was deleted.
    MessageDeleted(MessageGone),
    /// A message was pinned.
    MessagePinned(PinMoved),
    /// A message was unpinned.
    MessageUnpinned(PinMoved),
    /// Somebody reacted to a message.
    ReactionAdded(ReactionMoved),
    /// Somebody took their reaction back, or all with an emoji were removed.
    ReactionRemoved(ReactionMoved),
    /// A channel was made, or became visible to the caller.
    ChannelCreated(ChannelState),
    /// A channel changed.
    ChannelUpdated(Channel),
    /// A channel was deleted, or is no longer visible to the caller.
    ChannelDeleted(ChannelGone),
    /// Somebody takes part in a private channel from now on.
    ChannelMemberAdded(Participant) as "channel.member_added",
    /// Somebody takes part in a private channel no more; to the one who left, that it is gone.
    ChannelMemberRemoved(Participant) as "channel.member_removed",
    /// A server changed.
    ServerUpdated(Server) as EventKind::SpaceUpdated.name(),
    /// A server was deleted.
    ServerDeleted(ServerGone) as EventKind::SpaceDeleted.name(),
    /// Somebody became a member.
    MemberJoined(Joined),
    /// A member changed.
    MemberUpdated(Member),
    /// A member left or was removed.
    MemberLeft(MemberGone),
    /// A member was banned.
    MemberBanned(MemberGone),
    /// A role was made.
    RoleCreated(Role),
    /// A role changed.
    RoleUpdated(Role),
    /// A role was deleted, also from members and overrides.
    RoleDeleted(RoleGone),
    /// A user's profile changed.
    UserUpdated(User),
    /// Somebody invited the caller to a server.
    InvitationReceived(Invitation),
    /// An invitation of the caller was answered, or lets them in no more.
    InvitationRevoked(InvitationGone),
    /// The caller asked somebody to be friends, or was asked.
    FriendRequestReceived(FriendRequest),
    /// A request of the caller or to them was accepted.
    FriendRequestAccepted(FriendRequest),
    /// A request of the caller or to them was declined.
    FriendRequestDeclined(FriendRequest),
    /// A request of the caller or to them was withdrawn.
    FriendRequestCancelled(FriendRequest),
    /// The caller and somebody are friends no more.
    FriendRemoved(FriendGone),
    /// The caller has read a channel up to another message than before.
    ReadUpdated(ReadState),
    /// One of the caller's sessions ended.
    SessionRevoked(SessionGone),
    /// Somebody is writing in a channel that is in `focus`. It is not stored: its `seq` is 0.
    TypingStarted(Typing) as "typing.started",
    /// Somebody came, went, or is seen otherwise. It is not stored: its `seq` is 0.
    PresenceUpdated(Presence) as "presence.updated",
}

/// Somebody is writing.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Typing {
    /// Where.
    pub channel_id: Full<ChannelId>,
    /// Who.
    pub user: Full<UserId>,
    /// Until when that counts, unless it is said again or their message comes.
    pub until: Time,
}

impl From<&CoreTyping> for Typing {
    fn from(typing: &CoreTyping) -> Self {
        Self { channel_id: (&typing.channel).into(), user: (&typing.user).into(), until: typing.until.into() }
    }
}

/// Somebody became a member; when it is the caller, with the server that opened to them.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

impl<'de> Deserialize<'de> for Joined {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Opened {
            server: Option<Box<ServerState>>,
            channels: Option<Vec<ChannelState>>,
        }
        let (member, Opened { server, channels }) = json::both(deserializer)?;
        Ok(Self { member, server, channels })
    }
}

/// Somebody came to a private channel, or left it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Participant {
    /// Which channel.
    pub channel_id: Full<ChannelId>,
    /// Who.
    pub user: Full<UserId>,
}

impl Participant {
    fn new(channel: &ChannelKey, user: &UserKey) -> Self {
        Self { channel_id: channel.into(), user: user.into() }
    }
}

/// A message was pinned or unpinned.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PinMoved {
    /// Where it is.
    pub channel_id: Full<ChannelId>,
    /// Which message.
    pub message_id: Bare<MessageId>,
    /// Who did it.
    pub user: Full<UserId>,
}

impl PinMoved {
    /// Says which message, and who did it.
    pub(crate) fn new(channel: &ChannelKey, id: MessageId, user: &UserKey) -> Self {
        Self { channel_id: channel.into(), message_id: Bare(id), user: user.into() }
    }
}

/// A reaction was added or removed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionMoved {
    /// Where the message is.
    pub channel_id: Full<ChannelId>,
    /// Which message.
    pub message_id: Bare<MessageId>,
    /// The emoji, fully qualified.
    pub emoji: String,
    /// Whose reaction it is; `null` where all with the emoji were removed at once.
    pub user: Option<Full<UserId>>,
    /// How many react with the emoji after it.
    #[serde(deserialize_with = "lenient::number")]
    pub count: u64,
}

impl ReactionMoved {
    /// Says which message, whose reaction, and what is left.
    pub(crate) fn new(channel: &ChannelKey, id: MessageId, emoji: &Emoji, user: Option<&UserKey>, count: u64) -> Self {
        let (emoji, user) = (emoji.to_string(), user.map(Into::into));
        Self { channel_id: channel.into(), message_id: Bare(id), emoji, user, count }
    }

    /// Makes it fit; gives whether it is of an emoji that this release knows.
    pub(crate) fn fit(&mut self) -> bool {
        self.count = self.count.min(MOST_COUNTED);
        match Emoji::parse(&self.emoji) {
            Ok(emoji) => self.emoji = emoji.to_string(),
            Err(_) => return false,
        }
        true
    }
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
        /// Where it was; `null` for a private channel.
        server_id: Option<Full<SpaceId>>
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
    /// The id of who was a friend.
    FriendGone {
        /// Who.
        user: Full<UserId>
    }
    /// The id of a session that ended.
    SessionGone {
        /// Which session.
        id: Bare<SessionId>
    }
}

impl EventData {
    /// What an event of a stream says on the wire; nothing, where it cannot be read. A channel that appears needs the number
    /// of its stream, `seq`.
    pub fn new(stream: &Stream, body: &EventBody, seq: u64) -> Option<Self> {
        // Of a private conversation what happens to its space happens to its channel.
        if let Stream::Channel { id, .. } = stream {
            match body {
                EventBody::MemberJoined(member) => {
                    return Some(Self::ChannelMemberAdded(Participant::new(id, &member.user)));
                }
                EventBody::MemberLeft { user, .. } => {
                    return Some(Self::ChannelMemberRemoved(Participant::new(id, user)));
                }
                EventBody::SpaceDeleted { .. } => return Some(Self::channel_gone(id, None)),
                _ => {}
            }
        }
        Some(match body {
            EventBody::MessageCreated(message) => Self::MessageCreated(message.into()),
            EventBody::MessageUpdated(message) => Self::MessageUpdated(message.into()),
            EventBody::MessageDeleted { channel, id } => {
                Self::MessageDeleted(MessageGone { id: Bare(*id), channel_id: channel.into() })
            }
            EventBody::MessagePinned { channel, id, user } => Self::MessagePinned(PinMoved::new(channel, *id, user)),
            EventBody::MessageUnpinned { channel, id, user } => {
                Self::MessageUnpinned(PinMoved::new(channel, *id, user))
            }
            EventBody::ReactionAdded { channel, id, emoji, user, count } => {
                Self::ReactionAdded(ReactionMoved::new(channel, *id, emoji, Some(user), *count))
            }
            EventBody::ReactionRemoved { channel, id, emoji, user, count } => {
                Self::ReactionRemoved(ReactionMoved::new(channel, *id, emoji, user.as_ref(), *count))
            }
            EventBody::ChannelCreated(channel) => Self::ChannelCreated(ChannelState { channel: channel.into(), seq }),
            EventBody::ChannelUpdated { channel, .. } => Self::ChannelUpdated(channel.into()),
            EventBody::ChannelDeleted { before } => {
                Self::channel_gone(&before.id, (!before.kind.is_private()).then(|| before.space_key()))
            }
            EventBody::SpaceUpdated { server, .. } => Self::ServerUpdated(server.into()),
            EventBody::SpaceDeleted { id } => Self::ServerDeleted(ServerGone { id: id.into() }),
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
            EventBody::FriendRequestReceived(request) => Self::FriendRequestReceived(request.into()),
            EventBody::FriendRequestAccepted(request) => Self::FriendRequestAccepted(request.into()),
            EventBody::FriendRequestDeclined(request) => Self::FriendRequestDeclined(request.into()),
            EventBody::FriendRequestCancelled(request) => Self::FriendRequestCancelled(request.into()),
            EventBody::FriendRemoved { user } => Self::FriendRemoved(FriendGone { user: user.into() }),
            EventBody::ReadUpdated(state) => Self::ReadUpdated(state.into()),
            EventBody::SessionRevoked { id } => Self::SessionRevoked(SessionGone { id: Bare(*id) }),
            EventBody::Unknown { kind, data } => {
                Self::Unknown { kind: kind.clone(), data: serde_json::from_slice(data).unwrap_or_default() }
            }
            EventBody::Unreadable { .. } => return None,
        })
    }

    /// That a channel went, or is no longer to be seen.
    pub fn channel_gone(id: &ChannelKey, server: Option<SpaceKey>) -> Self {
        Self::ChannelDeleted(ChannelGone { id: id.into(), server_id: server.map(Into::into) })
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
            stream: StreamName,
            seq: u64,
            at: Time,
            data: Box<RawValue>,
        }
        let Raw { kind, cursor, stream, seq, at, data } = Raw::deserialize(deserializer)?;
        let data = EventData::read(&kind, &data).map_err(D::Error::custom)?;
        Ok(Self { cursor, stream, seq, at, data })
    }
}
