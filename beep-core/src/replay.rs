//! What a client is told: which events reach it, and what appears and vanishes as visibility changes.
//!
//! Two moments, one rule. Live, an event that changes the facts of a server is preceded by what it makes appear
//! and vanish for the client. Resuming, the facts of now are rewound along the log to the client's cursor; what
//! is visible now and was not then appears as it is now, what was and is not vanishes, and the events in between
//! follow for the rest. Told early rather than late: an appearance keeps the cursor from before, so that a client
//! cut off in the middle is told again and loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::channel::Channel;
use crate::event::{Event, EventBody, Position, Stream};
use crate::facts::{ServerFacts, apply_to_member, rewind_member};
use crate::id::{ChannelId, Qualified, ServerId, UserKey};
use crate::member::Member;
use crate::port::{HeldServer, Snapshot};
use crate::time::Timestamp;

/// One thing to tell a client.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event of the log.
    Event(Arc<Event>),
    /// A channel that the client could not see, with the last number of its stream.
    Appeared {
        /// Where the client stands: before the event that made it appear.
        cursor: Position,
        /// The channel as it is.
        channel: Arc<Channel>,
        /// The last number of its stream.
        seq: u64,
        /// When.
        at: Timestamp,
    },
    /// A channel that the client can see no more.
    Vanished {
        /// Where the client stands: before the event that made it vanish.
        cursor: Position,
        /// Which channel.
        channel: Qualified<ChannelId>,
        /// Of which server.
        server: ServerId,
        /// When.
        at: Timestamp,
    },
    /// A server that the client's user has joined, with all that they may see of it.
    Entered {
        /// Where the client stands: before the user joined.
        cursor: Position,
        /// The server.
        server: Box<HeldServer>,
        /// When.
        at: Timestamp,
    },
}

/// What is visible in a server before and after something, from one member's point of view.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shift {
    /// The channels that appear.
    pub appeared: Vec<ChannelId>,
    /// The channels that vanish though they are still there.
    pub vanished: Vec<ChannelId>,
}

impl Shift {
    /// What changes for a member between two states of a server; a channel made or deleted in between is not
    /// listed, as its own event tells of it.
    pub fn between(before: (&ServerFacts, &Member), after: (&ServerFacts, &Member), now: Timestamp) -> Self {
        let seen = before.0.visible(before.1, now);
        let sees = after.0.visible(after.1, now);
        let appeared = sees.difference(&seen).filter(|id| before.0.channels.contains_key(id)).copied().collect();
        let vanished = seen.difference(&sees).filter(|id| after.0.channels.contains_key(id)).copied().collect();
        Self { appeared, vanished }
    }
}

/// How a client is brought from its cursor to a snapshot.
pub struct Resumption {
    user: UserKey,
    servers: BTreeMap<ServerId, Way>,
}

/// How the events of one server are told.
enum Way {
    /// It opened since: it is told whole, and nothing of what led there.
    Entered,
    /// The events of these channels pass: visible then and now, or made or deleted since.
    Through(BTreeSet<ChannelId>),
}

impl Resumption {
    /// Works out what changed for `user` between `cursor` and `snapshot`, and what to tell of it before the
    /// events in between.
    ///
    /// `changes` are the events between the two that change facts, in order; others among them do no harm.
    pub fn begin(
        user: &UserKey,
        cursor: Position,
        snapshot: &Snapshot,
        changes: &[Arc<Event>],
        now: Timestamp,
    ) -> (Self, Vec<Delivery>) {
        let mut told = Vec::new();
        let mut servers = BTreeMap::new();
        for held in &snapshot.servers {
            let id = held.facts.server.id.id;
            let own = changes.iter().filter(|event| event.stream.server() == Some(id));
            let way = if own.clone().any(|event| joins(event, user)) {
                told.push(Delivery::Entered { cursor, server: Box::new(held.clone()), at: now });
                Way::Entered
            } else {
                Way::Through(passing(held, own, cursor, now, &mut told))
            };
            servers.insert(id, way);
        }
        (Self { user: user.clone(), servers }, told)
    }

