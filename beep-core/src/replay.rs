//! What a client receives: which events, and what appears and vanishes as visibility changes.
//!
//! One rule for live delivery and for resuming: before an event that changes the facts of a server, the client gets
//! what that event makes appear and vanish. Live, the facts before the event are known. On resuming, the current facts
//! are rewound along the log to the client's cursor and then applied forward, event by event. What the client may not
//! see now is not delivered, even if it was visible once. After each delivery the state of the client therefore matches
//! its cursor, wherever the connection breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::channel::{Channel, ChannelKind};
use crate::event::{Event, EventBody, Position, Stream, content_events, person_events};
use crate::facts::{SpaceFacts, apply_to_member, rewind_member};
use crate::id::{ChannelId, ChannelKey, MessageId, SpaceId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{HeldSpace, MOST_PRIVATE_SPACES, Snapshot};
use crate::time::Timestamp;

/// One delivery to a client.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event of the log.
    Event(Arc<Event>),
    /// A channel became visible.
    Appeared {
        /// The cursor of the client: before the event that made it appear, which follows.
        cursor: Position,
        /// The channel.
        channel: Arc<Channel>,
        /// The last number of its stream.
        seq: u64,
        /// When.
        at: Timestamp,
    },
    /// A channel that the client has is in a category that became visible, and is told anew with it.
    Regrouped {
        /// The cursor of the client: before the event that made the category visible, which follows.
        cursor: Position,
        /// The channel.
        channel: Arc<Channel>,
        /// When.
        at: Timestamp,
    },
    /// A channel is no longer visible; if it is a category, no channel is in it any more.
    Vanished {
        /// The cursor of the client: before the event that made it vanish, or after that event if it is not delivered
        /// itself.
        cursor: Position,
        /// Which channel.
        channel: ChannelKey,
        /// Of which server.
        server: SpaceId,
        /// When.
        at: Timestamp,
    },
    /// The client's state of a server is incomplete; the whole server follows.
    Resync {
        /// Which server.
        server: SpaceKey,
    },
    /// A server that the client's user joined, with all that they may see of it; in place of the event.
    Entered {
        /// The cursor of the client: after the user joined.
        cursor: Position,
        /// The server.
        server: Box<HeldSpace>,
        /// When.
        at: Timestamp,
    },
}

/// A server from one member's point of view.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The facts of the server.
    pub facts: &'a SpaceFacts,
    /// The member.
    pub member: &'a Member,
}

impl View<'_> {
    fn shows(&self, channel: ChannelId, now: Timestamp) -> bool {
        self.facts.permissions_in(self.member, channel, now).contains(Permissions::VIEW_CHANNELS)
    }
}

/// The end of a channel's stream before an event.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tail {
    /// The last number.
    pub seq: u64,
    /// The newest message, if the facts do not have it yet.
    pub last_message: Option<MessageId>,
}

/// Gives the live deliveries of an event that changes facts: what appears and vanishes for a member, then the event
/// itself if they may see it. `tail` gives the end of a channel's stream before the event.
pub fn tell(event: &Arc<Event>, before: View<'_>, after: View<'_>, tail: impl Fn(ChannelId) -> Tail) -> Vec<Delivery> {
    let now = event.at;
    let (seen, sees) = match shift(event, after.member) {
        Shift::Nothing => Default::default(),
        Shift::Channel(id) => {
            let shown = |view: &View<'_>| view.shows(id, now).then_some(id).into_iter().collect();
            (shown(&before), shown(&after))
        }
        Shift::Anything => (before.facts.visible(before.member, now), after.facts.visible(after.member, now)),
    };
    let appeared = sees.difference(&seen).filter(|id| before.facts.channels.contains_key(id));
    let vanished = seen.difference(&sees).filter(|id| after.facts.channels.contains_key(id));
    let shown = Shown(&|id| after.shows(id, now));
    let mut told: Vec<_> = appeared.filter_map(|id| appears(event, after.facts, *id, tail(*id), shown)).collect();
    let stays = |id| before.shows(id, now) && after.shows(id, now);
    for category in sees.difference(&seen) {
        told.extend(regrouped(event, after.facts, *category, stays, |id| tail(id).last_message));
    }
    told.extend(vanished.filter_map(|id| vanishes(event, before.facts, *id)));
    let itself = match (&event.stream, &event.body) {
        (Stream::Channel { id, .. }, EventBody::ChannelDeleted { .. }) => before.shows(id.id, now),
        (Stream::Channel { id, .. }, _) => after.shows(id.id, now),
        _ => true,
    };
    close(told, event, itself, shown)
}

