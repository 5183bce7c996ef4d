//! Messages.

use beep_core::content::{Content, Sealed};
use beep_core::id::{ChannelId, MessageId, UserId};
use beep_core::message::Message as CoreMessage;
use beep_core::text::{Nonce, Text};
use serde::{Deserialize, Serialize};

use super::{Via, ViewError, author, field, option};
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
    /// Reactions, counted by emoji.
    pub reactions: Vec<Reaction>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// The id that the sender chose for it.
    pub nonce: Option<String>,
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
    /// The emoji.
    pub emoji: String,
    /// How many.
    pub count: u64,
    /// Whether the caller is one of them; left out in events, which are the same for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub me: Option<bool>,
}

impl Message {
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
            reactions: Vec::new(),
            pinned: false,
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
            nonce: option("nonce", message.nonce, |text| Nonce::parse(text))?,
        })
    }
}
