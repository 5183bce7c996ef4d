//! What changes rest on, as a transaction finds it: the channels that they write to, and the spaces and members that their
//! guards name.
//!
//! A run of changes costs as many statements as one of them, and none for what is cached.

use std::sync::Arc;

use beep_core::id::{ChannelKey, Id, Qualified, SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::{Change, Guard, SpaceGuard, StoreError};
use beep_core::record::RecordGuard;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::group::Group;
use super::known::Known;
use super::log::Tail;
use super::stream_key::StreamKey;
use super::{members, outbound};

/// Looks up channels with their spaces, and what guards say of spaces and members; the log learns the ends of the channels'
/// streams, and whom their spaces' events go to. What is not cached afterwards is not there.
pub(crate) async fn look_up<'c>(
    group: &mut Group<'_>,
    channels: impl Iterator<Item = &'c ChannelKey>,
    run: &[&Change],
) -> Result<(), StoreError> {
    find_channels(group, channels).await?;
    let guards = || run.iter().flat_map(|change| &change.guards);
    find_revisions(group, guards().filter_map(space)).await?;
    find_members(group, guards().filter_map(member)).await
}

/// Whether a guard of a space or a member that was looked up stands; none of another concept does.
pub(crate) fn stands(known: &Known, guard: &Guard) -> bool {
    match guard {
        Guard::Space(SpaceGuard::At { id, revision }) => known.revision(id) == Some(*revision),
        Guard::Member(RecordGuard::Is(member)) => {
            known.member(&member.server, &member.user).is_some_and(|known| **known == *member)
        }
        _ => false,
    }
}

/// Whether it is a guard that [`stands`] knows.
pub(crate) fn is_known(guard: &Guard) -> bool {
    space(guard).is_some() || member(guard).is_some()
}

fn space(guard: &Guard) -> Option<&SpaceKey> {
    match guard {
        Guard::Space(SpaceGuard::At { id, .. }) => Some(id),
        _ => None,
    }
}

fn member(guard: &Guard) -> Option<(&SpaceKey, &UserKey)> {
    match guard {
        Guard::Member(RecordGuard::Is(member)) => Some((&member.server, &member.user)),
        _ => None,
    }
}

async fn find_channels<'c>(
    group: &mut Group<'_>,
    channels: impl Iterator<Item = &'c ChannelKey>,
) -> Result<(), StoreError> {
    let channels = distinct(channels);
    let unknown = channels.iter().filter(|channel| group.known.space_of(channel).is_none()).copied();
    for row in CHANNELS.fetch(group.connection, &asked(unknown)).await? {
        let mut columns = row.columns();
        let channel: ChannelKey = columns.qualified()?;
        let space = SpaceKey::new(columns.id()?, channel.home.clone());
        group.known.learn_revision(space.clone(), columns.int()?);
        group.known.learn_tail(StreamKey::channel(&channel), Tail::read(&mut columns)?);
        group.known.learn_channel(channel, space);
    }
    let streams = channels.iter().map(|channel| StreamKey::channel(channel));
    group.log.load(group.connection, group.known, streams).await?;
    let spaces = channels.iter().filter_map(|channel| group.known.space_of(channel)).cloned().collect();
    outbound::learn(group, spaces).await
}

async fn find_revisions<'c>(
    group: &mut Group<'_>,
    spaces: impl Iterator<Item = &'c SpaceKey>,
) -> Result<(), StoreError> {
    let unknown = distinct(spaces.filter(|space| group.known.revision(space).is_none()));
    for row in REVISIONS.fetch(group.connection, &asked(unknown.into_iter())).await? {
        let mut columns = row.columns();
        group.known.learn_revision(columns.qualified()?, columns.int()?);
    }
    Ok(())
}

async fn find_members<'c>(
    group: &mut Group<'_>,
    members: impl Iterator<Item = (&'c SpaceKey, &'c UserKey)>,
) -> Result<(), StoreError> {
    let mut unknown: Vec<_> = members.filter(|(space, user)| group.known.member(space, user).is_none()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    let found: Vec<Member> = members::find_all(group.connection, &unknown).await?;
    found.into_iter().for_each(|member| group.known.learn_member(Arc::new(member)));
    Ok(())
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
