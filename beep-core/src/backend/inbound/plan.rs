//! The change for a delta: a whole server, one event of it, or nothing if it is not plausible.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{ABSENT, FOREIGN, bounds, copies, is_type, people};
use crate::backend::{Backend, contact, conversations, pending_leaves, suspensions};
use crate::channel::Channel;
use crate::direct::DirectKey;
use crate::domain::Domain;
use crate::event::{EventBody, Scope, Stream, content_events, person_events};
use crate::facts::MOST_PARTICIPANTS;
use crate::id::{ChannelId, ChannelKey, Qualified, SpaceKey, UserId, UserKey};
use crate::member::Member;
use crate::port::{Change, JoinIntent, PendingLeave, Place, SpaceGuard, SpaceWrite, StoreError};
use crate::replica::Replica;
use crate::replica_delta::{ReplicaDelta, ReplicatedEvent};
use crate::role::Role;
use crate::space::{Space, SpaceKind};
use crate::text::ChannelName;

/// The change for a delta, or why it becomes a dead letter.
pub(super) async fn plan(
    backend: &Backend,
    origin: &Domain,
    delta: &ReplicaDelta,
) -> Result<Result<Change, &'static str>, StoreError> {
    if let Some(told @ ReplicatedEvent { stream: Stream::User(user), .. }) = &delta.event {
        return people::plan(backend, origin, user, told).await;
    }
    let Some(server) = server_of(delta) else { return Ok(Err(FOREIGN)) };
    if let Some(why) = if server.home == *origin { objection(backend, &server, delta) } else { Some(FOREIGN) } {
        return Ok(Err(why));
    }
    let held = backend.store.replica(&server, &backend.domain).await?.map(|(_, replica)| replica);
    let held = held.filter(|held| held.facts.server.id == server);
    let named = named(delta, delta.state.as_deref().or(held.as_ref()));
    let delta = &*named;
    if let Some(why) = contradiction(backend, delta, held.as_ref()) {
        return Ok(Err(why));
    }
    let space = delta.state.as_deref().or(held.as_ref()).map(|replica| &replica.facts.server);
    let is_own = |user: &&UserKey| user.home == backend.domain;
    let body = delta.event.as_ref().map(|told| &told.body);
    let joined = body.and_then(joined).filter(is_own);
    let removed = body.and_then(EventBody::removed).filter(is_own);
    let mut pending = match (&delta.state, joined.or(removed)) {
        (None, None) => Vec::new(),
        _ => pending_leaves::from(backend, &server).await?,
    };
    if let Some(user) = joined
        && !has_left(&pending, user)
        && admitted(backend, &server, space, std::slice::from_ref(user)).await?.is_empty()
    {
        return Ok(Err(UNASKED));
    }
    let state = match delta.state.as_deref() {
        Some(state) => match concerning(backend, &server, state.clone(), &pending).await? {
            Some(state) => Some(state),
            None => return Ok(Err(UNASKED)),
        },
        None => None,
    };
    // Of these the owner says itself that they left.
    let settled: Vec<_> =
        pending.extract_if(.., |pending_leave| removed.is_some_and(|user| user.id == pending_leave.user)).collect();
    let is_news = |held: &Replica| delta.event.as_ref().is_some_and(|told| !is_held(held, told));
    // Who was in it is in it again only if they ask again. Who was taken out of it here before the owner said so, and not
    // as they left, has asked since.
    let was_in =
        |held: &Replica| held.members.iter().any(|member| Some(&member.user) == removed) || !settled.is_empty();
    let ended_intent = removed.filter(|_| held.as_ref().is_none_or(|held| is_news(held) && was_in(held)));
    let ended_intent = ended_intent.map(|user| intent(user, &server));
    // Somebody may leave here while this is decided.
    let unmoved = held.as_ref().map(|held| SpaceGuard::At { id: server.clone(), revision: held.facts.revision });
    let change = match (state, held) {
        (Some(state), held) => whole(backend, state, held, delta.event.as_ref()),
        (None, Some(held)) => {
            let change = step(backend, &held, delta, &pending);
            let stays = held.members.iter().any(|member| Some(&member.user) != removed) || !pending.is_empty();
            // The replica goes with its last local member.
            if ended_intent.is_none() || stays { change } else { change.write(SpaceWrite::Remove(server.clone())) }
        }
        // It was let go of before, and that is all that is to be known.
        (None, None) if parts(delta) => Change::default(),
        (None, None) => return Ok(Err(ABSENT)),
    };
    let change = unmoved.into_iter().fold(change, Change::guard);
    let change = ended_intent.into_iter().fold(change, Change::remove::<JoinIntent>);
    Ok(Ok(settled.into_iter().fold(change, Change::remove::<PendingLeave>)))
}

