//! What is told to those who are there, and never stored: who is not there hears nothing of it later.

use crate::id::{ChannelKey, SpaceId, SpaceKey, UserKey};
use crate::presence::Presence;
use crate::time::Timestamp;

/// Something that is told and never stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transient {
    /// Somebody is writing a message.
    Typing(Typing),
    /// Somebody came, went, or chose another presence.
    Presence {
        /// As others see them.
        presence: Presence,
        /// Whether friends alone may see it.
        friends_only: bool,
    },
}

/// Somebody is writing a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Typing {
    /// Where.
    pub channel: ChannelKey,
    /// The space of the channel.
    pub space: SpaceId,
    /// Who.
    pub user: UserKey,
    /// Until when they count as writing, unless it is said again.
    pub until: Timestamp,
}

impl Typing {
    /// The space of the channel.
    pub fn space_key(&self) -> SpaceKey {
        SpaceKey::new(self.space, self.channel.home.clone())
    }
}
