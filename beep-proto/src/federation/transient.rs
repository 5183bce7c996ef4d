//! What backends tell each other of what is not stored.

use beep_core::id::SpaceId;
use beep_core::transient::{Transient as CoreTransient, Typing as CoreTyping};
use serde::{Deserialize, Serialize};

use crate::gateway::Typing;
use crate::id::Bare;
use crate::view::Presence;

/// Something that is not stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", content = "data")]
pub enum Transient {
    /// Somebody is writing in a channel of the caller.
    #[serde(rename = "typing.started")]
    Typing(InSpace),
    /// A user of the caller came, went, or is seen otherwise.
    #[serde(rename = "presence.updated")]
    Presence(Seen),
}

/// Who is writing where.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct InSpace {
    /// The space of the channel.
    pub space: Bare<SpaceId>,
    /// Who, and in which channel.
    pub typing: Typing,
}

/// How a user is seen, and by whom.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Seen {
    /// How they are seen.
    pub presence: Presence,
    /// Whether friends alone may see it.
    pub friends_only: bool,
}

impl From<&CoreTransient> for Transient {
    fn from(transient: &CoreTransient) -> Self {
        match transient {
            CoreTransient::Typing(typing) => Self::Typing(InSpace { space: Bare(typing.space), typing: typing.into() }),
            CoreTransient::Presence { presence, friends_only } => {
                Self::Presence(Seen { presence: presence.into(), friends_only: *friends_only })
            }
        }
    }
}

impl From<Transient> for CoreTransient {
    fn from(transient: Transient) -> Self {
        match transient {
            Transient::Typing(InSpace { space, typing: Typing { channel_id, user, until } }) => {
                Self::Typing(CoreTyping { channel: channel_id.0, space: space.0, user: user.0, until: until.0 })
            }
            Transient::Presence(Seen { presence, friends_only }) => {
                Self::Presence { presence: presence.into(), friends_only }
            }
        }
    }
}
