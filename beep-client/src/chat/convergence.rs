//! Whatever is cut off, reordered, failed or restarted: in the end timelines show what the backend has, every text was
//! said once and in order, and members and names are those that a fresh start has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use beep_core::id::{ChannelId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{
    ChannelState, Event, EventData, Joined, MemberGone, MessageGone, PinMoved, ReactionMoved, Ready, ServerState,
    StreamName,
};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::{members, messages};
use beep_proto::page::Page;
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::time::Time;
use beep_proto::view::{Member, Message, Reaction, SelfUser, Server, User};
use proptest::prelude::*;
use proptest::sample::Index;

use super::machine::{Answer, Call, Machine, MembersView, Step};
use crate::drafts::DraftPlace;
use crate::error::{Error, Refusal};
use crate::friend_list::FriendPage;
use crate::gateway::{Disconnect, GatewayEvent};
use crate::member_list::MemberRow;
use crate::moment::Moment;
use crate::people::{Changes, Shown};
use crate::sample;
use crate::storage::{StorageError, Write};
use crate::timeline::{Limits, RowKey, TimelineRow};
use crate::transport::TransportError;

/// A backend with two channels, the members of their server, and everything that happened there.
struct Backend {
    messages: BTreeMap<(u8, Bare<beep_core::id::MessageId>), Message>,
    nonces: BTreeMap<String, Message>,
    /// Who reacts to messages, by emoji.
    reactors: BTreeMap<(Bare<beep_core::id::MessageId>, String), BTreeSet<u8>>,
    users: BTreeMap<Full<UserId>, User>,
    members: BTreeMap<Full<UserId>, Member>,
    /// Channel, or `SERVER`, number in its stream, and what happened, as it was then.
    log: Vec<(u8, u64, EventData)>,
    seqs: [u64; 3],
    ids: i64,
}

impl Backend {
    fn new() -> Self {
        let members = [1, 2].map(|n| (sample::user(n), sample::member(n)));
        Self {
            messages: BTreeMap::new(),
            nonces: BTreeMap::new(),
            reactors: BTreeMap::new(),
            users: (1..=USERS).map(|n| (sample::user(n), user(n))).collect(),
            members: members.into(),
            log: Vec::new(),
            seqs: [5, 10, 20],
            ids: 0,
        }
    }

    fn commit(&mut self, stream: u8, data: EventData) {
        let seq = &mut self.seqs[usize::from(stream)];
        *seq += 1;
        self.log.push((stream, *seq, data));
    }

    /// Has somebody join or leave. The caller stays.
    fn move_member(&mut self, n: u8) {
        let user = sample::user(n);
        if user == sample::user(1) {
            return;
        }
        let data = match self.members.remove(&user) {
            Some(_) => EventData::MemberLeft(MemberGone { server_id: sample::server_id(), user }),
            None => {
                self.members.insert(user, sample::member(n));
                EventData::MemberJoined(Joined { member: sample::member(n), server: None, channels: None })
            }
        };
        self.commit(SERVER, data);
    }

    fn rename(&mut self, n: u8, in_server: bool, name: String) {
        let data = if in_server {
            let Some(member) = self.members.get_mut(&sample::user(n)) else { return };
            member.nickname = Some(name);
            EventData::MemberUpdated(member.clone())
        } else {
            let user = self.users.get_mut(&sample::user(n)).expect("all are there");
            user.display_name = Some(name);
            EventData::UserUpdated(user.clone())
        };
        self.commit(SERVER, data);
    }

    fn member(&self, user: &Full<UserId>) -> Option<Member> {
        let member = self.members.get(user)?;
        Some(Member { profile: self.users.get(user).cloned(), ..member.clone() })
    }

    /// A page of at most three members.
    fn members(&self, list: &members::List) -> Page<Member> {
        let after = list.cursor.as_ref().map(|cursor| cursor.parse::<Full<UserId>>().expect("a cursor"));
        let rest = self.members.keys().filter(|user| after.as_ref().is_none_or(|after| *user > after));
        let items: Vec<_> = rest.clone().take(PAGE).filter_map(|user| self.member(user)).collect();
        let next = items.last().filter(|_| rest.count() > PAGE).map(|last| last.user.to_string());
        Page { items, next }
    }

    fn post(&mut self, send: &messages::Send, author: u8) -> Message {
        let channel = number(&Full(send.channel.clone().qualify(sample::me().id.home())));
        if let Some(first) = send.nonce.as_ref().and_then(|nonce| self.nonces.get(nonce)) {
            return first.clone();
        }
        self.ids += 1;
        let EventData::MessageCreated(like) = sample::sent(channel, 1, "").data else { panic!("a message is sent") };
        let id = Bare(beep_core::id::Id::generate(Timestamp::from_millis(self.ids), [0; 10]));
        let message = Message {
            id,
            author: Some(sample::user(author)),
            content: send.content.clone(),
            nonce: send.nonce.clone(),
            reply_to: send.reply_to,
            ..like
        };
        self.messages.insert((channel, id), message.clone());
        self.nonces.extend(send.nonce.clone().map(|nonce| (nonce, message.clone())));
        self.commit(channel, EventData::MessageCreated(message.clone()));
        message
    }

