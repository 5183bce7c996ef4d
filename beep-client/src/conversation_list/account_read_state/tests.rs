//! Whatever is cut off, crosses, fails or restarts: in the end every device shows the counts that a fresh one gets.

use std::collections::BTreeMap;
use std::time::Duration;

use beep_core::id::{Id, UserKey};
use beep_core::mention::Mentions;
use beep_core::read_state::{self, ReadPlace, UnreadMessage};
use beep_core::time::Timestamp;
use beep_proto::gateway::{Event, EventData, MessageGone, Ready, StreamName};
use beep_proto::problem::{ErrorCode, Problem};
use proptest::prelude::*;

use super::*;
use crate::conversation_list::{Conversations, Writers};
use crate::error::Refusal;
use crate::sample;
use crate::transport::{TransportError, TransportErrorKind};

/// A backend with two channels, what was said there, and the marks of user 1.
#[derive(Default)]
struct Backend {
    /// By channel and id: who wrote it, and whether it mentions user 1.
    messages: BTreeMap<(u8, MessageId), (u8, bool)>,
    marks: BTreeMap<u8, read_state::ReadMark>,
    newest: BTreeMap<u8, MessageId>,
    log: Vec<Event>,
    ids: i64,
    seqs: BTreeMap<String, u64>,
}

impl Backend {
    fn log(&mut self, stream: StreamName, data: EventData) {
        let seq = self.seqs.entry(stream.to_string()).or_default();
        *seq += 1;
        let cursor = (self.log.len() + 1).to_string();
        self.log.push(Event { cursor, stream, seq: *seq, at: sample::at(), data });
    }

    fn post(&mut self, channel: u8, author: u8, mentions: bool) {
        self.ids += 1;
        let id = MessageId::generate(Timestamp::from_millis(1_800_000_000_000 + self.ids), [0; 10]);
        self.messages.insert((channel, id), (author, mentions));
        self.newest.insert(channel, id);
        let EventData::MessageCreated(mut message) = sample::sent(channel, 1, "").data else { panic!("one is sent") };
        (message.id, message.author) = (Bare(id), Some(sample::user(author)));
        message.content = if mentions { format!("<@{}>", sample::user(1)) } else { "hello".to_owned() };
        self.log(StreamName::Channel(sample::full(channel)), EventData::MessageCreated(message));
    }

    fn delete(&mut self, channel: u8, back: usize) {
        let id = self.messages.keys().rev().filter(|(of, _)| *of == channel).nth(back).map(|(_, id)| *id);
        let Some(id) = id else { return };
        self.messages.remove(&(channel, id));
        let gone = MessageGone { id: Bare(id), channel_id: sample::full(channel) };
        self.log(StreamName::Channel(sample::full(channel)), EventData::MessageDeleted(gone));
    }

    fn mark(&self, channel: u8) -> read_state::ReadMark {
        let joined = sample::member(1).joined_at.0;
        let me = sample::user(1).0.id;
        let mark = || read_state::ReadMark::of_joining(me, sample::full(channel).0, joined);
        self.marks.get(&channel).cloned().unwrap_or_else(mark)
    }

    fn state(&self, channel: u8) -> view::ReadState {
        let of_channel = self.messages.iter().rev().filter(|((of, _), _)| *of == channel);
        let messages: Vec<_> = of_channel
            .map(|((_, id), (author, mentions))| UnreadMessage {
                id: *id,
                author: Some(sample::user(*author).0),
                answers: None,
                mentions: Mentions {
                    users: mentions.then(|| sample::user(1).0).into_iter().collect(),
                    ..Mentions::default()
                },
            })
            .collect();
        let (mark, me): (_, UserKey) = (self.mark(channel), sample::user(1).0);
        let newest = self.newest.get(&channel).copied().unwrap_or(mark.last_read);
        let state =
            read_state::count(&mark, &me, newest, &messages, false, |message| message.mentions.users.contains(&me));
        (&state).into()
    }

