//! What the writer remembers of channels from one transaction to the next, so that messages to busy channels need
//! not ask for it each time.
//!
//! It is true for as long as nobody else wrote: each transaction that writes is numbered, and what is remembered
//! from before another's is forgotten.

use std::collections::HashMap;
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::id::{ChannelKey, SpaceKey};
use beep_core::port::{Change, SpaceWrite, Write};
use beep_core::record::RecordWrite;

use super::log::{Log, Tail};
use super::stream_key::StreamKey;

/// The channels that are remembered, and since when.
#[derive(Default)]
pub(crate) struct Known {
    /// The number of the transaction after which it was true.
    commits: u64,
    channels: HashMap<ChannelKey, Place>,
    remotes: HashMap<SpaceKey, Arc<[Domain]>>,
}

/// A channel as a message finds it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) server: SpaceKey,
    /// The revision of that server.
    pub(crate) revision: u64,
    /// The end of the channel's stream.
    pub(crate) tail: Tail,
}

impl Known {
    /// Begins a transaction of which as many had been made before.
    pub(crate) fn begin(&mut self, commits: u64) {
        if self.commits != commits || self.channels.len() > MOST {
            self.forget();
        }
    }

    /// What is remembered of a channel.
    pub(crate) fn get(&self, channel: &ChannelKey) -> Option<&Place> {
        self.channels.get(channel)
    }

    /// Remembers what was read in this transaction.
    pub(crate) fn learn(&mut self, channel: ChannelKey, place: Place) {
        self.channels.insert(channel, place);
    }

    /// The other backends that are told of a server, if that is remembered.
    pub(crate) fn remotes(&self, server: &SpaceKey) -> Option<&Arc<[Domain]>> {
        self.remotes.get(server)
    }

    /// Remembers which other backends are told of a server.
    pub(crate) fn learn_remotes(&mut self, server: SpaceKey, remotes: Arc<[Domain]>) {
        self.remotes.insert(server, remotes);
    }

    /// Forgets what a change may make untrue: what is remembered of the spaces that it writes of.
    pub(crate) fn forget_written(&mut self, change: &Change) {
        for write in &change.writes {
            match write {
                Write::Channel(RecordWrite::Remove(channel)) => drop(self.channels.remove(channel)),
                write => {
                    if let Some(space) = space_of(write) {
                        self.channels.retain(|_, place| place.server != space);
                        self.remotes.remove(&space);
                    }
                }
            }
        }
    }

    /// Forgets everything: it is not known what was written.
    pub(crate) fn forget(&mut self) {
        self.channels.clear();
        self.remotes.clear();
    }

    /// Goes on after a transaction that was committed and left the log so.
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

/// The most channels that are remembered: some hundred kilobytes.
const MOST: usize = 4_096;