    fn edit(&mut self, index: &Index) {
        self.ids += 1;
        let at = Timestamp::from_millis(self.ids);
        let Some(message) = self.pick(index) else { return };
        message.content += "*";
        message.edited_at = Some(Time(at));
        let message = for_all(message);
        self.commit(number(&message.channel_id), EventData::MessageUpdated(message));
    }

    fn pin(&mut self, index: &Index) {
        let Some(message) = self.pick(index) else { return };
        message.pinned = !message.pinned;
        let message = message.clone();
        let moved = PinMoved { channel_id: message.channel_id.clone(), message_id: message.id, user: sample::user(2) };
        let data = if message.pinned { EventData::MessagePinned(moved) } else { EventData::MessageUnpinned(moved) };
        self.commit(number(&message.channel_id), data);
    }

    /// Has a user react to a message, or take that back.
    fn react(&mut self, index: &Index, emoji: u8, by: u8) {
        let emoji = EMOJI[usize::from(emoji)];
        let Some(id) = self.pick(index).map(|message| message.id) else { return };
        let reactors = self.reactors.entry((id, emoji.to_owned())).or_default();
        let added = reactors.insert(by) || !reactors.remove(&by);
        self.recount(index, emoji, Some(by), added);
    }

    fn clear_reactions(&mut self, index: &Index, emoji: u8) {
        let emoji = EMOJI[usize::from(emoji)];
        let Some(id) = self.pick(index).map(|message| message.id) else { return };
        if self.reactors.remove(&(id, emoji.to_owned())).is_some_and(|reactors| !reactors.is_empty()) {
            self.recount(index, emoji, None, false);
        }
    }

    /// Has a message follow who reacts to it, and tells of it.
    fn recount(&mut self, index: &Index, emoji: &str, by: Option<u8>, added: bool) {
        let id = self.pick(index).expect("it is there").id;
        let reactors = self.reactors.get(&(id, emoji.to_owned())).cloned().unwrap_or_default();
        let (count, me) = (reactors.len() as u64, Some(reactors.contains(&1)));
        let message = self.pick(index).expect("it is there");
        match message.reactions.iter().position(|one| one.emoji == emoji) {
            Some(at) if count == 0 => drop(message.reactions.remove(at)),
            Some(at) => (message.reactions[at].count, message.reactions[at].me) = (count, me),
            None => message.reactions.push(Reaction { emoji: emoji.to_owned(), count, me }),
        }
        let (channel_id, user) = (message.channel_id.clone(), by.map(sample::user));
        let moved = ReactionMoved { channel_id, message_id: id, emoji: emoji.to_owned(), user, count };
        let data = if added { EventData::ReactionAdded(moved) } else { EventData::ReactionRemoved(moved) };
        let channel = number(&message.channel_id);
        self.commit(channel, data);
    }

    /// Deletes a message, unless somebody still tries to send it: a nonce is forgotten with its message.
    fn delete(&mut self, index: &Index, queued: &BTreeSet<String>) {
        let Some(message) = self.pick(index).cloned() else { return };
        if message.nonce.as_ref().is_some_and(|nonce| queued.contains(nonce)) {
            return;
        }
        let channel = number(&message.channel_id);
        self.messages.remove(&(channel, message.id));
        self.commit(channel, gone(&message));
    }

    fn pick(&mut self, index: &Index) -> Option<&mut Message> {
        let count = self.messages.len();
        self.messages.values_mut().nth(if count == 0 { 0 } else { index.index(count) })
    }

    fn of(&self, channel: u8) -> Vec<Message> {
        self.messages.iter().filter(|((of, _), _)| *of == channel).map(|(_, message)| message.clone()).collect()
    }

    /// What the gateway tells of an entry of the log to who was not there then: messages as they are.
    fn told(&self, position: usize) -> Event {
        let (channel, seq, data) = &self.log[position];
        let data = match data {
            EventData::MessageCreated(message) | EventData::MessageUpdated(message) => {
                match self.messages.get(&(*channel, message.id)) {
                    Some(now) if matches!(data, EventData::MessageCreated(_)) => {
                        EventData::MessageCreated(for_all(now))
                    }
                    Some(now) => EventData::MessageUpdated(for_all(now)),
                    None => gone(message),
                }
            }
            data => data.clone(),
        };
        event(position, *channel, *seq, data)
    }

