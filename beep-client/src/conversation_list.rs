//! The servers and channels of the caller as they are listed, with what is unread.
//!
//! [`Conversations`] follows a [`Cache`]: each event goes to the cache first. Its lists are [`ObservedList`]s, so what a
//! view has to do follows what changed. What was read is kept by a [`ReadState`]: for the account, or for
//! this device alone.
//!
//! ```
//! use beep_client::conversation_list::{Conversations, DeviceReadState, Writers};
//! use beep_client::{Cache, Event};
//!
//! fn start(cache: &Cache, stored: &[u8]) -> Conversations<DeviceReadState> {
//!     Conversations::new(cache, DeviceReadState::from_bytes(stored))
//! }
//!
//! fn follow(conversations: &mut Conversations<DeviceReadState>, cache: &mut Cache, event: &Event) {
//!     cache.apply(event);
//!     let unknown = Writers { roles_of: &|_, _| None, is_blocked: &|_| false };
//!     conversations.apply(event, cache, unknown);
//!     for step in conversations.servers().take() {
//!         println!("{step:?}");
//!     }
//! }
//! ```

mod account_read_state;
mod device_read_state;
mod mention;
mod own_messages;
mod read_state;
mod row;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use beep_core::id::{ChannelId, Id, MessageId, SpaceId};
use beep_proto::gateway::{Event, EventData, Joined};
use beep_proto::id::{Bare, Full};
use beep_proto::view::{self, Channel, ChannelKind, Message};

pub use self::account_read_state::AccountReadState;
pub(crate) use self::account_read_state::ReadCall;
pub use self::device_read_state::DeviceReadState;
pub use self::mention::{RolesOf, Writers};
pub use self::read_state::{ReadMark, ReadState, ReadWish};
pub use self::row::{ChannelRow, ServerRow, Totals};
use crate::cache::Cache;
use crate::observe::ObservedList;

/// The lists of servers and channels.
#[derive(Debug)]
pub struct Conversations<R> {
    reads: R,
    servers: ObservedList<ServerRow>,
    /// The channels of each server, and the private ones.
    channels: HashMap<Option<Full<SpaceId>>, ObservedList<ChannelRow>>,
    entries: HashMap<Full<ChannelId>, Entry>,
    muted: HashSet<Full<ChannelId>>,
    totals: Totals,
    /// Given for a list that is not there.
    none: ObservedList<ChannelRow>,
}

/// What is remembered of a channel in a list.
#[derive(Debug)]
struct Entry {
    server: Option<Full<SpaceId>>,
    /// Its row, by which its place is found.
    row: ChannelRow,
    /// The number of the last event of its stream.
    seq: u64,
}

impl<R: ReadState> Conversations<R> {
    /// Starts from a state, and what was read of it. Where nothing was read before, all is.
    pub fn new(cache: &Cache, reads: R) -> Self {
        let mut conversations = Self {
            reads,
            servers: ObservedList::default(),
            channels: HashMap::new(),
            entries: HashMap::new(),
            muted: HashSet::new(),
            totals: Totals::default(),
            none: ObservedList::default(),
        };
        conversations.restart(cache);
        conversations
    }

    /// Starts over from another state, after a snapshot: what is the same stays in its place.
    pub fn restart(&mut self, cache: &Cache) {
        let mut lists: Vec<_> = self.channels.keys().filter_map(Clone::clone).collect();
        lists.extend(cache.servers().map(|held| held.server.id.clone()));
        lists.sort_unstable();
        lists.dedup();
        for server in lists {
            self.list_again(Some(&server), cache);
        }
        self.list_again(None, cache);
    }

    /// The servers, as they are shown: oldest first.
    pub fn servers(&mut self) -> &mut ObservedList<ServerRow> {
        &mut self.servers
    }

    /// The channels of a server, as they are shown: those in no category, then each category with its channels; of `None` the private ones, the most recently used first. Empty for
    /// a server that is not known.
    pub fn channels(&mut self, server: Option<&Full<SpaceId>>) -> &mut ObservedList<ChannelRow> {
        self.channels.get_mut(&server.cloned()).unwrap_or(&mut self.none)
    }

    /// What is unread in all, without muted channels: for the title and the icon of the app.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// What was read, for the program to store.
    pub fn reads(&mut self) -> &mut R {
        &mut self.reads
    }

    /// The same, to look at.
    pub fn read_state(&self) -> &R {
        &self.reads
    }