/// A server as it concerns this backend: with the members that are its own, may be said to be in it, and have not left.
/// Nothing, if nobody may and nobody has left of whom the owner has yet to say so.
pub(super) async fn concerning(
    backend: &Backend,
    server: &SpaceKey,
    mut state: Replica,
    pending: &[PendingLeave],
) -> Result<Option<Replica>, StoreError> {
    state.members.retain(|member| member.user.home == backend.domain);
    let told: Vec<UserKey> = state.members.iter().map(|member| member.user.clone()).collect();
    let admitted = admitted(backend, server, Some(&state.facts.server), &told).await?;
    if admitted.is_empty() && !told.iter().any(|user| has_left(pending, user)) {
        return Ok(None);
    }
    state.members.retain(|member| admitted.contains(&member.user.id) && !has_left(pending, &member.user));
    Ok(Some(state))
}

/// Whether a user of this backend has left and the owner has yet to say so.
fn has_left(pending: &[PendingLeave], user: &UserKey) -> bool {
    pending.iter().any(|pending_leave| pending_leave.user == user.id)
}

/// Those of these users of this backend whom the owner of a space may say to be in it: who asked to be let in, and in a
/// private one also whom its owner may have there.
async fn admitted(
    backend: &Backend,
    server: &SpaceKey,
    space: Option<&Space>,
    users: &[UserKey],
) -> Result<BTreeSet<UserId>, StoreError> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let mut admitted: BTreeSet<UserId> = backend.store.join_intents(server, &ids).await?.into_iter().collect();
    let Some(space) = space else { return Ok(admitted) };
    // Who is suspended here has nobody of this backend in a conversation that they make.
    if suspensions::is_silenced(backend, &space.owner).await? {
        return Ok(admitted);
    }
    for user in users {
        let is_admitted = admitted.contains(&user.id)
            || match space.kind {
                SpaceKind::Community => false,
                SpaceKind::Group => contact::may_be_added_by(backend, &server.home, user).await?,
                SpaceKind::Direct => contact::may_contact(backend, &space.owner, user).await?,
            } && bounds::has_room(backend, &server.home, user).await?;
        if is_admitted {
            admitted.insert(user.id);
        }
    }
    Ok(admitted)
}

/// Keeps that somebody was admitted to a private space: they stay until they leave, whatever made it so.
fn stays(change: Change, space: &Space, user: &UserKey) -> Change {
    if space.kind.is_private() { change.put(intent(user, &space.id)) } else { change }
}

/// Lets go of a server that nobody here is in any more.
pub(super) fn gone(backend: &Backend, held: &Replica) -> Change {
    let space = &held.facts.server;
    let place = Place { seq: held.own_seq(), at: backend.now() };
    let change = Change::default().write(SpaceWrite::Remove(space.id.clone()));
    held.members.iter().fold(change, |change, member| part(change, space, place, &member.user))
}

/// Tells a user that they are no longer a member, if no event of the server said so.
fn part(change: Change, space: &Space, place: Place, user: &UserKey) -> Change {
    let body = EventBody::MemberLeft { server: space.id.clone(), user: user.clone() };
    change.remove::<JoinIntent>(intent(user, &space.id)).told(
        space.stream(),
        place,
        vec![Scope::User(user.clone())],
        body,
    )
}

/// Why a delta of a server is not to be believed, though it comes from the server's owner.
pub(super) fn objection(backend: &Backend, server: &SpaceKey, delta: &ReplicaDelta) -> Option<&'static str> {
    if delta.appeared.len() + delta.vanished.len() > MOST_MOVED {
        return Some("it tells of more channels that appear or vanish than a server may have");
    }
    if !is_of(delta, server) {
        return Some(FOREIGN);
    }
    let is_own = |member: &Member| member.user.home == backend.domain;
    if delta.state.as_ref().is_some_and(|state| !state.members.iter().any(is_own)) {
        return Some(ABSENT);
    }
    if delta.state.as_ref().is_some_and(|state| !fits_kind(state, &backend.domain)) {
        return Some(UNFIT);
    }
    None
}

