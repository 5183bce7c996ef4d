//! A channel: where messages are, in the order that its owner gave them.

use crate::id::{ChannelKey, MessageId, Qualified, SpaceId, SpaceKey};
use crate::permission::Overrides;
use crate::text::{ChannelName, Topic};

/// A channel of a space.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Channel {
    /// Its name among all backends; its home is the home of its server.
    pub id: ChannelKey,
    /// The server that it belongs to.
    pub server: SpaceId,
    /// What it is called; always there in a community. A private conversation without a name is shown by who is in it.
    pub name: Option<ChannelName>,
    /// What it is about; may be empty.
    pub topic: Topic,
    /// Its place in the list, lowest first; equal places sort by id.
    pub position: i32,
    /// Seconds that a member waits between two messages; 0 means none.
    pub slow_mode_s: u32,
    /// Who may do more or less here than in the server.
    pub overrides: Overrides,
    /// The youngest message that was sent here, which may have been deleted since.
    pub last_message: Option<MessageId>,
    /// Counts the changes of the fields that editors change; starts at 1.
    pub version: u64,
}

impl Channel {
    /// The server with its home.
    pub fn space_key(&self) -> SpaceKey {
        Qualified::new(self.server, self.id.home.clone())
    }
}

/// The longest slow mode: six hours.
pub const MAX_SLOW_MODE_S: u32 = 6 * 60 * 60;
