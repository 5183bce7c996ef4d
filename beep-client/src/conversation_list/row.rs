//! What is shown of a server or channel in its list.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, Sub};

use beep_core::id::{ChannelId, MessageId, SpaceId, UserId};
use beep_proto::id::{Bare, Full};
use beep_proto::view::{Channel, ChannelKind, Server};
use serde::Serialize;

use super::ReadMark;
use crate::list_place::ListPlace;

/// A server in the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerRow {
    /// Which server.
    pub id: Full<SpaceId>,
    /// The name.
    pub name: String,
    /// The icon, as an asset.
    pub icon: Option<String>,
    /// What is unread in its channels, without muted ones.
    #[serde(flatten)]
    pub totals: Totals,
}

impl ServerRow {
    pub(super) fn new(server: &Server, totals: Totals) -> Self {
        Self { id: server.id.clone(), name: server.name.clone(), icon: server.icon.clone(), totals }
    }
}

/// A channel in its list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChannelRow {
    /// Which channel.
    pub id: Full<ChannelId>,
    /// The kind of channel.
    pub kind: ChannelKind,
    /// The name; a private channel without one is shown by who takes part.
    pub name: Option<String>,
    /// The category that it is in, if that is in the list.
    pub parent_id: Option<Full<ChannelId>>,
    /// The position in its category, or among those in none.
    pub position: i32,
    /// Who takes part in a private channel.
    pub participants: Vec<Full<UserId>>,
    /// The newest message that was sent there.
    pub last_message_id: Option<Bare<MessageId>>,
    /// The last message that was read: the next one is the first that is new.
    pub last_read_id: Option<Bare<MessageId>>,
    /// How many messages are unread.
    pub unread: u32,
    /// Whether more than `unread` may be: some were sent while nobody counted.
    pub more: bool,
    /// How many unread messages are for the caller, as far as they are counted: those that mention them, and in a
    /// private channel all.
    pub mentions: u32,
    /// Whether it is muted.
    pub muted: bool,
    #[serde(skip)]
    place: ListPlace,
}

impl ChannelRow {
    pub(super) fn new(channel: &Channel, category: Option<&Channel>, mark: &ReadMark, muted: bool) -> Self {
        Self {
            parent_id: category.map(|category| category.id.clone()),
            place: ListPlace::new(channel, category),
            id: channel.id.clone(),
            kind: channel.kind,
            name: channel.name.clone(),
            position: channel.position,
            participants: channel.participants.clone(),
            last_message_id: channel.last_message_id,
            last_read_id: mark.last_read,
            unread: mark.unread.saturating_add(mark.uncounted.into()),
            more: mark.uncounted,
            mentions: mark.told_mentions.saturating_add(u32::try_from(mark.mentions.len()).unwrap_or(u32::MAX)),
            muted,
        }
    }

    /// Stands for a channel that is not there: it counts nothing.
    pub(super) fn default_for(id: &Full<ChannelId>) -> Self {
        Self {
            id: id.clone(),
            kind: ChannelKind::Text,
            name: None,
            parent_id: None,
            position: 0,
            participants: Vec::new(),
            last_message_id: None,
            last_read_id: None,
            unread: 0,
            more: false,
            mentions: 0,
            muted: false,
            place: ListPlace::default(),
        }
    }

    /// Whether something is unread.
    pub fn is_unread(&self) -> bool {
        self.unread > 0
    }

    /// The order of a list: by place in a server; the most recently used of the private ones first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        if self.kind.is_private() {
            return other.last_message_id.cmp(&self.last_message_id).then_with(|| self.id.cmp(&other.id));
        }
        self.place.cmp(&other.place)
    }

    pub(super) fn is_before(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Less
    }

    pub(super) fn counts(&self) -> Totals {
        if self.muted {
            return Totals::default();
        }
        Totals { unread_channels: self.is_unread().into(), mentions: self.mentions }
    }
}

/// What is unread in several channels.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Totals {
    /// How many channels have something unread.
    pub unread_channels: u32,
    /// How many unread messages are for the caller.
    pub mentions: u32,
}

impl Add for Totals {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            unread_channels: self.unread_channels.saturating_add(other.unread_channels),
            mentions: self.mentions.saturating_add(other.mentions),
        }
    }
}

impl Sub for Totals {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            unread_channels: self.unread_channels.saturating_sub(other.unread_channels),
            mentions: self.mentions.saturating_sub(other.mentions),
        }
    }
}

impl Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}