    fn put(&mut self, channel: u8, to: ReadPlace) {
        let Some(moved) = self.mark(channel).moved(to, self.newest.get(&channel).copied()) else { return };
        self.marks.insert(channel, moved);
        let state = self.state(channel);
        self.log(StreamName::User(sample::user(1)), EventData::ReadUpdated(state));
    }

    fn answer(&mut self, call: &ReadCall) -> Option<view::ReadState> {
        match call {
            ReadCall::Mark(channel, ReadWish::Read(message)) => self.put(number(channel), ReadPlace::Read(message.0)),
            ReadCall::Mark(channel, ReadWish::Unread(message)) => {
                self.put(number(channel), ReadPlace::UnreadAfter(read_state::before(message.0)));
            }
            ReadCall::Server(_) => {
                for channel in [1, 2] {
                    if let Some(newest) = self.newest.get(&channel).copied() {
                        self.put(channel, ReadPlace::Read(newest));
                    }
                }
            }
            // What is left is counted, and not what was there.
            ReadCall::Count(channel) => {
                let mut state = self.state(number(channel));
                let of_channel = self.messages.keys().filter(|(of, _)| *of == number(channel));
                let newest = of_channel.map(|(_, id)| *id).max().unwrap_or(state.last_read.0);
                state.newest = Bare(newest.max(state.last_read.0));
                return Some(state);
            }
        }
        None
    }

    fn ready(&self) -> Ready {
        let mut ready = sample::ready();
        for (channel, state) in (1..).zip(&mut ready.channels) {
            state.channel.last_message_id = self.newest.get(&channel).copied().map(Bare);
        }
        let states = [1, 2].map(|channel| self.state(channel)).into_iter();
        ready.read_state =
            states.filter(|state| state.unread > 0 || self.marks.contains_key(&number(&state.channel))).collect();
        ready
    }
}

fn cut() -> Error {
    Error::Transport(TransportError { kind: TransportErrorKind::Interrupted, detail: "cut".to_owned() })
}

fn number(channel: &Full<ChannelId>) -> u8 {
    if *channel == sample::full(1) { 1 } else { 2 }
}

/// A device of user 1.
struct Device {
    cache: Cache,
    conversations: Conversations<AccountReadState>,
    /// How much of the log it has heard.
    heard: usize,
    /// What it asked, and the answer that is on its way.
    answer: Option<Result<Option<view::ReadState>, Error>>,
    now: u64,
}

impl Device {
    fn new(backend: &Backend) -> Self {
        let ready = backend.ready();
        let cache = Cache::new(&ready);
        let mut reads = AccountReadState::default();
        reads.restart(&ready.read_state, &[], &cache);
        let conversations = Conversations::new(&cache, reads);
        Self { cache, conversations, heard: backend.log.len(), answer: None, now: 0 }
    }

    fn moment(&mut self) -> Moment {
        self.now += 2_000;
        Moment { uptime: Duration::from_millis(self.now), at: sample::at().0, random: 0 }
    }

    fn hear(&mut self, backend: &Backend, most: usize) {
        for event in backend.log.iter().skip(self.heard).take(most) {
            self.cache.apply(event);
            let writers = Writers { roles_of: &|_, _| None, is_blocked: &|_| false };
            self.conversations.apply(event, &self.cache, writers);
            self.heard += 1;
        }
    }

    /// Asks the backend; the answer arrives by itself later.
    fn ask(&mut self, backend: &mut Backend, succeeds: bool) -> bool {
        let now = self.moment();
        let Some(call) = self.conversations.reads().next(now) else { return false };
        let answer = backend.answer(&call);
        // An answer may be lost on its way.
        self.answer = Some(if succeeds { Ok(answer) } else { Err(cut()) });
        true
    }