/// Whether a channel is shown, and so may be told as the category of others.
#[derive(Clone, Copy)]
struct Shown<'a>(&'a dyn Fn(ChannelId) -> bool);

impl Shown<'_> {
    /// Whether a channel is in a category that is not shown.
    fn hides_category_of(self, channel: &Channel) -> bool {
        channel.parent.is_some_and(|parent| !(self.0)(parent))
    }

    /// An event without the category of its channel, where that is not shown.
    fn stripped(self, event: &Arc<Event>) -> Arc<Event> {
        let told = match &event.body {
            EventBody::ChannelCreated(channel) | EventBody::ChannelUpdated { channel, .. } => Some(channel),
            _ => None,
        };
        let Some(told) = told.filter(|channel| self.hides_category_of(channel)) else { return event.clone() };
        let told = told.clone().moved_to(None);
        let body = match &event.body {
            EventBody::ChannelUpdated { before, .. } => {
                EventBody::ChannelUpdated { channel: told, before: before.clone() }
            }
            _ => EventBody::ChannelCreated(told),
        };
        Arc::new(Event { body, ..Event::clone(event) })
    }
}

/// An event as it is told to somebody who sees these categories: a channel of any other is in none.
pub fn shown(event: &Arc<Event>, sees: impl Fn(ChannelId) -> bool) -> Arc<Event> {
    Shown(&sees).stripped(event)
}

/// Ends what is told of an event with the event itself, or else has the last of it stand for the event.
fn close(mut told: Vec<Delivery>, event: &Arc<Event>, itself: bool, shown: Shown<'_>) -> Vec<Delivery> {
    if itself && !matches!(event.body, EventBody::Unreadable { .. }) {
        told.push(Delivery::Event(shown.stripped(event)));
    } else if let Some(
        Delivery::Appeared { cursor, .. } | Delivery::Regrouped { cursor, .. } | Delivery::Vanished { cursor, .. },
    ) = told.last_mut()
    {
        *cursor = event.position;
    }
    told
}

/// The channels of a category that becomes visible, of those that the client has and keeps; `last` gives their newest messages.
fn regrouped<'a>(
    event: &'a Event,
    facts: &'a SpaceFacts,
    category: ChannelId,
    stays: impl Fn(ChannelId) -> bool + 'a,
    last: impl Fn(ChannelId) -> Option<MessageId> + 'a,
) -> impl Iterator<Item = Delivery> + 'a {
    let channels = facts.is_category(category).then(|| facts.children(category)).into_iter().flatten();
    let channels = channels.filter(move |channel| stays(channel.id.id));
    channels.map(move |channel| Delivery::Regrouped {
        cursor: before(event),
        channel: with_last(channel, last(channel.id.id)),
        at: event.at,
    })
}

fn appears(event: &Event, facts: &SpaceFacts, id: ChannelId, tail: Tail, shown: Shown<'_>) -> Option<Delivery> {
    let mut channel = with_last(facts.channels.get(&id)?, tail.last_message);
    if shown.hides_category_of(&channel) {
        channel = Arc::new(Channel::clone(&channel).moved_to(None));
    }
    Some(Delivery::Appeared { cursor: before(event), channel, seq: tail.seq, at: event.at })
}

/// The channel with this newest message, if the facts do not have it yet.
fn with_last(channel: &Arc<Channel>, last: Option<MessageId>) -> Arc<Channel> {
    let mut channel = channel.clone();
    if last > channel.last_message {
        Arc::make_mut(&mut channel).last_message = last;
    }
    channel
}

fn vanishes(event: &Event, facts: &SpaceFacts, id: ChannelId) -> Option<Delivery> {
    let channel = facts.channels.get(&id)?;
    Some(Delivery::Vanished {
        cursor: before(event),
        channel: channel.id.clone(),
        server: channel.server,
        at: event.at,
    })
}

fn before(event: &Event) -> Position {
    Position(event.position.0 - 1)
}

