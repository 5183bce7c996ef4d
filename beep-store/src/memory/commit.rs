//! How a change is made: claim, guards, scopes of members, writes, events.

use std::collections::BTreeSet;
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::event::{Event, EventBody, Position, Scope, Stream};
use beep_core::id::{self, Id, ServerId};
use beep_core::message::{Draft, Message};
use beep_core::permission::Target;
use beep_core::port::{
    Change, CommitError, Committed, Departure, Guard, NewEvent, Place, StoreError, Unique, Write, new_id,
};
use beep_core::replica::Replica;
use beep_core::time::Timestamp;

use super::state::{Claimed, Held, KeptFor, Logged, Outlet, State, Tail, claim_key, purpose_key};
use crate::{MOST_SET_ASIDE, StoreParts, refresh};

/// Makes a change whole or not at all; gives the backends whose streams its events went into as well.
pub(super) fn commit(
    state: &mut State,
    parts: &StoreParts,
    change: &Change,
) -> Result<(Committed, Vec<Domain>), CommitError> {
    let now = parts.clock.now();
    let mut made = Made {
        own: parts.domain.clone(),
        now,
        head: state.head(),
        logged: Vec::new(),
        posted: Vec::new(),
        queued: BTreeSet::new(),
    };
    match make(state, parts, change, &mut made) {
        Ok(()) => {
            state.settle();
            let events = made.logged.iter().map(|logged| logged.event.clone()).collect();
            state.log.extend(made.logged);
            Ok((Committed { events, posted: made.posted }, made.queued.into_iter().collect()))
        }
        Err(error) => {
            state.take_back();
            Err(error)
        }
    }
}

/// What a change has come to so far.
struct Made {
    own: Domain,
    now: Timestamp,
    head: Position,
    logged: Vec<Logged>,
    posted: Vec<Message>,
    queued: BTreeSet<Domain>,
}

fn make(state: &mut State, parts: &StoreParts, change: &Change, made: &mut Made) -> Result<(), CommitError> {
    // First of all: when the request was carried out, the facts have moved, and that is no news.
    if let Some(claim) = &change.claim {
        let key = claim_key(claim);
        if state.claims.contains_key(&key) {
            return Err(CommitError::Repeated);
        }
        state.claims.put(key, Claimed { at: claim.at, answer: None });
    }
    for guard in &change.guards {
        check(state, guard)?;
    }
    let kept_for: Vec<_> = change.events.iter().map(|event| kept_for(state, event)).collect();
    let leaving: Vec<_> = change.events.iter().map(|event| leaving(state, event, &parts.domain)).collect();
    for write in &change.writes {
        match write {
            Write::Post { server, draft } => post(state, parts, *server, draft, made)?,
            other => write_down(state, other)?,
        }
    }
    for ((event, kept_for), mut to) in change.events.iter().zip(kept_for).zip(leaving) {
        for kept in &kept_for {
            match kept {
                KeptFor::Server(server) => to.extend(state.remotes_of(*server, &parts.domain)),
                KeptFor::User(user) => drop(to.insert(user.home.clone())),
            }
        }
        let mut body = event.body.clone();
        if let Some(place) = event.place {
            if !refresh::is_behind(&body, place, state.tail(event.stream.uuid()).seq) {
                append(state, event.stream.clone(), kept_for, body, event.place, made);
            }
            continue;
        }
        for server in refresh::servers(&mut body) {
            if let Some(held) = state.servers.get(&server.id.id) {
                server.member_count = held.server.member_count;
            }
        }
        for channel in refresh::channels(&mut body) {
            channel.last_message = state.tail(channel.id.id.uuid()).last_message;
        }
        append(state, event.stream.clone(), kept_for, body, None, made);
        queue(state, parts, to, made);
    }
    Ok(())
}