    fn take_answer(&mut self) {
        let Some(answer) = self.answer.take() else { return };
        let now = self.moment();
        if let Some(channel) = self.conversations.reads().answered(answer, now) {
            self.conversations.marked(&channel, &self.cache);
        }
        self.conversations.reads().hurry();
    }

    /// Ends, and starts again with what was stored.
    fn restart(&mut self) {
        let reads = AccountReadState::from_bytes(&self.conversations.read_state().to_bytes());
        self.conversations = Conversations::new(&self.cache, reads);
        self.answer = None;
    }

    /// Starts with a fresh snapshot in place of the events that it missed.
    fn resync(&mut self, backend: &Backend) {
        let ready = backend.ready();
        self.cache = Cache::new(&ready);
        self.conversations.reads().restart(&ready.read_state, &[], &self.cache);
        self.conversations.restart(&self.cache);
        self.heard = backend.log.len();
    }

    fn settle(&mut self, backend: &mut Backend) {
        self.take_answer();
        loop {
            self.hear(backend, usize::MAX);
            if !self.ask(backend, true) {
                break;
            }
            self.take_answer();
        }
    }

    /// What is shown of each channel.
    fn rows(&mut self) -> Vec<(u32, bool, u32)> {
        let rows = self.conversations.channels(Some(&sample::server_id())).rows();
        rows.iter().map(|row| (row.unread, row.more, row.mentions)).collect()
    }
}

