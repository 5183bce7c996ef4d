//! The lists of servers and channels as an app holds them.

use std::fmt;
use std::sync::Arc;

use beep_core::id::{ChannelId, MessageId, SpaceId};
use beep_proto::id::{Bare, Full};

use super::shared::{Inner, Shared};
use crate::conversation_list::{ChannelRow, ServerRow, Totals};
use crate::watch::{Changes, Latest};

/// The servers and channels with what is unread in them, from [`Chat::lists`](crate::Chat::lists). What was read follows the
/// account: it is the same on every device.
#[derive(Clone)]
pub struct Lists(pub(super) Arc<Shared>);

impl Lists {
    /// The servers, oldest first.
    pub fn servers(&self) -> Vec<ServerRow> {
        self.0.lock().machine.reading.servers().rows().to_vec()
    }

    /// The changes of the servers.
    pub fn server_changes(&self) -> Changes<ServerRow> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        watchers.servers.watch(machine.reading.servers())
    }

    /// The channels of a server, in their order; of `None` the private ones, the most recently used first.
    pub fn channels(&self, server: Option<&Full<SpaceId>>) -> Vec<ChannelRow> {
        self.0.lock().machine.reading.channels(server).rows().to_vec()
    }

    /// The changes of the channels of a server, or of the private ones.
    pub fn channel_changes(&self, server: Option<&Full<SpaceId>>) -> Changes<ChannelRow> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        watchers.channels.get_or_insert_with(server.cloned(), Default::default).watch(machine.reading.channels(server))
    }

    /// What is unread in all, for the title and the icon of the app.
    pub fn totals(&self) -> Totals {
        self.0.lock().machine.reading.totals().rows().first().copied().unwrap_or_default()
    }

    /// The changes of what is unread in all.
    pub fn total_changes(&self) -> Latest<Totals> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        Latest(watchers.totals.watch(machine.reading.totals()))
    }

    /// Says that a channel was read to its end.
    pub fn mark_read(&self, channel: &Full<ChannelId>) {
        self.0.wish(|machine, _| machine.read(|reading, cache| reading.mark_read(channel, cache)));
    }

    /// Says that every channel of a server was read, or every private one.
    pub fn mark_server_read(&self, server: Option<&Full<SpaceId>>) {
        self.0.wish(|machine, _| machine.read(|reading, cache| reading.mark_server_read(server, cache)));
    }

    /// Makes a message the first unread one; `count` is how many there are from it on, if that is known.
    pub fn mark_unread(&self, channel: &Full<ChannelId>, message: Bare<MessageId>, count: Option<u32>) {
        self.0.wish(|machine, _| machine.read(|reading, cache| reading.mark_unread(channel, message, count, cache)));
    }

    /// Mutes a channel on this device, so that it counts nowhere, or ends that.
    pub fn set_muted(&self, channel: &Full<ChannelId>, muted: bool) {
        self.0.wish(|machine, _| machine.read(|reading, cache| reading.set_muted(channel, muted, cache)));
    }

    /// The first unread channel after one, in the order of the lists; from the beginning after the last.
    pub fn next_unread(&self, after: Option<&Full<ChannelId>>) -> Option<Full<ChannelId>> {
        self.0.lock().machine.reading.next_unread(after)
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lists")
    }
}