    /// The lists of channels that have changes to take, with their servers; that of the private ones has none.
    pub fn changed_channels(
        &mut self,
    ) -> impl Iterator<Item = (&Option<Full<SpaceId>>, &mut ObservedList<ChannelRow>)> {
        self.channels.iter_mut().filter(|(_, list)| list.has_changed())
    }

    /// Follows an event that `cache` has applied.
    pub fn apply(&mut self, event: &Event, cache: &Cache, writers: Writers<'_>) {
        match &event.data {
            EventData::MessageCreated(message) | EventData::MessageUpdated(message) => {
                self.said(message, event, cache, writers);
            }
            EventData::MessageDeleted(gone) => {
                self.deleted(&gone.channel_id, gone.id, event.seq, cache);
            }
            EventData::ReadUpdated(state) => self.told(state, cache),
            EventData::MessagePinned(moved) | EventData::MessageUnpinned(moved) => {
                self.refresh(&moved.channel_id, cache);
            }
            EventData::ReactionAdded(moved) | EventData::ReactionRemoved(moved) => {
                self.refresh(&moved.channel_id, cache);
            }
            EventData::ChannelCreated(state) => self.refresh_with_children(&state.channel.id, cache),
            EventData::ChannelUpdated(channel) => self.refresh_with_children(&channel.id, cache),
            EventData::ChannelDeleted(gone) => self.refresh_with_children(&gone.id, cache),
            EventData::ChannelMemberAdded(moved) | EventData::ChannelMemberRemoved(moved) => {
                self.refresh(&moved.channel_id, cache);
            }
            EventData::ServerUpdated(server) => self.refresh_server(&server.id, cache),
            EventData::ServerDeleted(gone) => self.list_again(Some(&gone.id), cache),
            EventData::MemberJoined(Joined { server: Some(state), .. }) => {
                self.list_again(Some(&state.server.id), cache);
            }
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) if gone.user == cache.me().id => {
                self.list_again(Some(&gone.server_id), cache);
            }
            _ => {}
        }
    }

    /// Takes what the backend says that the caller has read.
    fn told(&mut self, state: &view::ReadState, cache: &Cache) {
        self.reads.told(state);
        self.marked(&state.channel, cache);
    }

    /// The mark of a channel may be another one.
    pub fn marked(&mut self, channel: &Full<ChannelId>, cache: &Cache) {
        if self.entries.contains_key(channel) {
            self.refresh(channel, cache);
        }
    }

    /// Says that a channel was read to its end.
    pub fn mark_read(&mut self, channel: &Full<ChannelId>, cache: &Cache) {
        let Some(last) =
            self.reads.mark(channel).filter(|mark| mark.counted > mark.last_read).and_then(|mark| mark.counted)
        else {
            return;
        };
        self.reads.wish(channel, ReadWish::Read(last));
        self.change(channel, cache, ReadMark::read_all);
    }

    /// Says that every channel of a server was read, or every private one.
    pub fn mark_server_read(&mut self, server: Option<&Full<SpaceId>>, cache: &Cache) {
        let of_server = self.entries.iter().filter(|(_, entry)| entry.server.as_ref() == server);
        let unread: Vec<_> = of_server.filter(|(_, entry)| entry.row.is_unread()).map(|(id, _)| id.clone()).collect();
        if let Some(server) = server.filter(|_| !unread.is_empty()) {
            unread.iter().for_each(|channel| self.change(channel, cache, ReadMark::read_all));
            self.reads.wish_server(server);
            return;
        }
        for channel in unread {
            self.mark_read(&channel, cache);
        }
    }

    /// Makes a message the first unread one. `count` is how many there are from it on, if that is known.
    pub fn mark_unread(
        &mut self,
        channel: &Full<ChannelId>,
        message: Bare<MessageId>,
        count: Option<u32>,
        cache: &Cache,
    ) {
        if self.entries.contains_key(channel) {
            self.reads.wish(channel, ReadWish::Unread(message));
        }
        self.change(channel, cache, |mark| mark.unread_from(message, count));
    }

    /// Mutes a channel, so that it does not count in its server and in all, or ends that. Kept by the caller.
    pub fn set_muted(&mut self, channel: &Full<ChannelId>, muted: bool, cache: &Cache) {
        let changed = if muted { self.muted.insert(channel.clone()) } else { self.muted.remove(channel) };
        if changed {
            self.refresh(channel, cache);
        }
    }

    /// The first unread channel after one in the order of the lists, the private ones before the servers; from the
    /// beginning after the last. Muted ones are passed over.
    pub fn next_unread(&self, after: Option<&Full<ChannelId>>) -> Option<Full<ChannelId>> {
        let servers = self.servers.rows().iter().map(|row| Some(row.id.clone()));
        let lists = std::iter::once(None).chain(servers);
        let rows: Vec<&ChannelRow> =
            lists.filter_map(|server| self.channels.get(&server)).flat_map(|list| list.rows()).collect();
        let start = after.and_then(|after| rows.iter().position(|row| row.id == *after)).map_or(0, |at| at + 1);
        let (before, behind) = rows.split_at(start);
        let counts = |row: &&&ChannelRow| row.is_unread() && !row.muted && Some(&row.id) != after;
        behind.iter().chain(before).find(counts).map(|row| row.id.clone())
    }

    /// Whether an event of a channel was not applied before.
    fn is_new(&mut self, channel: &Full<ChannelId>, seq: u64) -> bool {
        let Some(entry) = self.entries.get_mut(channel) else { return false };
        let is_new = seq == 0 || seq > entry.seq;
        entry.seq = entry.seq.max(seq);
        is_new
    }

    fn said(&mut self, message: &Message, event: &Event, cache: &Cache, writers: Writers<'_>) {
        if !self.is_new(&message.channel_id, event.seq) {
            return;
        }
        let is_own = message.author.as_ref() == Some(&cache.me().id);
        if is_own {
            self.reads.sent(message.id);
            // Said as well, since the message may be deleted.
            if self.reads.mark(&message.channel_id).is_some_and(|mark| mark.is_unread() && !mark.is_counted(message.id))
            {
                self.reads.wish(&message.channel_id, ReadWish::Read(message.id));
            }
        }
        let is_mention = mention::is_for_me(message, event.at.0, cache, &self.reads, writers);
        let is_edited = matches!(event.data, EventData::MessageUpdated(_));
        self.change(&message.channel_id, cache, |mark| {
            // An edited message may be told for the first time.
            match (mark.is_counted(message.id), is_own) {
                (true, _) => mark.mention(message.id, is_mention, is_edited),
                (false, true) => mark.sent(message.id),
                (false, false) => mark.count(message.id, is_mention),
            }
        });
    }

    fn deleted(&mut self, channel: &Full<ChannelId>, message: Bare<MessageId>, seq: u64, cache: &Cache) {
        if !self.is_new(channel, seq) {
            return;
        }
        self.change(channel, cache, |mark| mark.deleted(message));
    }

    /// Changes what was read of a channel in a list.
    fn change(&mut self, channel: &Full<ChannelId>, cache: &Cache, change: impl FnOnce(&mut ReadMark)) {
        if !self.entries.contains_key(channel) {
            return;
        }
        let mut mark = self.reads.mark(channel).cloned().unwrap_or_default();
        change(&mut mark);
        self.reads.set(channel, mark);
        self.refresh(channel, cache);
    }

    /// Brings the row of a channel up to date, and those of the channels in it.
    fn refresh_with_children(&mut self, id: &Full<ChannelId>, cache: &Cache) {
        let is_category = |kind: ChannelKind| kind == ChannelKind::Category;
        let was = self.entries.get(id).is_some_and(|entry| is_category(entry.row.kind));
        let is = cache.channel(id).is_some_and(|channel| is_category(channel.kind));
        self.refresh(id, cache);
        if !was && !is {
            return;
        }
        let held = cache.channels().filter(|channel| channel.parent_id.as_ref() == Some(id)).map(|channel| &channel.id);
        let listed = self.entries.iter().filter(|(_, entry)| entry.row.parent_id.as_ref() == Some(id));
        let children: Vec<_> = held.chain(listed.map(|(child, _)| child)).cloned().collect();
        for child in children {
            self.refresh(&child, cache);
        }
    }

    /// Brings the row of a channel up to date, whether or not it is there.
    fn refresh(&mut self, id: &Full<ChannelId>, cache: &Cache) {
        let Some(channel) = cache.channel(id) else { return self.remove(id) };
        let row = self.row(channel, cache);
        let server = channel.server_id.clone();
        let Some(entry) = self.entries.get_mut(id) else {
            let list = self.channels.entry(server.clone()).or_default();
            let at = list.rows().partition_point(|other| other.is_before(&row));
            list.insert(at, vec![row.clone()]);
            self.entries.insert(id.clone(), Entry { server: server.clone(), row: row.clone(), seq: 0 });
            return self.count(server.as_ref(), &ChannelRow::default_for(id), &row);
        };
        if entry.row == row {
            return;
        }
        let before = std::mem::replace(&mut entry.row, row.clone());
        if let Some(list) = self.channels.get_mut(&server) {
            let from = list.rows().partition_point(|other| other.is_before(&before));
            let passed = list.rows().partition_point(|other| other.is_before(&row));
            let to = if passed > from { passed - 1 } else { passed };
            list.relocate(from, to, row.clone());
        }
        self.count(server.as_ref(), &before, &row);
    }

    fn remove(&mut self, id: &Full<ChannelId>) {
        let Some(Entry { server, row, .. }) = self.entries.remove(id) else { return };
        self.reads.forget(id);
        if let Some(list) = self.channels.get_mut(&server) {
            let at = list.rows().partition_point(|other| other.is_before(&row));
            list.remove(at, 1);
        }
        self.count(server.as_ref(), &row, &ChannelRow::default_for(id));
    }

    /// Makes the list of a server anew; it may have come or gone.
    fn list_again(&mut self, server: Option<&Full<SpaceId>>, cache: &Cache) {
        let is_there = server.is_none_or(|server| cache.server(server).is_some());
        let channels: Vec<&Channel> = if is_there {
            cache.channels().filter(|channel| channel.server_id.as_ref() == server).collect()
        } else {
            Vec::new()
        };
        let mut rows: Vec<_> = channels.into_iter().map(|channel| self.row(channel, cache)).collect();
        rows.sort_by(|a, b| a.order(b));
        let staying: HashSet<_> = rows.iter().map(|row| row.id.clone()).collect();
        let of_list = self.entries.iter().filter(|(_, entry)| entry.server.as_ref() == server);
        let gone: Vec<_> = of_list.filter(|(id, _)| !staying.contains(*id)).map(|(id, _)| id.clone()).collect();
        for id in gone {
            self.entries.remove(&id);
            self.reads.forget(&id);
        }
        for row in &rows {
            let seq = self.entries.get(&row.id).map_or(0, |entry| entry.seq);
            self.entries.insert(row.id.clone(), Entry { server: server.cloned(), row: row.clone(), seq });
        }
        if is_there {
            self.reads.visit(server);
            self.channels.entry(server.cloned()).or_default().replace(rows, |row| row.id.clone());
        } else {
            self.reads.leave(server);
            self.channels.remove(&server.cloned());
        }
        if let Some(server) = server {
            self.refresh_server(server, cache);
        }
        self.totals = self.channels.values().flat_map(|list| list.rows()).map(ChannelRow::counts).sum();
    }

    /// Brings the row of a server up to date, whether or not it is there.
    fn refresh_server(&mut self, id: &Full<SpaceId>, cache: &Cache) {
        let place = self.servers.rows().binary_search_by(|row| row.id.cmp(id));
        match (cache.server(id), place) {
            (None, Ok(at)) => self.servers.remove(at, 1),
            (None, Err(_)) => {}
            (Some(held), place) => {
                let list = self.channels.get(&Some(id.clone()));
                let counts = list.into_iter().flat_map(|list| list.rows()).map(ChannelRow::counts).sum();
                let row = ServerRow::new(&held.server, counts);
                match place {
                    Ok(at) => self.servers.update(at, row),
                    Err(at) => self.servers.insert(at, vec![row]),
                }
            }
        }
    }

    /// Counts a row in place of another, in its server and in all.
    fn count(&mut self, server: Option<&Full<SpaceId>>, before: &ChannelRow, after: &ChannelRow) {
        let (before, after) = (before.counts(), after.counts());
        self.totals = self.totals + after - before;
        let Some(server) = server.filter(|_| before != after) else { return };
        if let Ok(at) = self.servers.rows().binary_search_by(|row| row.id.cmp(server)) {
            let mut row = self.servers.rows()[at].clone();
            row.totals = row.totals + after - before;
            self.servers.update(at, row);
        }
    }

    /// A channel as it is shown.
    fn row(&mut self, channel: &Channel, cache: &Cache) -> ChannelRow {
        let last = channel.last_message_id;
        let server = channel.server_id.as_ref();
        let joined = server.and_then(|server| cache.server(server)).map(|held| held.member.joined_at);
        let joined = joined.map(|at| Bare(MessageId::generate(at.0, [0; 10])));
        let known = self.reads.mark(&channel.id).cloned();
        let mut mark = known.unwrap_or_else(|| self.reads.first_mark(server, last, joined));
        mark.was_sent(last);
        if self.reads.mark(&channel.id) != Some(&mark) {
            self.reads.set(&channel.id, mark.clone());
        }
        ChannelRow::new(channel, cache.category_of(channel), &mark, self.muted.contains(&channel.id))
    }
}
