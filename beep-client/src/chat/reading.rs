//! What is unread, and kept of it: the lists of servers and channels over the marks of the account.

use std::time::Duration;

use beep_core::id::{ChannelId, MessageId, SpaceId};
use beep_proto::gateway::{Event, Ready};
use beep_proto::id::{Bare, Full};
use beep_proto::view::ReadState;

use crate::cache::Cache;
use crate::conversation_list::{AccountReadState, ChannelRow, Conversations, ReadCall, ServerRow, Totals, Writers};
use crate::error::Error;
use crate::moment::Moment;
use crate::observe::ObservedList;
use crate::sorted::SortedSet;

/// The lists of servers and channels, from the first snapshot on.
#[derive(Debug)]
pub(crate) struct Reading {
    lists: Option<Conversations<AccountReadState>>,
    /// What was read, until there are lists.
    stored: AccountReadState,
    muted: SortedSet<Full<ChannelId>>,
    mutes_changed: bool,
    totals: ObservedList<Totals>,
    none: ObservedList<ServerRow>,
    no_channels: ObservedList<ChannelRow>,
}

impl Default for Reading {
    fn default() -> Self {
        let mut totals = ObservedList::default();
        totals.insert(0, vec![Totals::default()]);
        Self {
            lists: None,
            stored: AccountReadState::default(),
            muted: SortedSet::new(),
            mutes_changed: false,
            totals,
            none: ObservedList::default(),
            no_channels: ObservedList::default(),
        }
    }
}

impl Reading {
    /// Takes what was stored, before the first snapshot.
    pub(crate) fn restore(&mut self, reads: Option<&[u8]>, muted: SortedSet<Full<ChannelId>>) {
        self.stored = reads.map(AccountReadState::from_bytes).unwrap_or_default();
        self.muted = muted;
    }

    /// Begins, or begins anew, with a snapshot.
    pub(crate) fn restart(&mut self, ready: &Ready, cache: &Cache) {
        let reads = self.lists.as_mut().map_or(&mut self.stored, Conversations::reads);
        reads.restart(&ready.read_state, &ready.incomplete, cache);
        self.resume(cache);
    }

    /// Begins, or begins anew, with a state that was stored.
    pub(crate) fn resume(&mut self, cache: &Cache) {
        match &mut self.lists {
            Some(lists) => lists.restart(cache),
            None => {
                let mut lists = Conversations::new(cache, std::mem::take(&mut self.stored));
                for channel in self.muted.iter() {
                    lists.set_muted(channel, true, cache);
                }
                self.lists = Some(lists);
            }
        }
    }

    /// Follows an event that the cache has applied.
    pub(crate) fn apply(&mut self, event: &Event, cache: &Cache, writers: Writers<'_>) {
        if let Some(lists) = &mut self.lists {
            lists.apply(event, cache, writers);
        }
    }

    /// The next question for the backend.
    pub(crate) fn next(&mut self, now: Moment) -> Option<ReadCall> {
        self.lists.as_mut()?.reads().next(now)
    }

    /// When there is one next.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.lists.as_ref()?.read_state().due()
    }

    /// The network is back.
    pub(crate) fn hurry(&mut self) {
        if let Some(lists) = &mut self.lists {
            lists.reads().hurry();
        }
    }

    /// How a question ended.
    pub(crate) fn answered(&mut self, answer: Result<Option<ReadState>, Error>, cache: &Cache, now: Moment) {
        let Some(lists) = &mut self.lists else { return };
        if let Some(channel) = lists.reads().answered(answer, now) {
            lists.marked(&channel, cache);
        }
    }

    /// The servers, to watch.
    pub(crate) fn servers(&mut self) -> &mut ObservedList<ServerRow> {
        self.lists.as_mut().map_or(&mut self.none, Conversations::servers)
    }

    /// The channels of a server, or the private ones, to watch.
    pub(crate) fn channels(&mut self, server: Option<&Full<SpaceId>>) -> &mut ObservedList<ChannelRow> {
        match &mut self.lists {
            Some(lists) => lists.channels(server),
            None => &mut self.no_channels,
        }
    }

    /// What is unread in all, as a list of one row, to watch.
    pub(crate) fn totals(&mut self) -> &mut ObservedList<Totals> {
        let totals = self.lists.as_ref().map(Conversations::totals).unwrap_or_default();
        self.totals.update(0, totals);
        &mut self.totals
    }

    /// A channel was read to its end.
    pub(crate) fn mark_read(&mut self, channel: &Full<ChannelId>, cache: &Cache) {
        if let Some(lists) = &mut self.lists {
            lists.mark_read(channel, cache);
        }
    }

    /// All channels of a server were read, or all private ones.
    pub(crate) fn mark_server_read(&mut self, server: Option<&Full<SpaceId>>, cache: &Cache) {
        if let Some(lists) = &mut self.lists {
            lists.mark_server_read(server, cache);
        }
    }

    /// A message is to be the first unread one.
    pub(crate) fn mark_unread(
        &mut self,
        channel: &Full<ChannelId>,
        message: Bare<MessageId>,
        count: Option<u32>,
        cache: &Cache,
    ) {
        if let Some(lists) = &mut self.lists {
            lists.mark_unread(channel, message, count, cache);
        }
    }

    /// A channel is not to count, or to count again.
    pub(crate) fn set_muted(&mut self, channel: &Full<ChannelId>, muted: bool, cache: &Cache) {
        self.mutes_changed |= if muted { self.muted.insert(channel.clone()) } else { self.muted.remove(channel) };
        if let Some(lists) = &mut self.lists {
            lists.set_muted(channel, muted, cache);
        }
    }

    /// The first unread channel after one.
    pub(crate) fn next_unread(&self, after: Option<&Full<ChannelId>>) -> Option<Full<ChannelId>> {
        self.lists.as_ref()?.next_unread(after)
    }

    /// Whether what was read changed since the last call, and is to be stored.
    pub(crate) fn take_read(&mut self) -> bool {
        self.lists.as_mut().is_some_and(|lists| lists.reads().take_changed())
    }

    /// Whether what is muted changed since the last call, and is to be stored.
    pub(crate) fn take_muted(&mut self) -> bool {
        std::mem::take(&mut self.mutes_changed)
    }

    /// What was read, to store.
    pub(crate) fn reads(&self) -> Option<Vec<u8>> {
        self.lists.as_ref().map(|lists| lists.read_state().to_bytes())
    }

    /// What is muted, to store.
    pub(crate) fn muted(&self) -> &SortedSet<Full<ChannelId>> {
        &self.muted
    }

    /// The lists of channels with a change that nobody took.
    pub(crate) fn changed_channels(
        &mut self,
    ) -> impl Iterator<Item = (&Option<Full<SpaceId>>, &mut ObservedList<ChannelRow>)> {
        self.lists.iter_mut().flat_map(Conversations::changed_channels)
    }
}
