//! Who is connected, to which servers, and who may see which channel of them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use beep_core::event::{Event, EventBody, Position, Stream};
use beep_core::id::{ChannelId, ServerId, UserKey};
use beep_core::member::Member;
use beep_core::permission::Permissions;
use beep_core::port::{HeldServer, Snapshot};
use beep_core::replay::{self, Delivery, Followed, Tail};
use beep_core::time::Timestamp;

use super::connection::{Connection, Push};
use super::{Missed, frame};

/// The connections of this process and the facts of the servers they see.
pub(super) struct State {
    /// The id of the log.
    pub(super) log: u64,
    /// The last event that was handed out.
    pub(super) position: Position,
    users: HashMap<UserKey, Vec<Arc<Connection>>>,
    pub(super) servers: HashMap<ServerId, Entry>,
    /// The latest events, for a connection whose snapshot is a little older than the hub.
    latest: VecDeque<Arc<Event>>,
}

/// A server that somebody connected is a member of.
pub(super) struct Entry {
    pub(super) followed: Followed,
    pub(super) members: HashMap<UserKey, Inhabitant>,
    /// Where each channel's stream stands, as far as it was heard of.
    tails: HashMap<ChannelId, Tail>,
    /// For each channel, who may see it; emptied when facts or connections change.
    audiences: HashMap<ChannelId, Audience>,
}

/// Connections that may see something, shared while that stays so.
pub(super) type Audience = Arc<[Listener]>;

/// A connection, and up to where its task tells it what happens in one server.
#[derive(Clone)]
pub(super) struct Listener {
    pub(super) connection: Arc<Connection>,
    since: Position,
}

impl Listener {
    fn new(connection: &Arc<Connection>, inhabitant: &Inhabitant) -> Self {
        Self { connection: connection.clone(), since: inhabitant.since.max(connection.since) }
    }

    /// Whether an event at this position is the hub's to tell.
    pub(super) fn awaits(&self, position: Position) -> bool {
        position > self.since
    }
}

/// A member who is connected.
#[derive(Clone)]
pub(super) struct Inhabitant {
    pub(super) member: Member,
    /// The last event that is in the membership; what happened up to here they are told otherwise.
    pub(super) since: Position,
}

impl State {
    pub(super) fn new(log: u64, position: Position) -> Self {
        Self { log, position, users: HashMap::new(), servers: HashMap::new(), latest: VecDeque::new() }
    }

    pub(super) fn everybody(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.users.values().flatten()
    }

    /// The connections of a user.
    pub(super) fn of(&self, user: &UserKey) -> &[Arc<Connection>] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    pub(super) fn attach(&mut self, connection: &Arc<Connection>, snapshot: &Snapshot) -> Result<(), Missed> {
        let missed = self.missed(connection, snapshot)?;
        for held in &snapshot.servers {
            self.enter(&connection.user, held, snapshot.position);
        }
        self.users.entry(connection.user.clone()).or_default().push(connection.clone());
        for held in &snapshot.servers {
            if let Some(entry) = self.servers.get_mut(&held.facts.server.id.id) {
                entry.audiences.clear();
            }
        }
        for event in missed {
            self.tell_one(connection, &event);
        }
        Ok(())
    }

    /// Has a user be in a server from a position on.
    pub(super) fn enter(&mut self, user: &UserKey, held: &HeldServer, position: Position) {
        let entry = self.servers.entry(held.facts.server.id.id).or_insert_with(|| Entry {
            // A snapshot that is older than the hub missed nothing that changes facts: see `missed`.
            followed: Followed { facts: held.facts.clone(), position: position.max(self.position) },
            members: HashMap::new(),
            tails: HashMap::new(),
            audiences: HashMap::new(),
        });
        for (channel, seq) in &held.channel_seqs {
            let last_message = held.facts.channels.get(channel).and_then(|channel| channel.last_message);
            entry.advance(*channel, Tail { seq: *seq, last_message });
        }
        let inhabitant = Inhabitant { member: held.member.clone(), since: position };
        entry.members.entry(user.clone()).or_insert(inhabitant);
        entry.audiences.clear();
    }

    pub(super) fn detach(&mut self, connection: &Arc<Connection>) {
        let Some(connections) = self.users.get_mut(&connection.user) else { return };
        connections.retain(|other| !Arc::ptr_eq(other, connection));
        let last = connections.is_empty();
        if last {
            self.users.remove(&connection.user);
        }
        let user = &connection.user;
        self.servers.retain(|_, entry| {
            if entry.members.contains_key(user) {
                entry.audiences.clear();
                if last {
                    entry.members.remove(user);
                }
            }
            !entry.members.is_empty()
        });
    }

    /// Remembers an event as handed out.
    pub(super) fn pass(&mut self, event: Arc<Event>) {
        self.position = event.position;
        if self.latest.len() >= MOST_LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(event);
    }