/// Whether a space as it is told whole is what its kind allows. The direct conversation of two is where it has to be for
/// these two, and of nobody else; and where it has to be is nothing else, as whoever asked to open it asked for that.
fn fits_kind(state: &Replica, own: &Domain) -> bool {
    let facts = &state.facts;
    let is_too_many = state.members.len() > MOST_PARTICIPANTS;
    let takes_part = |member: &Member| {
        is_participant(member) && facts.channels.values().all(|channel| channel.participants.contains(&member.user))
    };
    let is_unlike = facts.server.kind.is_private() && (is_too_many || !state.members.iter().all(takes_part));
    if is_unlike || !facts.fits_kind() {
        return false;
    }
    if facts.server.kind != SpaceKind::Direct {
        return !DirectKey::may_be(&facts.server.id);
    }
    let mut members = state.members.iter().filter(|member| member.user.home == *own);
    let (Some(member), None) = (members.next(), members.next()) else { return false };
    let both = [&facts.server.owner, &member.user];
    let is_theirs = |key: DirectKey| {
        facts.server.id == key.space && facts.channels.values().all(|channel| channel.participants.iter().eq(both))
    };
    facts.server.member_count == 2 && DirectKey::of(&facts.server.owner, &member.user).is_some_and(is_theirs)
}

/// Why a delta cannot follow on what is held: it speaks of a channel that was never told of, leaves the server without its
/// role `everyone`, makes of the space what its kind does not allow, makes it too large, or binds a user of this backend.
pub(super) fn contradiction(backend: &Backend, delta: &ReplicaDelta, held: Option<&Replica>) -> Option<&'static str> {
    if held.is_some_and(|held| breaks_kind(delta, held)) {
        return Some(UNFIT);
    }
    if binds(&backend.domain, delta, held) {
        return Some(BINDING);
    }
    if let Some(why) = bounds::too_large(delta, held) {
        return Some(why);
    }
    let told = delta.event.as_ref()?;
    let knows = |replica: &Replica, id: &ChannelId| replica.facts.channels.contains_key(id);
    if let (Stream::Channel { id, .. }, false) = (&told.stream, matches!(told.body, EventBody::ChannelCreated(_))) {
        let known = held.is_some_and(|held| knows(held, &id.id))
            || delta.state.as_ref().is_some_and(|state| knows(state, &id.id))
            || delta.appeared.iter().any(|(channel, _)| channel.id.id == id.id);
        if !known && (held.is_some() || delta.state.is_some()) {
            return Some("it refers to a channel that is not visible here");
        }
    }
    let everyone = held.or(delta.state.as_deref()).map(|replica| replica.facts.everyone());
    let breaks = match &told.body {
        EventBody::RoleCreated(role) => role.everyone && everyone != Some(role.id),
        EventBody::RoleUpdated { role, .. } => role.everyone != (everyone == Some(role.id)),
        EventBody::RoleDeleted { before, .. } => everyone == Some(before.id),
        _ => false,
    };
    breaks.then_some("it leaves the server without its role for everyone, or with another")
}

/// Whether a delta makes a user of this backend the owner of a server of another, who could not leave it then. Nobody here
/// asked for it: no operation passes a server on to another backend's user.
fn binds(own: &Domain, delta: &ReplicaDelta, held: Option<&Replica>) -> bool {
    let body = delta.event.as_ref().map(|told| &told.body);
    let told = match body {
        Some(EventBody::SpaceUpdated { server, .. }) => Some(server),
        _ => None,
    };
    let told = told.into_iter().chain(delta.state.as_ref().map(|state| &state.facts.server));
    told.filter(|space| space.kind == SpaceKind::Community && space.owner.home == *own)
        .any(|space| held.is_none_or(|held| held.facts.server.owner != space.owner))
}

