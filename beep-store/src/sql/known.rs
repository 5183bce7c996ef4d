//! A cache of channels for the writer, so that messages to busy channels need no read in each transaction.
//!
//! It is valid as long as no other process writes: writing transactions are numbered, and the cache is cleared if a
//! number is missing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::id::{ChannelKey, SpaceKey};
use beep_core::port::{Change, SpaceWrite, Write};
use beep_core::record::RecordWrite;

use super::log::{Log, Tail};
use super::stream_key::StreamKey;

/// The cached channels.
#[derive(Default)]
pub(crate) struct Known {
    /// The number of the transaction after which the cache was valid.
    commits: u64,
    channels: HashMap<ChannelKey, Place>,
    remotes: HashMap<SpaceKey, Arc<[Domain]>>,
}

/// A channel as a new message needs it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) server: SpaceKey,
    /// The revision of that server.
    pub(crate) revision: u64,
    /// The end of the channel's stream.
    pub(crate) tail: Tail,
}

impl Known {
    /// Begins a transaction; `commits` have been made before.
    pub(crate) fn begin(&mut self, commits: u64) {
        if self.commits != commits || self.channels.len() > MOST {
            self.forget();
        }
    }

    /// The cached state of a channel.
    pub(crate) fn get(&self, channel: &ChannelKey) -> Option<&Place> {
        self.channels.get(channel)
    }

    /// Caches what was read in this transaction.
    pub(crate) fn learn(&mut self, channel: ChannelKey, place: Place) {
        self.channels.insert(channel, place);
    }

    /// The other backends that get events of a server, if cached.
    pub(crate) fn remotes(&self, server: &SpaceKey) -> Option<&Arc<[Domain]>> {
        self.remotes.get(server)
    }

    /// Caches which other backends get events of a server.
    pub(crate) fn learn_remotes(&mut self, server: SpaceKey, remotes: Arc<[Domain]>) {
        self.remotes.insert(server, remotes);
    }

    /// Clears what a change may make untrue: the entries of the spaces that it writes.
    pub(crate) fn forget_written(&mut self, change: &Change) {
        for write in &change.writes {
            if let Write::Channel(RecordWrite::Remove(channel)) = write {
                self.channels.remove(channel);
            }
        }
        let spaces: BTreeSet<SpaceKey> = change.writes.iter().filter_map(space_of).collect();
        if !spaces.is_empty() {
            self.channels.retain(|_, place| !spaces.contains(&place.server));
            self.remotes.retain(|space, _| !spaces.contains(space));
        }
    }

    /// Clears the cache: the outcome of a commit is unknown.
    pub(crate) fn forget(&mut self) {
        self.channels.clear();
        self.remotes.clear();
    }

    /// Updates the cache after a commit.
    pub(crate) fn commit(&mut self, log: &Log) {
        self.commits = log.commits();
        for (channel, place) in &mut self.channels {
            if let Some(tail) = log.tail(&StreamKey::channel(channel)) {
                place.tail = tail;
            }
        }
    }
}

/// The space whose facts, channels or members a write changes.
fn space_of(write: &Write) -> Option<SpaceKey> {
    Some(match write {
        Write::Space(SpaceWrite::Put(space)) => space.id.clone(),
        Write::Space(SpaceWrite::Remove(id) | SpaceWrite::Revise(id) | SpaceWrite::CountMembers(id, _)) => id.clone(),
        Write::Space(SpaceWrite::Replicate(replica)) => replica.facts.server.id.clone(),
        Write::Channel(RecordWrite::Put(channel)) => channel.space_key(),
        Write::Member(RecordWrite::Put(member)) => member.server.clone(),
        Write::Member(RecordWrite::Remove((space, _))) => space.clone(),
        _ => return None,
    })
}

/// The maximum number of cached channels: some hundred kilobytes.
const MOST: usize = 4_096;