    fn ready(&self) -> Ready {
        let state = |n: u8| ChannelState { channel: sample::channel(n), seq: self.seqs[usize::from(n)] };
        let me = sample::user(1);
        let member_count = u64::try_from(self.members.len()).expect("few");
        let server = Server { member_count, ..sample::server().server };
        let (member, seq) = (self.members[&me].clone(), self.seqs[usize::from(SERVER)]);
        Ready {
            cursor: self.log.len().to_string(),
            me: SelfUser { display_name: self.users[&me].display_name.clone(), ..sample::me() },
            servers: vec![ServerState { server, member, seq, ..sample::server() }],
            channels: vec![state(1), state(2)],
            ..sample::ready()
        }
    }

    /// A page of at most three messages.
    fn page(&self, list: &messages::List) -> Page<Message> {
        let all = self.of(number(&Full(list.channel.clone().qualify(sample::me().id.home()))));
        let cut = |mut items: Vec<Message>| {
            let next = items.get(PAGE).map(|_| items[PAGE - 1].id.to_string());
            items.truncate(PAGE);
            Page { items, next }
        };
        match (list.before, list.after, list.around) {
            (Some(before), ..) => cut(all.into_iter().rev().filter(|message| message.id < before).collect()),
            (_, Some(after), _) => cut(all.into_iter().filter(|message| message.id > after).collect()),
            (.., Some(around)) => {
                let before = all.iter().rev().filter(|message| message.id < around).take(PAGE / 2).cloned();
                let mut items: Vec<_> = before.collect();
                items.reverse();
                items.extend(all.into_iter().filter(|message| message.id >= around).take(PAGE - items.len()));
                Page { items, next: None }
            }
            _ => cut(all.into_iter().rev().collect()),
        }
    }

    fn answer(&mut self, call: &Call) -> Answer {
        match call {
            Call::Typing(_) => Answer::Typing(Ok(())),
            Call::Send(send) => Answer::Message(Ok(Box::new(self.post(send, 1)))),
            Call::Page(list) => Answer::Page(Ok(self.page(list))),
            Call::Message(get) => {
                let channel = number(&Full(get.channel.clone().qualify(sample::me().id.home())));
                let found = self.messages.get(&(channel, get.message)).cloned();
                Answer::Message(found.map(Box::new).ok_or_else(|| refused(ErrorCode::NotFound)))
            }
            Call::User(get) => {
                let found = self.users.get(&Full(get.user.clone().qualify(sample::me().id.home()))).cloned();
                Answer::User(found.map(Box::new).ok_or_else(|| refused(ErrorCode::NotFound)))
            }
            Call::Member(get) => {
                let found = self.member(&Full(get.user.clone().qualify(sample::me().id.home())));
                Answer::Member(found.map(Box::new).ok_or_else(|| refused(ErrorCode::NotFound)))
            }
            Call::Members(list) => Answer::Members(Ok(self.members(list))),
            // Friends have a test of their own.
            Call::Friends { .. } => Answer::Friends(Ok(FriendPage { rows: Vec::new(), next: None })),
            // What is read has a test of its own.
            Call::Read(_) => Answer::Read(Ok(None)),
            Call::Pins(_) | Call::Server(_) => panic!("nobody asks for these"),
        }
    }
}

fn event(position: usize, stream: u8, seq: u64, data: EventData) -> Event {
    let cursor = (position + 1).to_string();
    let stream = match stream {
        SERVER => StreamName::Server(sample::server_id()),
        channel => StreamName::Channel(sample::full(channel)),
    };
    Event { cursor, stream, seq, at: sample::at(), data }
}

fn user(n: u8) -> User {
    let SelfUser { domain, display_name, avatar, bio, created_at, deleted, .. } = sample::me();
    let username = if n == 1 { sample::me().username } else { format!("user{n}") };
    User { id: sample::user(n), username, domain, display_name, avatar, bio, created_at, deleted }
}

fn unanswered(call: &Call, error: Error) -> Answer {
    match call {
        Call::Page(_) => Answer::Page(Err(error)),
        Call::User(_) => Answer::User(Err(error)),
        Call::Member(_) => Answer::Member(Err(error)),
        Call::Members(_) => Answer::Members(Err(error)),
        Call::Friends { .. } => Answer::Friends(Err(error)),
        Call::Read(_) => Answer::Read(Err(error)),
        _ => Answer::Message(Err(error)),
    }
}

/// A message as everybody is told of it alike.
fn for_all(message: &Message) -> Message {
    let reactions = message.reactions.iter().map(|one| Reaction { me: None, ..one.clone() });
    Message { reactions: reactions.collect(), ..message.clone() }
}

fn gone(message: &Message) -> EventData {
    EventData::MessageDeleted(MessageGone { id: message.id, channel_id: message.channel_id.clone() })
}

fn number(channel: &Full<ChannelId>) -> u8 {
    if *channel == sample::full(1) { 1 } else { 2 }
}