/// Whether a delta changes the kind of a space, or makes of it what its kind does not allow.
fn breaks_kind(delta: &ReplicaDelta, held: &Replica) -> bool {
    let kind = held.facts.server.kind;
    // What is held already was looked at when it came.
    let body = delta.event.as_ref().filter(|told| !is_held(held, told)).map(|told| &told.body);
    let is_other = |space: &Space| space.kind != kind;
    delta.state.as_ref().is_some_and(|state| is_other(&state.facts.server))
        || matches!(body, Some(EventBody::SpaceUpdated { server, .. }) if is_other(server))
        || match kind {
            SpaceKind::Community => false,
            SpaceKind::Group => breaks_private(delta, held, body),
            SpaceKind::Direct => breaks_two(delta, body) || breaks_private(delta, held, body),
        }
}

/// The delta with a name for each channel of a server: one that is told without has the name of what has none.
fn named<'a>(delta: &'a ReplicaDelta, of: Option<&Replica>) -> Cow<'a, ReplicaDelta> {
    let mut delta = Cow::Borrowed(delta);
    let is_community = of.is_some_and(|replica| replica.facts.server.kind == SpaceKind::Community);
    if !is_community || channels(&delta).all(|channel| channel.name.is_some()) {
        return delta;
    }
    let unnamed = ChannelName::parse(UNNAMED).expect("a name");
    let told = delta.to_mut();
    let changed = match told.event.as_mut().map(|told| &mut told.body) {
        Some(EventBody::ChannelCreated(channel) | EventBody::ChannelDeleted { before: channel }) => vec![channel],
        Some(EventBody::ChannelUpdated { channel, before }) => vec![channel, before],
        _ => Vec::new(),
    };
    for channel in changed.into_iter().chain(told.appeared.iter_mut().map(|(channel, _)| channel)) {
        channel.name.get_or_insert_with(|| unnamed.clone());
    }
    delta
}

/// The channels that a delta tells of, without those of a server that it tells whole.
fn channels(delta: &ReplicaDelta) -> impl Iterator<Item = &Channel> {
    let changed = match delta.event.as_ref().map(|told| &told.body) {
        Some(EventBody::ChannelCreated(channel) | EventBody::ChannelDeleted { before: channel }) => vec![channel],
        Some(EventBody::ChannelUpdated { channel, before }) => vec![channel, before],
        _ => Vec::new(),
    };
    changed.into_iter().chain(delta.appeared.iter().map(|(channel, _)| channel))
}

/// Whether a private space would have another channel or none, other permissions, or too many participants.
fn breaks_private(delta: &ReplicaDelta, held: &Replica, body: Option<&EventBody>) -> bool {
    let mut after = (*held.facts).clone();
    body.iter().for_each(|body| after.apply(body));
    let misplaces = match body {
        Some(EventBody::MemberJoined(member)) => !is_participant(member) || held.members.len() >= MOST_PARTICIPANTS,
        Some(EventBody::MemberUpdated { member, .. }) => !is_participant(member),
        // Who takes part is told by who comes and goes.
        Some(EventBody::ChannelUpdated { channel, .. }) => {
            held.facts.channels.get(&channel.id.id).is_none_or(|before| before.participants != channel.participants)
        }
        Some(EventBody::SpaceUpdated { server, .. }) => server.owner != held.facts.server.owner,
        Some(EventBody::MemberBanned { .. }) => true,
        _ => false,
    };
    // It has the stream of its channel alone.
    let has_another = delta.event.as_ref().is_some_and(|told| matches!(told.stream, Stream::Space(_)));
    misplaces || has_another || !delta.appeared.is_empty() || !delta.vanished.is_empty() || !after.fits_kind()
}

/// Whether a member of a private space is one as all others are: nobody has a role there, and nobody is muted or restricted.
fn is_participant(member: &Member) -> bool {
    member.roles.is_empty() && member.muted_until.is_none() && member.restricted_until.is_none()
}

/// Whether somebody would leave a direct conversation, or come to it.
fn breaks_two(delta: &ReplicaDelta, body: Option<&EventBody>) -> bool {
    match body {
        Some(EventBody::MemberJoined(_)) => delta.state.is_none(),
        Some(body) => body.removed().is_some(),
        None => false,
    }
}

