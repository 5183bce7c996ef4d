//! Editing, deleting and pinning messages: changes that share their statements, as sending does.

use std::collections::HashSet;

use beep_core::event::Scope;
use beep_core::id::{ChannelKey, MessageId};
use beep_core::message::Message;
use beep_core::port::{Change, CommitError, Committed, Guard, MessageGuard, MessageWrite, StoreError, Write};

use super::arg::{Arg, args};
use super::batch::Batch;
use super::group::{Group, Outcome};
use super::pins::Pins;
use super::{messages, outbound, standing};

type MessageKey<'c> = (&'c ChannelKey, MessageId);

/// Makes a run of changes that do nothing but edit, delete and pin. None for one that is to be made alone: it speaks of a
/// message which an earlier one changes, so what it rests on is known when that is made, or it tells of another message
/// than those that it writes.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Option<Outcome>>, StoreError> {
    let of = run.iter().flat_map(|change| keys(change));
    standing::look_up(group, of.map(|(channel, _)| channel), run).await?;
    let guards = run.iter().flat_map(|change| &change.guards).filter_map(|guard| match guard {
        Guard::Message(guard) => Some(guard),
        _ => None,
    });
    let read = messages::as_read(group.connection, &guards.collect::<Vec<_>>()).await?;
    let pinned_in = run.iter().flat_map(|change| &change.writes).filter_map(pinned_in);
    let mut pins = Pins::read(group.connection, pinned_in).await?;
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
            Guard::Message(MessageGuard::PinsFewer { channel, than }) => pins.count(channel) < *than,
            Guard::Message(guard) => read.contains(guard),
            guard => standing::stands(group.known, guard),
        };
        let is_there = |(channel, _): MessageKey<'_>| group.known.space_of(channel).is_some();
        if known && change.guards.iter().all(stands) && own.into_iter().all(is_there) {
            for write in &change.writes {
                match write {
                    Write::Message(MessageWrite::Pin { channel, id, by }) => pins.put(channel, *id, by, group.now),
                    Write::Message(MessageWrite::Unpin(channel, id)) => pins.remove(channel, *id),
                    _ => {}
                }
            }
            sound.push((outcomes.len() - 1, *change));
        }
    }
    write(group, &sound).await?;
    pins.write(group.connection).await?;
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
async fn write(group: &mut Group<'_>, sound: &[(usize, &Change)]) -> Result<(), StoreError> {
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
    let scopes = sound.iter().flat_map(|(_, change)| &change.events).flat_map(|event| &event.scopes);
    outbound::learn(group, scopes.filter_map(Scope::space).cloned().collect()).await
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

/// The channel that a write adds a pin to.
fn pinned_in(write: &Write) -> Option<&ChannelKey> {
    match write {
        Write::Message(MessageWrite::Pin { channel, .. }) => Some(channel),
        _ => None,
    }
}

static REMOVE: Batch = Batch::new("DELETE FROM message WHERE (channel_id, origin, id) IN (", 3, ")");
