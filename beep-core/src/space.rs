//! A space: members, roles and channels, owned by one backend. A community is what the API calls a server; groups and direct
//! conversations are spaces as well, with one channel, closed membership and fixed permissions.

use crate::channel::Channel;
use crate::event::Stream;
use crate::id::{SpaceId, SpaceKey, UserKey};
use crate::text::{Description, ServerName};
use crate::time::Timestamp;

/// A space as everybody who may see it sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Space {
    /// Its name among all backends.
    pub id: SpaceKey,
    /// What kind of space; never changes.
    pub kind: SpaceKind,
    /// What it is called.
    pub name: ServerName,
    /// What it says of itself; may be empty.
    pub description: Description,
    /// Who may find and join it.
    pub visibility: Visibility,
    /// Who owns it. They hold everything in a community, remove others from a group, and are no more than the other in a
    /// direct conversation.
    pub owner: UserKey,
    /// How many members it has.
    pub member_count: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts the changes of the fields that editors change; starts at 1.
    pub version: u64,
    /// When the suspension by a moderator of the backend ends; a time in the past has no effect. Only of a community.
    pub suspended_until: Option<Timestamp>,
}

impl Space {
    /// When the suspension that is in force at `now` ends, if there is one.
    pub fn suspension(&self, now: Timestamp) -> Option<Timestamp> {
        self.suspended_until.filter(|until| now < *until)
    }

    /// What numbers its own events, who comes and goes among them. Of a private conversation it is the stream of its channel:
    /// who takes part hears of one stream alone.
    pub fn stream(&self) -> Stream {
        match self.kind.is_private() {
            true => Stream::Channel { id: Channel::only_of(&self.id), server: self.id.id },
            false => Stream::Space(self.id.clone()),
        }
    }
}

/// A public server that was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundServer {
    /// The server.
    pub server: Space,
    /// Where it stands among those that are found.
    pub place: FoundPlace,
}

/// Where a server stands among those that are found: by `rank`, then the larger before the smaller, then by id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FoundPlace {
    /// How well it fits: 0 is the best.
    pub rank: u32,
    /// How many members it has.
    pub members: u64,
    /// The server.
    pub server: SpaceId,
}

/// A server as somebody sees it who is no member yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Preview {
    /// Its name among all backends.
    pub id: SpaceKey,
    /// What it is called.
    pub name: ServerName,
    /// What it says of itself; may be empty.
    pub description: Description,
    /// How many members it has.
    pub member_count: u64,
}

impl From<&Space> for Preview {
    fn from(server: &Space) -> Self {
        Self {
            id: server.id.clone(),
            name: server.name.clone(),
            description: server.description.clone(),
            member_count: server.member_count,
        }
    }
}

/// What kind of space.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SpaceKind {
    /// A server of the API: members, roles and channels as its owner and whom they let make them.
    Community,
    /// A private conversation of several people: one channel, to which participants add others.
    Group,
    /// The private conversation of two people: one channel, and nobody comes or goes.
    Direct,
}

impl SpaceKind {
    /// Whether it is a conversation of its participants alone: with one channel and fixed permissions, and found by nobody
    /// else.
    pub fn is_private(self) -> bool {
        match self {
            Self::Community => false,
            Self::Group | Self::Direct => true,
        }
    }
}

/// Who may find and join a server.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Visibility {
    /// Anybody finds it and joins.
    Public,
    /// Only by invitation.
    Private,
}

/// What a new server starts with.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Template {
    /// No channel, and `everyone` is granted nothing.
    #[default]
    Empty,
    /// A channel `general`, and `everyone` may view, send, attach and change their nickname.
    Community,
}
