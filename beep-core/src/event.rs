//! What happened: the events of channels, servers and users, and where each stands in the log.
//!
//! A backend keeps one log. [`Position`] orders it as a whole; each [`Stream`] numbers its own events
//! without gaps. An event that changes who may see what also says how it was before, so that what a
//! client saw at an older position can be worked out: see [`crate::replay`].

use crate::account::User;
use crate::channel::Channel;
use crate::domain::Domain;
use crate::friendship::FriendRequest;
use crate::id::{ChannelId, ChannelKey, Id, InvitationId, MessageId, Qualified, SessionId, SpaceId, SpaceKey, UserKey};
use crate::invitation::Invited;
use crate::member::Member;
use crate::message::Message;
use crate::permission::Override;
use crate::read_state::ReadState;
use crate::role::Role;
use crate::space::Space;
use crate::text::Emoji;
use crate::time::Timestamp;
use uuid::Uuid;

/// A place in the log of a backend: the first event is at 1, nothing is at 0, and there are no gaps.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position(pub u64);

/// One event as it stands in the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// Its place in the log.
    pub position: Position,
    /// What it belongs to.
    pub stream: Stream,
    /// Its number in the stream: 1, 2, 3 and so on for ever.
    pub seq: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// What an event belongs to, and what numbers it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stream {
    /// What concerns a channel, itself and its messages: for those who may view it.
    Channel {
        /// The channel.
        id: ChannelKey,
        /// Its server.
        server: SpaceId,
    },
    /// What every member of a server may know.
    Space(SpaceKey),
    /// What concerns one user.
    User(UserKey),
}

impl Stream {
    /// The bare id of the channel, server or user.
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::Channel { id, .. } => id.id.uuid(),
            Self::Space(id) => id.id.uuid(),
            Self::User(id) => id.id.uuid(),
        }
    }

    /// The backend that owns it.
    pub fn home(&self) -> &Domain {
        match self {
            Self::Channel { id, .. } => &id.home,
            Self::Space(id) => &id.home,
            Self::User(id) => &id.home,
        }
    }

    /// The space whose members the event may concern.
    pub fn space(&self) -> Option<SpaceKey> {
        match self {
            Self::Channel { id, server } => Some(Qualified::new(*server, id.home.clone())),
            Self::Space(id) => Some(id.clone()),
            Self::User(_) => None,
        }
    }
}

/// Who an event is kept for: the servers whose members, and the users, that may be shown it.
///
/// Narrower than this it becomes at delivery, when visibility is decided.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Scope {
    /// The members of a server, as they are at delivery.
    Space(SpaceKey),
    /// One user, member or not.
    User(UserKey),
    /// All who are members of a server as the event is committed.
    MembersOf(SpaceKey),
}

impl Scope {
    /// The space whose members it is.
    pub fn space(&self) -> Option<&SpaceKey> {
        match self {
            Self::Space(space) | Self::MembersOf(space) => Some(space),
            Self::User(_) => None,
        }
    }
}