fn check(state: &State, guard: &Guard) -> Result<(), CommitError> {
    let stands = match guard {
        Guard::ServerAt { id, revision } => state.servers.get(id).is_some_and(|held| held.revision == *revision),
        Guard::NoMember { server, user } => !state.members.contains_key(&(*server, user.clone())),
        Guard::OwnsFewer { user, than } => state.owned(user) < *than,
        Guard::AccountAt { id, revision } => {
            state.accounts.get(id).is_some_and(|account| account.revision == *revision)
        }
        Guard::Holds { id, role } => state.holders_of(*role).any(|holder| holder == *id),
        Guard::OthersHold { id, role } => state.holders_of(*role).any(|holder| holder != *id),
        Guard::SessionAt { id, current } => state
            .sessions
            .get(id)
            .is_some_and(|session| session.revoked_at.is_none() && session.rotation.current == *current),
        Guard::CodeAt { user, purpose, attempts_left } => {
            let code = state.codes.get(&(*user, purpose_key(*purpose)));
            code.is_some_and(|code| code.attempts_left == *attempts_left)
        }
        Guard::MessageAt { channel, id, edited_at } => {
            state.messages.get(&(*channel, *id)).is_some_and(|message| message.edited_at == *edited_at)
        }
        Guard::AllSent(sent) => state.sent_by(sent.server, &sent.author, sent.since) == sent.messages,
        Guard::Replica { server, channels } => {
            if !state.are_free(server, channels) {
                return Err(CommitError::Taken(Unique::Id));
            }
            true
        }
        Guard::ReceivedUpTo { origin, mark } => state.inbound.get(origin) == mark.as_ref(),
        Guard::InvitationUsable { id, now } => match state.invitations.get(id) {
            Some(invitation) => {
                invitation.usable(*now).map_err(CommitError::Spent)?;
                true
            }
            None => false,
        },
    };
    if stands { Ok(()) } else { Err(CommitError::Stale) }
}

/// Whom an event is kept for, with those who are members before the writes.
fn kept_for(state: &State, event: &NewEvent) -> Vec<KeptFor> {
    let mut kept = Vec::new();
    for scope in &event.scopes {
        match scope {
            Scope::Server(server) => kept.push(KeptFor::Server(*server)),
            Scope::User(user) => kept.push(KeptFor::User(user.clone())),
            Scope::MembersOf(server) => {
                kept.extend(state.members_of(*server).map(|member| KeptFor::User(member.user.clone())));
            }
        }
    }
    kept
}

/// The other backends whose users are members before the writes.
fn leaving(state: &State, event: &NewEvent, own: &Domain) -> BTreeSet<Domain> {
    let servers = event.scopes.iter().filter_map(|scope| match scope {
        Scope::MembersOf(server) => Some(*server),
        _ => None,
    });
    servers.flat_map(|server| state.remotes_of(server, own)).collect()
}

/// Puts the last event, which is of this backend, into the streams to others.
fn queue(state: &mut State, parts: &StoreParts, to: BTreeSet<Domain>, made: &mut Made) {
    for to in to.into_iter().filter(|to| *to != parts.domain) {
        let outlet = state.outbound.get(&to).copied().unwrap_or_else(|| {
            let stream = uuid::Builder::from_random_bytes(parts.entropy.octets()).into_uuid();
            Outlet { stream, last: 0, acknowledged: 0 }
        });
        let outlet = Outlet { last: outlet.last + 1, ..outlet };
        state.queued.put((to.clone(), outlet.last), made.head);
        state.outbound.put(to.clone(), outlet);
        made.queued.insert(to);
    }
}

fn append(
    state: &mut State,
    stream: Stream,
    kept_for: Vec<KeptFor>,
    body: EventBody,
    place: Option<Place>,
    made: &mut Made,
) {
    let (seq, at) = match place {
        // Users of other backends are numbered there alone.
        Some(Place { seq, at }) if matches!(stream, Stream::User(_)) => (seq, at),
        None if *stream.home() != made.own => (0, made.now),
        place => {
            let mut tail = state.tail(stream.uuid());
            tail.seq = place.map_or(tail.seq + 1, |place| place.seq);
            tail.last_message = tail.last_message.max(refresh::last_message(&body));
            state.streams.put(stream.uuid(), tail);
            (tail.seq, place.map_or(made.now, |place| place.at))
        }
    };
    made.head.0 += 1;
    let event = Event { position: made.head, stream, seq, at, body };
    made.logged.push(Logged { event: Arc::new(event), kept_for });
}

