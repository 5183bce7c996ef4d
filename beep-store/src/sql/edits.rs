//! Editing, deleting and pinning messages: changes that share their statements, as sending does.

use std::collections::{HashMap, HashSet};

use beep_core::event::Scope;
use beep_core::id::{ChannelKey, MessageId};
use beep_core::message::Message;
use beep_core::port::{
    Change, CommitError, Committed, Guard, MessageGuard, MessageWrite, SpaceGuard, StoreError, Write,
};

use super::arg::{Arg, args};
use super::batch::Batch;
use super::group::{Group, Outcome};
use super::places::{self, Places};
use super::{messages, outbound, pins};

type MessageKey<'c> = (&'c ChannelKey, MessageId);

/// Makes a run of changes that do nothing but edit, delete and pin. None for one that is to be made alone: it speaks of a
/// message which an earlier one changes, so what it rests on is known when that is made, or it tells of another message
/// than those that it writes.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Option<Outcome>>, StoreError> {
    let of = run.iter().flat_map(|change| keys(change));
    let mut there = places::find(group, of.map(|(channel, _)| channel)).await?;
    there.find_revisions(group, run).await?;
    let guards = run.iter().flat_map(|change| &change.guards).filter_map(|guard| match guard {
        Guard::Message(guard) => Some(guard),
        _ => None,
    });
    let read = messages::as_read(group.connection, &guards.collect::<Vec<_>>()).await?;
    let mut counts = pin_counts(group, run).await?;
    let mut touched: HashSet<MessageKey<'_>> = HashSet::new();
    let mut outcomes = Vec::with_capacity(run.len());
    let mut sound = Vec::with_capacity(run.len());
    for change in run {
        let mut told = change.events.iter().filter_map(|event| event.body.message());
        let own: Vec<_> = keys(change).collect();
        let known = own.iter().all(|key| !touched.contains(key)) && told.all(|told| own.contains(&told));
        touched.extend(own.iter().copied());
        outcomes.push(known.then_some(Err(CommitError::Stale)));
        let stands = |guard: &Guard| match guard {
            Guard::Space(SpaceGuard::At { id, revision }) => there.is_at(id, *revision),
            Guard::Message(MessageGuard::PinsFewer { channel, than }) => {
                counts.get(channel).copied().unwrap_or_default() < *than
            }
            Guard::Message(guard) => read.contains(guard),
            _ => false,
        };
        let is_there = |(channel, _): MessageKey<'_>| there.has(channel);
        if known && change.guards.iter().all(stands) && own.into_iter().all(is_there) {
            for channel in pinned(change) {
                *counts.entry(channel.clone()).or_default() += 1;
            }
            sound.push((outcomes.len() - 1, *change));
        }
    }
    write(group, &sound, &there).await?;
    for (number, change) in sound {
        let mark = group.log.mark();
        for event in &change.events {
            group.log.append(event.stream.clone(), &event.scopes, event.body.clone(), None);
        }
        outcomes[number] = Some(Ok(Committed { events: group.log.since(&mark), posted: Vec::new() }));
    }
    Ok(outcomes)
}

/// Writes what sound changes write, and learns whom their events go to.
async fn write(group: &mut Group<'_>, sound: &[(usize, &Change)], there: &Places) -> Result<(), StoreError> {
    let writes = sound.iter().flat_map(|(_, change)| &change.writes);
    let mut put: Vec<&Message> = Vec::new();
    let mut removed: Vec<Arg<'_>> = Vec::new();
    for write in writes {
        match write {
            Write::Message(MessageWrite::Put(message)) => put.push(message),
            Write::Message(MessageWrite::Remove(channel, id)) => {
                removed.extend(args![channel.id, &channel.home, *id]);
            }
            _ => {}
        }
    }
    messages::put_all(group.connection, &put).await?;
    REMOVE.execute(group.connection, &removed).await?;
    for write in sound.iter().flat_map(|(_, change)| &change.writes) {
        match write {
            Write::Message(MessageWrite::Pin { channel, id, by }) => pins::put(group, channel, *id, by).await?,
            Write::Message(MessageWrite::Unpin(channel, id)) => pins::remove(group.connection, channel, *id).await?,
            _ => {}
        }
    }
    let scopes = sound.iter().flat_map(|(_, change)| &change.events).flat_map(|event| &event.scopes);
    // Those of the channels are known by now.
    let others = scopes.filter_map(Scope::space).filter(|space| !there.revisions.contains_key(*space));
    outbound::learn(group, others.cloned().collect()).await
}

/// The messages that a change rests on and writes.
fn keys(change: &Change) -> impl Iterator<Item = MessageKey<'_>> {
    let read = change.guards.iter().filter_map(|guard| match guard {
        Guard::Message(MessageGuard::At { channel, id, .. }) => Some((channel, *id)),
        _ => None,
    });
    let written = change.writes.iter().filter_map(|write| match write {
        Write::Message(MessageWrite::Put(message)) => Some((&message.channel, message.id)),
        Write::Message(MessageWrite::Remove(channel, id) | MessageWrite::Unpin(channel, id)) => Some((channel, *id)),
        Write::Message(MessageWrite::Pin { channel, id, .. }) => Some((channel, *id)),
        _ => None,
    });
    read.chain(written)
}

/// The channels that a change adds a pin to.
fn pinned(change: &Change) -> impl Iterator<Item = &ChannelKey> {
    change.writes.iter().filter_map(|write| match write {
        Write::Message(MessageWrite::Pin { channel, .. }) => Some(channel),
        _ => None,
    })
}

/// How many pins there are in the channels that guards ask that of.
async fn pin_counts(group: &mut Group<'_>, run: &[&Change]) -> Result<HashMap<ChannelKey, u32>, StoreError> {
    let mut counts = HashMap::new();
    for guard in run.iter().flat_map(|change| &change.guards) {
        if let Guard::Message(MessageGuard::PinsFewer { channel, .. }) = guard
            && !counts.contains_key(channel)
        {
            counts.insert(channel.clone(), pins::count(group.connection, channel).await?);
        }
    }
    Ok(counts)
}

static REMOVE: Batch = Batch::new("DELETE FROM message WHERE (channel_id, origin, id) IN (", 3, ")");