/// Takes a server as it is told whole, with the members that are held here. Where that is what follows from what is held,
/// only the event is news.
pub(super) fn whole(
    backend: &Backend,
    state: Replica,
    held: Option<Replica>,
    event: Option<&ReplicatedEvent>,
) -> Change {
    let own = &backend.domain;
    let server = state.facts.server.id.clone();
    let expected = held.clone().map(|mut expected| {
        if let Some(ReplicatedEvent { stream, place, body }) = event {
            expected.apply(stream, place.seq, body, own);
        }
        expected
    });
    if let (Some(expected), Some(held)) = (expected, &held)
        && event.is_none_or(|told| follows(held, told))
        && expected.agrees(&state)
    {
        let delta = ReplicaDelta { event: event.cloned(), ..ReplicaDelta::default() };
        return step(backend, held, &delta, &[]);
    }
    let mut change = Change::default().write(SpaceWrite::Replicate(Box::new(state.clone())));
    let at = event.map_or_else(|| backend.now(), |event| event.place.at);
    // To each member it opens anew, whatever they had of it.
    for member in &state.members {
        change = stays(change, &state.facts.server, &member.user);
        let scopes = vec![Scope::User(member.user.clone())];
        let place = Place { seq: state.own_seq(), at };
        let body = match &held {
            Some(_) => EventBody::Reopened(member.clone()),
            None => EventBody::MemberJoined(member.clone()),
        };
        change = change.told(state.facts.server.stream(), place, scopes, body);
    }
    // Who is in it no more may not have heard so.
    let removed = event.and_then(|told| told.body.removed());
    let was_in = held.iter().flat_map(|held| &held.members).map(|member| &member.user);
    for user in
        was_in.filter(|user| Some(*user) != removed && !state.members.iter().any(|member| member.user == **user))
    {
        change = part(change, &state.facts.server, Place { seq: state.own_seq(), at }, user);
    }
    match event {
        Some(ReplicatedEvent { body: EventBody::MemberJoined(member), .. }) if member.user.home == *own => change,
        Some(told) => {
            let scopes = scopes_of(backend, &server, held.as_ref(), &told.body);
            let change = copies::write(change, &told.body);
            change.told(told.stream.clone(), told.place, scopes, told.body.clone())
        }
        None => change,
    }
}

/// Whether no event is missing between the replica and an event.
fn follows(held: &Replica, told: &ReplicatedEvent) -> bool {
    let last = match &told.stream {
        Stream::Space(_) => Some(held.seq),
        Stream::Channel { id, .. } => held.channel_seqs.get(&id.id).copied(),
        Stream::User(_) => None,
    };
    last.is_none_or(|last| told.place.seq <= last.saturating_add(1))
}

/// Applies one event to the replica of a server, from which these have left.
fn step(backend: &Backend, held: &Replica, delta: &ReplicaDelta, pending: &[PendingLeave]) -> Change {
    if delta.event.as_ref().is_some_and(|told| is_held(held, told)) {
        return Change::default();
    }
    let server = &held.facts.server.id;
    let at = delta.event.as_ref().map_or_else(|| backend.now(), |event| event.place.at);
    let mut change = Change::default();
    for (channel, seq) in &delta.appeared {
        let stream = Stream::Channel { id: channel.id.clone(), server: server.id };
        let place = Place { seq: *seq, at };
        change = change.put(channel.clone()).told(
            stream,
            place,
            vec![Scope::Space(server.clone())],
            EventBody::ChannelCreated(channel.clone()),
        );
    }
    for (id, _) in &delta.vanished {
        let Some(before) = held.facts.channels.get(&id.id) else { continue };
        let stream = Stream::Channel { id: id.clone(), server: server.id };
        let place = Place { seq: held.channel_seqs.get(&id.id).copied().unwrap_or_default(), at };
        let body = EventBody::ChannelDeleted { before: (**before).clone() };
        change = change.remove::<Channel>(id.clone()).told(stream, place, vec![Scope::Space(server.clone())], body);
    }
    let mut change = change.write(SpaceWrite::Revise(server.clone()));
    if let Some(ReplicatedEvent { stream, place, body }) = &delta.event {
        let is_outdated = joined(body).is_some_and(|user| user.home == backend.domain && has_left(pending, user));
        change = if is_outdated {
            // The owner counts them until it says that they left.
            change.write(SpaceWrite::CountMembers(server.clone(), 1))
        } else {
            write(change, backend, held, body)
        };
        let scopes = match is_outdated {
            true => vec![Scope::Space(server.clone())],
            false => scopes_of(backend, server, Some(held), body),
        };
        change = change.told(stream.clone(), *place, scopes, body.clone());
    }
    change
}

