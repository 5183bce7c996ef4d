//! The channels that changes speak of, and their spaces, as a transaction finds them.

use std::collections::HashMap;

use beep_core::id::{ChannelKey, Id, Qualified, SpaceKey};
use beep_core::port::{Change, Guard, SpaceGuard, StoreError};

use super::arg::{Arg, args};
use super::batch::Batch;
use super::group::Group;
use super::known::Place;
use super::log::Tail;
use super::outbound;
use super::stream_key::StreamKey;

/// What is there of what a run speaks of.
#[derive(Default)]
pub(crate) struct Places {
    /// The space of each channel.
    channels: HashMap<ChannelKey, SpaceKey>,
    /// The revision of each space.
    pub(crate) revisions: HashMap<SpaceKey, u64>,
}

impl Places {
    /// Whether a channel is there.
    pub(crate) fn has(&self, channel: &ChannelKey) -> bool {
        self.channels.contains_key(channel)
    }

    /// Whether a channel is there, and of this space.
    pub(crate) fn is_of(&self, channel: &ChannelKey, space: &SpaceKey) -> bool {
        self.channels.get(channel) == Some(space)
    }

    /// Whether a space is there, and at this revision.
    pub(crate) fn is_at(&self, space: &SpaceKey, revision: u64) -> bool {
        self.revisions.get(space) == Some(&revision)
    }

    /// Finds the revisions of spaces that only the guards of a run speak of.
    pub(crate) async fn find_revisions(&mut self, group: &mut Group<'_>, run: &[&Change]) -> Result<(), StoreError> {
        let guards = run.iter().flat_map(|change| &change.guards);
        let spaces = guards.filter_map(|guard| match guard {
            Guard::Space(SpaceGuard::At { id, .. }) => Some(id),
            _ => None,
        });
        let unknown = distinct(spaces.filter(|space| !self.revisions.contains_key(*space)));
        for row in REVISIONS.fetch(group.connection, &asked(unknown.into_iter())).await? {
            let mut columns = row.columns();
            self.revisions.insert(columns.qualified()?, columns.int()?);
        }
        Ok(())
    }
}

/// Finds channels and their spaces; the log learns the ends of their streams.
pub(crate) async fn find<'c>(
    group: &mut Group<'_>,
    channels: impl Iterator<Item = &'c ChannelKey>,
) -> Result<Places, StoreError> {
    let channels = distinct(channels);
    let unknown = channels.iter().filter(|channel| group.known.get(channel).is_none()).copied();
    for row in CHANNELS.fetch(group.connection, &asked(unknown)).await? {
        let mut columns = row.columns();
        let channel: ChannelKey = columns.qualified()?;
        let (server, revision) = (SpaceKey::new(columns.id()?, channel.home.clone()), columns.int()?);
        group.known.learn(channel, Place { server, revision, tail: Tail::read(&mut columns)? });
    }
    let mut there = Places::default();
    for channel in channels {
        let Some(place) = group.known.get(channel) else { continue };
        there.channels.insert(channel.clone(), place.server.clone());
        there.revisions.insert(place.server.clone(), place.revision);
        group.log.learn(StreamKey::channel(channel), place.tail);
    }
    outbound::learn(group, there.channels.values().cloned().collect()).await?;
    Ok(there)
}

fn distinct<'k, T: Ord>(keys: impl Iterator<Item = &'k T>) -> Vec<&'k T> {
    let mut ids: Vec<&T> = keys.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn asked<'k, T: Id>(keys: impl Iterator<Item = &'k Qualified<T>>) -> Vec<Arg<'k>> {
    keys.flat_map(|key| args![key.id.uuid(), &key.home]).collect()
}

static REVISIONS: Batch = Batch::new("SELECT id, origin, revision FROM space WHERE (id, origin) IN (", 2, ")");

static CHANNELS: Batch = Batch::new(
    "SELECT
        channel.id,
        channel.origin,
        channel.space_id,
        space.revision,
        stream.seq,
        stream.last_message
    FROM channel
    JOIN space ON space.id = channel.space_id AND space.origin = channel.origin
    LEFT JOIN stream ON stream.id = channel.id AND stream.origin = channel.origin AND stream.kind = 0
    WHERE (channel.id, channel.origin) IN (",
    2,
    ")",
);