/// Whether an event can change what a user may see; most events change it for nobody or for one user.
pub(crate) fn may_shift(event: &Event, user: &UserKey) -> bool {
    match &event.body {
        EventBody::MemberJoined(member) | EventBody::MemberUpdated { member, .. } => member.user == *user,
        EventBody::MemberLeft { user: who, .. } | EventBody::MemberBanned { user: who, .. } => who == user,
        EventBody::RoleCreated(_) | EventBody::ChannelCreated(_) | EventBody::ChannelDeleted { .. } => false,
        EventBody::SpaceUpdated { server, before } => server.owner != before.owner,
        EventBody::ChannelUpdated { channel, before } => channel.overrides != before.overrides,
        EventBody::RoleUpdated { role, before } => role.permissions != before.permissions,
        EventBody::Reopened(_) | EventBody::SpaceDeleted { .. } | EventBody::RoleDeleted { .. } => true,
        // What it changed is lost with it: see [`Way::Entered`].
        EventBody::Unreadable { .. } => event.body.loses_facts(),
        EventBody::Unknown { .. } | content_events!() | person_events!() => false,
    }
}

/// What may appear or vanish for a member with an event.
enum Shift {
    Nothing,
    Channel(ChannelId),
    Anything,
}

/// Says so without a look at the channels, which are many, for each of the members, who are many.
fn shift(event: &Event, member: &Member) -> Shift {
    let concerns = match &event.body {
        // A replica may hold channels of it before.
        EventBody::ChannelCreated(channel) if channel.kind == ChannelKind::Category => {
            return Shift::Channel(channel.id.id);
        }
        EventBody::ChannelUpdated { channel, before } if channel.overrides != before.overrides => {
            return Shift::Channel(channel.id.id);
        }
        EventBody::RoleUpdated { role, .. } => role.everyone || member.roles.contains(&role.id),
        EventBody::RoleDeleted { before, .. } => member.roles.contains(&before.id),
        EventBody::SpaceUpdated { server, before } => [&server.owner, &before.owner].contains(&&member.user),
        _ => true,
    };
    if concerns && may_shift(event, &member.user) { Shift::Anything } else { Shift::Nothing }
}

/// Brings a client from its cursor to a snapshot.
pub struct Resumption {
    user: UserKey,
    cursor: Position,
    servers: BTreeMap<SpaceKey, Way>,
    now: Timestamp,
}

/// How the events of one server are told.
enum Way {
    /// It opened since, or what changed it cannot be read, last at this position: there it is told whole, and nothing of
    /// what came before and after.
    Entered(Position, Box<HeldSpace>),
    /// Something of it appeared or vanished, last at this position, and too much happened to tell it step by step: the
    /// same, and the client is told that its own state is incomplete.
    Retold(Position, Box<HeldSpace>),
    /// It was open all the time.
    Walked(Box<Walk>),
}

/// A server walked from the cursor to the snapshot.
struct Walk {
    /// The facts so far.
    facts: Arc<SpaceFacts>,
    /// The membership so far.
    member: Member,
    /// The facts of the snapshot.
    at_last: Arc<SpaceFacts>,
    /// The last number of each channel's stream so far.
    seqs: BTreeMap<ChannelId, u64>,
    /// The channels that the client has so far.
    has: BTreeSet<ChannelId>,
    /// The channels that may be seen now: of no other anything is told.
    shown: BTreeSet<ChannelId>,
    /// Whether it may be a private space that the client was not told of: then it is told before the first event in it.
    is_new: bool,
}

/// What must be known about the events between a cursor and a snapshot before the first delivery.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The events that change facts, in order.
    changes: Vec<Arc<Event>>,
    /// The number of the first event of each channel by its server, if content events were added too.
    firsts: BTreeMap<SpaceKey, BTreeMap<ChannelId, u64>>,
    /// Whether there were too many content events to add.
    abridged: bool,
}

impl Outline {
    /// Whether something may appear or vanish for a user. Only then all events must be added, not just those that
    /// change facts.
    pub fn may_shift(&self, user: &UserKey) -> bool {
        self.changes.iter().any(|event| may_shift(event, user))
    }

    /// Has the servers in which something may appear or vanish be told whole, so that content events need not be added.
    pub fn abridge(&mut self) {
        self.abridged = true;
    }

    /// Whether servers are told whole instead of what happened in them.
    pub fn is_abridged(&self) -> bool {
        self.abridged
    }

