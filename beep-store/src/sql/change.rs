//! One change, step by step: claim, guards, scopes of members, writes, events.

use std::collections::HashMap;

use beep_core::event::{EventBody, Scope};
use beep_core::id::{ChannelKey, MessageId, SpaceKey};
use beep_core::message::Message;
use beep_core::port::{Change, CommitError, IdempotencyKey, MessageWrite, NewEvent, StoreError, Write};
use beep_core::reaction::Reactions;

use super::arg::args;
use super::group::Group;
use super::log::Log;
use super::stream_key::StreamKey;
use super::{guards, outbound, reactions, standing, writes};
use crate::refresh;

/// Makes a change and gives the messages that it sent. The caller undoes what is refused in the middle.
pub(crate) async fn make(group: &mut Group<'_>, change: &Change) -> Result<Vec<Message>, CommitError> {
    // First of all: when the request was carried out, the facts have moved, and that is no news.
    if let Some(claim) = &change.claim {
        lay(group, claim).await?;
    }
    standing::look_up(group, std::iter::empty(), &[change]).await?;
    for guard in &change.guards {
        guards::check(group, guard).await?;
    }
    // From here on the change is making it untrue.
    group.known.forget_written(change);
    let servers = servers_of(change, |scope| matches!(scope, Scope::MembersOf(_)));
    outbound::learn_leaving(group, servers).await?;
    let sends = change.writes.iter().any(|write| matches!(write, Write::Message(MessageWrite::Post { .. })));
    let provisional = keep_for_members(group, &change.events, sends).await?;
    let mut posted = Vec::new();
    for write in &change.writes {
        posted.extend(writes::make(group, write).await?);
        // The next one may write the same rows.
        group.connection.carry_out_deferred().await?;
    }
    let first = group.log.head().0 + 1;
    for (place, event) in provisional {
        Log::settle(group.connection, place, beep_core::event::Position(first + event)).await?;
    }
    let servers = servers_of(change, |scope| matches!(scope, Scope::Space(_)));
    outbound::learn(group, servers).await?;
    append(group, &change.events).await?;
    Ok(posted)
}

/// The servers in those scopes of a change's events that are asked for.
fn servers_of(change: &Change, asked: impl Fn(&Scope) -> bool) -> Vec<SpaceKey> {
    let scopes = change.events.iter().flat_map(|event| &event.scopes).filter(|scope| asked(scope));
    scopes.filter_map(Scope::space).cloned().collect()
}

/// Lays claim to a request.
async fn lay(group: &mut Group<'_>, claim: &IdempotencyKey) -> Result<(), CommitError> {
    let IdempotencyKey { caller, key, route, at } = claim;
    let values = args![caller.id, &caller.home, key, route, *at];
    match group.connection.execute(LAY_CLAIM, &values).await? {
        0 => Err(CommitError::Repeated),
        _ => Ok(()),
    }
}

/// Keeps events for all who are members before the writes remove them, and gives the places that are provisional
/// with the number of their event: where the change sends messages, whose events come first, no others are known.
async fn keep_for_members(
    group: &mut Group<'_>,
    events: &[NewEvent],
    sends: bool,
) -> Result<Vec<(i64, u64)>, StoreError> {
    let mut provisional = Vec::new();
    for (event, number) in events.iter().zip(0u64..) {
        let mut kept = false;
        for scope in &event.scopes {
            let Scope::MembersOf(server) = scope else { continue };
            let place = if sends { -1 - number.cast_signed() } else { (group.log.head().0 + 1 + number).cast_signed() };
            Log::keep_for_members(group.connection, server, place, event.body.changes_facts()).await?;
            kept = true;
        }
        if kept && sends {
            provisional.push((-1 - number.cast_signed(), number));
        }
    }
    Ok(provisional)
}

/// Appends the events of a change, brought up to date.
async fn append(group: &mut Group<'_>, events: &[NewEvent]) -> Result<(), StoreError> {
    let mut bodies: Vec<EventBody> = events.iter().map(|event| event.body.clone()).collect();
    let channels: Vec<_> =
        bodies.iter_mut().flat_map(refresh::channels).map(|channel| StreamKey::channel(&channel.id)).collect();
    let streams = events.iter().map(|event| StreamKey::of(&event.stream));
    group.log.load(group.connection, group.known, streams.chain(channels)).await?;
    let reactions = reactions_told(group, events).await?;
    for (event, mut body) in events.iter().zip(bodies) {
        if let Some(place) = event.place {
            let last = group.log.tail(&StreamKey::of(&event.stream)).map_or(0, |tail| tail.seq);
            if !refresh::is_behind(&body, place, last) {
                group.log.append(event.stream.clone(), &event.scopes, body, event.place);
            }
            continue;
        }
        for server in refresh::servers(&mut body) {
            let row = group.connection.fetch_optional(MEMBER_COUNT, &args![server.id.id, &server.id.home]).await?;
            if let Some(row) = row {
                server.member_count = row.columns().int()?;
            }
        }
        if let Some(message) = refresh::message(&mut body) {
            let key = (message.channel.clone(), message.id);
            message.reactions = reactions.get(&key).cloned().unwrap_or_default();
        }
        for channel in refresh::channels(&mut body) {
            channel.last_message = group.log.last_message(&StreamKey::channel(&channel.id));
        }
        group.log.append(event.stream.clone(), &event.scopes, body, None);
    }
    Ok(())
}

/// The reactions to the messages of this backend that events tell of.
async fn reactions_told(
    group: &mut Group<'_>,
    events: &[NewEvent],
) -> Result<HashMap<(ChannelKey, MessageId), Reactions>, StoreError> {
    let told = events.iter().filter(|event| event.place.is_none()).filter_map(|event| match &event.body {
        EventBody::MessageUpdated(message) => Some((&message.channel, message.id)),
        _ => None,
    });
    reactions::of_messages(group.connection, told).await
}

const LAY_CLAIM: &str = "
    INSERT INTO idempotency_key (caller_id, caller_origin, key, route, claimed_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING";

const MEMBER_COUNT: &str = "SELECT member_count FROM space WHERE id = $1 AND origin = $2";