/// The table of events: each stands here once, in its class, with its type on the wire and what it holds.
///
/// It is given to a macro of the caller's. From here follow [`EventKind`], the class, and how the log stores an event. An
/// event of the content class ends with `in`, the channel that it belongs to, and the message there that it is about.
#[macro_export]
macro_rules! for_each_event {
    ($then:ident) => {
        $then! {
            Content content_events {
                /// A message was sent.
                "message.created" MessageCreated(message: Message) in (&message.channel, message.id),
                /// A message was edited.
                "message.updated" MessageUpdated(message: Message) in (&message.channel, message.id),
                /// A message was deleted.
                "message.deleted" MessageDeleted {
                    /// Where it was.
                    channel: ChannelKey,
                    /// Which one.
                    id: MessageId,
                } in (channel, *id),
                /// A message was pinned.
                "message.pinned" MessagePinned {
                    /// Where it is.
                    channel: ChannelKey,
                    /// Which one.
                    id: MessageId,
                    /// Who pinned it.
                    user: UserKey,
                } in (channel, *id),
                /// A message is pinned no more.
                "message.unpinned" MessageUnpinned {
                    /// Where it is.
                    channel: ChannelKey,
                    /// Which one.
                    id: MessageId,
                    /// Who took it down.
                    user: UserKey,
                } in (channel, *id),
                /// Somebody reacted to a message.
                "reaction.added" ReactionAdded {
                    /// Where it is.
                    channel: ChannelKey,
                    /// Which one.
                    id: MessageId,
                    /// With which emoji.
                    emoji: Emoji,
                    /// Who.
                    user: UserKey,
                    /// How many have reacted with it since.
                    count: u64,
                } in (channel, *id),
                /// A reaction to a message is no more, or all with one emoji.
                "reaction.removed" ReactionRemoved {
                    /// Where it is.
                    channel: ChannelKey,
                    /// Which one.
                    id: MessageId,
                    /// With which emoji.
                    emoji: Emoji,
                    /// Whose it was; nobody's alone, where all are gone at once.
                    user: Option<UserKey>,
                    /// How many are left.
                    count: u64,
                } in (channel, *id),
            }
            Facts facts_events {
                /// A channel was made.
                "channel.created" ChannelCreated(channel: Channel),
                /// A channel or its overrides changed.
                "channel.updated" ChannelUpdated {
                    /// As it is.
                    channel: Channel,
                    /// As it was.
                    before: Channel,
                },
                /// A channel is gone, and its messages with it.
                "channel.deleted" ChannelDeleted {
                    /// As it was.
                    before: Channel,
                },
                /// A server changed.
                "server.updated" SpaceUpdated {
                    /// As it is.
                    server: Space,
                    /// As it was.
                    before: Space,
                },
                /// A server is gone, and all that was in it.
                "server.deleted" SpaceDeleted {
                    /// Which one.
                    id: SpaceKey,
                },
                /// Somebody became a member.
                "member.joined" MemberJoined(member: Member),
                /// A server of another backend was fetched anew, with this member as they are in it: to them it opens
                /// as if they had joined. Only they are told.
                "member.reopened" Reopened(member: Member),
                /// A member's roles, nickname or mute changed.
                "member.updated" MemberUpdated {
                    /// As they are.
                    member: Member,
                    /// As they were.
                    before: Member,
                },
                /// A member left or was removed.
                "member.left" MemberLeft {
                    /// From where.
                    server: SpaceKey,
                    /// Who.
                    user: UserKey,
                },
                /// A member was removed and may not come back.
                "member.banned" MemberBanned {
                    /// From where.
                    server: SpaceKey,
                    /// Who.
                    user: UserKey,
                },
                /// A role was made.
                "role.created" RoleCreated(role: Role),
                /// A role changed.
                "role.updated" RoleUpdated {
                    /// As it is.
                    role: Role,
                    /// As it was.
                    before: Role,
                },
                /// A role is gone, from its members and from every override as well. Who had it is not said: they have it
                /// no more because it is not there.
                "role.deleted" RoleDeleted {
                    /// As it was.
                    before: Role,
                    /// The overrides it had.
                    overrides: Vec<(ChannelId, Override)>,
                },
            }
            Person person_events {
                /// A user's public profile changed.
                "user.updated" UserUpdated(user: User),
                /// Somebody invited the user to a server.
                "invitation.received" InvitationReceived(invited: Invited),
                /// An invitation of the user lets them in no more, or was answered.
                "invitation.revoked" InvitationRevoked {
                    /// Which one.
                    id: InvitationId,
                    /// Where it led.
                    server: SpaceKey,
                },
                /// The user asked somebody to be friends, or was asked.
                "friend_request.received" FriendRequestReceived(request: FriendRequest),
                /// A request of the user or to them was accepted: the two are friends.
                "friend_request.accepted" FriendRequestAccepted(request: FriendRequest),
                /// A request of the user or to them was declined.
                "friend_request.declined" FriendRequestDeclined(request: FriendRequest),
                /// A request of the user or to them was withdrawn.
                "friend_request.cancelled" FriendRequestCancelled(request: FriendRequest),
                /// The user and somebody are friends no more.
                "friend.removed" FriendRemoved {
                    /// Who was a friend.
                    user: UserKey,
                },
                /// The user has read a channel up to another message than before.
                "read.updated" ReadUpdated(state: ReadState),
                /// One of the user's sessions ended.
                "session.revoked" SessionRevoked {
                    /// Which one.
                    id: SessionId,
                },
            }
        }
    };
}

