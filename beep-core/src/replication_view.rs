//! What another backend may see of the servers that its users are members of.
//!
//! A backend sees what at least one of its users may see, and nothing else, not even the names of channels. What an
//! event makes visible or hidden is sent with that event.

use std::collections::{BTreeSet, HashMap};

use crate::domain::Domain;
use crate::event::{Event, EventBody, Stream};
use crate::id::{ChannelId, RoleId, SpaceKey};
use crate::port::Place;
use crate::replica::Replica;
use crate::replica_delta::{ReplicaDelta, ReplicatedEvent};

/// What one other backend sees, kept up to date along the log.
#[derive(Debug)]
pub struct ReplicationView {
    of: Domain,
    servers: HashMap<SpaceKey, Seen>,
}

#[derive(Debug)]
struct Seen {
    /// The whole server.
    whole: Replica,
    /// The channels that the other backend has.
    has: BTreeSet<ChannelId>,
    /// The roles that the other backend was told of, those that are deleted since among them.
    roles: BTreeSet<RoleId>,
}

impl ReplicationView {
    /// The view of a backend that has seen nothing yet.
    pub fn new(of: Domain) -> Self {
        Self { of, servers: HashMap::new() }
    }

    /// Whether a server is in view.
    pub fn knows(&self, server: &SpaceKey) -> bool {
        self.servers.contains_key(server)
    }

    /// Whether a channel is in view.
    pub fn shows(&self, server: &SpaceKey, channel: ChannelId) -> bool {
        self.servers.get(server).is_some_and(|seen| seen.has.contains(&channel))
    }

    /// Forgets a server because its events are lost; it will be sent whole again.
    pub fn forget(&mut self, server: &SpaceKey) {
        self.servers.remove(server);
    }

    /// Gives the delta for the first event of a server that comes into view; `whole` is the server right after that
    /// event. If it has no member of the other backend, it does not come into view.
    pub fn open(&mut self, whole: Replica, event: &Event) -> ReplicaDelta {
        if whole.members.is_empty() {
            return ReplicaDelta { event: parts(event, &self.of).then(|| told(event)), ..ReplicaDelta::default() };
        }
        let has = whole.visible(event.at);
        let state = Some(Box::new(whole.shown(&has)));
        let is_read = !matches!(event.body, EventBody::Unreadable { .. });
        let id = whole.facts.server.id.clone();
        let roles = whole.facts.roles.keys().copied().collect();
        let seen = Seen { whole, has, roles };
        let told = (is_read && passes(event, &seen.has, &seen.has)).then(|| seen.sanitized(event));
        self.servers.insert(id, seen);
        ReplicaDelta { state, event: told, ..ReplicaDelta::default() }
    }

    /// Gives the delta for the next event of a server in view. `shows` says which channels the other backend may see
    /// now, because the log may lag behind: messages of other channels are left out.
    pub fn tell(&mut self, server: &SpaceKey, event: &Event, shows: impl Fn(ChannelId) -> bool) -> ReplicaDelta {
        let Some(seen) = self.servers.get_mut(server) else { return ReplicaDelta::default() };
        let had_channel = |id: &ChannelId, seen: &Seen| seen.whole.facts.channels.contains_key(id);
        let mut delta = ReplicaDelta::default();
        let before = seen.has.clone();
        let there: BTreeSet<ChannelId> = before.iter().copied().filter(|id| had_channel(id, seen)).collect();
        let existed = seen.whole.facts.channels.keys().copied().collect::<BTreeSet<_>>();
        seen.whole.apply(&event.stream, event.seq, &event.body, &self.of);
        if event.body.changes_facts() {
            seen.roles.extend(seen.whole.facts.roles.keys());
            seen.has = seen.whole.visible(event.at);
            for id in seen.has.difference(&before).filter(|id| existed.contains(id)) {
                if let Some(channel) = seen.whole.facts.channels.get(id) {
                    // What the event itself adds to the stream follows.
                    let own = matches!(&event.stream, Stream::Channel { id: of, .. } if of.id == *id);
                    let seq = seen.whole.channel_seqs.get(id).copied().unwrap_or_default();
                    delta.appeared.push(((**channel).clone(), if own { seq.saturating_sub(1) } else { seq }));
                }
            }
            for id in there.difference(&seen.has) {
                if let Some(channel) = seen.whole.facts.channels.get(id) {
                    delta.vanished.push((channel.id.clone(), channel.server));
                }
            }
        }
        let has = seen.has.clone();
        let told_of = match (&event.stream, event.body.changes_facts()) {
            _ if matches!(event.body, EventBody::Unreadable { .. }) => false,
            (Stream::Channel { id, .. }, false) => has.contains(&id.id) && shows(id.id),
            _ => passes(event, &before, &has),
        };
        if told_of || parts(event, &self.of) {
            delta.event = Some(seen.sanitized(event));
        }
        if seen.whole.members.is_empty() || matches!(event.body, EventBody::SpaceDeleted { .. }) {
            self.servers.remove(server);
            delta.appeared.clear();
            delta.vanished.clear();
        }
        delta
    }

    /// Gives the delta for an event of a server that no longer exists: only that it was deleted or left.
    pub fn gone(&self, event: &Event) -> ReplicaDelta {
        ReplicaDelta { event: parts(event, &self.of).then(|| told(event)), ..ReplicaDelta::default() }
    }
}

impl Seen {
    /// The event without what the other backend may not know.
    fn sanitized(&self, event: &Event) -> ReplicatedEvent {
        let mut told = told(event);
        match &mut told.body {
            EventBody::RoleDeleted { overrides, .. } => overrides.retain(|(channel, _)| self.has.contains(channel)),
            // A member keeps the roles that were deleted: see `SpaceFacts::current`.
            EventBody::MemberUpdated { member, before } => {
                for member in [member, before] {
                    member.roles.retain(|role| self.roles.contains(role));
                }
            }
            _ => {}
        }
        told
    }
}

/// Whether an event is for who had and has these channels.
fn passes(event: &Event, before: &BTreeSet<ChannelId>, after: &BTreeSet<ChannelId>) -> bool {
    match (&event.stream, &event.body) {
        (Stream::Channel { id, .. }, EventBody::ChannelDeleted { .. }) => before.contains(&id.id),
        (Stream::Channel { id, .. }, _) => after.contains(&id.id),
        _ => true,
    }
}

/// Whether an event is that somebody of a backend, or everybody, is in the server no more.
fn parts(event: &Event, of: &Domain) -> bool {
    match &event.body {
        EventBody::MemberLeft { user, .. } | EventBody::MemberBanned { user, .. } => user.home == *of,
        EventBody::SpaceDeleted { .. } => true,
        _ => false,
    }
}

/// The event as it is told.
pub fn told(event: &Event) -> ReplicatedEvent {
    ReplicatedEvent {
        stream: event.stream.clone(),
        place: Place { seq: event.seq, at: event.at },
        body: event.body.clone(),
    }
}
