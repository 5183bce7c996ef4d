//! Presence: whether somebody is there.

use beep_core::id::UserId;
use beep_core::presence::{Availability, Presence as CorePresence};
use beep_core::text::{StatusEmoji, StatusText};
use serde::{Deserialize, Serialize};

use crate::foreign::lenient;
use crate::id::Full;

/// Whether somebody is there, as they want to be seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presence {
    /// Who.
    pub user: Full<UserId>,
    /// How available they are.
    #[serde(deserialize_with = "lenient::presence_status")]
    pub status: PresenceStatus,
    /// A few words beside it.
    pub text: Option<String>,
    /// An emoji beside it.
    pub emoji: Option<String>,
}

/// How available somebody is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PresenceStatus {
    /// They are there.
    Online,
    /// They are away for a while.
    Idle,
    /// They do not want to be disturbed.
    Dnd,
    /// They are there and look offline to others; only they are told.
    Invisible,
    /// They are not there.
    Offline,
}

impl From<&CorePresence> for Presence {
    fn from(presence: &CorePresence) -> Self {
        Self {
            user: (&presence.user).into(),
            status: match presence.availability {
                Some(Availability::Online) => PresenceStatus::Online,
                Some(Availability::Idle) => PresenceStatus::Idle,
                Some(Availability::DoNotDisturb) => PresenceStatus::Dnd,
                Some(Availability::Invisible) => PresenceStatus::Invisible,
                None => PresenceStatus::Offline,
            },
            text: presence.text.as_ref().map(ToString::to_string),
            emoji: presence.emoji.as_ref().map(ToString::to_string),
        }
    }
}

/// What another backend says of its user: words that do not fit are left out.
impl From<Presence> for CorePresence {
    fn from(presence: Presence) -> Self {
        let Presence { user, status, text, emoji } = presence;
        let availability = match status {
            PresenceStatus::Online => Some(Availability::Online),
            PresenceStatus::Idle => Some(Availability::Idle),
            PresenceStatus::Dnd => Some(Availability::DoNotDisturb),
            // Nobody else is to know that somebody is invisible.
            PresenceStatus::Invisible | PresenceStatus::Offline => return Self::offline(user.0),
        };
        let text = text.and_then(|text| StatusText::parse(&text).ok());
        let emoji = emoji.and_then(|emoji| StatusEmoji::parse(&emoji).ok());
        Self { user: user.0, availability, text, emoji }
    }
}