fn post(
    state: &mut State,
    parts: &StoreParts,
    server: ServerId,
    draft: &Draft,
    made: &mut Made,
) -> Result<(), CommitError> {
    let channel = draft.channel.id;
    if state.channels.get(&channel).is_none_or(|channel| channel.server != server) {
        return Err(CommitError::Stale);
    }
    if let Some(nonce) = &draft.nonce
        && let Some(first) = state.by_nonce(channel, &draft.author, nonce)
    {
        made.posted.push(first.clone());
        return Ok(());
    }
    let last = state.tail(channel.uuid()).last_message;
    let id = id::after(new_id(made.now, &*parts.entropy), last);
    let message = draft.clone().stamp(id, made.now);
    put_message(state, message.clone());
    let stream = Stream::Channel { id: message.channel.clone(), server };
    let body = EventBody::MessageCreated(message.clone());
    append(state, stream.clone(), vec![KeptFor::Server(server)], body, None, made);
    let to = state.remotes_of(server, &parts.domain);
    queue(state, parts, to, made);
    made.posted.push(message);
    Ok(())
}

fn write_down(state: &mut State, write: &Write) -> Result<(), CommitError> {
    match write {
        Write::PutAccount(account) => {
            let others = || state.accounts.values().filter(|other| other.id() != account.id());
            if others().any(|other| other.user.username == account.user.username) {
                return Err(CommitError::Taken(Unique::Username));
            }
            if others().any(|other| other.email == account.email) {
                return Err(CommitError::Taken(Unique::Email));
            }
            let mut account = account.clone();
            account.revision += 1;
            let before = state.accounts.get(&account.id());
            account.global_roles = before.map(|before| before.global_roles.clone()).unwrap_or_default();
            state.accounts.put(account.id(), account);
        }
        Write::PutGlobalRole(id, role) => {
            state.need_account(*id)?;
            state.accounts.change(id, |account| {
                if !account.global_roles.contains(role) {
                    account.global_roles.push(*role);
                    account.global_roles.sort_unstable();
                }
            });
        }
        Write::RemoveGlobalRole(id, role) => {
            state.accounts.change(id, |account| account.global_roles.retain(|held| held != role));
        }
        Write::RemoveAccount(id) => {
            if state.accounts.get(id).is_some_and(|account| !account.activated) {
                state.accounts.remove(id);
                state.codes.remove_where(|(user, _), _| user == id);
                state.sessions.remove_where(|_, session| session.user == *id);
                state.visits.remove_where(|(user, _), ()| user == id);
                state.departures.remove_where(|(_, user), _| user == id);
                state.invited.remove_where(|(user, _), _| user == id);
            }
        }
        Write::PutCode(code) => {
            state.need_account(code.user)?;
            state.codes.put((code.user, purpose_key(code.purpose)), code.clone());
        }
        Write::RemoveCode(user, purpose) => {
            state.codes.remove(&(*user, purpose_key(*purpose)));
        }
        Write::PutSession(session) => {
            state.need_account(session.user)?;
            state.sessions.put(session.id, session.clone());
        }
        Write::PutKey(key) => state.keys.put(key.id, key.clone()),
        Write::RemoveKey(id) => {
            state.keys.remove(id);
        }
        Write::Revise(id) => state.servers.change(id, |held| held.revision += 1),
        Write::PutServer(server) => {
            let before = state.servers.get(&server.id.id);
            let (member_count, revision) = before.map_or((0, 1), |held| (held.server.member_count, held.revision));
            let server = beep_core::server::Server { member_count, ..server.clone() };
            state.servers.put(server.id.id, Held { server, revision });
        }
        Write::RemoveServer(id) => remove_server(state, *id),
        Write::PutRole(role) => {
            state.need_server(role.server.id)?;
            state.roles.put((role.server.id, role.id), role.clone());
        }
        Write::RemoveRole(server, role) => {
            state.roles.remove(&(*server, *role));
            let holds = |member: &beep_core::member::Member| member.roles.contains(role);
            let holders: Vec<_> = state.members_of(*server).filter(|m| holds(m)).map(|m| m.user.clone()).collect();
            for user in holders {
                state.members.change(&(*server, user), |member| member.roles.retain(|held| held != role));
            }
            let target = Target::Role(*role);
            let own = state.channels.values().filter(|channel| channel.server == *server);
            let channels: Vec<_> = own.map(|channel| channel.id.id).collect();
            for channel in channels {
                state.channels.change(&channel, |channel| channel.overrides.set(&target, None));
            }
        }
        Write::PutChannel(channel) => {
            state.need_server(channel.server)?;
            state.channels.put(channel.id.id, channel.clone());
        }
        Write::RemoveChannel(server, id) => {
            if state.channels.get(id).is_some_and(|channel| channel.server == *server) {
                state.channels.remove(id);
                remove_messages(state, *id);
            }
        }
        Write::PutMember(member) => {
            let server = member.server.id;
            state.need_server(server)?;
            let key = (server, member.user.clone());
            if !state.members.contains_key(&key) {
                state.servers.change(&server, |held| held.server.member_count += 1);
            }
            let mut member = member.clone();
            member.roles.sort_unstable();
            member.roles.dedup();
            state.members.put(key, member);
        }
        Write::RemoveMember(server, user) => {
            if state.members.remove(&(*server, user.clone())).is_some() {
                state
                    .servers
                    .change(server, |held| held.server.member_count = held.server.member_count.saturating_sub(1));
            }
        }
        Write::PutBan(ban) => {
            state.need_server(ban.server.id)?;
            state.bans.put((ban.server.id, ban.user.clone()), ban.clone());
        }
        Write::RemoveBan(server, user) => {
            state.bans.remove(&(*server, user.clone()));
        }
        Write::PutInvitation(invitation) => {
            state.need_server(invitation.server.id)?;
            let code = invitation.code();
            let mut others = state.invitations.values().filter(|other| other.id != invitation.id);
            if code.is_some() && others.any(|other| other.code() == code) {
                return Err(CommitError::Taken(Unique::InvitationCode));
            }
            state.invitations.put(invitation.id, invitation.clone());
        }
        Write::PutInvited(invited) => {
            let user = invited.invitation.user();
            let user = user.ok_or_else(|| StoreError::new("others tell of invitations for one person alone"))?;
            state.need_account(user.id)?;
            let key = (user.id, invited.invitation.id);
            // Not in place of what yet another backend told under the same id.
            if state.invited.get(&key).is_none_or(|kept| kept.server.id.home == invited.server.id.home) {
                state.invited.put(key, invited.clone());
            }
        }
        Write::RemoveInvited(user, id) => {
            state.invited.remove(&(*user, *id));
        }
        Write::UseInvitation(id) => state.invitations.change(id, |invitation| invitation.uses += 1),
        Write::RemoveInvitation(id) => {
            state.invitations.remove(id);
        }
        Write::Post { .. } => return Err(StoreError::new("messages are sent elsewhere").into()),
        Write::PutMessage(message) => {
            if !state.channels.contains_key(&message.channel.id) {
                return Err(CommitError::Stale);
            }
            put_message(state, message.clone());
        }
        Write::RemoveMessage(channel, id) => remove_message(state, (*channel, *id)),
        Write::PutReplica(replica) => put_replica(state, replica),
        Write::CountMembers(server, more) => state.servers.change(server, |held| {
            held.server.member_count = held.server.member_count.saturating_add_signed(*more);
        }),
        Write::PutProfile(user, at) => state.profiles.put(user.key.clone(), (user.clone(), *at)),
        Write::Visit(user, server) => {
            state.need_account(*user)?;
            state.visits.put((*user, server.clone()), ());
        }
        Write::Unvisit(user, server) => {
            state.visits.remove(&(*user, server.clone()));
        }
        Write::PutDeparture(Departure { user, server, key }) => {
            state.need_account(*user)?;
            state.departures.put((server.clone(), *user), key.clone());
        }
        Write::RemoveDeparture(Departure { user, server, key }) => {
            let place = (server.clone(), *user);
            if state.departures.get(&place) == Some(key) {
                state.departures.remove(&place);
            }
        }
        Write::Receive(origin, mark) => state.inbound.put(origin.clone(), *mark),
        Write::SetAside(aside) => {
            let next = state.set_aside.keys().next_back().map_or(0, |last| last + 1);
            state.set_aside.put(next, aside.clone());
            let of_origin = state.set_aside.iter().filter(|(_, kept)| kept.origin == aside.origin);
            let numbers: Vec<usize> = of_origin.map(|(number, _)| *number).collect();
            let surplus = numbers.len().saturating_sub(MOST_SET_ASIDE as usize);
            for number in &numbers[..surplus] {
                state.set_aside.remove(number);
            }
        }
        Write::Acknowledge(to, seq) => {
            state.outbound.change(to, |outlet| outlet.acknowledged = outlet.acknowledged.max(*seq));
            state.queued.remove_where(|(of, number), _| of == to && number <= seq);
        }
        Write::ResetStream(to, stream) => {
            state.queued.remove_where(|(of, _), _| of == to);
            state.outbound.put(to.clone(), Outlet { stream: *stream, last: 0, acknowledged: 0 });
        }
        Write::PutAnswer(claim, answered) => {
            let key = claim_key(claim);
            let at = state.claims.get(&key).map_or(claim.at, |claimed| claimed.at);
            state.claims.put(key, Claimed { at, answer: Some(answered.clone()) });
        }
    }
    Ok(())
}

