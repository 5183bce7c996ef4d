//! A channel: a sequence of messages, ordered by its owner, or a category of channels.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ChannelId, ChannelKey, Id, MessageId, Qualified, SpaceId, SpaceKey, UserKey};
use crate::permission::Overrides;
use crate::space::SpaceKind;
use crate::text::{ChannelName, Topic};
use crate::time::Timestamp;

/// A channel of a space.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Channel {
    /// Its qualified id; its home is the home of its server.
    pub id: ChannelKey,
    /// The server that it belongs to.
    pub server: SpaceId,
    /// What kind of channel it is; never changes.
    pub kind: ChannelKind,
    /// The category that it is in, also where that is told to nobody who sees this channel: see [`Self::told_among`].
    pub parent: Option<ChannelId>,
    /// Whether it follows its category: then its overrides are those of the category.
    pub follows_parent: bool,
    /// Who takes part in a private conversation, in the order in which they came: the first is its owner. Nobody for a channel of
    /// a server, whose members are beside it.
    pub participants: Vec<UserKey>,
    /// What it is called; always there in a community. A private conversation without a name is shown by who is in it.
    pub name: Option<ChannelName>,
    /// What it is about; may be empty.
    pub topic: Topic,
    /// Its place in the list, lowest first; equal places sort by id.
    pub position: i32,
    /// Slow mode: the seconds that a member waits between two messages; 0 means none.
    pub slow_mode_s: u32,
    /// What roles and members are allowed or denied here, beyond the server.
    pub overrides: Overrides,
    /// Whom a moderator of the backend restricts here, member or not, and until when. Nobody in a private conversation.
    pub restricted: Restrictions,
    /// The newest message that was sent here; it may have been deleted since.
    pub last_message: Option<MessageId>,
    /// The number of edits of the channel; starts at 1.
    pub version: u64,
}

impl Channel {
    /// A new channel of a server without a topic, slow mode and overrides, in the first place.
    pub fn new(id: ChannelKey, server: SpaceId, name: ChannelName) -> Self {
        Self {
            id,
            server,
            kind: ChannelKind::Text,
            parent: None,
            follows_parent: false,
            participants: Vec::new(),
            name: Some(name),
            topic: Topic::parse("").expect("an empty topic fits"),
            position: 0,
            slow_mode_s: 0,
            overrides: Overrides::default(),
            restricted: Restrictions::new(),
            last_message: None,
            version: 1,
        }
    }

    /// The channel of a private conversation, which is new. It has the id of its space.
    pub fn of_conversation(
        space: &SpaceKey,
        kind: SpaceKind,
        participants: Vec<UserKey>,
        name: Option<ChannelName>,
    ) -> Self {
        let empty = ChannelName::stored(String::new());
        Self { kind: kind.into(), participants, name, ..Self::new(Self::only_of(space), space.id, empty) }
    }

    /// The one channel of a private space.
    pub fn only_of(space: &SpaceKey) -> ChannelKey {
        ChannelKey::new(ChannelId::from_uuid(space.id.uuid()), space.home.clone())
    }

    /// The server with its home.
    pub fn space_key(&self) -> SpaceKey {
        Qualified::new(self.server, self.id.home.clone())
    }

    /// The channel as it is told to somebody who sees these channels: in no category that they do not see.
    #[must_use]
    pub fn told_among(self, visible: &BTreeSet<ChannelId>) -> Self {
        let parent = self.parent.filter(|parent| visible.contains(parent));
        self.moved_to(parent)
    }

    /// The channel in another category or in none; it follows its category no more if that is another.
    #[must_use]
    pub fn moved_to(mut self, parent: Option<ChannelId>) -> Self {
        self.follows_parent &= self.parent == parent;
        self.parent = parent;
        self
    }
}

/// Whom a moderator of the backend restricts in a channel, and until when; a time in the past has no effect.
pub type Restrictions = BTreeMap<UserKey, Timestamp>;

/// What kind of channel.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ChannelKind {
    /// Of a community: it holds messages.
    Text,
    /// Of a community: it holds channels, which name it as their parent, and no messages. It is in no other category.
    Category,
    /// The channel of a group.
    Group,
    /// The channel of a direct conversation.
    Direct,
}

impl ChannelKind {
    /// The kind of space that such channels are in.
    pub fn space(self) -> SpaceKind {
        match self {
            Self::Text | Self::Category => SpaceKind::Community,
            Self::Group => SpaceKind::Group,
            Self::Direct => SpaceKind::Direct,
        }
    }

    /// Whether it is the channel of a private conversation.
    pub fn is_private(self) -> bool {
        self.space().is_private()
    }
}

/// The kind of the channels with messages in a space of a kind.
impl From<SpaceKind> for ChannelKind {
    fn from(kind: SpaceKind) -> Self {
        match kind {
            SpaceKind::Community => Self::Text,
            SpaceKind::Group => Self::Group,
            SpaceKind::Direct => Self::Direct,
        }
    }
}

/// The most users who are restricted in one channel.
pub const MOST_RESTRICTED: usize = 1_000;

/// The longest slow mode: six hours.
pub const MAX_SLOW_MODE_S: u32 = 6 * 60 * 60;
