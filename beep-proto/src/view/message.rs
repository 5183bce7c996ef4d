//! Messages.

use std::collections::BTreeSet;

use beep_core::content::{Content, Sealed};
use beep_core::id::{ChannelId, MessageId, UserId};
use beep_core::message::{Message as CoreMessage, Pin as CorePin};
use beep_core::reaction::Reaction as CoreReaction;
use beep_core::text::{Emoji, Nonce, Text};
use serde::{Deserialize, Serialize};

use super::{MOST_COUNTED, User, Via, ViewError, author, field, option};
use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::octets::Octets;
use crate::time::Time;

/// A message in a channel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// The id: greater than that of every earlier message of the channel.
    pub id: Bare<MessageId>,
    /// Where it was sent.
    pub channel_id: Full<ChannelId>,
    /// The user who sent it; `null` where `via` says who spoke.
    pub author: Option<Full<UserId>>,
    /// Who spoke, where that was no user.
    pub via: Option<Via>,
    /// What it says; empty where it is sealed.
    pub content: String,
    /// What it says, where only the devices of its readers can open it.
    pub sealed: Option<Octets>,
    /// When it was sent.
    pub created_at: Time,
    /// When it was last edited.
    pub edited_at: Option<Time>,
    /// The message that it replies to.
    pub reply_to: Option<Bare<MessageId>>,
    /// Files.
    pub attachments: Vec<Asset>,
    /// Who is mentioned.
    pub mentions: Vec<Full<UserId>>,
    /// Reactions, counted by emoji, in the order in which each was first used; at most 20.
    pub reactions: Vec<Reaction>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// The id that the sender chose for it.
    pub nonce: Option<String>,
}

/// A message that is pinned to its channel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pin {
    /// The message.
    pub message: Message,
    /// Who pinned it.
    pub pinned_by: Full<UserId>,
    /// When it was pinned.
    pub pinned_at: Time,
}

impl Pin {
    /// A pin as somebody sees it who reacted to messages with these.
    pub fn seen(pin: &CorePin, own: &BTreeSet<(MessageId, Emoji)>) -> Self {
        Self { message: Message::seen(&pin.message, own), pinned_by: (&pin.by).into(), pinned_at: pin.at.into() }
    }
}

/// A file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asset {
    /// The id.
    pub id: String,
    /// What it is called.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// The width of a picture in pixels.
    pub width: Option<u32>,
    /// The height of a picture in pixels.
    pub height: Option<u32>,
}

/// How many reacted with one emoji.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The emoji, fully qualified.
    pub emoji: String,
    /// How many.
    #[serde(deserialize_with = "lenient::number")]
    pub count: u64,
    /// Whether the caller is one of them; left out in events, which are the same for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub me: Option<bool>,
}

/// A user who reacted, as any user is seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reactor(pub User);

impl Reaction {
    /// What is counted, unless it is no emoji.
    pub(crate) fn read(&self) -> Option<CoreReaction> {
        Some(CoreReaction { emoji: Emoji::parse(&self.emoji).ok()?, count: self.count.min(MOST_COUNTED) })
    }
}

impl From<&CoreReaction> for Reaction {
    fn from(reaction: &CoreReaction) -> Self {
        Self { emoji: reaction.emoji.to_string(), count: reaction.count, me: None }
    }
}

impl Message {
    /// A message as somebody sees it who reacted to messages with these.
    pub fn seen(message: &CoreMessage, own: &BTreeSet<(MessageId, Emoji)>) -> Self {
        let reactions = message.reactions.iter().map(|reaction| Reaction {
            me: Some(own.contains(&(message.id, reaction.emoji.clone()))),
            ..reaction.into()
        });
        Self { reactions: reactions.collect(), ..message.into() }
    }

    /// Whether this release knows who spoke, and what kind of thing they said.
    pub fn is_known(&self) -> bool {
        self.via != Some(Via::Unknown) && (!self.content.is_empty() || self.sealed.is_some())
    }
}

impl From<&CoreMessage> for Message {
    fn from(message: &CoreMessage) -> Self {
        let (author, via) = author::parts(&message.author);
        Self {
            id: message.id.into(),
            channel_id: (&message.channel).into(),
            author,
            via,
            content: message.content.text().map(ToString::to_string).unwrap_or_default(),
            sealed: message.content.sealed().map(|sealed| Octets(sealed.octets().to_vec())),
            created_at: message.created_at.into(),
            edited_at: message.edited_at.map(Into::into),
            reply_to: message.reply_to.map(Bare),
            attachments: Vec::new(),
            mentions: Vec::new(),
            reactions: message.reactions.iter().map(Into::into).collect(),
            pinned: message.pinned,
            nonce: message.nonce.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<Message> for CoreMessage {
    type Error = ViewError;
    fn try_from(message: Message) -> Result<Self, ViewError> {
        Ok(Self {
            id: message.id.0,
            channel: message.channel_id.0,
            author: author::read(message.author, message.via)?,
            content: match message.sealed {
                Some(Octets(octets)) => Content::Sealed(field("sealed", Sealed::new(octets))?),
                None => Content::Plain(field("content", Text::parse(&message.content))?),
            },
            created_at: message.created_at.0,
            edited_at: message.edited_at.map(|at| at.0),
            reply_to: message.reply_to.map(|id| id.0),
            pinned: message.pinned,
            reactions: message.reactions.into_iter().filter_map(|reaction| reaction.read()).collect(),
            nonce: option("nonce", message.nonce, |text| Nonce::parse(text))?,
        })
    }
}