    /// Whether an event between the cursor and the snapshot is told.
    pub fn passes(&self, event: &Event) -> bool {
        let Some(server) = event.stream.server() else { return true };
        match (self.servers.get(&server), &event.stream) {
            (Some(Way::Through(channels)), Stream::Channel { id, .. }) => channels.contains(&id.id),
            (Some(Way::Through(_)), _) => true,
            (Some(Way::Entered), _) => false,
            // Of a server that was left only that it was left.
            (None, _) => parts(event, &self.user),
        }
    }
}

/// What a client that stands at `cursor` is told to stand where `snapshot` was taken; `events` are all that are
/// kept for the user between the two, in order.
pub fn resume(
    user: &UserKey,
    cursor: Position,
    snapshot: &Snapshot,
    events: Vec<Arc<Event>>,
    now: Timestamp,
) -> Vec<Delivery> {
    let (way, mut told) = Resumption::begin(user, cursor, snapshot, &events, now);
    told.extend(events.into_iter().filter(|event| way.passes(event)).map(Delivery::Event));
    told
}

/// Whether an event may be shown to a member with these facts, as they are when it is shown.
pub fn may_see(facts: &ServerFacts, member: &Member, event: &Event, now: Timestamp) -> bool {
    match &event.stream {
        Stream::User(user) => *user == member.user,
        Stream::Server(_) => true,
        Stream::Channel { id, .. } => {
            use crate::permission::Permissions;
            facts.permissions_in(member, id.id, now).contains(Permissions::VIEW_CHANNELS)
        }
    }
}

/// Whether an event is that this user joined.
pub fn joins(event: &Event, user: &UserKey) -> bool {
    matches!(&event.body, EventBody::MemberJoined(member) if member.user == *user)
}

/// Whether an event is that this user is in the server no more.
pub fn parts(event: &Event, user: &UserKey) -> bool {
    match &event.body {
        EventBody::MemberLeft { user: who, .. } => who == user,
        EventBody::ServerDeleted { .. } => true,
        _ => false,
    }
}

/// Tells what appeared and vanished in a server since `cursor`, and gives the channels whose events pass.
fn passing<'a>(
    held: &HeldServer,
    changes: impl DoubleEndedIterator<Item = &'a Arc<Event>> + Clone,
    cursor: Position,
    now: Timestamp,
    told: &mut Vec<Delivery>,
) -> BTreeSet<ChannelId> {
    let sees = held.facts.visible(&held.member, now);
    if !changes.clone().any(|event| event.body.changes_facts()) {
        return sees;
    }
    let (mut facts, mut member) = ((*held.facts).clone(), held.member.clone());
    for event in changes.rev() {
        facts.rewind(&event.body);
        rewind_member(&mut member, &event.body);
    }
    let seen = facts.visible(&member, now);
    let Shift { appeared, vanished } = Shift::between((&facts, &member), (&held.facts, &held.member), now);
    for id in &appeared {
        let Some(channel) = held.facts.channels.get(id) else { continue };
        let seq = held.channel_seqs.get(id).copied().unwrap_or_default();
        told.push(Delivery::Appeared { cursor, channel: channel.clone(), seq, at: now });
    }
    for id in &vanished {
        let Some(channel) = facts.channels.get(id) else { continue };
        told.push(Delivery::Vanished { cursor, channel: channel.id.clone(), server: channel.server, at: now });
    }
    sees.union(&seen).filter(|id| !appeared.contains(id) && !vanished.contains(id)).copied().collect()
}

/// A server as the live connections of its members need it: facts at one position, walked along the log.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The facts after the last event that was applied.
    pub facts: Arc<ServerFacts>,
    /// The last event that is in the facts.
    pub position: Position,
}

impl Followed {
    /// Takes the facts past an event of the server, unless they hold it already.
    pub fn apply(&mut self, event: &Event) {
        if event.position > self.position {
            Arc::make_mut(&mut self.facts).apply(&event.body);
            self.position = event.position;
        }
    }
}

/// Takes a member past an event of the server.
pub fn follow_member(member: &mut Member, event: &Event) {
    apply_to_member(member, &event.body);
}