fn refused(code: ErrorCode) -> Error {
    Error::Refused(Box::new(Refusal { operation: "test", problem: Problem::new(code, ""), request_id: None }))
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Action {
    Post(u8, Option<Index>),
    Edit(Index),
    Delete(Index),
    Pin(Index),
    /// The caller or somebody else reacts to a message, or takes that back.
    React(Index, u8, u8),
    ClearReactions(Index, u8),
    /// The caller writes, and perhaps sends it.
    Type(u8),
    SendDraft(u8),
    Send(u8),
    /// One event arrives.
    Hear,
    Cut,
    Connect,
    /// The cursor is too old.
    Resync,
    /// A call reaches the backend.
    Execute(Index),
    /// The answer arrives.
    Answer(Index),
    Fail(Index, u8),
    Stored(bool),
    Pass(u16),
    /// The program ends after so many of the writes under way, and starts again.
    Restart(Index),
    Older,
    Newer,
    Newest,
    JumpTo(Index),
    Look(u8),
    /// Somebody joins or leaves.
    Move(u8),
    /// Somebody has another name, in the server or everywhere.
    Rename(u8, bool),
    /// The view draws somebody, in the server or apart from it.
    Draw(u8, bool),
    /// It shows the members from here on.
    Scroll(u8),
}

fn action() -> impl Strategy<Value = Action> {
    let (channel, user) = (1..=2_u8, 1..=USERS);
    let emoji = 0..u8::try_from(EMOJI.len()).expect("few");
    prop_oneof![
        6 => (channel.clone(), prop::option::of(any::<Index>())).prop_map(|(channel, to)| Action::Post(channel, to)),
        2 => any::<Index>().prop_map(Action::Edit),
        1 => any::<Index>().prop_map(Action::Delete),
        1 => any::<Index>().prop_map(Action::Pin),
        4 => (any::<Index>(), emoji.clone(), 1..=3_u8).prop_map(|(of, emoji, by)| Action::React(of, emoji, by)),
        1 => (any::<Index>(), emoji).prop_map(|(of, emoji)| Action::ClearReactions(of, emoji)),
        2 => channel.clone().prop_map(Action::Type),
        1 => channel.clone().prop_map(Action::SendDraft),
        4 => channel.clone().prop_map(Action::Send),
        8 => Just(Action::Hear),
        2 => Just(Action::Cut),
        3 => Just(Action::Connect),
        1 => Just(Action::Resync),
        8 => any::<Index>().prop_map(Action::Execute),
        8 => any::<Index>().prop_map(Action::Answer),
        2 => (any::<Index>(), 0..4_u8).prop_map(|(call, how)| Action::Fail(call, how)),
        4 => prop::bool::weighted(0.9).prop_map(Action::Stored),
        3 => (0..3_000_u16).prop_map(Action::Pass),
        1 => any::<Index>().prop_map(Action::Restart),
        2 => Just(Action::Older),
        1 => Just(Action::Newer),
        1 => Just(Action::Newest),
        1 => any::<Index>().prop_map(Action::JumpTo),
        1 => channel.prop_map(Action::Look),
        2 => user.clone().prop_map(Action::Move),
        2 => (user.clone(), any::<bool>()).prop_map(|(n, in_server)| Action::Rename(n, in_server)),
        3 => (user.clone(), any::<bool>()).prop_map(|(n, in_server)| Action::Draw(n, in_server)),
        1 => user.prop_map(Action::Scroll),
    ]
}

/// The backend, the program, and everything between them.
struct World {
    backend: Backend,
    machine: Machine,
    storage: BTreeMap<String, Vec<u8>>,
    storing: Option<Vec<Write>>,
    calls: Vec<(u64, Call, Option<Answer>)>,
    /// Events on their way; `None` without a connection.
    pipe: Option<VecDeque<GatewayEvent>>,
    now: Duration,
    random: u64,
    names: u32,
    /// The channel that the view shows, and its copy of the rows.
    looks_at: u8,
    copy: Vec<TimelineRow>,
    /// Its list of members, and its copy of the rows.
    members: MembersView,
    listed: Vec<MemberRow>,
    /// Those whom it shows, in the server or apart from it, as it drew them last.
    drawn: BTreeMap<(u8, bool), Shown>,
    /// Texts that were sent, in order: channel, nonce and text.
    said: Vec<(u8, String, String)>,
    /// Drafts that were stored at some time and not given up.
    typed: BTreeSet<String>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            backend: Backend::new(),
            machine: machine(),
            storage: BTreeMap::new(),
            storing: None,
            calls: Vec::new(),
            pipe: None,
            now: Duration::ZERO,
            random: 0,
            names: 0,
            looks_at: 1,
            copy: Vec::new(),
            members: 0,
            listed: Vec::new(),
            drawn: BTreeMap::new(),
            said: Vec::new(),
            typed: BTreeSet::new(),
        };
        world.start();
        world
    }

    fn start(&mut self) {
        self.machine = machine();
        self.machine.open_timeline(&sample::full(self.looks_at));
        self.members = self.machine.open_members(&sample::server_id());
        self.listed.clear();
        self.drawn.clear();
        self.machine.restore(self.storage.clone().into_iter().collect());
        // What was restored is shown without any connection.
        let (now, channel) = (self.moment(), sample::full(self.looks_at));
        self.machine.settle(now);
        self.copy = self.machine.timeline(&channel).map(|history| history.rows().rows().to_vec()).unwrap_or_default();
        self.machine.timeline(&channel).map(|history| history.rows().take());
    }

    fn moment(&mut self) -> Moment {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Moment { uptime: self.now, at: Timestamp::from_millis(0), random: self.random >> 33 }
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("{:04}", self.names)
    }

    /// Events that happened since are on their way, if there is a connection.
    fn tell(&mut self, from: usize) {
        if let Some(pipe) = &mut self.pipe {
            for position in from..self.backend.log.len() {
                let (channel, seq, data) = self.backend.log[position].clone();
                pipe.push_back(GatewayEvent::Event(Box::new(event(position, channel, seq, data))));
            }
        }
    }

    fn connect(&mut self, resumes: bool) {
        let end = self.backend.log.len();
        let mut pipe = VecDeque::new();
        match self.machine.cursor().and_then(|cursor| cursor.parse::<usize>().ok()).filter(|_| resumes) {
            Some(from) => {
                pipe.push_back(GatewayEvent::Resumed);
                pipe.extend((from..end).map(|position| GatewayEvent::Event(Box::new(self.backend.told(position)))));
                pipe.push_back(GatewayEvent::CaughtUp { cursor: end.to_string() });
            }
            None => pipe.push_back(GatewayEvent::Ready(Box::new(self.backend.ready()))),
        }
        self.pipe = Some(pipe);
    }

    fn act(&mut self, action: &Action) -> Result<(), TestCaseError> {
        let (now, log) = (self.moment(), self.backend.log.len());
        let looked_at: Full<ChannelId> = sample::full(self.looks_at);
        let history = |machine: &mut Machine, wish: fn(&mut crate::timeline::History)| {
            wish(machine.timeline(&looked_at).expect("it is open"));
        };
        match action {
            Action::Post(channel, to) => {
                let all = self.backend.of(*channel);
                let to = to.as_ref().filter(|_| !all.is_empty()).map(|index| index.get(&all).id);
                let send = messages::Send::new(sample::full::<ChannelId>(*channel), self.name());
                self.backend.post(&messages::Send { reply_to: to, ..send }, 2);
            }
            Action::Edit(index) => self.backend.edit(index),
            Action::Delete(index) => {
                let queued = self.machine.queue.list().rows().iter().map(|one| one.nonce.clone());
                let stored = self.storage.keys().filter_map(|key| Some(key.split_once("/queue/")?.1.to_owned()));
                let queued = queued.chain(stored).collect();
                self.backend.delete(index, &queued);
            }
            Action::Pin(index) => self.backend.pin(index),
            Action::React(index, emoji, by) => self.backend.react(index, *emoji, *by),
            Action::ClearReactions(index, emoji) => self.backend.clear_reactions(index, *emoji),
            Action::Type(channel) => {
                let text = self.name();
                let place = DraftPlace::composer(&sample::full(*channel));
                if let Some(given_up) = self.machine.drafts.get(&place) {
                    self.typed.remove(&given_up.text);
                }
                self.machine.drafts.set(place, text, None, now.at.into()).expect("there is room");
            }
            Action::SendDraft(channel) => {
                let (nonce, place) = (self.name(), DraftPlace::composer(&sample::full(*channel)));
                let text = self.machine.drafts.get(&place).map(|draft| draft.text.clone());
                self.machine.send_draft(&sample::full(*channel), nonce.clone(), now).expect("there is room");
                self.said.extend(text.map(|text| (*channel, nonce, text)));
            }
            Action::Send(channel) => {
                let (nonce, text) = (self.name(), self.name());
                let sent = self.machine.send(&sample::full(*channel), text.clone(), None, nonce.clone(), now);
                sent.expect("there is room");
                self.said.push((*channel, nonce, text));
            }
            Action::Hear => {
                if let Some(event) = self.pipe.as_mut().and_then(VecDeque::pop_front) {
                    self.machine.gateway(&event, now);
                }
            }
            Action::Cut => {
                if self.pipe.take().is_some() {
                    let (reason, retry_in) = (Disconnect::Silent, Duration::ZERO);
                    self.machine.gateway(&GatewayEvent::Disconnected { reason, retry_in }, now);
                }
            }
            Action::Connect if self.pipe.is_none() => self.connect(true),
            Action::Connect => {}
            Action::Resync => self.connect(false),
            Action::Execute(index) if !self.calls.is_empty() => {
                let at = index.index(self.calls.len());
                if self.calls[at].2.is_none() {
                    self.calls[at].2 = Some(self.backend.answer(&self.calls[at].1.clone()));
                }
            }
            Action::Answer(index) if !self.calls.is_empty() => {
                let at = index.index(self.calls.len());
                if let (number, _, Some(answer)) = self.calls[at].clone() {
                    self.calls.remove(at);
                    self.machine.answered(number, answer, now);
                }
            }
            Action::Fail(index, how) if !self.calls.is_empty() => {
                // Also one that the backend carried out: its answer is lost.
                let (number, call, _) = self.calls.remove(index.index(self.calls.len()));
                let error = match how {
                    0 => TransportError::interrupted("lost").into(),
                    1 => refused(ErrorCode::RateLimited),
                    2 => refused(ErrorCode::RemoteUnavailable),
                    _ => refused(ErrorCode::Internal),
                };
                self.machine.answered(number, unanswered(&call, error), now);
            }
            Action::Execute(_) | Action::Answer(_) | Action::Fail(..) => {}
            Action::Stored(succeeds) => {
                if let Some(writes) = self.storing.take() {
                    let count = if *succeeds { writes.len() } else { writes.len() / 2 };
                    self.store(&writes[..count]);
                    self.machine.saved(if *succeeds { Ok(()) } else { Err(StorageError::failed("full")) }, now);
                }
            }
            Action::Pass(millis) => self.now += Duration::from_millis((*millis).into()),
            Action::Restart(index) => self.restart(index)?,
            Action::Older => history(&mut self.machine, |history| history.load_older()),
            Action::Newer => history(&mut self.machine, |history| history.load_newer()),
            Action::Newest => history(&mut self.machine, |history| history.jump_to_newest()),
            Action::JumpTo(index) => {
                let all = self.backend.of(self.looks_at);
                if !all.is_empty() {
                    let id = index.get(&all).id;
                    self.machine.timeline(&looked_at).expect("it is open").jump_to(id);
                }
            }
            Action::Look(channel) => {
                self.machine.close_timeline(&looked_at, now);
                self.looks_at = *channel;
                self.machine.open_timeline(&sample::full(*channel));
                self.machine.settle(now);
                let history = self.machine.timeline(&sample::full(*channel)).expect("it is open");
                history.rows().take();
                self.copy = history.rows().rows().to_vec();
            }
            Action::Move(n) => self.backend.move_member(*n),
            Action::Rename(n, in_server) => {
                let name = self.name();
                self.backend.rename(*n, *in_server, name);
            }
            Action::Draw(n, in_server) => self.draw(*n, *in_server),
            Action::Scroll(start) => {
                let start = usize::from(*start);
                self.machine.show_members(self.members, start..start + PAGE);
            }
        }
        self.tell(log);
        self.pump()
    }

    fn draw(&mut self, n: u8, in_server: bool) {
        let server = sample::server_id();
        let shown = self.machine.shown(in_server.then_some(&server), &sample::user(n));
        self.drawn.insert((n, in_server), shown);
    }

    /// Draws those again who changed.
    fn redraw(&mut self) {
        let changes = self.machine.people.take_changes();
        let is_changed = |n: u8| match &changes {
            Changes::Of(users) => users.contains(&sample::user(n)),
            Changes::All => true,
        };
        let again: Vec<_> = self.drawn.keys().copied().filter(|(n, _)| is_changed(*n)).collect();
        again.into_iter().for_each(|(n, in_server)| self.draw(n, in_server));
    }

    /// Hands out what is to be done, and has the view follow.
    fn pump(&mut self) -> Result<(), TestCaseError> {
        loop {
            let now = self.moment();
            self.machine.settle(now);
            self.redraw();
            match self.machine.step(now) {
                Step::Call(number, call) => self.calls.push((number, call, None)),
                Step::Store(writes) => self.storing = Some(writes),
                Step::Wait(until) => {
                    prop_assert!(until.is_none_or(|until| until > self.now), "it waits for what has been");
                    break;
                }
            }
        }
        let now = self.moment();
        self.machine.settle(now);
        let list = self.machine.members(self.members).expect("it is open");
        list.rows().take().into_iter().for_each(|step| step.apply(&mut self.listed));
        prop_assert_eq!(&*self.listed, list.rows().rows());
        let channel = sample::full(self.looks_at);
        let history = self.machine.timeline(&channel).expect("it is open");
        history.rows().take().into_iter().for_each(|step| step.apply(&mut self.copy));
        prop_assert_eq!(&*self.copy, history.rows().rows());
        let ids: Vec<_> = self.copy.iter().filter_map(TimelineRow::message).map(|message| message.id).collect();
        prop_assert!(ids.is_sorted_by(|a, b| a < b), "messages are in order and each is there once");
        prop_assert!(ids.len() <= LIMITS.rows);
        let keys: std::collections::HashSet<RowKey> = self.copy.iter().map(TimelineRow::key).collect();
        prop_assert_eq!(keys.len(), self.copy.len(), "no two rows have one key");
        Ok(())
    }

    fn store(&mut self, writes: &[Write]) {
        for Write { key, value } in writes {
            match value {
                Some(value) => drop(self.storage.insert(key.clone(), value.clone())),
                None => drop(self.storage.remove(key)),
            }
        }
        for place in [1, 2].map(|channel| DraftPlace::composer(&sample::full(channel))) {
            if let Some(draft) = self.machine.drafts.get(&place)
                && self.is_stored(&draft.text)
            {
                self.typed.insert(draft.text.clone());
            }
        }
    }

    fn is_stored(&self, text: &str) -> bool {
        let text = format!("\"{text}\"");
        let mut kept = self.storage.iter().filter(|(key, _)| key.contains("/queue/") || key.contains("/draft/"));
        kept.any(|(_, value)| String::from_utf8_lossy(value).contains(&text))
    }

    fn restart(&mut self, index: &Index) -> Result<(), TestCaseError> {
        if let Some(writes) = self.storing.take() {
            let count = index.index(writes.len() + 1);
            self.store(&writes[..count]);
        }
        let is_said = |backend: &Backend, text: &str| {
            // Edits add stars.
            backend.log.iter().any(|(.., data)| matches!(data, EventData::MessageCreated(m) if m.content == text))
        };
        for text in &self.typed {
            prop_assert!(self.is_stored(text) || is_said(&self.backend, text), "{text} is lost");
        }
        // What was neither stored nor sent was not yet accepted.
        let said = std::mem::take(&mut self.said);
        let is_kept = |nonce: &String| self.is_queued(nonce) || self.backend.nonces.contains_key(nonce);
        self.said = said.into_iter().filter(|(_, nonce, _)| is_kept(nonce)).collect();
        self.calls.clear();
        self.pipe = None;
        self.start();
        Ok(())
    }

    fn is_queued(&self, nonce: &str) -> bool {
        self.storage.keys().any(|key| key.split_once("/queue/").is_some_and(|(_, queued)| queued == nonce))
    }

    /// Lets everything come to rest, with a network that works.
    fn rest(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..400 {
            if self.pipe.is_none() {
                self.act(&Action::Connect)?;
            }
            while self.pipe.as_ref().is_some_and(|pipe| !pipe.is_empty()) {
                self.act(&Action::Hear)?;
            }
            self.act(&Action::Stored(true))?;
            let before = self.backend.log.len();
            for (number, call, answer) in std::mem::take(&mut self.calls) {
                let answer = answer.unwrap_or_else(|| self.backend.answer(&call));
                let now = self.moment();
                self.machine.answered(number, answer, now);
            }
            self.tell(before);
            self.pump()?;
            let heard = self.pipe.as_ref().is_none_or(VecDeque::is_empty);
            let is_idle = self.calls.is_empty() && self.storing.is_none() && heard;
            if is_idle && self.machine.queue.list().rows().is_empty() && self.machine.saving.is_done() {
                return Ok(());
            }
            if is_idle {
                self.now += Duration::from_secs(61);
                self.pump()?;
            }
        }
        let queue = self.machine.queue.list().rows().to_vec();
        Err(TestCaseError::fail(format!("it does not come to rest: {:?} {queue:?}", self.calls)))
    }

    /// Walks through a whole channel, and checks each view of it.
    fn check(&mut self, channel: u8) -> Result<(), TestCaseError> {
        self.act(&Action::Look(channel))?;
        self.act(&Action::Newest)?;
        self.rest()?;
        let all = self.backend.of(channel);
        let (last, _) = self.part(&all)?;
        prop_assert_eq!(last, all.len(), "it ends with the newest");
        for wish in [Action::Older, Action::Newer] {
            for _ in 0..all.len() + 2 {
                self.act(&wish)?;
                self.rest()?;
                self.part(&all)?;
            }
            let status = self.status();
            let more = if matches!(wish, Action::Older) { status.has_older } else { status.has_newer };
            prop_assert!(!more, "the end is reached by {wish:?}: {status:?}");
        }
        Ok(())
    }

    /// Checks that the view shows the members and draws everybody as a program would that starts now.
    fn check_who(&mut self) -> Result<(), TestCaseError> {
        let rows = 0..usize::from(USERS) * 2;
        self.machine.show_members(self.members, rows.clone());
        self.wait_for_who()?;
        let now = self.moment();
        let (mut fresh, server) = (machine(), sample::server_id());
        fresh.gateway(&GatewayEvent::Ready(Box::new(self.backend.ready())), now);
        let view = fresh.open_members(&server);
        fresh.show_members(view, rows);
        let everybody: Vec<_> = (1..=USERS).flat_map(|n| [(n, true), (n, false)]).collect();
        let mut shown = BTreeMap::new();
        // Who turns out to be no member is asked for alone.
        for _ in 0..3 {
            for (n, in_server) in &everybody {
                shown.insert((*n, *in_server), fresh.shown(in_server.then_some(&server), &sample::user(*n)));
            }
            while let Step::Call(number, call) = fresh.step(now) {
                fresh.answered(number, self.backend.answer(&call), now);
                fresh.settle(now);
            }
        }
        let listed = fresh.members(view).map(|list| list.rows().rows().to_vec()).unwrap_or_default();
        let count = listed.iter().filter(|row| matches!(row, MemberRow::Member { .. })).count();
        prop_assert_eq!(count, self.backend.members.len());
        prop_assert_eq!(&self.listed, &listed);
        for (n, in_server) in everybody {
            if !self.drawn.contains_key(&(n, in_server)) {
                self.draw(n, in_server);
            }
        }
        self.wait_for_who()?;
        prop_assert!(shown.values().all(|shown| shown.name.is_some()), "{shown:?}");
        prop_assert_eq!(&self.drawn, &shown);
        Ok(())
    }

    /// Waits for names and members also where a pause has to pass.
    fn wait_for_who(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..4 {
            self.pump()?;
            self.rest()?;
            self.now += Duration::from_secs(61);
        }
        Ok(())
    }

    /// Checks that the view shows a part of the history without gaps, as it is; gives where it ends and begins.
    fn part(&mut self, all: &[Message]) -> Result<(usize, usize), TestCaseError> {
        let shown: Vec<_> =
            self.copy.iter().filter_map(TimelineRow::message).map(|shown| Message::clone(shown)).collect();
        let start = shown.first().map_or(0, |first| all.iter().take_while(|message| message.id < first.id).count());
        let end = start + shown.len();
        prop_assert_eq!(&shown[..], all.get(start..end).unwrap_or(all));
        let status = self.status();
        prop_assert!(status.is_loaded && !status.is_stale && status.loading.is_none(), "{status:?}");
        prop_assert!(status.has_older || start == 0);
        prop_assert!(status.has_newer || end == all.len());
        for row in &self.copy {
            let TimelineRow::Message(row) = row else { return Err(TestCaseError::fail("something is on its way")) };
            let original = row.message.reply_to.map(|to| all.iter().find(|message| message.id == to));
            let expected = original.map(|original| match original {
                Some(message) => {
                    let message = Message { reactions: Vec::new(), ..message.clone() };
                    crate::timeline::ReplyPreview::Message { message: message.into() }
                }
                None => crate::timeline::ReplyPreview::Deleted,
            });
            prop_assert_eq!(&row.reply, &expected);
        }
        Ok((end, start))
    }

    fn status(&mut self) -> crate::timeline::TimelineStatus {
        let channel = sample::full(self.looks_at);
        self.machine.timeline(&channel).expect("it is open").status().rows()[0].clone()
    }

    /// Checks that every text was said once and in order.
    fn check_said(&self) -> Result<(), TestCaseError> {
        for channel in [1, 2] {
            let wanted: Vec<_> = self.said.iter().filter(|(of, ..)| *of == channel).map(|(.., text)| text).collect();
            let said = self.backend.log.iter().filter_map(|(of, _, data)| match data {
                EventData::MessageCreated(message) if *of == channel && message.author == Some(sample::user(1)) => {
                    Some(&message.content)
                }
                _ => None,
            });
            prop_assert_eq!(said.collect::<Vec<_>>(), wanted);
        }
        Ok(())
    }
}

