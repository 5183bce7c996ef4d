//! What was read, kept on one device alone.

use beep_core::id::{ChannelId, MessageId, SpaceId};
use beep_proto::id::{Bare, Full};
use beep_proto::json;
use serde::{Deserialize, Serialize};

use super::own_messages::OwnMessages;
use super::read_state::{ReadMark, ReadState};
use crate::sorted::{SortedMap, SortedSet};

/// What was read, kept on this device, for a program that shows something else than the account has read. The program stores
/// its bytes.
#[derive(Clone, Debug, Default)]
pub struct DeviceReadState {
    stored: Stored,
    has_changed: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Stored {
    marks: SortedMap<Full<ChannelId>, ReadMark>,
    servers: SortedSet<Full<SpaceId>>,
    private: bool,
    sent: OwnMessages,
}

impl DeviceReadState {
    /// Starts from what [`Self::to_bytes`] gave. Bytes that cannot be read, as of a later release, count as none: then
    /// all is read.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        Self { stored: json::read(text).unwrap_or_default(), has_changed: false }
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

    /// Of one that appears in a server that was known, all is unread; else it is read.
    fn first_mark(
        &self,
        server: Option<&Full<SpaceId>>,
        last: Option<Bare<MessageId>>,
        _: Option<Bare<MessageId>>,
    ) -> ReadMark {
        let is_known = server.map_or(self.stored.private, |server| self.stored.servers.contains(server));
        if is_known { ReadMark::default() } else { ReadMark::of_read(last) }
    }

    fn forget(&mut self, channel: &Full<ChannelId>) {
        self.has_changed |= self.stored.marks.remove(channel).is_some();
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
        self.has_changed |= self.stored.sent.add(message);
    }

    fn is_own(&self, message: Bare<MessageId>) -> bool {
        self.stored.sent.contains(message)
    }
}