    /// What was handed out between a snapshot and now.
    ///
    /// Gives up when that is more than is remembered, or changed what the connection may see: a fresh snapshot is
    /// simpler than the truth about an old one.
    fn missed(&self, connection: &Connection, snapshot: &Snapshot) -> Result<Vec<Arc<Event>>, Missed> {
        if self.position <= snapshot.position {
            return Ok(Vec::new());
        }
        let oldest = self.latest.front().map_or(Position(u64::MAX), |event| event.position);
        if oldest.0 > snapshot.position.0 + 1 {
            return Err(Missed);
        }
        let after: Vec<_> = self.latest.iter().filter(|event| event.position > snapshot.position).cloned().collect();
        let own = |server| snapshot.servers.iter().any(|held| held.facts.server.id.id == server);
        let unsettles = |event: &Arc<Event>| {
            event.body.changes_facts()
                && (event.stream.server().is_some_and(own) || replay::joins(event, &connection.user))
        };
        if after.iter().any(unsettles) { Err(Missed) } else { Ok(after) }
    }

    /// Tells one connection of an event that changes no facts.
    fn tell_one(&mut self, connection: &Arc<Connection>, event: &Event) {
        let sees = match &event.stream {
            Stream::User(user) => *user == connection.user,
            Stream::Server(server) => self.servers.get(&server.id).is_some_and(|entry| entry.has(connection)),
            Stream::Channel { id, server } => self.servers.get_mut(server).is_some_and(|entry| {
                entry.count(event);
                entry.may_view(&connection.user, id.id, event.at) && connection.wants(id.id)
            }),
        };
        if sees {
            connection.push(&Push::new(frame(self.log, &Delivery::Event(Arc::new(event.clone())))));
        }
    }

    /// The connections that may see a channel.
    pub(super) fn audience(&mut self, server: ServerId, channel: ChannelId, at: Timestamp) -> Audience {
        let Some(entry) = self.servers.get_mut(&server) else { return Audience::default() };
        if let Some(audience) = entry.audiences.get(&channel) {
            return audience.clone();
        }
        let viewers = entry.members.iter().filter(|(user, _)| entry.may_view(user, channel, at));
        let listeners = viewers.flat_map(|(user, inhabitant)| {
            let connections = self.users.get(user).into_iter().flatten();
            connections.map(|connection| Listener::new(connection, inhabitant))
        });
        let audience: Audience = listeners.filter(|listener| listener.connection.wants(channel)).collect();
        entry.audiences.insert(channel, audience.clone());
        audience
    }

    /// The connections of all members of a server.
    pub(super) fn members(&self, server: ServerId) -> Vec<Listener> {
        let Some(entry) = self.servers.get(&server) else { return Vec::new() };
        entry.members.keys().flat_map(|user| self.listeners(entry, user)).collect()
    }

    /// The connections of one member of a server.
    pub(super) fn listeners<'a>(
        &'a self,
        entry: &'a Entry,
        user: &UserKey,
    ) -> impl Iterator<Item = Listener> + use<'a> {
        let inhabitant = entry.members.get(user);
        let connections = self.users.get(user).into_iter().flatten();
        inhabitant.into_iter().flat_map(move |inhabitant| {
            connections.clone().map(move |connection| Listener::new(connection, inhabitant))
        })
    }

    /// Removes a member, or with the server all of them.
    pub(super) fn part(&mut self, event: &Event) {
        let Some(server) = event.stream.server() else { return };
        match &event.body {
            EventBody::MemberLeft { user, .. } => {
                if let Some(entry) = self.servers.get_mut(&server) {
                    entry.members.remove(user);
                    entry.audiences.clear();
                    if entry.members.is_empty() {
                        self.servers.remove(&server);
                    }
                }
            }
            EventBody::ServerDeleted { .. } => {
                self.servers.remove(&server);
            }
            _ => {}
        }
    }
}

impl Entry {
    /// Takes the facts and the members past an event.
    pub(super) fn apply(&mut self, event: &Event) {
        self.followed.apply(event);
        for inhabitant in self.members.values_mut() {
            if event.position > inhabitant.since {
                replay::follow_member(&mut inhabitant.member, event);
            }
        }
        self.audiences.clear();
    }

    /// Hears of an event of a channel's stream.
    pub(super) fn count(&mut self, event: &Event) {
        let Stream::Channel { id, .. } = &event.stream else { return };
        let last_message = match &event.body {
            EventBody::MessageCreated(message) => Some(message.id),
            _ => None,
        };
        self.advance(id.id, Tail { seq: event.seq, last_message });
    }

    /// Where a channel's stream stands.
    pub(super) fn tail(&self, channel: ChannelId) -> Tail {
        self.tails.get(&channel).copied().unwrap_or_default()
    }

    fn advance(&mut self, channel: ChannelId, to: Tail) {
        let known = self.tails.entry(channel).or_default();
        known.seq = known.seq.max(to.seq);
        known.last_message = known.last_message.max(to.last_message);
    }

    fn may_view(&self, user: &UserKey, channel: ChannelId, at: Timestamp) -> bool {
        self.members.get(user).is_some_and(|inhabitant| {
            let held = self.followed.facts.permissions_in(&inhabitant.member, channel, at);
            held.contains(Permissions::VIEW_CHANNELS)
        })
    }

    fn has(&self, connection: &Connection) -> bool {
        self.members.contains_key(&connection.user)
    }
}

/// How many of the latest events are remembered.
const MOST_LATEST: usize = 4_096;