fn machine() -> Machine {
    let mut machine = Machine::new(sample::user(1));
    machine.limits = LIMITS;
    machine
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_is_what_the_backend_has_and_each_text_is_said_once(
        actions in prop::collection::vec(action(), 0..120),
    ) {
        let mut world = World::new();
        for action in &actions {
            world.act(action)?;
        }
        world.rest()?;
        world.check_said()?;
        for channel in [1, 2] {
            world.check(channel)?;
        }
        world.check_who()?;
        // A program that starts again on what is stored ends there, too.
        world.act(&Action::Restart(any_index()))?;
        world.rest()?;
        world.check_said()?;
        for channel in [1, 2] {
            world.check(channel)?;
        }
        world.check_who()?;
    }
}

/// An index whose choice does not matter: nothing is being written.
fn any_index() -> Index {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    any::<Index>().new_tree(&mut runner).expect("every number is an index").current()
}

/// How many messages or members a page has.
const PAGE: usize = 3;
/// The stream of the server in the log; channels have their own numbers.
const SERVER: u8 = 0;
/// What messages are reacted to with.
const EMOJI: [&str; 3] = ["👍", "🎉", "❤\u{fe0f}"];
/// How many users there are, of whom some are members.
const USERS: u8 = 8;
/// Few, so that much is dropped.
const LIMITS: Limits = Limits { rows: 12, kept: 4 };
