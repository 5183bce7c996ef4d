//! A channel: a sequence of messages, ordered by its owner.

use crate::id::{ChannelKey, MessageId, Qualified, SpaceId, SpaceKey};
use crate::permission::Overrides;
use crate::text::{ChannelName, Topic};

/// A channel of a space.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Channel {
    /// Its qualified id; its home is the home of its server.
    pub id: ChannelKey,
    /// The server that it belongs to.
    pub server: SpaceId,
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
    /// The newest message that was sent here; it may have been deleted since.
    pub last_message: Option<MessageId>,
    /// The number of edits of the channel; starts at 1.
    pub version: u64,
}

impl Channel {
    /// A new channel without a topic, slow mode and overrides, in the first place.
    pub fn new(id: ChannelKey, space: SpaceId, name: Option<ChannelName>) -> Self {
        Self {
            id,
            server: space,
            name,
            topic: Topic::parse("").expect("an empty topic fits"),
            position: 0,
            slow_mode_s: 0,
            overrides: Overrides::default(),
            last_message: None,
            version: 1,
        }
    }

    /// The server with its home.
    pub fn space_key(&self) -> SpaceKey {
        Qualified::new(self.server, self.id.home.clone())
    }
}

/// The longest slow mode: six hours.
pub const MAX_SLOW_MODE_S: u32 = 6 * 60 * 60;