fn put_replica(state: &mut State, replica: &Replica) {
    let server = &replica.facts.server;
    let id = server.id.id;
    let revision = state.servers.get(&id).map_or(0, |held| held.revision) + 1;
    remove_server(state, id);
    state.servers.put(id, Held { server: server.clone(), revision });
    for role in replica.facts.roles.values() {
        state.roles.put((id, role.id), (**role).clone());
    }
    for channel in replica.facts.channels.values() {
        let seq = replica.channel_seqs.get(&channel.id.id).copied().unwrap_or_default();
        state.streams.put(channel.id.id.uuid(), Tail { seq, last_message: channel.last_message });
        state.channels.put(channel.id.id, (**channel).clone());
    }
    for member in &replica.members {
        state.members.put((id, member.user.clone()), member.clone());
    }
    state.streams.put(id.uuid(), Tail { seq: replica.seq, last_message: None });
}

fn put_message(state: &mut State, message: Message) {
    let key = (message.channel.id, message.id);
    remove_message(state, key);
    if let Some(nonce) = &message.nonce {
        state.nonces.put((key.0, message.author.clone(), nonce.clone()), message.id);
    }
    state.messages.put(key, message);
}

fn remove_message(state: &mut State, key: (beep_core::id::ChannelId, beep_core::id::MessageId)) {
    if let Some(message) = state.messages.remove(&key)
        && let Some(nonce) = message.nonce
    {
        state.nonces.remove(&(key.0, message.author, nonce));
    }
}

fn remove_messages(state: &mut State, channel: beep_core::id::ChannelId) {
    let first = super::state::first();
    let own = state.messages.range((channel, first)..).take_while(|((of, _), _)| *of == channel);
    let keys: Vec<_> = own.map(|(key, _)| *key).collect();
    for key in keys {
        remove_message(state, key);
    }
}

fn remove_server(state: &mut State, id: ServerId) {
    let channels: Vec<_> = state.channels_of(id).into_iter().map(|channel| channel.id.id).collect();
    for channel in channels {
        state.channels.remove(&channel);
        remove_messages(state, channel);
    }
    state.servers.remove(&id);
    state.roles.remove_where(|(server, _), _| *server == id);
    state.members.remove_where(|(server, _), _| *server == id);
    state.bans.remove_where(|(server, _), _| *server == id);
    state.invitations.remove_where(|_, invitation| invitation.server.id == id);
}
