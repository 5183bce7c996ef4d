//! Editing, deleting and pinning messages: changes that share their statements, as sending does.

use std::collections::{HashMap, HashSet};

use beep_core::event::{EventBody, Scope};
use beep_core::id::{ChannelKey, MessageId};
use beep_core::message::Message;
use beep_core::port::{Change, CommitError, Committed, Guard, MessageGuard, MessageWrite, StoreError, Write};
use beep_core::reaction::Reactions;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::group::{Group, Outcome};
use super::known::{Known, KnownMessage};
use super::pins::Pins;
use super::{audit, messages, outbound, reactions, standing};
use crate::refresh;

type MessageKey<'c> = (&'c ChannelKey, MessageId);

/// Makes a run of changes that do nothing but edit, delete and pin. None for one that is to be made alone: it speaks of a
/// message which an earlier one changes, so what it rests on is known when that is made, or it tells of another message
/// than those that it writes.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Option<Outcome>>, StoreError> {
    let of = run.iter().flat_map(|change| keys(change));
    standing::look_up(group, of.map(|(channel, _)| channel), run).await?;
    let messages = find_messages(group, run).await?;
    let pinned_in = run.iter().flat_map(|change| &change.writes).filter_map(pinned_in);
    let mut pins = Pins::read(group.connection, group.known, pinned_in).await?;
    let mut touched: HashSet<MessageKey<'_>> = HashSet::new();
    let mut outcomes = Vec::with_capacity(run.len());
    let mut sound = Vec::with_capacity(run.len());
    for change in run {
        let mut told = change.events.iter().filter_map(|event| event.body.message());
        let own: Vec<_> = keys(change).collect();
        let known = own.iter().all(|key| !touched.contains(key))
            && told.all(|told| own.contains(&told))
            && !writes_twice(change);
        touched.extend(own.iter().copied());
        outcomes.push(known.then_some(Err(CommitError::Stale)));
        let stands = |guard: &Guard| match guard {
            Guard::Message(MessageGuard::PinsFewer { channel, than }) => pins.count(channel) < *than,
            Guard::Message(guard @ MessageGuard::At { channel, id, .. }) => {
                messages.get(&(channel.clone(), *id)).is_some_and(|known| known.is_as_read(guard))
            }
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
    let reactions = find_reactions(group, &messages, &sound).await?;
    write(group, &messages, &sound).await?;
    pins.write(group.connection).await?;
    pins.learn(group.known);
    for write in sound.iter().flat_map(|(_, change)| &change.writes) {
        learn(group.known, &messages, write);
    }
    for (number, change) in sound {
        let mark = group.log.mark();
        for event in &change.events {
            let mut body = event.body.clone();
            if let Some(message) = refresh::message(&mut body) {
                let key = (message.channel.clone(), message.id);
                message.reactions = reactions.get(&key).cloned().unwrap_or_default();
            }
            group.log.append(event.stream.clone(), &event.scopes, body, None);
        }
        outcomes[number] = Some(Ok(Committed { events: group.log.since(&mark), posted: Vec::new() }));
    }
    Ok(outcomes)
}

/// The reactions to messages that sound changes tell of, where there may be some.
async fn find_reactions(
    group: &mut Group<'_>,
    messages: &Messages,
    sound: &[(usize, &Change)],
) -> Result<HashMap<(ChannelKey, MessageId), Reactions>, StoreError> {
    let told = sound.iter().flat_map(|(_, change)| &change.events).filter_map(|event| match &event.body {
        EventBody::MessageUpdated(message) => Some((&message.channel, message.id)),
        _ => None,
    });
    reactions::of_messages(group.connection, told.filter(|key| may_be_reacted_to(messages, key))).await
}

/// Whether somebody may have reacted to a message.
fn may_be_reacted_to(messages: &Messages, (channel, id): &MessageKey<'_>) -> bool {
    messages.get(&((*channel).clone(), *id)).is_none_or(|known| known.is_reacted_to)
}

/// Writes what sound changes write, and learns whom their events go to.
async fn write(group: &mut Group<'_>, messages: &Messages, sound: &[(usize, &Change)]) -> Result<(), StoreError> {
    let writes = sound.iter().flat_map(|(_, change)| &change.writes);
    let mut put: Vec<&Message> = Vec::new();
    let (mut removed, mut reacted_to): (Vec<Arg<'_>>, Vec<Arg<'_>>) = (Vec::new(), Vec::new());
    for write in writes {
        match write {
            Write::Message(MessageWrite::Put(message)) => put.push(message),
            Write::Message(MessageWrite::Remove(channel, id)) => {
                removed.extend(args![channel.id, &channel.home, *id]);
                if may_be_reacted_to(messages, &(channel, *id)) {
                    reacted_to.extend(args![channel.id, &channel.home, *id]);
                }
            }
            _ => {}
        }
    }
    if reactions::leave_all(group.connection, &reacted_to).await? {
        group.known.leave_rows();
    }
    audit::add_all(group, &audit::entries(sound.iter().map(|(_, change)| *change))).await?;
    messages::put_all(group.connection, &put).await?;
    REMOVE.defer(group.connection, &removed).await?;
    let scopes = sound.iter().flat_map(|(_, change)| &change.events).flat_map(|event| &event.scopes);
    outbound::learn(group, scopes.filter_map(Scope::space).cloned().collect()).await
}

/// How messages are, as far as guards name them.
type Messages = HashMap<(ChannelKey, MessageId), KnownMessage>;

/// Looks up the messages that guards name, where they are not cached. What is not found is not there.
async fn find_messages(group: &mut Group<'_>, run: &[&Change]) -> Result<Messages, StoreError> {
    let (mut messages, mut unknown) = (Messages::new(), Vec::new());
    for guard in run.iter().flat_map(|change| &change.guards) {
        let Guard::Message(guard @ MessageGuard::At { channel, id, .. }) = guard else { continue };
        match group.known.message(channel, *id) {
            Some(message) => drop(messages.insert((channel.clone(), *id), message)),
            None => unknown.push(guard),
        }
    }
    messages.extend(messages::known(group.connection, &unknown).await?);
    Ok(messages)
}

/// Caches how a message is after a write, if it is known how it was before.
fn learn(known: &mut Known, before: &Messages, write: &Write) {
    let Some((channel, id)) = written(write) else { return };
    let key = (channel.clone(), id);
    let before = before.get(&key).copied();
    let now = before.and_then(|before| match write {
        // It is written without its pin, which it keeps.
        Write::Message(MessageWrite::Put(message)) => Some(KnownMessage { edited_at: message.edited_at, ..before }),
        Write::Message(MessageWrite::Pin { .. }) if !before.pinned => Some(KnownMessage { pinned: true, ..before }),
        Write::Message(MessageWrite::Unpin(..)) if before.pinned => Some(KnownMessage { pinned: false, ..before }),
        _ => None,
    });
    if let Some(now) = now {
        return known.learn_message(key.0, key.1, now);
    }
    known.forget_message(channel, id);
    let is_removed = matches!(write, Write::Message(MessageWrite::Remove(..)));
    // Whether there is one pin less is not known of all.
    if !(is_removed && before.is_some_and(|before| !before.pinned)) {
        known.forget_pins(channel);
    }
}

/// Whether a change writes a message in two ways, of which the second builds on the first.
fn writes_twice(change: &Change) -> bool {
    let written: Vec<_> = change.writes.iter().filter_map(written).collect();
    written.iter().enumerate().any(|(at, key)| written[..at].contains(key))
}

/// The messages that a change rests on and writes.
fn keys(change: &Change) -> impl Iterator<Item = MessageKey<'_>> {
    let read = change.guards.iter().filter_map(|guard| match guard {
        Guard::Message(MessageGuard::At { channel, id, .. }) => Some((channel, *id)),
        _ => None,
    });
    read.chain(change.writes.iter().filter_map(written))
}

/// The message that is written.
fn written(write: &Write) -> Option<MessageKey<'_>> {
    match write {
        Write::Message(MessageWrite::Put(message)) => Some((&message.channel, message.id)),
        Write::Message(
            MessageWrite::Remove(channel, id)
            | MessageWrite::Pin { channel, id, .. }
            | MessageWrite::Unpin(channel, id),
        ) => Some((channel, *id)),
        _ => None,
    }
}

/// The channel that a write adds a pin to.
fn pinned_in(write: &Write) -> Option<&ChannelKey> {
    match write {
        Write::Message(MessageWrite::Pin { channel, .. }) => Some(channel),
        _ => None,
    }
}

static REMOVE: Batch = Batch::new("DELETE FROM message WHERE (channel_id, origin, id) IN (", 3, ")");