/// Whether the replica was fetched after an event and includes it.
fn is_held(held: &Replica, told: &ReplicatedEvent) -> bool {
    match &told.stream {
        Stream::Space(_) => told.place.seq <= held.seq,
        Stream::Channel { id, .. } => held.channel_seqs.get(&id.id).is_some_and(|seq| told.place.seq <= *seq),
        Stream::User(_) => false,
    }
}

/// Writes an event into a replica.
fn write(change: Change, backend: &Backend, held: &Replica, body: &EventBody) -> Change {
    let server = || held.facts.server.id.clone();
    let is_own = |user: &UserKey| user.home == backend.domain;
    let has = |user: &UserKey| held.members.iter().any(|member| member.user == *user);
    match body {
        EventBody::ChannelCreated(channel) | EventBody::ChannelUpdated { channel, .. } => change.put(channel.clone()),
        EventBody::ChannelDeleted { before } => change.remove::<Channel>(before.id.clone()),
        EventBody::SpaceUpdated { server, .. } => change.write(SpaceWrite::Put(server.clone())),
        EventBody::SpaceDeleted { id } => {
            let intents = held.members.iter().map(|member| intent(&member.user, id));
            intents.fold(change, Change::remove::<JoinIntent>).write(SpaceWrite::Remove(server()))
        }
        EventBody::MemberJoined(member) if is_own(&member.user) => {
            stays(taking_part(change, held, body).put(member.clone()), &held.facts.server, &member.user)
        }
        EventBody::MemberJoined(_) => taking_part(change, held, body).write(SpaceWrite::CountMembers(server(), 1)),
        EventBody::MemberUpdated { member, .. } if has(&member.user) => change.put(member.clone()),
        EventBody::MemberUpdated { .. } => change,
        EventBody::MemberLeft { user, .. } | EventBody::MemberBanned { user, .. } if has(user) => {
            taking_part(change, held, body).remove::<Member>((server(), user.clone()))
        }
        EventBody::MemberLeft { .. } | EventBody::MemberBanned { .. } => {
            taking_part(change, held, body).write(SpaceWrite::CountMembers(server(), -1))
        }
        EventBody::RoleCreated(role) | EventBody::RoleUpdated { role, .. } => change.put(role.clone()),
        EventBody::RoleDeleted { before, .. } => change.remove::<Role>((server(), before.id)),
        content_events!() => copies::write(change, body),
        EventBody::Reopened(_) | EventBody::Unknown { .. } | EventBody::Unreadable { .. } | person_events!() => change,
    }
}

/// Writes who takes part in a private conversation after an event.
fn taking_part(change: Change, held: &Replica, event: &EventBody) -> Change {
    let space = &held.facts.server;
    match conversations::after(&held.facts, event).filter(|_| space.kind.is_private()) {
        Some((after, channel)) if after == *space => change.put(channel),
        Some((after, channel)) => change.put(channel).write(SpaceWrite::Put(after)),
        None => change,
    }
}

/// That a user asks to be let into a server.
fn intent(user: &UserKey, server: &SpaceKey) -> JoinIntent {
    JoinIntent { user: user.id, server: server.clone() }
}

/// The local users whom an event of a server concerns.
fn scopes_of(backend: &Backend, server: &SpaceKey, held: Option<&Replica>, body: &EventBody) -> Vec<Scope> {
    // Who left before the owner heard of it is out of it already.
    let was_in = |user: &UserKey| held.is_some_and(|held| held.members.iter().any(|member| member.user == *user));
    let subject = match body {
        EventBody::SpaceDeleted { .. } => return vec![Scope::MembersOf(server.clone())],
        EventBody::MemberJoined(Member { user, .. }) => Some(user).filter(|user| user.home == backend.domain),
        body => body.removed().filter(|user| was_in(user)),
    };
    let subject = subject.map(|user| Scope::User(user.clone()));
    std::iter::once(Scope::Space(server.clone())).chain(subject).collect()
}

/// Who joined by an event.
fn joined(body: &EventBody) -> Option<&UserKey> {
    match body {
        EventBody::MemberJoined(member) => Some(&member.user),
        _ => None,
    }
}

