//! Handing one event out: who is told what, and in which order.

use std::sync::Arc;

use beep_core::backend::Backend;
use beep_core::event::{Event, EventBody, Position, Stream};
use beep_core::id::{ChannelId, UserKey};
use beep_core::replay::{Delivery, Followed, Shift};
use beep_proto::gateway::CloseCode;

use super::connection::{Connection, Push};
use super::state::{Inhabitant, Listener};
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
                    entry.count(id.id, event.seq);
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
        if let Stream::Channel { id, .. } = &event.stream {
            entry.count(id.id, event.seq);
        }
        let Some(entry) = state.servers.get(&server) else { return };
        let push = self.written(event);
        for (user, inhabitant) in &entry.members {
            let listeners = state.listeners(entry, user).filter(|listener| listener.awaits(event.position));
            let listeners: Vec<_> = listeners.collect();
            if listeners.is_empty() {
                continue;
            }
            let was = members.get(user).unwrap_or(inhabitant);
            let told = tell_of(event, (&before, was), (&entry.followed, inhabitant), |channel| entry.seq(channel));
            for delivery in &told.first {
                let push = Push::new(frame(self.log, delivery));
                listeners.iter().for_each(|listener| listener.connection.push(&push));
            }
            if told.event {
                listeners.iter().for_each(|listener| listener.connection.push(&push));
            }
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
        let cursor = Position(event.position.0 - 1);
        let entered = Delivery::Entered { cursor, server: Box::new(held.clone()), at: event.at };
        let push = Push::new(frame(self.log, &entered));
        let mut state = self.lock();
        let awaiting = state.of(user).iter().filter(|connection| event.position > connection.since);
        awaiting.for_each(|connection| connection.push(&push));
        state.enter(user, held, snapshot.position);
    }
}

/// What one member is told of an event that changes facts.
struct Told {
    /// What appears and vanishes.
    first: Vec<Delivery>,
    /// Whether the event itself.
    event: bool,
}

fn tell_of(
    event: &Event,
    before: (&Followed, &Inhabitant),
    after: (&Followed, &Inhabitant),
    seq: impl Fn(ChannelId) -> u64,
) -> Told {
    let (was, is) = ((&*before.0.facts, &before.1.member), (&*after.0.facts, &after.1.member));
    let shift = if may_shift(event, &is.1.user) { Shift::between(was, is, event.at) } else { Shift::default() };
    let cursor = Position(event.position.0 - 1);
    let appeared = shift.appeared.iter().filter_map(|id| {
        let channel = is.0.channels.get(id)?.clone();
        Some(Delivery::Appeared { cursor, channel, seq: seq(*id), at: event.at })
    });
    let vanished = shift.vanished.iter().filter_map(|id| {
        let channel = was.0.channels.get(id)?;
        Some(Delivery::Vanished { cursor, channel: channel.id.clone(), server: channel.server, at: event.at })
    });
    let first = appeared.chain(vanished).collect();
    let event = match (&event.stream, &event.body) {
        (Stream::Channel { id, .. }, EventBody::ChannelDeleted { .. }) => views(was, id.id, event),
        // What appeared was told as it is after the event.
        (Stream::Channel { id, .. }, _) => views(is, id.id, event) && !shift.appeared.contains(&id.id),
        _ => true,
    };
    Told { first, event }
}

fn views(of: (&beep_core::facts::ServerFacts, &beep_core::member::Member), channel: ChannelId, event: &Event) -> bool {
    use beep_core::permission::Permissions;
    of.0.permissions_in(of.1, channel, event.at).contains(Permissions::VIEW_CHANNELS)
}

/// Whether an event can change what a user may see: most change it for nobody, or for one.
fn may_shift(event: &Event, user: &UserKey) -> bool {
    match &event.body {
        EventBody::MemberUpdated { member, .. } => member.user == *user,
        EventBody::RoleCreated(_) | EventBody::ChannelCreated(_) | EventBody::ChannelDeleted { .. } => false,
        EventBody::ServerUpdated { server, before } => server.owner != before.owner,
        EventBody::ChannelUpdated { channel, before } => channel.overrides != before.overrides,
        EventBody::RoleUpdated { role, before } => role.permissions != before.permissions,
        _ => true,
    }
}

/// Servers that are read at once.
const PAGE: u32 = 100;