macro_rules! declare {
    ($($class:ident $pattern:ident { $(
        $(#[$doc:meta])*
        $kind:literal $name:ident
        $(( $($held:ident: $held_type:ty),* ))?
        $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })?
        $(in ($channel:expr, $message:expr))?
    ),* $(,)? })*) => {
        /// What happened; each holds the thing as it is after the event.
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub enum EventBody {
            $($(
                $(#[$doc])*
                $name $(( $($held_type),* ))? $({ $($(#[$field_doc])* $field: $type),* })?,
            )*)*
            /// Something that only a newer backend knows the meaning of, as it told it: stored and passed on. Which messages
            /// it speaks of is not known here, so it may hold the text of one that is deleted later: it goes with the part
            /// of the log that it is in, by the time at which it came, whatever its sender says.
            Unknown {
                /// Its type on the wire.
                kind: String,
                /// What it holds, as JSON.
                data: Vec<u8>,
            },
            /// Something that the log's record of cannot be read. Nobody is told of it; see [`EventBody::class`] for
            /// what follows.
            Unreadable {
                /// The type that it was stored under.
                kind: String,
            },
        }

        /// The kinds of events that this release knows.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum EventKind {
            $($($(#[$doc])* $name,)*)*
        }

        impl EventKind {
            /// All of them, by class.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The event's type on the wire.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$name => $kind,)*)* }
            }

            /// Its class.
            pub const fn class(self) -> EventClass {
                match self { $($(Self::$name => EventClass::$class,)*)* }
            }
        }

        impl EventBody {
            /// Its kind, unless only a newer release knows that.
            pub fn known_kind(&self) -> Option<EventKind> {
                match self {
                    $($(Self::$name { .. } => Some(EventKind::$name),)*)*
                    Self::Unknown { .. } | Self::Unreadable { .. } => None,
                }
            }

            /// The message that an event of the content class is about, and its channel.
            pub fn message(&self) -> Option<(&ChannelKey, MessageId)> {
                #[allow(unused_variables, reason = "those of the other classes are of no message")]
                match self {
                    $($(
                        Self::$name $(( $($held),* ))? $({ $($field),* })? => declare!(@message $($channel, $message)?),
                    )*)*
                    Self::Unknown { .. } | Self::Unreadable { .. } => None,
                }
            }
        }

        $(
            /// A pattern for all events of a class: a match that treats them alike names none of them.
            macro_rules! $pattern {
                () => { $($crate::event::EventBody::$name { .. })|* };
            }
            pub(crate) use $pattern;
        )*
    };
    (@message) => { None };
    (@message $channel:expr, $message:expr) => { Some(($channel, $message)) };
}

for_each_event!(declare);

/// What an event is about decides how it travels.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EventClass {
    /// Changes who may see what in a server: applied to the facts of it, forwards and back.
    Facts,
    /// Belongs to one channel and changes nothing else: told to who may see it.
    Content,
    /// Is for one user, on all their devices, and for those who are told of them.
    Person,
    /// Only a newer backend knows: told by its stream, as it is.
    Unknown,
}

impl EventKind {
    /// The kind with this type on the wire.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl EventBody {
    /// The event's type on the wire.
    pub fn kind(&self) -> &str {
        match self {
            Self::Unknown { kind, .. } | Self::Unreadable { kind } => kind,
            known => known.known_kind().map_or("", EventKind::name),
        }
    }

    /// Its class. What cannot be read is of the class that its type says, and of the facts class if that is not known
    /// either: then nobody's copy of the server is to be trusted.
    pub fn class(&self) -> EventClass {
        match self {
            Self::Unknown { .. } => EventClass::Unknown,
            Self::Unreadable { kind } => EventKind::named(kind).map_or(EventClass::Facts, EventKind::class),
            known => known.known_kind().map_or(EventClass::Unknown, EventKind::class),
        }
    }

    /// Whether it changes what decides who may see what in a server.
    pub fn changes_facts(&self) -> bool {
        self.class() == EventClass::Facts
    }

    /// Whether it changed facts and how is lost: who holds a copy of the server has to take it anew.
    pub fn loses_facts(&self) -> bool {
        matches!(self, Self::Unreadable { .. }) && self.changes_facts()
    }

    /// The member whom it ends the membership of, however that came.
    pub fn removed(&self) -> Option<&UserKey> {
        match self {
            Self::MemberLeft { user, .. } | Self::MemberBanned { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The member whom it opens the server to.
    pub fn opens_to(&self) -> Option<&Member> {
        match self {
            Self::MemberJoined(member) | Self::Reopened(member) => Some(member),
            _ => None,
        }
    }

    /// Whether somebody, or everybody, is in the server no more after it.
    pub fn ends_membership(&self) -> bool {
        self.removed().is_some() || matches!(self, Self::SpaceDeleted { .. })
    }

    /// Whether a user is in the server no more after it.
    pub fn parts(&self, user: &UserKey) -> bool {
        matches!(self, Self::SpaceDeleted { .. }) || self.removed() == Some(user)
    }
}
