//! What the rules tell a client, followed by the client: its state is what a fresh snapshot gives, and nothing that
//! was told looks like a hole.

use std::collections::BTreeMap;
use std::sync::Arc;

use beep_core::channel::Channel;
use beep_core::event::{self, EventBody, Position, Stream};
use beep_core::id::{ChannelId, Qualified, UserKey};
use beep_core::port::{HeldSpace, Snapshot};
use beep_core::replay::{self, Delivery, Tail, View};
use beep_core::testing::{Community, NOW, history};
use beep_proto::gateway::{ChannelState, Event, EventData, Joined, Ready, ServerState, StreamName};
use beep_proto::id::Bare;
use beep_proto::view;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::sequence::{Streams, Verdict};
use crate::cache::Cache;
use crate::sample;

/// A backend with one server, and everything that happened there.
pub(crate) struct Past {
    /// After each event, and at the start.
    pub(crate) states: Vec<Community>,
    log: Vec<Arc<event::Event>>,
    /// The numbers of the streams that start with the history: as if some events went before.
    seqs: Vec<BTreeMap<Stream, u64>>,
}

impl Past {
    pub(crate) fn new(start: Community, bodies: Vec<EventBody>) -> Self {
        let (mut states, mut seqs, mut log) = (vec![start], vec![BTreeMap::new()], Vec::new());
        for body in bodies {
            let (mut state, mut numbers) = (states[states.len() - 1].clone(), seqs[seqs.len() - 1].clone());
            let stream = stream(&state, &body);
            let created = matches!(body, EventBody::ChannelCreated(_));
            let seq = numbers.entry(stream.clone()).or_insert(if created { 0 } else { BEFORE });
            *seq += 1;
            let position = Position(log.len() as u64 + 1);
            log.push(Arc::new(event::Event { position, stream, seq: *seq, at: NOW, body: body.clone() }));
            state.apply(&body);
            count(&mut state, &states[states.len() - 1], &body);
            states.push(state);
            seqs.push(numbers);
        }
        Self { states, log, seqs }
    }

    pub(crate) fn end(&self) -> usize {
        self.log.len()
    }

    /// What the rules say of a user at a position.
    fn snapshot(&self, user: &UserKey, at: usize) -> Snapshot {
        let state = &self.states[at];
        let seq = |stream: Stream| self.seqs[at].get(&stream).copied().unwrap_or(BEFORE);
        let server = state.facts.server.id.clone();
        let channel_seqs = state
            .facts
            .channels
            .values()
            .map(|channel| (channel.id.id, seq(Stream::Channel { id: channel.id.clone(), server: server.id })));
        let held = state.member(user).map(|member| HeldSpace {
            facts: Arc::new(state.facts.clone()),
            member: member.clone(),
            seq: seq(Stream::Space(server.clone())),
            channel_seqs: channel_seqs.collect(),
        });
        let servers = held.into_iter().collect();
        Snapshot {
            position: Position(at as u64),
            servers,
            left_out: Vec::new(),
            user_seq: 0,
            friends: Vec::new(),
            presence: None,
        }
    }

    /// What the gateway tells a user who starts at a position.
    pub(crate) fn ready(&self, user: &UserKey, at: usize) -> Ready {
        let snapshot = self.snapshot(user, at);
        let me = view::SelfUser { id: user.into(), ..sample::me() };
        Ready {
            me,
            cursor: at.to_string(),
            servers: snapshot.servers.iter().map(server_state).collect(),
            channels: snapshot.servers.iter().flat_map(channel_states).collect(),
            ..sample::ready()
        }
    }

