//! What happened: the events of channels, servers and users, and where each stands in the log.
//!
//! A backend keeps one log. [`Position`] orders it as a whole; each [`Stream`] numbers its own events
//! without gaps. An event that changes who may see what also says how it was before, so that what a
//! client saw at an older position can be worked out: see [`crate::replay`].

use crate::account::User;
use crate::channel::Channel;
use crate::domain::Domain;
use crate::id::{ChannelId, ChannelKey, Id, InvitationId, MessageId, Qualified, SessionId, SpaceId, SpaceKey, UserKey};
use crate::invitation::Invited;
use crate::member::Member;
use crate::message::Message;
use crate::permission::Override;
use crate::role::Role;
use crate::space::Space;
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

/// What happened; each holds the thing as it is after the event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EventBody {
    /// A message was sent.
    MessageCreated(Message),
    /// A message was edited.
    MessageUpdated(Message),
    /// A message was deleted.
    MessageDeleted {
        /// Where it was.
        channel: ChannelKey,
        /// Which one.
        id: MessageId,
    },
    /// A channel was made.
    ChannelCreated(Channel),
    /// A channel or its overrides changed.
    ChannelUpdated {
        /// As it is.
        channel: Channel,
        /// As it was.
        before: Channel,
    },
    /// A channel is gone, and its messages with it.
    ChannelDeleted {
        /// As it was.
        before: Channel,
    },
    /// A server changed.
    SpaceUpdated {
        /// As it is.
        server: Space,
        /// As it was.
        before: Space,
    },
    /// A server is gone, and all that was in it.
    SpaceDeleted {
        /// Which one.
        id: SpaceKey,
    },
    /// Somebody became a member.
    MemberJoined(Member),
    /// A server of another backend was fetched anew, with this member as they are in it: to them it opens as if they
    /// had joined. Only they are told.
    Reopened(Member),
    /// A member's roles, nickname or mute changed.
    MemberUpdated {
        /// As they are.
        member: Member,
        /// As they were.
        before: Member,
    },
    /// A member left or was removed.
    MemberLeft {
        /// From where.
        server: SpaceKey,
        /// Who.
        user: UserKey,
    },
    /// A member was removed and may not come back.
    MemberBanned {
        /// From where.
        server: SpaceKey,
        /// Who.
        user: UserKey,
    },
    /// A role was made.
    RoleCreated(Role),
    /// A role changed.
    RoleUpdated {
        /// As it is.
        role: Role,
        /// As it was.
        before: Role,
    },
    /// A role is gone, from its members and from every override as well.
    RoleDeleted {
        /// As it was.
        before: Role,
        /// Who had it.
        holders: Vec<UserKey>,
        /// The overrides it had.
        overrides: Vec<(ChannelId, Override)>,
    },
    /// A user's public profile changed.
    UserUpdated(User),
    /// Somebody invited the user to a server.
    InvitationReceived(Invited),
    /// An invitation of the user lets them in no more, or was answered.
    InvitationRevoked {
        /// Which one.
        id: InvitationId,
        /// Where it led.
        server: SpaceKey,
    },
    /// One of the user's sessions ended.
    SessionRevoked {
        /// Which one.
        id: SessionId,
    },
    /// Something that only a newer backend knows the meaning of, as it told it: kept and passed on.
    Unknown {
        /// Its type on the wire.
        kind: String,
        /// What it holds, as JSON.
        data: Vec<u8>,
    },
}

impl EventBody {
    /// The member whom it ends the membership of, however that came.
    pub fn removed(&self) -> Option<&UserKey> {
        match self {
            Self::MemberLeft { user, .. } | Self::MemberBanned { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The event's type on the wire.
    pub fn kind(&self) -> &str {
        match self {
            Self::MessageCreated(_) => "message.created",
            Self::MessageUpdated(_) => "message.updated",
            Self::MessageDeleted { .. } => "message.deleted",
            Self::ChannelCreated(_) => "channel.created",
            Self::ChannelUpdated { .. } => "channel.updated",
            Self::ChannelDeleted { .. } => "channel.deleted",
            Self::SpaceUpdated { .. } => "server.updated",
            Self::SpaceDeleted { .. } => "server.deleted",
            Self::MemberJoined(_) => "member.joined",
            Self::Reopened(_) => "member.reopened",
            Self::MemberUpdated { .. } => "member.updated",
            Self::MemberLeft { .. } => "member.left",
            Self::MemberBanned { .. } => "member.banned",
            Self::RoleCreated(_) => "role.created",
            Self::RoleUpdated { .. } => "role.updated",
            Self::RoleDeleted { .. } => "role.deleted",
            Self::UserUpdated(_) => "user.updated",
            Self::InvitationReceived(_) => "invitation.received",
            Self::InvitationRevoked { .. } => "invitation.revoked",
            Self::SessionRevoked { .. } => "session.revoked",
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// Whether it changes what decides who may see what in a server.
    pub fn changes_facts(&self) -> bool {
        match self {
            Self::ChannelCreated(_)
            | Self::ChannelUpdated { .. }
            | Self::ChannelDeleted { .. }
            | Self::SpaceUpdated { .. }
            | Self::SpaceDeleted { .. }
            | Self::MemberJoined(_)
            | Self::Reopened(_)
            | Self::MemberUpdated { .. }
            | Self::MemberLeft { .. }
            | Self::MemberBanned { .. }
            | Self::RoleCreated(_)
            | Self::RoleUpdated { .. }
            | Self::RoleDeleted { .. } => true,
            Self::MessageCreated(_)
            | Self::MessageUpdated(_)
            | Self::MessageDeleted { .. }
            | Self::UserUpdated(_)
            | Self::InvitationReceived(_)
            | Self::InvitationRevoked { .. }
            | Self::SessionRevoked { .. }
            | Self::Unknown { .. } => false,
        }
    }
}
