//! What was read: the port, and how it is kept on this device.

use std::collections::VecDeque;

use beep_core::id::{ChannelId, Id, MessageId, SpaceId};
use beep_proto::id::{Bare, Full};
use beep_proto::json;
use serde::{Deserialize, Serialize};

use crate::sorted::{SortedMap, SortedSet};

/// Keeps what was read of each channel.
pub trait ReadState {
    /// What was read of a channel; `None` if nothing is known of it.
    fn mark(&self, channel: &Full<ChannelId>) -> Option<&ReadMark>;
    /// Keeps what was read of a channel.
    fn set(&mut self, channel: &Full<ChannelId>, mark: ReadMark);
    /// Forgets a channel that is gone.
    fn forget(&mut self, channel: &Full<ChannelId>);
    /// Whether a server, or for `None` the private channels, was there before: what is new there then is unread.
    fn is_known(&self, server: Option<&Full<SpaceId>>) -> bool;
    /// Notes that a server is there.
    fn visit(&mut self, server: Option<&Full<SpaceId>>);
    /// Notes that a server is gone.
    fn leave(&mut self, server: Option<&Full<SpaceId>>);
    /// Notes a message of the caller.
    fn sent(&mut self, message: Bare<MessageId>);
    /// Whether a message is of the caller, as far as it is remembered.
    fn is_own(&self, message: Bare<MessageId>) -> bool;
}

/// What was read of one channel.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct ReadMark {
    /// The last message that was read.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub last_read: Option<Bare<MessageId>>,
    /// The newest message that was counted.
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub counted: Option<Bare<MessageId>>,
    /// How many unread messages were counted.
    #[serde(rename = "u", skip_serializing_if = "is_zero")]
    pub unread: u32,
    /// Whether at least one more was sent while nobody counted.
    #[serde(rename = "x", skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
    /// The unread messages that mention the caller.
    #[serde(rename = "m", skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Bare<MessageId>>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl ReadMark {
    /// The greatest number of mentions that are counted in one channel.
    pub const MOST_MENTIONS: usize = 100;

    /// All is read, to this message.
    pub(super) fn of_read(last: Option<Bare<MessageId>>) -> Self {
        Self { last_read: last, counted: last, ..Self::default() }
    }

    /// Whether a message was counted, or is older than all that is.
    pub(super) fn is_counted(&self, message: Bare<MessageId>) -> bool {
        Some(message) <= self.counted
    }

    pub(super) fn read_all(&mut self) {
        *self = Self::of_read(self.counted.max(self.last_read));
    }

    /// Counts a new message of somebody else.
    pub(super) fn count(&mut self, message: Bare<MessageId>, is_mention: bool) {
        self.counted = Some(message);
        self.unread = self.unread.saturating_add(1);
        self.mention(message, is_mention);
    }

    /// Counts a new message of the caller: who writes has read what is there.
    pub(super) fn sent(&mut self, message: Bare<MessageId>) {
        *self = Self::of_read(Some(message));
    }

    /// Says whether a message mentions the caller.
    pub(super) fn mention(&mut self, message: Bare<MessageId>, is_mention: bool) {
        self.mentions.retain(|other| *other != message);
        if is_mention && Some(message) > self.last_read && self.mentions.len() < Self::MOST_MENTIONS {
            self.mentions.push(message);
        }
    }

    /// Notes that a message was deleted.
    pub(super) fn deleted(&mut self, message: Bare<MessageId>) {
        if Some(message) > self.counted {
            // It was sent and deleted before it was told.
            self.counted = Some(message);
        } else if Some(message) > self.last_read {
            self.mentions.retain(|other| *other != message);
            self.unread = self.unread.saturating_sub(1);
        }
        if self.unread == 0 && !self.uncounted {
            self.read_all();
        }
    }

    /// Notes which message is the newest: others may have been sent before it.
    pub(super) fn was_sent(&mut self, last: Option<Bare<MessageId>>) {
        if last > self.counted {
            self.counted = last;
            self.uncounted = last > self.last_read;
        }
    }

    /// Makes a message the first unread one.
    pub(super) fn unread_from(&mut self, message: Bare<MessageId>, count: Option<u32>) {
        let before = message.0.uuid().as_u128().saturating_sub(1);
        self.last_read = Some(Bare(MessageId::from_uuid(uuid::Uuid::from_u128(before))));
        self.counted = self.counted.max(Some(message));
        self.unread = count.unwrap_or(0);
        self.uncounted = self.unread == 0;
        self.mentions.retain(|mention| *mention >= message);
    }
}

/// What was read, kept on this device. The program stores its bytes.
#[derive(Clone, Debug, Default)]
pub struct DeviceReadState {
    stored: Stored,
    own: SortedSet<Bare<MessageId>>,
    has_changed: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Stored {
    marks: SortedMap<Full<ChannelId>, ReadMark>,
    servers: SortedSet<Full<SpaceId>>,
    private: bool,
    /// The latest messages of the caller, oldest first.
    sent: VecDeque<Bare<MessageId>>,
}

impl DeviceReadState {
    /// Starts from what [`Self::to_bytes`] gave. Bytes that cannot be read, as of a later release, count as none: then
    /// all is read.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let mut stored: Stored = json::read(text).unwrap_or_default();
        while stored.sent.len() > MOST_SENT {
            stored.sent.pop_front();
        }
        Self { own: stored.sent.iter().copied().collect(), stored, has_changed: false }
    }

    /// Whether something changed since the last call, so that [`Self::to_bytes`] is to be stored.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// What to store. It is the whole: store it every few seconds and at the end, not for each event.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.stored).unwrap_or_default()
    }
}

impl ReadState for DeviceReadState {
    fn mark(&self, channel: &Full<ChannelId>) -> Option<&ReadMark> {
        self.stored.marks.get(channel)
    }

    fn set(&mut self, channel: &Full<ChannelId>, mark: ReadMark) {
        self.has_changed |= self.stored.marks.get(channel) != Some(&mark);
        self.stored.marks.insert(channel.clone(), mark);
    }

    fn forget(&mut self, channel: &Full<ChannelId>) {
        self.has_changed |= self.stored.marks.remove(channel).is_some();
    }

    fn is_known(&self, server: Option<&Full<SpaceId>>) -> bool {
        server.map_or(self.stored.private, |server| self.stored.servers.contains(server))
    }

    fn visit(&mut self, server: Option<&Full<SpaceId>>) {
        self.has_changed |= match server {
            Some(server) => self.stored.servers.insert(server.clone()),
            None => !std::mem::replace(&mut self.stored.private, true),
        };
    }

    fn leave(&mut self, server: Option<&Full<SpaceId>>) {
        self.has_changed |= server.is_some_and(|server| self.stored.servers.remove(server));
    }

    fn sent(&mut self, message: Bare<MessageId>) {
        if !self.own.insert(message) {
            return;
        }
        self.has_changed = true;
        self.stored.sent.push_back(message);
        if self.stored.sent.len() > MOST_SENT
            && let Some(oldest) = self.stored.sent.pop_front()
        {
            self.own.remove(&oldest);
        }
    }

    fn is_own(&self, message: Bare<MessageId>) -> bool {
        self.own.contains(&message)
    }
}

/// How many messages of the caller are remembered, to know replies to them.
const MOST_SENT: usize = 500;