    /// What the gateway tells a user of the next event while they listen.
    fn live(&self, user: &UserKey, at: usize) -> Vec<Event> {
        let (event, before, after) = (&self.log[at], &self.states[at], &self.states[at + 1]);
        let held = || self.snapshot(user, at + 1).servers.into_iter().next();
        let deliveries = match (before.member(user), after.member(user)) {
            (_, Some(_)) if replay::joins(event, user) => replay::entered(event, &held().expect("they joined")),
            (Some(_), None) => vec![Delivery::Event(event.clone())],
            (Some(was), Some(is)) if event.body.changes_facts() => {
                let (was, is) = (View { facts: &before.facts, member: was }, View { facts: &after.facts, member: is });
                let tail = |channel: ChannelId| {
                    let stream = Stream::Channel {
                        id: Qualified::new(channel, before.facts.server.id.home.clone()),
                        server: before.facts.server.id.id,
                    };
                    let channel = before.facts.channels.get(&channel);
                    Tail {
                        seq: self.seqs[at].get(&stream).copied().unwrap_or(BEFORE),
                        last_message: channel.and_then(|channel| channel.last_message),
                    }
                };
                replay::tell(event, was, is, tail)
            }
            (Some(was), Some(_)) => {
                let sees = |channel: &ChannelId| before.facts.visible(was, NOW).contains(channel);
                let is_seen = event.body.message().is_none_or(|(channel, _)| sees(&channel.id));
                if is_seen { vec![Delivery::Event(event.clone())] } else { Vec::new() }
            }
            (None, _) => Vec::new(),
        };
        deliveries.iter().map(wire).collect()
    }

    /// What the gateway tells a user who resumes after `from`, when the log has come to `to`.
    pub(crate) fn resume(&self, user: &UserKey, from: usize, to: usize) -> Vec<Event> {
        let snapshot = self.snapshot(user, to);
        let deliveries = replay::resume(user, Position(from as u64), &snapshot, self.log[from..to].to_vec(), NOW);
        deliveries.iter().map(wire).collect()
    }
}

/// A client that follows what it is told.
struct Follower {
    cache: Cache,
    streams: Streams,
    /// What it was told and made of it, for a failure to show.
    story: Vec<String>,
}

impl Follower {
    fn start(ready: &Ready) -> Self {
        let mut streams = Streams::default();
        streams.snapshot(ready);
        Self { cache: Cache::new(ready), streams, story: Vec::new() }
    }

    fn hear(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let verdict = self.streams.judge(event);
        let Event { cursor, stream, seq, data, .. } = event;
        self.story.push(format!("at {cursor}: {} {seq} of {stream}: {verdict:?}", data.kind()));
        match verdict {
            Verdict::Deliver => {
                self.streams.delivered(event);
                self.cache.apply(event);
            }
            // Between two attempts something appears twice; what is asked for is what is not told again.
            Verdict::Fill(holes) if is_made(event) => {
                for hole in holes {
                    self.streams.filled(&hole, hole.before - 1);
                }
                self.streams.delivered(event);
                self.cache.apply(event);
            }
            Verdict::Drop => {}
            verdict => return Err(TestCaseError::fail(format!("{verdict:?} for {event:?}"))),
        }
        Ok(())
    }

    /// Where it goes on.
    fn from(&self) -> usize {
        self.streams.from().and_then(|cursor| cursor.parse().ok()).expect("it began with a snapshot")
    }

    fn knows(&self, fresh: &Ready) -> Result<(), TestCaseError> {
        let fresh = Cache::new(fresh);
        if self.cache == fresh {
            return Ok(());
        }
        let json = |cache| serde_json::to_value(cache).expect("a cache is JSON");
        let mut differences = Vec::new();
        differ("", &json(&self.cache), &json(&fresh), &mut differences);
        Err(TestCaseError::fail(format!("{differences:#?}, having heard {:#?}", self.story)))
    }
}