/// Whether a delta says that a user, or everybody, is no longer a member.
fn parts(delta: &ReplicaDelta) -> bool {
    let body = delta.event.as_ref().map(|told| &told.body);
    body.is_some_and(EventBody::ends_membership)
}

/// The server of a delta.
fn server_of(delta: &ReplicaDelta) -> Option<SpaceKey> {
    match (&delta.event, &delta.state, delta.appeared.first()) {
        (Some(told), ..) => match &told.stream {
            Stream::Space(id) => Some(id.clone()),
            Stream::Channel { id, server } => Some(Qualified::new(*server, id.home.clone())),
            Stream::User(_) => None,
        },
        (None, Some(state), _) => Some(state.facts.server.id.clone()),
        (None, None, Some((channel, _))) => Some(channel.space_key()),
        (None, None, None) => {
            delta.vanished.first().map(|(channel, server)| Qualified::new(*server, channel.home.clone()))
        }
    }
}

/// Whether a delta refers to one server only.
fn is_of(delta: &ReplicaDelta, server: &SpaceKey) -> bool {
    let state = delta.state.as_ref().is_none_or(|state| {
        let facts = &state.facts;
        facts.server.id == *server
            && facts.roles.values().all(|role| role.server == *server)
            && facts.channels.values().all(|channel| channel.space_key() == *server)
            && state.members.iter().all(|member| member.server == *server)
    });
    let channels = delta.appeared.iter().all(|(channel, _)| channel.space_key() == *server)
        && delta.vanished.iter().all(|(id, of)| id.home == server.home && *of == server.id);
    state && channels && delta.event.as_ref().is_none_or(|told| event_is_of(told, server))
}

fn event_is_of(told: &ReplicatedEvent, server: &SpaceKey) -> bool {
    let of_server = matches!(&told.stream, Stream::Space(id) if id == server);
    // Of a private conversation who comes and goes stands in the stream of its channel.
    let of_members = of_server
        || matches!(&told.stream, Stream::Channel { id, server: of } if *of == server.id && *id == Channel::only_of(server));
    let of_channel = |channel: &ChannelKey| match &told.stream {
        Stream::Channel { id, server: of } => id == channel && id.home == server.home && *of == server.id,
        _ => false,
    };
    match &told.body {
        content_events!() => told.body.message().is_some_and(|(channel, _)| of_channel(channel)),
        EventBody::ChannelCreated(channel) | EventBody::ChannelDeleted { before: channel } => {
            of_channel(&channel.id) && channel.space_key() == *server
        }
        EventBody::ChannelUpdated { channel, before } => {
            of_channel(&channel.id)
                && before.id == channel.id
                && channel.space_key() == *server
                && before.space_key() == *server
        }
        EventBody::SpaceUpdated { server: now, before } => of_server && now.id == *server && before.id == *server,
        EventBody::SpaceDeleted { id } => of_members && id == server,
        EventBody::MemberJoined(member) => of_members && member.server == *server,
        EventBody::MemberUpdated { member, before } => {
            of_server && member.server == *server && before.server == *server && member.user == before.user
        }
        EventBody::MemberLeft { server: of, .. } | EventBody::MemberBanned { server: of, .. } => {
            of_members && of == server
        }
        EventBody::RoleCreated(role) | EventBody::RoleDeleted { before: role, .. } => {
            of_server && role.server == *server
        }
        EventBody::RoleUpdated { role, before } => {
            of_server && role.server == *server && before.server == *server && role.id == before.id
        }
        EventBody::Unknown { kind, data } => {
            let own = matches!(&told.stream, Stream::Channel { id, server: of } if id.home == server.home && *of == server.id);
            (of_server || own) && is_type(kind) && data.len() <= MOST_UNKNOWN
        }
        EventBody::Reopened(_) | EventBody::Unreadable { .. } | person_events!() => false,
    }
}

/// The name of what has none.
const UNNAMED: &str = "?";
const UNFIT: &str = "it is not what a space of its kind may be";
const UNASKED: &str = "it makes somebody a member who did not ask for it";

const BINDING: &str = "it makes a user of this backend the owner of a server of another";

/// The maximum number of channels that appear or vanish with one event.
const MOST_MOVED: usize = 2_000;

/// The maximum number of bytes of an event of an unknown type.
const MOST_UNKNOWN: usize = 64 << 10;
