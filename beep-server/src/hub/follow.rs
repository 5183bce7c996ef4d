//! Handing one event out: who is told what, and in which order.
//!
//! What an event needs to be read from the store is read first; then it is handed out and remembered in one step, so
//! that a connection which comes meanwhile is told of it either there or on coming, and never twice.

use std::collections::HashMap;
use std::sync::Arc;

use beep_core::backend::Backend;
use beep_core::event::{Event, EventBody, Position, Scope, Stream};
use beep_core::id::{SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::HeldSpace;
use beep_core::replay::{self, Delivery, View};
use beep_proto::gateway::CloseCode;

use super::connection::{Connection, Push};
use super::state::State;
use super::{Hub, frame, retry_forever};

impl Hub {
    /// Hands an event to everybody who may see it. Only one task may do this.
    pub(super) async fn follow(&self, backend: &Backend, event: Arc<Event>) {
        if event.position <= self.lock().position {
            return;
        }
        if let Some(member) = event.body.opens_to() {
            let mut opened = None;
            while !self.join(&event, member, &opened) {
                self.introduce(backend, &event).await;
                opened = Some(opens(backend, &event, member).await);
            }
            return;
        }
        if event.body.loses_facts() {
            return self.reopen(backend, event).await;
        }
        // A profile is told to those who knew its user as it changed: by now they may be apart.
        let acquaintances = match &event.body {
            EventBody::UserUpdated(_) => Some(retry_forever(|| backend.store.scopes_of(event.position)).await),
            _ => None,
        };
        while !self.hand_out(&event, acquaintances.as_deref()) {
            self.introduce(backend, &event).await;
        }
    }

    /// Hands an event out; not if somebody is yet to be told of its private space.
    fn hand_out(&self, event: &Arc<Event>, acquaintances: Option<&[Scope]>) -> bool {
        let mut state = self.lock();
        if state.leaves_out(event) {
            return false;
        }
        match acquaintances {
            Some(acquaintances) => state.tell_acquaintances(event, acquaintances),
            None => state.hand_out(event),
        }
        state.pass(event.clone());
        true
    }

    /// Tells of the private space of an event whose snapshot left it out, as it was before.
    async fn introduce(&self, backend: &Backend, event: &Event) {
        let Some(space) = event.stream.space() else { return };
        let users = self.lock().who_left_out(&space);
        for user in users {
            let held = held_after(backend, &space, &user, Position(event.position.0 - 1)).await;
            self.lock().introduce(event, &space, &user, held);
        }
    }

    /// Has everybody who is connected hold anew what they see of a server whose change is lost with its record.
    async fn reopen(&self, backend: &Backend, event: Arc<Event>) {
        let mut read = HashMap::new();
        loop {
            let unread = {
                let mut state = self.lock();
                let unread = state.unread(&read);
                if unread.is_empty() {
                    state.reopen(&event, &read);
                    state.pass(event);
                    return;
                }
                unread
            };
            for user in unread {
                let held =
                    if is_member(backend, &event, &user).await { held_at(backend, &event, &user).await } else { None };
                read.insert(user, held);
            }
        }
    }

    /// Hands out that a server opens to somebody; not if they are connected and nobody has read what opens to them, or if
    /// somebody else is yet to be told of it.
    fn join(&self, event: &Arc<Event>, member: &Member, opened: &Option<Option<HeldSpace>>) -> bool {
        let mut state = self.lock();
        if opened.is_none() && !state.of(&member.user).is_empty() || state.leaves_out(event) {
            return false;
        }
        state.open(event, member, opened.as_ref().and_then(Option::as_ref));
        state.pass(event.clone());
        true
    }
}

/// The server that a joining member finds: as it was then, whatever happened to it since. `None` if they are gone again.
async fn opens(backend: &Backend, event: &Event, member: &Member) -> Option<HeldSpace> {
    let held = held_at(backend, event, &member.user).await?;
    Some(HeldSpace { member: member.clone(), ..held })
}

/// Whether a user is in the server of an event.
async fn is_member(backend: &Backend, event: &Event, user: &UserKey) -> bool {
    let Some(server) = event.stream.space() else { return false };
    retry_forever(|| backend.store.member(&server, user)).await.is_some()
}

/// The server of an event as a user held it right after; `None` if they are not in it.
async fn held_at(backend: &Backend, event: &Event, user: &UserKey) -> Option<HeldSpace> {
    held_after(backend, &event.stream.space()?, user, event.position).await
}

/// A space as a user held it at a position; `None` if they are not in it any more.
async fn held_after(backend: &Backend, space: &SpaceKey, user: &UserKey, position: Position) -> Option<HeldSpace> {
    // This one alone: whoever joins a small one must not have all of theirs read.
    let (until, mut held) = retry_forever(|| backend.store.snapshot_of(user, space)).await?;
    let (mut later, mut at) = (Vec::new(), position);
    while at < until {
        let events = retry_forever(|| backend.store.space_events(space, at, until, PAGE)).await;
        let Some(last) = events.last() else { break };
        at = last.position;
        later.extend(events.into_iter().map(Arc::new));
    }
    replay::rewind(&mut held, &later);
    Some(held)
}

impl State {
    fn hand_out(&mut self, event: &Arc<Event>) {
        match &event.body {
            body if body.ends_membership() => {
                self.tell(event);
                self.part(event);
                self.take_part(event);
            }
            EventBody::SessionRevoked { id } => {
                self.tell(event);
                let ended = self.everybody().filter(|connection| connection.session == *id);
                ended.for_each(|connection| connection.close(CloseCode::Unauthenticated));
            }
            body if body.changes_facts() => self.shift(event),
            _ => {
                self.tell(event);
                self.keep_company(event);
            }
        }
    }

    /// Tells those who may see a channel, the members of a server, or one user; nobody of what cannot be read.
    fn tell(&mut self, event: &Arc<Event>) {
        if let Some(entry) = event.stream.space().and_then(|server| self.servers.get_mut(&server)) {
            entry.count(event);
        }
        let Some(push) = self.written(event) else { return };
        match &event.stream {
            Stream::Channel { id, server } => {
                let space = SpaceKey::new(*server, id.home.clone());
                self.audience(&space, id.id, event.at).iter().for_each(|connection| connection.push(&push));
            }
            Stream::Space(id) => self.members(id).for_each(|connection| connection.push(&push)),
            Stream::User(user) => self.of(user).iter().for_each(|connection| connection.push(&push)),
        }
    }

    /// Tells everybody whom the change of a profile concerns, each once.
    fn tell_acquaintances(&mut self, event: &Arc<Event>, scopes: &[Scope]) {
        let spaces = scopes.iter().filter_map(Scope::space).flat_map(|space| self.members(space));
        let users = scopes.iter().filter_map(|scope| match scope {
            Scope::User(user) => Some(user),
            Scope::Space(_) | Scope::MembersOf(_) => None,
        });
        let mut to: Vec<&Arc<Connection>> = users.flat_map(|user| self.of(user)).chain(spaces).collect();
        to.sort_by_key(|connection| Arc::as_ptr(connection).addr());
        to.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let Some(push) = self.written(event) else { return };
        to.iter().for_each(|connection| connection.push(&push));
    }

    /// Tells the members of a server that somebody joined, and opens it to them, if they are connected.
    fn open(&mut self, event: &Arc<Event>, member: &Member, held: Option<&HeldSpace>) {
        if !matches!(event.body, EventBody::Reopened(_)) {
            self.tell(event);
            self.take_part(event);
        }
        let Some(held) = held else { return };
        let user: &UserKey = &member.user;
        for delivery in replay::entered(event, held) {
            let push = Push::new(frame(&self.cursors, &delivery));
            self.of(user).iter().for_each(|connection| connection.push(&push));
        }
        if let Some(entry) = self.servers.get_mut(&held.facts.server.id) {
            // Reopened, it need not be what the events before made of it.
            entry.replace(&held.facts);
        }
        if matches!(event.body, EventBody::Reopened(_)) {
            self.of(user).iter().for_each(|connection| connection.narrow());
        }
        if !self.of(user).is_empty() {
            self.enter(user, held);
        }
    }

    /// Applies an event that changes facts: what appears and vanishes for a member is told before it.
    fn shift(&mut self, event: &Arc<Event>) {
        let Some(push) = self.written(event) else { return };
        let Some(server) = event.stream.space() else { return };
        let Some(entry) = self.servers.get_mut(&server) else { return };
        let facts = entry.facts.clone();
        // Nobody else is another member after it.
        let changed = match &event.body {
            EventBody::MemberUpdated { member, .. } => entry.members.get(&member.user).cloned(),
            _ => None,
        };
        entry.apply(event);
        let Some(entry) = self.servers.get(&server) else { return };
        // To those who do not see the category of its channel the event is told without; that is the same for all of them.
        let mut without: Option<Push> = None;
        for (user, member) in &entry.members {
            let before = changed.as_ref().filter(|changed| changed.user == *user);
            let was = View { facts: &facts, member: before.unwrap_or(member) };
            let is = View { facts: &entry.facts, member };
            for delivery in replay::tell(event, was, is, |channel| entry.tail(channel)) {
                let own;
                let push = match &delivery {
                    Delivery::Event(told) if Arc::ptr_eq(told, event) => &push,
                    Delivery::Event(_) => without.get_or_insert_with(|| Push::new(frame(&self.cursors, &delivery))),
                    other => {
                        own = Push::new(frame(&self.cursors, other));
                        &own
                    }
                };
                self.of(user).iter().for_each(|connection| connection.push(push));
                if matches!(delivery, Delivery::Vanished { .. }) {
                    self.of(user).iter().for_each(|connection| connection.narrow());
                }
            }
        }
        if let Some(entry) = self.servers.get_mut(&server) {
            entry.count(event);
        }
    }

    fn written(&self, event: &Arc<Event>) -> Option<Push> {
        replay::itself(event.clone()).map(|delivery| Push::new(frame(&self.cursors, &delivery)))
    }
}

/// Events that are read at once.
const PAGE: u32 = 100;
