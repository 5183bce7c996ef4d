//! What backends tell each other of what is not stored.

use beep_core::id::{SpaceId, UserId};
use beep_core::transient::{Transient as CoreTransient, Typing as CoreTyping};
use serde::{Deserialize, Serialize};

use crate::gateway::Typing;
use crate::id::{Bare, Full};
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

/// How a user is seen, and by whom not.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Seen {
    /// How they are seen.
    pub presence: Presence,
    /// The users of the callee that are to be told nothing of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Full<UserId>>,
}

impl From<&CoreTransient> for Transient {
    fn from(transient: &CoreTransient) -> Self {
        match transient {
            CoreTransient::Typing(typing) => Self::Typing(InSpace { space: Bare(typing.space), typing: typing.into() }),
            CoreTransient::Presence { presence, except } => {
                let except = except.iter().map(Into::into).collect();
                Self::Presence(Seen { presence: presence.into(), except })
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
            Transient::Presence(Seen { presence, except }) => {
                let except = except.into_iter().map(|user| user.0).collect();
                Self::Presence { presence: presence.into(), except }
            }
        }
    }
}
