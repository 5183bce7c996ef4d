//! Channels and their overrides.

use std::collections::BTreeMap;

use beep_core::channel::{Channel as CoreChannel, ChannelKind as CoreKind, Restrictions};
use beep_core::id::{ChannelId, ChannelKey, Id, MessageId, SpaceId, UserId};
use beep_core::permission::{self, Overrides, Target};
use beep_core::text::{ChannelName, Topic};
use serde::{Deserialize, Serialize};

use super::{ViewError, field, option};
use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::time::Time;
use crate::view::Permissions;

/// A channel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Channel {
    /// The id.
    pub id: Full<ChannelId>,
    /// The kind of channel.
    #[serde(deserialize_with = "lenient::channel_kind")]
    pub kind: ChannelKind,
    /// The server that it belongs to; `null` for a private channel.
    pub server_id: Option<Full<SpaceId>>,
    /// The category that it is in; `null` where it is in none that the caller may view.
    #[serde(default)]
    pub parent_id: Option<Full<ChannelId>>,
    /// Whether it follows its category, so that its overrides are those of the category.
    #[serde(default)]
    pub follows_parent: bool,
    /// The name.
    pub name: Option<String>,
    /// The topic; may be empty.
    pub topic: String,
    /// The position in the list, lowest first.
    #[serde(deserialize_with = "lenient::number")]
    pub position: i32,
    /// Slow mode: seconds that a member waits between two messages; 0 means none.
    #[serde(deserialize_with = "lenient::number")]
    pub slow_mode_s: u32,
    /// The overrides, by `role:<id>` or `member:<id>@<domain>`.
    pub overrides: OverrideSet,
    /// Whom a moderator of the backend restricts here, and until when; `9999-12-31T23:59:59.999Z` for always.
    #[serde(default)]
    pub restricted: RestrictionSet,
    /// Who takes part in a private channel, in the order in which they came: of a group, the first may remove others.
    pub participants: Vec<Full<UserId>>,
    /// The newest message that was sent here; it may have been deleted since.
    pub last_message_id: Option<Bare<MessageId>>,
    /// Send it with a change to detect a change of another editor.
    #[serde(deserialize_with = "lenient::number")]
    pub version: u64,
}

/// The kind of channel.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ChannelKind {
    /// Of a server, with messages.
    Text,
    /// Of a server: it holds channels, which name it as their `parent_id`, and no messages.
    Category,
    /// Private, for two people.
    Direct,
    /// Private, for several people.
    Group,
}

impl ChannelKind {
    /// Whether it is a private channel.
    pub fn is_private(self) -> bool {
        CoreKind::from(self).is_private()
    }
}

impl From<CoreKind> for ChannelKind {
    fn from(kind: CoreKind) -> Self {
        match kind {
            CoreKind::Text => Self::Text,
            CoreKind::Category => Self::Category,
            CoreKind::Group => Self::Group,
            CoreKind::Direct => Self::Direct,
        }
    }
}

impl From<ChannelKind> for CoreKind {
    fn from(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Text => Self::Text,
            ChannelKind::Category => Self::Category,
            ChannelKind::Group => Self::Group,
            ChannelKind::Direct => Self::Direct,
        }
    }
}

/// Overrides by `role:<id>` or `member:<id>@<domain>`.
pub type OverrideSet = BTreeMap<String, Override>;

/// Users by `<id>@<domain>` who are restricted, and until when.
pub type RestrictionSet = BTreeMap<String, Time>;

/// What is allowed and denied in one channel.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Override {
    /// Added.
    #[serde(default, deserialize_with = "lenient::permissions")]
    pub allow: Permissions,
    /// Taken away.
    #[serde(default, deserialize_with = "lenient::permissions")]
    pub deny: Permissions,
}

impl From<permission::Override> for Override {
    fn from(of: permission::Override) -> Self {
        Self { allow: of.allow.into(), deny: of.deny.into() }
    }
}

impl From<Override> for permission::Override {
    fn from(of: Override) -> Self {
        Self { allow: of.allow.0, deny: of.deny.0 }
    }
}

/// Spells the overrides of a channel.
fn spell(overrides: &Overrides) -> OverrideSet {
    let roles = overrides.roles().iter().map(|(role, of)| (format!("role:{role}"), (*of).into()));
    let members = overrides.members().iter().map(|(user, of)| (format!("member:{user}"), (*of).into()));
    roles.chain(members).collect()
}

/// Reads what [`spell`] wrote.
fn read(set: OverrideSet) -> Result<Overrides, ViewError> {
    let mut overrides = Overrides::default();
    for (target, of) in set {
        let target = if let Some(role) = target.strip_prefix("role:") {
            Target::Role(field("overrides", role.parse::<Bare<_>>())?.0)
        } else if let Some(user) = target.strip_prefix("member:") {
            Target::Member(field("overrides", user.parse::<Full<_>>())?.0)
        } else {
            return field("overrides", Err("must be for `role:<id>` or `member:<id>@<domain>`"));
        };
        overrides.set(&target, Some(of.into()));
    }
    Ok(overrides)
}

/// Reads who is restricted.
fn restrictions(set: RestrictionSet) -> Result<Restrictions, ViewError> {
    let read = |(user, until): (String, Time)| Ok((field("restricted", user.parse::<Full<_>>())?.0, until.0));
    set.into_iter().map(read).collect()
}

impl From<&CoreChannel> for Channel {
    fn from(channel: &CoreChannel) -> Self {
        Self {
            id: (&channel.id).into(),
            kind: channel.kind.into(),
            server_id: (!channel.kind.is_private()).then(|| channel.space_key().into()),
            parent_id: channel.parent.map(|parent| ChannelKey::new(parent, channel.id.home.clone()).into()),
            follows_parent: channel.follows_parent,
            name: channel.name.as_ref().map(ToString::to_string),
            topic: channel.topic.to_string(),
            position: channel.position,
            slow_mode_s: channel.slow_mode_s,
            overrides: spell(&channel.overrides),
            restricted: channel.restricted.iter().map(|(user, until)| (user.to_string(), (*until).into())).collect(),
            participants: channel.participants.iter().map(Into::into).collect(),
            last_message_id: channel.last_message.map(Bare),
            version: channel.version,
        }
    }
}

impl TryFrom<Channel> for CoreChannel {
    type Error = ViewError;
    fn try_from(channel: Channel) -> Result<Self, ViewError> {
        let kind = CoreKind::from(channel.kind);
        let server = match channel.server_id {
            Some(server) if !kind.is_private() => server.0.id,
            // A private space has the id of its channel.
            None if kind.is_private() => SpaceId::from_uuid(channel.id.0.id.uuid()),
            _ => return field("server_id", Err("must be there for a channel of a server, and for no other")),
        };
        let parent = match channel.parent_id {
            Some(parent) if parent.is_of(channel.id.home()) && kind == CoreKind::Text => Some(parent.0.id),
            Some(_) => return field("parent_id", Err("must be a category of the server of a channel with messages")),
            None => None,
        };
        Ok(Self {
            id: channel.id.0,
            server,
            kind,
            parent,
            follows_parent: channel.follows_parent && parent.is_some(),
            participants: channel.participants.into_iter().map(|user| user.0).collect(),
            name: option("name", channel.name, |name| ChannelName::parse(name))?,
            topic: field("topic", Topic::parse(&channel.topic))?,
            position: channel.position,
            slow_mode_s: channel.slow_mode_s,
            overrides: read(channel.overrides)?,
            restricted: restrictions(channel.restricted)?,
            last_message: channel.last_message_id.map(|id| id.0),
            version: channel.version,
        })
    }
}
