//! Changing members, as giving a role does: changes that share their statements, as sending does.

use std::collections::BTreeMap;
use std::sync::Arc;

use beep_core::event::Scope;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::{Change, CommitError, Committed, StoreError, Write};
use beep_core::record::RecordWrite;

use super::group::{Group, Outcome};
use super::stream_key::StreamKey;
use super::{audit, members, outbound, standing};

/// Makes a run of changes that do nothing but change members who are there, one after the other: each sees what those
/// before it made.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
    standing::look_up(group, std::iter::empty(), run).await?;
    let events = || run.iter().flat_map(|change| &change.events);
    let spaces = events().flat_map(|event| &event.scopes).filter_map(Scope::space).cloned().collect();
    outbound::learn(group, spaces).await?;
    let streams = events().map(|event| StreamKey::of(&event.stream));
    group.log.load(group.connection, group.known, streams).await?;
    let mut updates: BTreeMap<(&SpaceKey, &UserKey), (Arc<Member>, &Member)> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(run.len());
    let mut sound = Vec::with_capacity(run.len());
    for change in run {
        if !change.guards.iter().all(|guard| standing::stands(group.known, guard)) {
            outcomes.push(Err(CommitError::Stale));
            continue;
        }
        sound.push(*change);
        for member in updated(change) {
            let Some(before) = group.known.member(&member.server, &member.user).cloned() else { continue };
            updates.entry((&member.server, &member.user)).or_insert((before, member)).1 = member;
            group.known.learn_member(Arc::new(member.clone()));
        }
        let mark = group.log.mark();
        for event in &change.events {
            group.log.append(event.stream.clone(), &event.scopes, event.body.clone(), None);
        }
        outcomes.push(Ok(Committed { events: group.log.since(&mark), posted: Vec::new() }));
    }
    audit::add_all(group, &audit::entries(sound.into_iter())).await?;
    members::update(group.connection, updates.values().map(|(before, now)| (&**before, *now))).await?;
    Ok(outcomes)
}

/// The members that a change changes.
fn updated(change: &Change) -> impl Iterator<Item = &Member> {
    change.writes.iter().filter_map(|write| match write {
        Write::Member(RecordWrite::Put(member)) => Some(member),
        _ => None,
    })
}