    /// Adds the next event.
    pub fn add(&mut self, event: &Arc<Event>) {
        if let Stream::Channel { id, server } = &event.stream {
            let space = SpaceKey::new(*server, id.home.clone());
            self.firsts.entry(space).or_default().entry(id.id).or_insert(event.seq);
        }
        if event.body.changes_facts() {
            self.changes.push(event.clone());
        }
    }
}

impl Resumption {
    /// Prepares the deliveries to `user` for the events between `cursor` and `snapshot`, which `outline` describes.
    pub fn begin(user: &UserKey, cursor: Position, snapshot: &Snapshot, outline: &Outline, now: Timestamp) -> Self {
        let mut servers = BTreeMap::new();
        // A client has those of late, as they were when its own snapshot was taken, and those in which something happened since.
        let private = snapshot.servers.iter().filter(|held| held.facts.server.kind.is_private()).count();
        let has_all = private + snapshot.left_out.len() <= MOST_PRIVATE_SPACES as usize;
        for held in &snapshot.servers {
            let id = held.facts.server.id.clone();
            let own = outline.changes.iter().filter(|event| event.stream.space() == Some(&id).cloned());
            let opened = own.clone().rev().find(|event| joins(event, user) || event.body.loses_facts());
            let shifted = own.clone().rev().find(|event| outline.abridged && may_shift(event, user));
            let way = match (opened, shifted) {
                (Some(opened), _) => Way::Entered(opened.position, Box::new(held.clone())),
                (None, Some(shifted)) => Way::Retold(shifted.position, Box::new(held.clone())),
                (None, None) => {
                    let is_new = !has_all && held.facts.server.kind.is_private();
                    Way::Walked(Box::new(Walk { is_new, ..Walk::rewound(held, own, outline.firsts.get(&id), now) }))
                }
            };
            servers.insert(id, way);
        }
        Self { user: user.clone(), cursor, servers, now }
    }