proptest! {
    #[test]
    fn a_client_that_listens_knows_what_a_fresh_one_knows((start, bodies) in history(0..24), whom: Index) {
        let users = start.users();
        let user = whom.get(&users).clone();
        let past = Past::new(start, bodies);
        let mut client = Follower::start(&past.ready(&user, 0));
        for at in 0..past.end() {
            for event in past.live(&user, at) {
                client.hear(&event)?;
            }
            client.knows(&past.ready(&user, at + 1))?;
        }
    }

    #[test]
    fn a_client_that_resumes_knows_what_a_fresh_one_knows(
        (start, bodies) in history(0..24),
        whom: Index,
        cuts: [Index; 2],
    ) {
        let users = start.users();
        let user = whom.get(&users).clone();
        let past = Past::new(start, bodies);
        let mut cuts = cuts.map(|cut| cut.index(past.end() + 1));
        cuts.sort_unstable();
        let mut client = Follower::start(&past.ready(&user, cuts[0]));
        for to in [cuts[1], past.end()] {
            client.streams.resumed();
            for event in past.resume(&user, client.from(), to) {
                client.hear(&event)?;
            }
            prop_assert!(client.streams.caught_up(&to.to_string()));
            client.knows(&past.ready(&user, to))?;
        }
    }

    #[test]
    fn a_client_that_is_cut_off_halfway_knows_it_too_or_knows_that_it_does_not(
        (start, bodies) in history(1..24),
        whom: Index,
        from: Index,
        to: Index,
        heard: Index,
    ) {
        let users = start.users();
        let user = whom.get(&users).clone();
        let past = Past::new(start, bodies);
        let (from, to) = (from.index(past.end() + 1), to.index(past.end() + 1));
        let (from, to) = (from.min(to), from.max(to));
        let mut client = Follower::start(&past.ready(&user, from));
        client.streams.resumed();
        let told = past.resume(&user, from, to);
        for event in &told[..heard.index(told.len() + 1)] {
            client.hear(event)?;
        }
        client.streams.resumed();
        for event in past.resume(&user, client.from(), past.end()) {
            client.hear(&event)?;
        }
        if client.streams.caught_up(&past.end().to_string()) {
            client.knows(&past.ready(&user, past.end()))?;
        }
    }

    #[test]
    fn a_server_that_is_taken_back_is_as_it_was((start, bodies) in history(0..24), whom: Index, at: Index) {
        let users = start.users();
        let user = whom.get(&users).clone();
        let past = Past::new(start, bodies);
        let at = at.index(past.end() + 1);
        let (before, after) = (past.snapshot(&user, at), past.snapshot(&user, past.end()));
        let came_or_went = |event: &Arc<event::Event>| replay::joins(event, &user) || replay::parts(event, &user);
        if let (Some(before), Some(mut held)) = (before.servers.into_iter().next(), after.servers.into_iter().next())
            && !past.log[at..].iter().any(came_or_went)
        {
            let there: Vec<_> = held.facts.channels.keys().copied().collect();
            replay::rewind(&mut held, &past.log[at..]);
            let told = |held: &HeldSpace| (server_state(held), channel_states(held));
            let (mut is, was) = (told(&held), told(&before));
            for (is, was) in is.1.iter_mut().zip(&was.1) {
                // What was said in a channel that is gone since is of no interest.
                let gone = !there.contains(&is.channel.id.0.id);
                prop_assert!(gone || is.channel.last_message_id >= was.channel.last_message_id);
                is.channel.last_message_id = was.channel.last_message_id;
            }
            prop_assert_eq!(is, was);
        }
    }

    #[test]
    fn telling_twice_does_no_harm((start, bodies) in history(0..24), whom: Index, from: Index) {
        let users = start.users();
        let user = whom.get(&users).clone();
        let past = Past::new(start, bodies);
        let from = from.index(past.end() + 1);
        let mut cache = Cache::new(&past.ready(&user, from));
        for event in past.resume(&user, from, past.end()) {
            cache.apply(&event);
            let once = cache.clone();
            cache.apply(&event);
            prop_assert!(cache == once, "changed by {event:?}");
        }
    }
}

/// Says where two states differ, since the whole of them is too much to read.
fn differ(at: &str, told: &Value, fresh: &Value, into: &mut Vec<String>) {
    match (told, fresh) {
        (Value::Object(told), Value::Object(fresh)) => {
            for name in told.keys().chain(fresh.keys().filter(|name| !told.contains_key(*name))) {
                let part = |of: &serde_json::Map<_, _>| of.get(name).cloned().unwrap_or_default();
                differ(&format!("{at}/{name}"), &part(told), &part(fresh), into);
            }
        }
        _ if told != fresh => into.push(format!("{at}: {told} is {fresh}")),
        _ => {}
    }
}

fn is_made(event: &Event) -> bool {
    matches!(&event.data, EventData::ChannelCreated(_) | EventData::MemberJoined(Joined { server: Some(_), .. }))
}

