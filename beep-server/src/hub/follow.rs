//! Handing one event out: who is told what, and in which order.

use std::sync::Arc;

use beep_core::backend::Backend;
use beep_core::event::{Event, EventBody, Stream};
use beep_core::id::UserKey;
use beep_core::replay::{self, Delivery, View};
use beep_proto::gateway::CloseCode;

use super::connection::{Connection, Push};
use super::state::Listener;
use super::{Hub, frame};

impl Hub {
    /// Hands an event to everybody who may see it.
    pub(super) async fn follow(&self, backend: &Backend, event: Arc<Event>) {
        if event.position <= self.lock().position {
            return;
        }
        match &event.body {
            EventBody::MemberJoined(member) => {
                self.tell_members(&event);
                if !self.lock().of(&member.user).is_empty() {
                    self.enter(backend, &event, &member.user).await;
                }
            }
            EventBody::MemberLeft { .. } | EventBody::ServerDeleted { .. } => {
                self.tell_members(&event);
                self.lock().part(&event);
            }
            EventBody::UserUpdated(_) => self.tell_acquaintances(backend, &event).await,
            EventBody::SessionRevoked { id } => {
                self.tell(&event);
                let state = self.lock();
                let ended = state.everybody().filter(|connection| connection.session == *id);
                ended.for_each(|connection| connection.close(CloseCode::Unauthenticated));
            }
            body if body.changes_facts() => self.shift(&event),
            _ => self.tell(&event),
        }
        self.lock().pass(event);
    }

    /// Tells those who may see a channel, the members of a server, or one user.
    fn tell(&self, event: &Arc<Event>) {
        match &event.stream {
            Stream::Channel { id, server } => {
                let mut state = self.lock();
                if let Some(entry) = state.servers.get_mut(server) {
                    entry.count(event);
                }
                let audience = state.audience(*server, id.id, event.at);
                drop(state);
                self.send(event, audience.iter());
            }
            Stream::Server(_) => self.tell_members(event),
            Stream::User(user) => {
                let connections = self.lock().of(user).to_vec();
                let push = self.written(event);
                let awaiting = connections.iter().filter(|connection| event.position > connection.since);
                awaiting.for_each(|connection| connection.push(&push));
            }
        }
    }

    fn tell_members(&self, event: &Arc<Event>) {
        let Some(server) = event.stream.server() else { return };
        let members = self.lock().members(server);
        self.send(event, members.iter());
    }

    fn send<'a>(&self, event: &Arc<Event>, to: impl Iterator<Item = &'a Listener>) {
        let push = self.written(event);
        to.filter(|listener| listener.awaits(event.position)).for_each(|listener| listener.connection.push(&push));
    }

    fn written(&self, event: &Arc<Event>) -> Push {
        Push::new(frame(self.log, &Delivery::Event(event.clone())))
    }

    /// Tells everybody who shares a server with a user whose profile changed, each once.
    async fn tell_acquaintances(&self, backend: &Backend, event: &Arc<Event>) {
        let Stream::User(user) = &event.stream else { return };
        let mut to: Vec<Arc<Connection>> = self.lock().of(user).to_vec();
        to.retain(|connection| event.position > connection.since);
        let mut after = None;
        loop {
            let servers = match backend.store.servers_of(user, after, PAGE).await {
                Ok(servers) => servers,
                Err(error) => {
                    tracing::error!(%error, "cannot find who shares a server with a user");
                    break;
                }
            };
            let state = self.lock();
            for server in &servers {
                let awaiting = state.members(server.id.id).into_iter().filter(|member| member.awaits(event.position));
                to.extend(awaiting.map(|listener| listener.connection));
            }
            drop(state);
            after = servers.last().map(|server| server.id.id);
            if servers.len() < PAGE as usize {
                break;
            }
        }
        to.sort_by_key(|connection| Arc::as_ptr(connection).addr());
        to.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let push = self.written(event);
        to.iter().for_each(|connection| connection.push(&push));
    }

    /// Applies an event that changes facts: what appears and vanishes for a member is told before it.
    fn shift(&self, event: &Arc<Event>) {
        let Some(server) = event.stream.server() else { return };
        let mut state = self.lock();
        let Some(entry) = state.servers.get_mut(&server) else { return };
        let before = entry.followed.clone();
        let members = entry.members.clone();
        entry.apply(event);
        let Some(entry) = state.servers.get(&server) else { return };
        let push = self.written(event);
        for (user, inhabitant) in &entry.members {
            let listeners = state.listeners(entry, user).filter(|listener| listener.awaits(event.position));
            let listeners: Vec<_> = listeners.collect();
            if listeners.is_empty() {
                continue;
            }
            let was = members.get(user).unwrap_or(inhabitant);
            let was = View { facts: &before.facts, member: &was.member };
            let is = View { facts: &entry.followed.facts, member: &inhabitant.member };
            for delivery in replay::tell(event, was, is, |channel| entry.tail(channel)) {
                let own;
                let push = match &delivery {
                    Delivery::Event(_) => &push,
                    other => {
                        own = Push::new(frame(self.log, other));
                        &own
                    }
                };
                listeners.iter().for_each(|listener| listener.connection.push(push));
            }
        }
        if let Some(entry) = state.servers.get_mut(&server) {
            entry.count(event);
        }
    }

    /// Opens a server to a connected user who joined it.
    async fn enter(&self, backend: &Backend, event: &Event, user: &UserKey) {
        let Some(server) = event.stream.server() else { return };
        let snapshot = match backend.store.snapshot(user).await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::error!(%error, "cannot read what opened to a user; their connections resume");
                self.lock().of(user).iter().for_each(|connection| connection.close(CloseCode::TooSlow));
                return;
            }
        };
        // Gone again already: what follows in the log says so.
        let Some(held) = snapshot.servers.iter().find(|held| held.facts.server.id.id == server) else { return };
        let entered = Delivery::Entered { cursor: event.position, server: Box::new(held.clone()), at: event.at };
        let push = Push::new(frame(self.log, &entered));
        let mut state = self.lock();
        let awaiting = state.of(user).iter().filter(|connection| event.position > connection.since);
        awaiting.for_each(|connection| connection.push(&push));
        state.enter(user, held, snapshot.position);
    }
}

/// Servers that are read at once.
const PAGE: u32 = 100;