    /// The deliveries for the next event; call it for each event, in order.
    pub fn tell(&mut self, event: Arc<Event>) -> Vec<Delivery> {
        let Some(server) = event.stream.space() else { return itself(event).into_iter().collect() };
        match self.servers.get_mut(&server) {
            Some(Way::Walked(walk)) => {
                // What an event makes appear is told before it: the client may have been cut off between the two.
                let half_told = before(&event) == self.cursor;
                walk.tell(&event, half_told, self.now)
            }
            Some(Way::Entered(at, held)) if event.position == *at => entered(&event, held),
            Some(Way::Retold(at, held)) if event.position == *at => retold(&event, held),
            // Of a server that was left, for ever or to be joined again, only that it was left.
            _ if parts(&event, &self.user) => vec![Delivery::Event(event)],
            // It may have been that it was left.
            None if event.body.loses_facts() => lost(&event).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl Walk {
    fn rewound<'a>(
        held: &HeldSpace,
        changes: impl DoubleEndedIterator<Item = &'a Arc<Event>>,
        firsts: Option<&BTreeMap<ChannelId, u64>>,
        now: Timestamp,
    ) -> Self {
        let shown = held.facts.visible(&held.member, now);
        let (mut facts, mut member) = (held.facts.clone(), held.member.clone());
        let mut rewound = false;
        for event in changes.rev() {
            Arc::make_mut(&mut facts).rewind(&event.body);
            rewind_member(&mut member, &event.body);
            rewound = true;
        }
        let has = if rewound { facts.visible(&member, now) } else { shown.clone() };
        let mut seqs = held.channel_seqs.clone();
        seqs.extend(firsts.into_iter().flatten().map(|(id, first)| (*id, first.saturating_sub(1))));
        Self { facts, member, at_last: held.facts.clone(), seqs, has, shown, is_new: false }
    }

    /// What is told of a private space that the client may not have, before the first event of its channel.
    fn introduced(&mut self, event: &Arc<Event>) -> Option<Delivery> {
        let Stream::Channel { id, .. } = &event.stream else { return None };
        if !std::mem::take(&mut self.is_new) || !self.tells_of(id.id) {
            return None;
        }
        let (facts, member) = (self.facts.clone(), self.member.clone());
        let channel_seqs = BTreeMap::from([(id.id, event.seq.saturating_sub(1))]);
        Some(introduced(event, HeldSpace { facts, member, seq: 0, channel_seqs }))
    }

    /// What is told of the next event; if it may be `half_told`, also that what it once made appear is gone since.
    fn tell(&mut self, event: &Arc<Event>, half_told: bool, now: Timestamp) -> Vec<Delivery> {
        let mut told: Vec<_> = self.introduced(event).into_iter().collect();
        let mut itself = match &event.stream {
            Stream::Channel { id, .. } => self.tells_of(id.id),
            Stream::Space(_) | Stream::User(_) => true,
        };
        if event.body.changes_facts() {
            let (was, had) = (self.facts.clone(), self.has.clone());
            Arc::make_mut(&mut self.facts).apply(&event.body);
            apply_to_member(&mut self.member, &event.body);
            let sees = if may_shift(event, &self.member.user) {
                self.facts.visible(&self.member, now)
            } else {
                self.has.clone()
            };
            for id in had.difference(&sees).filter(|id| self.facts.channels.contains_key(id)) {
                told.extend(vanishes(event, &was, *id));
                self.has.remove(id);
            }
            let hidden_now = sees.difference(&self.has).filter(|id| !self.shown.contains(id));
            for id in hidden_now.filter(|id| half_told && was.channels.contains_key(id)) {
                told.extend(vanishes(event, &self.facts, *id));
            }
            let appear = sees.intersection(&self.shown).filter(|id| was.channels.contains_key(id));
            let appeared: Vec<_> = appear.copied().filter(|id| self.has.insert(*id)).collect();
            if let Stream::Channel { id, .. } = &event.stream {
                let shows = View { facts: &self.facts, member: &self.member }.shows(id.id, now);
                itself = match &event.body {
                    EventBody::ChannelDeleted { .. } => self.has.remove(&id.id),
                    EventBody::ChannelCreated(_) => shows && self.shown.contains(&id.id) && self.has.insert(id.id),
                    _ => self.tells_of(id.id),
                };
            }
            let shown = |id| self.tells_of(id);
            // Of the past only that of the snapshot is known; messages from here on are told.
            let last = |id| self.at_last.channels.get(&id).and_then(|channel| channel.last_message);
            for id in &appeared {
                let seq = self.seqs.get(id).copied().unwrap_or_default();
                told.extend(appears(event, &self.facts, *id, Tail { seq, last_message: last(*id) }, Shown(&shown)));
            }
            let stays = |id| had.contains(&id) && self.tells_of(id);
            for category in self.has.difference(&had).filter(|id| self.tells_of(**id)) {
                told.extend(regrouped(event, &self.facts, *category, stays, last));
            }
        }
        if let Stream::Channel { id, .. } = &event.stream {
            self.seqs.insert(id.id, event.seq);
        }
        close(told, event, itself, Shown(&|id| self.tells_of(id)))
    }

    /// Whether the client has a channel, and is told of it.
    fn tells_of(&self, id: ChannelId) -> bool {
        self.has.contains(&id) && self.shown.contains(&id)
    }
}

/// All deliveries that bring a client from `cursor` to `snapshot`; `events` are all events for the user since `cursor`,
/// in order.
pub fn resume(
    user: &UserKey,
    cursor: Position,
    snapshot: &Snapshot,
    events: Vec<Arc<Event>>,
    now: Timestamp,
) -> Vec<Delivery> {
    let mut outline = Outline::default();
    events.iter().for_each(|event| outline.add(event));
    let mut resumption = Resumption::begin(user, cursor, snapshot, &outline, now);
    events.into_iter().flat_map(|event| resumption.tell(event)).collect()
}

/// The event as it is told to whom it concerns; nothing, where it cannot be read.
pub fn itself(event: Arc<Event>) -> Option<Delivery> {
    (!matches!(event.body, EventBody::Unreadable { .. })).then_some(Delivery::Event(event))
}

/// What is told before an event to who was not told of its private space, as nothing had happened there of late: the space
/// as it was then.
pub fn introduced(event: &Event, held: HeldSpace) -> Delivery {
    Delivery::Entered { cursor: before(event), server: Box::new(held), at: event.at }
}

/// What is told of an event by which a server opens, or after which it has to be told whole.
pub fn entered(event: &Event, held: &HeldSpace) -> Vec<Delivery> {
    match &event.body {
        EventBody::Reopened(_) | EventBody::Unreadable { .. } => retold(event, held),
        _ => vec![whole(event, held)],
    }
}

/// That the client's state of a server is incomplete, and the server as it is.
fn retold(event: &Event, held: &HeldSpace) -> Vec<Delivery> {
    vec![Delivery::Resync { server: held.facts.server.id.clone() }, whole(event, held)]
}

fn whole(event: &Event, held: &HeldSpace) -> Delivery {
    Delivery::Entered { cursor: event.position, server: Box::new(held.clone()), at: event.at }
}

/// What is told of a change that cannot be read to who is in the server no more: that it is to be asked for.
pub fn lost(event: &Event) -> Option<Delivery> {
    event.stream.space().map(|server| Delivery::Resync { server })
}

/// Whether an event is that a server opens to this user.
pub fn joins(event: &Event, user: &UserKey) -> bool {
    event.body.opens_to().is_some_and(|member| member.user == *user)
}

/// Whether an event is that this user is in the server no more.
pub fn parts(event: &Event, user: &UserKey) -> bool {
    event.body.parts(user)
}

/// Takes a server back before later events of the log, which may be of other servers too: what is read from a store is
/// at times ahead of whoever reads the log. The youngest message of a channel stays, as none older is known.
pub fn rewind(held: &mut HeldSpace, later: &[Arc<Event>]) {
    let id = held.facts.server.id.clone();
    let facts = Arc::make_mut(&mut held.facts);
    let (mut members, now) = (facts.server.member_count, facts.channels.clone());
    for event in later.iter().rev().filter(|event| event.stream.space() == Some(&id).cloned()) {
        facts.rewind(&event.body);
        rewind_member(&mut held.member, &event.body);
        match &event.stream {
            Stream::Channel { id, .. } => drop(held.channel_seqs.insert(id.id, event.seq.saturating_sub(1))),
            Stream::Space(_) | Stream::User(_) => held.seq = event.seq.saturating_sub(1),
        }
        match &event.body {
            EventBody::MemberJoined(_) => members = members.saturating_sub(1),
            EventBody::MemberLeft { .. } | EventBody::MemberBanned { .. } => members += 1,
            _ => {}
        }
    }
    facts.server.member_count = members;
    for (id, channel) in &mut facts.channels {
        let last = now.get(id).and_then(|channel| channel.last_message);
        if last > channel.last_message {
            Arc::make_mut(channel).last_message = last;
        }
    }
    held.channel_seqs.retain(|id, _| facts.channels.contains_key(id));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{NOW, community, nth, nth_domain};

    proptest! {
        #[test]
        fn of_a_server_its_own_channels_alone_are_numbered(it in community()) {
            let member = it.members[0].clone();
            let held = HeldSpace { facts: Arc::new(it.facts.clone()), member, seq: 0, channel_seqs: BTreeMap::new() };
            let (user, own) = (held.member.user.clone(), held.facts.channels.keys().next().copied());
            let server = held.facts.server.id.clone();
            let channel = |id, home: &crate::domain::Domain| ChannelKey::new(id, home.clone());
            let elsewhere = nth_domain(200);
            let mut outline = Outline::default();
            let events = [
                (channel(nth(1), &elsewhere), nth(2)),
                (channel(own.unwrap_or_else(|| nth(3)), &server.home), server.id),
            ];
            for (place, (id, space)) in (1..).zip(events) {
                let body = EventBody::MessageDeleted { channel: id.clone(), id: nth(4) };
                let stream = Stream::Channel { id, server: space };
                outline.add(&Arc::new(Event { position: Position(place), stream, seq: 7, at: NOW, body }));
            }
            let snapshot = Snapshot {
                position: Position(2),
                servers: vec![held],
                left_out: Vec::new(),
                user_seq: 0,
                friends: Vec::new(),
                presence: None,
            };
            let resumption = Resumption::begin(&user, Position(0), &snapshot, &outline, NOW);
            let Some(Way::Walked(walk)) = resumption.servers.get(&server) else { panic!("it was open all the time") };
            prop_assert_eq!(walk.seqs.len(), 1);
            prop_assert_eq!(walk.seqs.get(&own.unwrap_or_else(|| nth(3))), Some(&6));
        }
    }
}