/// The stream that the rules put an event in.
fn stream(of: &Community, body: &EventBody) -> Stream {
    let server = of.facts.server.id.clone();
    let channel = |id: &Qualified<_>| Stream::Channel { id: id.clone(), server: server.id };
    match body {
        EventBody::ChannelCreated(of) | EventBody::ChannelUpdated { channel: of, .. } => channel(&of.id),
        EventBody::ChannelDeleted { before } => channel(&before.id),
        body => body.message().map_or(Stream::Space(server.clone()), |(id, _)| channel(id)),
    }
}

/// Keeps what the facts leave to the store: the member count and the last messages.
fn count(state: &mut Community, before: &Community, body: &EventBody) {
    state.facts.server.member_count = match body {
        EventBody::MemberJoined(_) => before.facts.server.member_count + 1,
        EventBody::MemberLeft { .. } | EventBody::MemberBanned { .. } => before.facts.server.member_count - 1,
        _ => before.facts.server.member_count,
    };
    for (id, channel) in &mut state.facts.channels {
        let last = before.facts.channels.get(id).and_then(|channel| channel.last_message);
        // Whoever hears of a message that was deleted knows that it was sent.
        let message = body.message().filter(|(of, _)| of.id == *id).map(|(_, message)| message);
        Arc::make_mut(channel).last_message = last.max(message);
    }
}

/// A delivery as the gateway writes it.
fn wire(delivery: &Delivery) -> Event {
    let made = |cursor: &Position, stream: StreamName, seq, data| Event {
        cursor: cursor.0.to_string(),
        stream,
        seq,
        at: NOW.into(),
        data,
    };
    match delivery {
        Delivery::Resync { server } => panic!("nothing here is another backend's: {server}"),
        Delivery::Event(event) => {
            let data = EventData::new(&event.stream, &event.body, event.seq).expect("it can be read");
            made(&event.position, (&event.stream).into(), event.seq, data)
        }
        Delivery::Appeared { cursor, channel, seq, .. } => {
            let data = EventData::ChannelCreated(ChannelState { channel: (&**channel).into(), seq: *seq });
            made(cursor, StreamName::Channel((&channel.id).into()), *seq, data)
        }
        Delivery::Regrouped { cursor, channel, .. } => {
            let data = EventData::ChannelUpdated((&**channel).into());
            made(cursor, StreamName::Channel((&channel.id).into()), 0, data)
        }
        Delivery::Vanished { cursor, channel, server, .. } => {
            let server = Qualified::new(*server, channel.home.clone());
            made(cursor, StreamName::Channel(channel.into()), 0, EventData::channel_gone(channel, Some(server)))
        }
        Delivery::Entered { cursor, server, .. } => {
            let data = EventData::MemberJoined(Joined {
                member: view::Member::new(&server.facts.current(&server.member), None),
                server: Some(Box::new(server_state(server))),
                channels: Some(channel_states(server)),
            });
            made(cursor, StreamName::Server((&server.facts.server.id).into()), server.seq, data)
        }
    }
}

fn server_state(held: &HeldSpace) -> ServerState {
    ServerState {
        server: (&held.facts.server).into(),
        roles: held.facts.roles.values().map(|role| (&**role).into()).collect(),
        member: view::Member::new(&held.facts.current(&held.member), None),
        seq: held.seq,
    }
}

fn channel_states(held: &HeldSpace) -> Vec<ChannelState> {
    let visible = held.facts.visible(&held.member, NOW);
    let channels = visible.iter().map(|id| (&held.facts.channels[id], held.channel_seqs[id]));
    let told = channels.map(|(channel, seq)| (Channel::clone(channel).told_among(&visible), seq));
    told.map(|(channel, seq)| ChannelState { channel: (&channel).into(), seq }).collect()
}

/// How many events the streams that are there at the start had before.
const BEFORE: u64 = 100;

#[test]
fn a_snapshot_says_who_it_is_for() {
    let cache = Cache::new(&sample::ready());
    assert_eq!(cache.me().id, sample::user(1));
    assert_eq!(cache.server(&sample::server_id()).map(|held| held.member.user.clone()), Some(sample::user(1)));
    let everyone = cache.server(&sample::server_id()).and_then(|held| held.everyone()).map(|role| role.id);
    assert_eq!(everyone, Some(Bare(sample::nth(1))));
}
