//! Who is connected, to which servers, and who may see which channel of them.
//!
//! All of it is as it was after the event at [`State::position`]: facts, members, numbers, and what each connection was
//! told. Whoever comes in is brought there first, see [`State::attach`].

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use beep_core::event::{Event, EventBody, Position, Stream};
use beep_core::facts::{SpaceFacts, apply_to_member};
use beep_core::id::{ChannelId, SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::permission::Permissions;
use beep_core::port::{Clock, Entropy, HeldSpace, Snapshot};
use beep_core::presence::Presence;
use beep_core::replay::{self, Tail};
use beep_core::time::Timestamp;
use beep_proto::cursor::Cursors;
use beep_proto::gateway::CloseCode;
use tokio::time::Instant;

use super::company::Company;
use super::connection::{Connection, Push};
use super::{SnapshotTooOld, frame};

/// The connections of this process and the facts of the servers they see.
pub(super) struct State {
    /// Seals the cursors of the log.
    pub(super) cursors: Cursors,
    /// The last event that was handed out.
    pub(super) position: Position,
    users: HashMap<UserKey, ConnectedUser>,
    pub(super) servers: HashMap<SpaceKey, Entry>,
    /// By private space the connections whose snapshot left it out: they are told of it with what happens there next.
    left_out: HashMap<SpaceKey, Vec<Arc<Connection>>>,
    /// The latest events, for a connection whose snapshot is a little older than the hub.
    latest: VecDeque<Arc<Event>>,
    /// Who is there, and who looks at whom.
    pub(super) company: Company,
    /// Who is seen otherwise since that was last asked.
    pub(super) news: BTreeMap<UserKey, Presence>,
    /// Whether connections that come are closed at once.
    closing: bool,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// A user who is connected.
#[derive(Default)]
struct ConnectedUser {
    connections: Vec<Arc<Connection>>,
    /// The servers that they are in.
    servers: HashSet<SpaceKey>,
}

/// A server that somebody connected is a member of.
pub(super) struct Entry {
    pub(super) facts: Arc<SpaceFacts>,
    /// The members who are connected.
    pub(super) members: HashMap<UserKey, Member>,
    /// Where each channel's stream stands, as far as it was heard of.
    tails: HashMap<ChannelId, Tail>,
    /// For each channel, who may see it; emptied when facts or connections change.
    audiences: HashMap<ChannelId, Audience>,
}

/// Connections that are told something, shared while that stays so.
pub(super) type Audience = Arc<[Arc<Connection>]>;

impl State {
    pub(super) fn new(cursors: Cursors, position: Position, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            cursors,
            position,
            users: HashMap::new(),
            servers: HashMap::new(),
            left_out: HashMap::new(),
            latest: VecDeque::new(),
            company: Company::default(),
            news: BTreeMap::new(),
            closing: false,
            clock,
            entropy,
        }
    }

    pub(super) fn everybody(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.users.values().flat_map(|user| &user.connections)
    }

    /// The connections of a user.
    pub(super) fn of(&self, user: &UserKey) -> &[Arc<Connection>] {
        self.users.get(user).map_or(&[], |user| user.connections.as_slice())
    }

    /// Closes every connection, and those that come later.
    pub(super) fn close(&mut self) {
        self.closing = true;
        self.everybody().for_each(|connection| connection.close(CloseCode::GoingAway));
    }

    /// Adds a connection that was told all up to a snapshot which is not ahead of here, and tells it the rest.
    pub(super) fn attach(&mut self, connection: &Arc<Connection>, snapshot: &Snapshot) -> Result<(), SnapshotTooOld> {
        let missed = self.missed(connection, snapshot)?;
        self.users.entry(connection.user.clone()).or_default().connections.push(connection.clone());
        for held in &snapshot.servers {
            self.enter(&connection.user, held);
        }
        for space in &connection.left_out {
            self.left_out.entry(space.clone()).or_default().push(connection.clone());
        }
        let is_new = self.company.arrive(&connection.user, &snapshot.friends, snapshot.presence.as_ref());
        for event in missed {
            self.tell_one(connection, &event);
        }
        if is_new && !self.company.seen(&connection.user).is_offline() {
            self.is_seen_otherwise(&connection.user);
        }
        if self.closing {
            connection.close(CloseCode::GoingAway);
        }
        Ok(())
    }

    /// Has a connected user be in a server.
    pub(super) fn enter(&mut self, user: &UserKey, held: &HeldSpace) {
        let Some(connected) = self.users.get_mut(user) else { return };
        connected.servers.insert(held.facts.server.id.clone());
        let entry = self.servers.entry(held.facts.server.id.clone()).or_insert_with(|| Entry {
            facts: held.facts.clone(),
            members: HashMap::new(),
            tails: HashMap::new(),
            audiences: HashMap::new(),
        });
        for (channel, seq) in &held.channel_seqs {
            let last_message = held.facts.channels.get(channel).and_then(|channel| channel.last_message);
            entry.advance(*channel, Tail { seq: *seq, last_message });
        }
        entry.members.insert(user.clone(), held.member.clone());
        entry.audiences.clear();
    }

    /// Whether a connection is yet to be told of the private space of an event.
    pub(super) fn leaves_out(&self, event: &Event) -> bool {
        !self.left_out.is_empty() && event.stream.space().is_some_and(|space| self.left_out.contains_key(&space))
    }

    /// The connections whose snapshot left a private space out and that were not told of it since.
    pub(super) fn without(&self, space: &SpaceKey) -> &[Arc<Connection>] {
        self.left_out.get(space).map_or(&[], Vec::as_slice)
    }

    /// The users of those connections.
    pub(super) fn who_left_out(&self, space: &SpaceKey) -> HashSet<UserKey> {
        self.without(space).iter().map(|connection| connection.user.clone()).collect()
    }

    /// Tells a user's connections that have not been told of the private space of an event how it was before; nothing if
    /// they are in it no more.
    pub(super) fn introduce(&mut self, event: &Event, space: &SpaceKey, user: &UserKey, held: Option<HeldSpace>) {
        let theirs = self.take_left_out(space, |connection| connection.user == *user);
        let Some(held) = held.filter(|_| !theirs.is_empty()) else { return };
        self.enter(user, &held);
        let push = Push::new(frame(&self.cursors, &replay::introduced(event, held)));
        theirs.iter().for_each(|connection| connection.push(&push));
    }

    fn take_left_out(&mut self, space: &SpaceKey, which: impl Fn(&Arc<Connection>) -> bool) -> Vec<Arc<Connection>> {
        let Some(connections) = self.left_out.get_mut(space) else { return Vec::new() };
        let taken = connections.extract_if(.., |connection| which(connection)).collect();
        if connections.is_empty() {
            self.left_out.remove(space);
        }
        taken
    }

    pub(super) fn detach(&mut self, connection: &Arc<Connection>) {
        self.company.blur(connection);
        for space in &connection.left_out {
            self.take_left_out(space, |other| Arc::ptr_eq(other, connection));
        }
        let Some(connected) = self.users.get_mut(&connection.user) else { return };
        connected.connections.retain(|other| !Arc::ptr_eq(other, connection));
        if connected.connections.is_empty() {
            let servers = std::mem::take(&mut connected.servers);
            self.users.remove(&connection.user);
            self.company.depart(&connection.user, Instant::now());
            servers.iter().for_each(|server| self.drop_member(server, &connection.user));
        } else {
            for server in &connected.servers {
                if let Some(entry) = self.servers.get_mut(server) {
                    entry.audiences.clear();
                }
            }
        }
    }

    /// Remembers an event as handed out.
    pub(super) fn pass(&mut self, event: Arc<Event>) {
        self.position = event.position;
        if self.latest.len() >= MOST_LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(event);
    }

    /// What was handed out since a snapshot.
    ///
    /// Gives up when that is more than is remembered, or when what the connection may be told of it takes more than the
    /// snapshot to know: a fresh one is simpler than the truth about an old one.
    fn missed(&self, connection: &Connection, snapshot: &Snapshot) -> Result<Vec<Arc<Event>>, SnapshotTooOld> {
        if self.position <= snapshot.position {
            return Ok(Vec::new());
        }
        let oldest = self.latest.front().map_or(Position(u64::MAX), |event| event.position);
        if oldest.0 > snapshot.position.0 + 1 {
            return Err(SnapshotTooOld);
        }
        let after: Vec<_> = self.latest.iter().filter(|event| event.position > snapshot.position).cloned().collect();
        let left_out = |space: SpaceKey| snapshot.left_out.binary_search(&space).is_ok();
        let own = |space: SpaceKey| snapshot.servers.iter().any(|held| held.facts.server.id == space);
        let unsettles = |event: &Arc<Event>| match &event.stream {
            Stream::User(user) => *user != connection.user && matches!(event.body, EventBody::UserUpdated(_)),
            Stream::Channel { .. } | Stream::Space(_) => {
                event.body.loses_facts()
                    || event.stream.space().is_some_and(left_out)
                    || event.body.changes_facts()
                        && (event.stream.space().is_some_and(own) || replay::joins(event, &connection.user))
            }
        };
        if after.iter().any(unsettles) { Err(SnapshotTooOld) } else { Ok(after) }
    }

    /// Tells one connection of an event that changes no facts.
    fn tell_one(&mut self, connection: &Arc<Connection>, event: &Arc<Event>) {
        if matches!(&event.stream, Stream::User(user) if *user == connection.user) {
            self.keep_company(event);
        }
        let sees = match &event.stream {
            Stream::User(user) => *user == connection.user,
            Stream::Space(server) => {
                self.servers.get(server).is_some_and(|entry| entry.members.contains_key(&connection.user))
            }
            Stream::Channel { id, server } => {
                self.servers.get_mut(&SpaceKey::new(*server, id.home.clone())).is_some_and(|entry| {
                    entry.count(event);
                    entry.may_view(&connection.user, id.id, event.at) && connection.wants(id.id)
                })
            }
        };
        if let Some(delivery) = replay::itself(event.clone()).filter(|_| sees) {
            connection.push(&Push::new(frame(&self.cursors, &delivery)));
        }
    }

    /// The connections that may see a channel.
    pub(super) fn audience(&mut self, server: &SpaceKey, channel: ChannelId, at: Timestamp) -> Audience {
        let Some(entry) = self.servers.get_mut(server) else { return Audience::default() };
        if let Some(audience) = entry.audiences.get(&channel) {
            return audience.clone();
        }
        let viewers = entry.members.keys().filter(|user| entry.may_view(user, channel, at));
        let connections = viewers.filter_map(|user| self.users.get(user)).flat_map(|user| &user.connections);
        let audience: Audience = connections.filter(|connection| connection.wants(channel)).cloned().collect();
        entry.audiences.insert(channel, audience.clone());
        audience
    }

    /// The connections of all members of a server.
    pub(super) fn members<'s>(&'s self, server: &SpaceKey) -> impl Iterator<Item = &'s Arc<Connection>> + use<'s> {
        let entry = self.servers.get(server);
        entry.into_iter().flat_map(|entry| entry.members.keys()).flat_map(|user| self.of(user))
    }

    /// Removes a member, or with the server all of them.
    pub(super) fn part(&mut self, event: &Event) {
        let Some(server) = event.stream.space() else { return };
        match event.body.removed() {
            Some(user) => self.leave(&server, user),
            None => {
                self.members(&server).for_each(|connection| connection.narrow());
                let connections: Vec<_> = self.members(&server).cloned().collect();
                connections.iter().for_each(|connection| self.company.look_away(connection, &server));
                let members = self.servers.remove(&server).map(|entry| entry.members).unwrap_or_default();
                for user in members.keys() {
                    if let Some(connected) = self.users.get_mut(user) {
                        connected.servers.remove(&server);
                    }
                }
            }
        }
    }

    /// Has the facts of a private conversation follow who comes and goes.
    pub(super) fn take_part(&mut self, event: &Event) {
        let entry = event.stream.space().and_then(|space| self.servers.get_mut(&space));
        if let Some(entry) = entry.filter(|entry| entry.facts.server.kind.is_private()) {
            entry.apply(event);
        }
    }

    /// Removes a member of a server.
    fn leave(&mut self, server: &SpaceKey, user: &UserKey) {
        self.of(user).iter().for_each(|connection| connection.narrow());
        let connections = self.of(user).to_vec();
        self.company.part(server, user, &connections);
        if let Some(connected) = self.users.get_mut(user) {
            connected.servers.remove(server);
        }
        self.drop_member(server, user);
    }

    fn drop_member(&mut self, server: &SpaceKey, user: &UserKey) {
        let Some(entry) = self.servers.get_mut(server) else { return };
        entry.members.remove(user);
        entry.audiences.clear();
        if entry.members.is_empty() {
            self.servers.remove(server);
        }
    }

    /// The connected users of whom it has not been read what they hold of a server.
    pub(super) fn unread(&self, read: &HashMap<UserKey, Option<HeldSpace>>) -> Vec<UserKey> {
        self.users.keys().filter(|user| !read.contains_key(user)).cloned().collect()
    }

    /// Tells all who are or were in a server, of which a change is lost, what they hold of it.
    pub(super) fn reopen(&mut self, event: &Event, read: &HashMap<UserKey, Option<HeldSpace>>) {
        let Some(server) = event.stream.space() else { return };
        // It is told whole, to everybody.
        self.left_out.remove(&server);
        for (user, held) in read {
            let was_in = self.servers.get(&server).is_some_and(|entry| entry.members.contains_key(user));
            let deliveries = match held {
                Some(held) => replay::entered(event, held),
                None if was_in => replay::lost(event).into_iter().collect(),
                None => continue,
            };
            for delivery in deliveries {
                let push = Push::new(frame(&self.cursors, &delivery));
                self.of(user).iter().for_each(|connection| connection.push(&push));
            }
            match held {
                Some(held) => {
                    if let Some(entry) = self.servers.get_mut(&server) {
                        entry.replace(&held.facts);
                    }
                    self.of(user).iter().for_each(|connection| connection.narrow());
                    self.enter(user, held);
                }
                None => self.leave(&server, user),
            }
        }
    }
}

impl Entry {
    /// Takes the facts as they are told anew.
    pub(super) fn replace(&mut self, facts: &Arc<SpaceFacts>) {
        self.facts = facts.clone();
        self.audiences.clear();
    }

    /// Takes the facts and the members past an event that changes them.
    pub(super) fn apply(&mut self, event: &Event) {
        Arc::make_mut(&mut self.facts).apply(&event.body);
        self.members.values_mut().for_each(|member| apply_to_member(member, &event.body));
        self.audiences.clear();
    }

    /// Hears of an event of a channel's stream.
    pub(super) fn count(&mut self, event: &Event) {
        let Stream::Channel { id, .. } = &event.stream else { return };
        let last_message = event.body.message().map(|(_, message)| message);
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

    pub(super) fn may_view(&self, user: &UserKey, channel: ChannelId, at: Timestamp) -> bool {
        self.members
            .get(user)
            .is_some_and(|member| self.facts.permissions_in(member, channel, at).contains(Permissions::VIEW_CHANNELS))
    }
}

/// How many of the latest events are remembered.
const MOST_LATEST: usize = 4_096;