#[derive(Clone, Debug)]
enum Act {
    Post { channel: u8, author: u8, mentions: bool },
    Delete { channel: u8, back: usize },
    Hear { device: usize, most: usize },
    Read { device: usize, channel: u8 },
    Unread { device: usize, channel: u8, back: usize },
    ReadServer { device: usize },
    Ask { device: usize, succeeds: bool },
    Answer { device: usize },
    Restart { device: usize },
    Resync { device: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let (device, channel, back) = (0..2_usize, 1..3_u8, 0..5_usize);
    prop_oneof![
        6 => (channel.clone(), 1..4_u8, any::<bool>()).prop_map(|(channel, author, mentions)| Act::Post { channel, author, mentions }),
        2 => (channel.clone(), back.clone()).prop_map(|(channel, back)| Act::Delete { channel, back }),
        6 => (device.clone(), 1..6_usize).prop_map(|(device, most)| Act::Hear { device, most }),
        3 => (device.clone(), channel.clone()).prop_map(|(device, channel)| Act::Read { device, channel }),
        2 => (device.clone(), channel, back).prop_map(|(device, channel, back)| Act::Unread { device, channel, back }),
        1 => device.clone().prop_map(|device| Act::ReadServer { device }),
        4 => (device.clone(), prop::bool::weighted(0.7)).prop_map(|(device, succeeds)| Act::Ask { device, succeeds }),
        4 => device.clone().prop_map(|device| Act::Answer { device }),
        1 => device.clone().prop_map(|device| Act::Restart { device }),
        1 => device.prop_map(|device| Act::Resync { device }),
    ]
}

fn carry_out(act: &Act, backend: &mut Backend, devices: &mut [Device; 2]) {
    match *act {
        Act::Post { channel, author, mentions } => backend.post(channel, author, mentions && author != 1),
        Act::Delete { channel, back } => backend.delete(channel, back),
        Act::Hear { device, most } => devices[device].hear(backend, most),
        Act::Read { device, channel } => {
            let Device { cache, conversations, .. } = &mut devices[device];
            conversations.mark_read(&sample::full(channel), cache);
        }
        Act::Unread { device, channel, back } => {
            let of_channel = backend.messages.keys().rev().filter(|(of, _)| *of == channel);
            let Some((_, id)) = of_channel.clone().nth(back) else { return };
            let Device { cache, conversations, .. } = &mut devices[device];
            conversations.mark_unread(&sample::full(channel), Bare(*id), None, cache);
        }
        Act::ReadServer { device } => {
            let Device { cache, conversations, .. } = &mut devices[device];
            conversations.mark_server_read(Some(&sample::server_id()), cache);
        }
        Act::Ask { device, succeeds } => drop(devices[device].ask(backend, succeeds)),
        Act::Answer { device } => devices[device].take_answer(),
        Act::Restart { device } => devices[device].restart(),
        Act::Resync { device } => devices[device].resync(backend),
    }
}

proptest! {
    #[test]
    fn every_device_shows_what_a_fresh_one_shows(acts in prop::collection::vec(act(), 0..80)) {
        let mut backend = Backend::default();
        let mut devices = [Device::new(&backend), Device::new(&backend)];
        for act in &acts {
            carry_out(act, &mut backend, &mut devices);
        }
        for _ in 0..2 {
            devices.iter_mut().for_each(|device| device.settle(&mut backend));
        }
        let fresh = Device::new(&backend).rows();
        for device in &mut devices {
            prop_assert_eq!(device.rows(), fresh.clone());
        }
    }
}

fn unread(device: &mut Device) -> (u32, u32) {
    let row = device.rows()[0];
    (row.0, row.2)
}

#[test]
fn what_is_marked_on_one_device_shows_on_the_other() {
    let mut backend = Backend::default();
    let mut devices = [Device::new(&backend), Device::new(&backend)];
    backend.post(1, 2, true);
    backend.post(1, 3, false);
    for device in &mut devices {
        device.settle(&mut backend);
        assert_eq!(unread(device), (2, 1));
    }
    let [here, there] = &mut devices;
    here.conversations.mark_read(&sample::full(1), &here.cache);
    assert_eq!(unread(here), (0, 0), "it shows at once");
    here.settle(&mut backend);
    there.settle(&mut backend);
    assert_eq!(unread(there), (0, 0));
    let first = backend.messages.keys().next().expect("it is there").1;
    there.conversations.mark_unread(&sample::full(1), Bare(first), None, &there.cache);
    there.settle(&mut backend);
    here.settle(&mut backend);
    assert_eq!((unread(here), unread(there)), ((2, 1), (2, 1)));
    backend.post(1, 1, false);
    here.settle(&mut backend);
    assert_eq!(unread(here), (0, 0), "who writes has read");
}

#[test]
fn what_the_backend_refuses_is_taken_back_and_asked_for_no_more() {
    let mut backend = Backend::default();
    let mut device = Device::new(&backend);
    backend.post(1, 2, false);
    device.settle(&mut backend);
    device.conversations.mark_read(&sample::full(1), &device.cache);
    let now = device.moment();
    let call = device.conversations.reads().next(now).expect("it asks");
    assert!(matches!(call, ReadCall::Mark(..)));
    let problem =
        Box::new(Refusal { operation: "reads.put", problem: Problem::new(ErrorCode::NotFound, ""), request_id: None });
    device.answer = Some(Err(Error::Refused(problem)));
    device.take_answer();
    device.settle(&mut backend);
    assert_eq!(unread(&mut device), (1, 0));
    let now = device.moment();
    assert_eq!(device.conversations.reads().next(now), None);
}

#[test]
fn a_lively_channel_is_marked_now_and_then() {
    let mut backend = Backend::default();
    let mut device = Device::new(&backend);
    let mut marks = 0;
    for _ in 0..100 {
        backend.post(1, 2, false);
        device.hear(&backend, usize::MAX);
        device.conversations.mark_read(&sample::full(1), &device.cache);
        device.now += 20;
        let now = Moment { uptime: Duration::from_millis(device.now), at: sample::at().0, random: 0 };
        if let Some(call) = device.conversations.reads().next(now) {
            backend.answer(&call);
            device.conversations.reads().answered(Ok(None), now);
            marks += 1;
        }
    }
    assert!((2..=4).contains(&marks), "{marks} marks in two seconds");
    device.settle(&mut backend);
    assert_eq!(backend.mark(1).last_read, backend.newest[&1]);
}
