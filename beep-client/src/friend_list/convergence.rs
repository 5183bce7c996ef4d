//! Whatever is cut off, reordered, failed or restarted, and whoever acts meanwhile: in the end the lists are those that a
//! fresh start reads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use beep_core::id::{FriendRequestId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{Event, EventData, FriendGone, StreamName};
use beep_proto::id::{Bare, Full};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::time::Time;
use beep_proto::view::{FriendRequest, User};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::error::Refusal;
use crate::sample;
use crate::storage::{decode, encode};
use crate::transport::TransportError;

/// How somebody stands to the caller, on the backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stands {
    Apart,
    Friend,
    Incoming(u8),
    Outgoing(u8),
}

/// The backend of the caller.
struct Backend {
    stands: BTreeMap<u8, (Stands, Time)>,
    blocked: BTreeMap<u8, Time>,
    names: BTreeMap<u8, String>,
    log: Vec<Event>,
    clock: i64,
    requests: u8,
}

/// What somebody does to the caller, or the caller to them.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Asks, or accepts.
    Ask,
    /// Withdraws, declines, or ends the friendship.
    End,
    Block,
    Unblock,
}

impl Backend {
    fn new() -> Self {
        let stands = (2..=USERS).map(|n| (n, (Stands::Apart, sample::at()))).collect();
        let (blocked, names, log) = Default::default();
        Self { stands, blocked, names, log, clock: 0, requests: 0 }
    }

    fn now(&mut self) -> Time {
        self.clock += 1;
        Time(Timestamp::from_millis(1_800_000_000_000 + self.clock))
    }

    fn user(&self, n: u8) -> User {
        let gone = User::gone(&sample::user(n).0);
        User { username: format!("user{n}"), display_name: self.names.get(&n).cloned(), deleted: false, ..gone }
    }

    fn request(&self, n: u8, id: u8, from_me: bool, created_at: Time) -> FriendRequest {
        let (me, other) = (self.user(1), self.user(n));
        let (from, to) = if from_me { (me, other) } else { (other, me) };
        FriendRequest { id: Bare(sample::nth(id)), from, to, created_at }
    }

    fn commit(&mut self, at: Time, data: EventData) {
        let seq = u64::try_from(self.log.len()).expect("few") + 1;
        let stream = StreamName::User(sample::user(1));
        self.log.push(Event { cursor: seq.to_string(), stream, seq, at, data });
    }

    fn rename(&mut self, n: u8) {
        let at = self.now();
        self.names.insert(n, format!("name {}", self.clock));
        let user = self.user(n);
        self.commit(at, EventData::UserUpdated(user));
    }

    fn set(&mut self, n: u8, stands: Stands, at: Time) {
        self.stands.insert(n, (stands, at));
    }

    /// The other or the caller does something; refused if it makes no sense.
    fn act(&mut self, n: u8, mine: bool, deed: Deed) -> Result<(), Error> {
        let (stands, since) = self.stands[&n];
        let at = self.now();
        match (deed, stands) {
            (Deed::Ask, _) if self.blocked.contains_key(&n) => return Err(refused(ErrorCode::Conflict)),
            (Deed::Ask, Stands::Apart) => {
                self.requests += 1;
                let id = self.requests;
                self.set(n, if mine { Stands::Outgoing(id) } else { Stands::Incoming(id) }, at);
                self.commit(at, EventData::FriendRequestReceived(self.request(n, id, mine, at)));
            }
            (Deed::Ask, Stands::Incoming(id)) if mine => self.befriend(n, id, false, (since, at)),
            (Deed::Ask, Stands::Outgoing(id)) if !mine => self.befriend(n, id, true, (since, at)),
            (Deed::End, Stands::Friend) => self.part(n, at),
            (Deed::End, Stands::Incoming(id) | Stands::Outgoing(id)) => {
                let from_me = matches!(stands, Stands::Outgoing(_));
                let request = self.request(n, id, from_me, since);
                self.set(n, Stands::Apart, at);
                let is_cancelled = mine == from_me;
                self.commit(
                    at,
                    if is_cancelled {
                        EventData::FriendRequestCancelled(request)
                    } else {
                        EventData::FriendRequestDeclined(request)
                    },
                );
            }
            (Deed::Block, _) if mine && self.blocked.contains_key(&n) => {}
            (Deed::Block, _) if mine => {
                self.blocked.insert(n, at);
                match stands {
                    Stands::Apart => {}
                    Stands::Friend => self.part(n, at),
                    Stands::Incoming(id) | Stands::Outgoing(id) => {
                        let request = self.request(n, id, matches!(stands, Stands::Outgoing(_)), since);
                        self.set(n, Stands::Apart, at);
                        self.commit(at, EventData::FriendRequestCancelled(request));
                    }
                }
            }
            (Deed::Unblock, _) if mine && self.blocked.contains_key(&n) => drop(self.blocked.remove(&n)),
            _ => return Err(refused(ErrorCode::NotFound)),
        }
        Ok(())
    }

    fn befriend(&mut self, n: u8, id: u8, from_me: bool, (since, at): (Time, Time)) {
        let request = self.request(n, id, from_me, since);
        self.set(n, Stands::Friend, at);
        self.commit(at, EventData::FriendRequestAccepted(request));
    }

    fn part(&mut self, n: u8, at: Time) {
        self.set(n, Stands::Apart, at);
        self.commit(at, EventData::FriendRemoved(FriendGone { user: sample::user(n) }));
    }

    /// A page of at most two rows.
    fn page(&self, list: FriendList, cursor: Option<&String>) -> FriendPage {
        let row = |n: u8, request: Option<u8>, since| FriendRow {
            request: request.map(|id| Bare(sample::nth::<FriendRequestId>(id))),
            ..FriendRow::new(list, self.user(n), since)
        };
        let rows: Vec<_> = match list {
            FriendList::Blocked => self.blocked.iter().map(|(n, since)| (*n, row(*n, None, *since))).collect(),
            _ => {
                let of = self.stands.iter().filter_map(|(n, (stands, since))| match (list, stands) {
                    (FriendList::Friends, Stands::Friend) => Some((*n, row(*n, None, *since))),
                    (FriendList::Incoming, Stands::Incoming(id)) | (FriendList::Outgoing, Stands::Outgoing(id)) => {
                        Some((*n, row(*n, Some(*id), *since)))
                    }
                    _ => None,
                });
                of.collect()
            }
        };
        let after = cursor.map_or(0, |cursor| cursor.parse::<u8>().expect("a cursor"));
        let rest: Vec<_> = rows.into_iter().filter(|(n, _)| *n > after).collect();
        let next = rest.get(PAGE).map(|_| rest[PAGE - 1].0.to_string());
        FriendPage { rows: rest.into_iter().take(PAGE).map(|(_, row)| row).collect(), next }
    }
}

fn refused(code: ErrorCode) -> Error {
    Error::Refused(Box::new(Refusal { operation: "test", problem: Problem::new(code, ""), request_id: None }))
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Action {
    /// The other acts.
    Other(u8, Deed),
    /// The caller acts on another device.
    Elsewhere(u8, Deed),
    /// The caller acts here.
    Own(u8, Deed),
    Rename(u8),
    Look(FriendList),
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
    Fail(Index, bool),
    Store,
    Restart,
    Pass(u16),
}

fn action() -> impl Strategy<Value = Action> {
    let user = 2..=USERS;
    let deed =
        || prop_oneof![4 => Just(Deed::Ask), 3 => Just(Deed::End), 1 => Just(Deed::Block), 1 => Just(Deed::Unblock)];
    let list = prop::sample::select(FriendList::ALL.to_vec());
    prop_oneof![
        4 => (user.clone(), deed()).prop_map(|(n, deed)| Action::Other(n, deed)),
        2 => (user.clone(), deed()).prop_map(|(n, deed)| Action::Elsewhere(n, deed)),
        6 => (user.clone(), deed()).prop_map(|(n, deed)| Action::Own(n, deed)),
        2 => user.prop_map(Action::Rename),
        2 => list.prop_map(Action::Look),
        8 => Just(Action::Hear),
        1 => Just(Action::Cut),
        3 => Just(Action::Connect),
        1 => Just(Action::Resync),
        8 => any::<Index>().prop_map(Action::Execute),
        8 => any::<Index>().prop_map(Action::Answer),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(call, lost)| Action::Fail(call, lost)),
        2 => Just(Action::Store),
        1 => Just(Action::Restart),
        2 => (0..3_000_u16).prop_map(Action::Pass),
    ]
}

/// A question that is under way.
#[derive(Debug)]
enum Call {
    Page { list: FriendList, token: u64, cursor: Option<String>, answer: Option<FriendPage> },
    Deed { number: u64, user: u8, deed: Deed, answer: Option<Result<Option<Effect>, ()>> },
}

/// What is told on the gateway.
#[derive(Debug)]
enum Told {
    Ready,
    Resumed,
    Event(Box<Event>),
}

struct World {
    backend: Backend,
    lists: FriendLists,
    calls: Vec<Call>,
    /// What is on its way; `None` without a connection.
    pipe: Option<VecDeque<Told>>,
    /// How many events were heard, or a snapshot has; `None` before the first.
    heard: Option<usize>,
    stored: Option<(Vec<u8>, usize)>,
    copies: BTreeMap<FriendList, Vec<Arc<FriendRow>>>,
    now: Duration,
}

impl World {
    fn new() -> Self {
        Self {
            backend: Backend::new(),
            lists: FriendLists::new(sample::user(1)),
            calls: Vec::new(),
            pipe: None,
            heard: None,
            stored: None,
            copies: BTreeMap::new(),
            now: Duration::ZERO,
        }
    }

    fn moment(&self) -> Moment {
        Moment { uptime: self.now, at: Timestamp::from_millis(0), random: 7 }
    }

    fn act(&mut self, action: &Action) -> Result<(), TestCaseError> {
        let log = self.backend.log.len();
        match action {
            // What makes no sense is refused, and nothing happens.
            Action::Other(n, deed) => drop(self.backend.act(*n, false, *deed)),
            Action::Elsewhere(n, deed) => drop(self.backend.act(*n, true, *deed)),
            Action::Own(n, deed) => self.begin(*n, *deed),
            Action::Rename(n) => self.backend.rename(*n),
            Action::Look(list) => drop(self.lists.want(*list)),
            Action::Hear => self.hear(),
            Action::Cut => self.pipe = None,
            Action::Connect if self.pipe.is_none() => self.connect(true),
            Action::Connect => {}
            Action::Resync => self.connect(false),
            Action::Execute(index) if !self.calls.is_empty() => {
                let at = index.index(self.calls.len());
                execute(&mut self.backend, &self.lists, &mut self.calls[at]);
            }
            Action::Answer(index) if !self.calls.is_empty() => {
                let at = index.index(self.calls.len());
                if matches!(&self.calls[at], Call::Page { answer: Some(_), .. } | Call::Deed { answer: Some(_), .. }) {
                    self.answer(at);
                }
            }
            Action::Fail(index, lost) if !self.calls.is_empty() => {
                // Also one that the backend carried out: its answer is lost.
                let error =
                    if *lost { TransportError::interrupted("lost").into() } else { refused(ErrorCode::Internal) };
                match self.calls.remove(index.index(self.calls.len())) {
                    Call::Page { list, token, .. } => self.lists.answered(list, token, Err(error), self.moment()),
                    Call::Deed { number, .. } => self.lists.ended(number, Err(())),
                }
            }
            Action::Execute(_) | Action::Answer(_) | Action::Fail(..) => {}
            Action::Store => self.stored = self.heard.map(|heard| (encode(&self.lists.blocked()), heard)),
            Action::Restart => self.restart(),
            Action::Pass(millis) => self.now += Duration::from_millis((*millis).into()),
        }
        if let Some(pipe) = &mut self.pipe {
            pipe.extend(self.backend.log[log..].iter().cloned().map(|event| Told::Event(Box::new(event))));
        }
        self.pump()
    }

    /// The caller does what the lists let them do.
    fn begin(&mut self, n: u8, deed: Deed) {
        let (user, list) =
            (sample::user(n), |list| self.lists.shown.of(list).find(|row| row.user == sample::user(n)).cloned());
        let row =
            FriendRow { profile: None, ..FriendRow::new(FriendList::Friends, self.backend.user(n), sample::at()) };
        let effect = match deed {
            Deed::Ask => list(FriendList::Incoming).map(|_| Effect::Enter(Arc::new(row))),
            Deed::End => Some(Effect::Leave(user)),
            Deed::Block => Some(Effect::Enter(Arc::new(FriendRow { list: FriendList::Blocked, ..row }))),
            Deed::Unblock => Some(Effect::Unblock(user)),
        };
        let number = self.lists.begin(effect);
        self.calls.push(Call::Deed { number, user: n, deed, answer: None });
    }

    fn answer(&mut self, at: usize) {
        match self.calls.remove(at) {
            Call::Page { list, token, answer, .. } => {
                let page = answer.expect("it was answered");
                self.lists.answered(list, token, Ok(page), self.moment());
            }
            Call::Deed { number, answer, .. } => self.lists.ended(number, answer.expect("it was answered")),
        }
    }

    fn connect(&mut self, resumes: bool) {
        let mut pipe = VecDeque::new();
        match self.heard.filter(|_| resumes) {
            Some(from) => {
                pipe.push_back(Told::Resumed);
                pipe.extend(self.backend.log[from..].iter().cloned().map(|event| Told::Event(Box::new(event))));
            }
            None => pipe.push_back(Told::Ready),
        }
        self.pipe = Some(pipe);
    }

    fn hear(&mut self) {
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.pop_front() {
            Some(Told::Ready) => {
                let following = pipe.iter().filter(|told| matches!(told, Told::Event(_))).count();
                self.heard = Some(self.backend.log.len() - following);
                self.lists.restart();
                self.lists.hurry();
            }
            Some(Told::Resumed) => {
                self.lists.resumed();
                self.lists.hurry();
            }
            Some(Told::Event(event)) => {
                self.heard = self.heard.map(|heard| heard + 1);
                self.lists.apply(&event);
            }
            None => {}
        }
    }

    fn restart(&mut self) {
        (self.pipe, self.heard) = (None, None);
        self.calls.clear();
        self.copies.clear();
        self.lists = FriendLists::new(sample::user(1));
        if let Some((bytes, heard)) = &self.stored {
            self.lists.restore(decode("blocked", bytes).expect("it was stored"));
            self.heard = Some(*heard);
        }
    }

    /// Hands out what is to be read, and has the views follow.
    fn pump(&mut self) -> Result<(), TestCaseError> {
        while let Some((list, token, cursor)) = self.lists.next(self.moment()) {
            self.calls.push(Call::Page { list, token, cursor, answer: None });
        }
        self.lists.settle();
        for list in FriendList::ALL {
            let copy = self.copies.entry(list).or_default();
            if self.lists.rows(list).has_changed() && copy.is_empty() {
                *copy = self.lists.rows(list).rows().to_vec();
                self.lists.rows(list).take();
            }
            self.lists.rows(list).take().into_iter().for_each(|step| step.apply(copy));
            prop_assert_eq!(&**copy, self.lists.rows(list).rows());
            prop_assert!(copy.is_sorted_by_key(|row| Reverse(row.since)), "the newest comes first");
        }
        for n in 2..=USERS {
            let user: Full<UserId> = sample::user(n);
            let lists = [FriendList::Friends, FriendList::Incoming, FriendList::Outgoing];
            let count = lists.into_iter().filter(|list| self.lists.shown.of(*list).any(|row| row.user == user)).count();
            prop_assert!(count <= 1, "{n} is in {count} lists");
        }
        Ok(())
    }

    fn is_read_whole(&self) -> bool {
        self.lists.lists.iter().all(|listing| listing.is_current)
    }

    /// Lets everything come to rest, with a network that works.
    fn rest(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..200 {
            self.act(&Action::Connect)?;
            while self.pipe.as_ref().is_some_and(|pipe| !pipe.is_empty()) {
                self.act(&Action::Hear)?;
            }
            while !self.calls.is_empty() {
                let log = self.backend.log.len();
                execute(&mut self.backend, &self.lists, &mut self.calls[0]);
                if let Some(pipe) = &mut self.pipe {
                    pipe.extend(self.backend.log[log..].iter().cloned().map(|event| Told::Event(Box::new(event))));
                }
                self.answer(0);
                self.pump()?;
            }
            let is_idle = self.pipe.as_ref().is_some_and(VecDeque::is_empty) && self.calls.is_empty();
            if is_idle && self.is_read_whole() {
                return Ok(());
            }
            self.now += Duration::from_secs(61);
            self.pump()?;
        }
        Err(TestCaseError::fail(format!("it does not come to rest: {:?}", self.calls)))
    }
}

/// Has a call reach the backend.
fn execute(backend: &mut Backend, lists: &FriendLists, call: &mut Call) {
    match call {
        Call::Page { list, cursor, answer: answer @ None, .. } => *answer = Some(backend.page(*list, cursor.as_ref())),
        Call::Deed { user, deed, answer: answer @ None, .. } => {
            let was_asked = matches!(backend.stands[user].0, Stands::Incoming(_));
            let done = backend.act(*user, true, *deed).map_err(drop);
            *answer = Some(done.map(|()| match (*deed, backend.stands[user]) {
                (Deed::Ask, (Stands::Outgoing(id), since)) => {
                    Some(Effect::Enter(Arc::new(lists.requested(&backend.request(*user, id, true, since)))))
                }
                (Deed::Ask, (_, since)) if was_asked => {
                    Some(Effect::Enter(Arc::new(FriendRow::new(FriendList::Friends, backend.user(*user), since))))
                }
                _ => None,
            }));
        }
        Call::Page { .. } | Call::Deed { .. } => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_the_lists_are_those_that_a_fresh_start_reads(actions in prop::collection::vec(action(), 0..120)) {
        let mut world = World::new();
        for action in &actions {
            world.act(action)?;
        }
        for list in FriendList::ALL {
            world.act(&Action::Look(list))?;
        }
        world.rest()?;
        // Blocks of another device are known with the next connection.
        world.act(&Action::Cut)?;
        world.rest()?;
        let backend = std::mem::replace(&mut world.backend, Backend::new());
        let mut fresh = World { backend, ..World::new() };
        for list in FriendList::ALL {
            fresh.act(&Action::Look(list))?;
        }
        fresh.rest()?;
        for list in FriendList::ALL {
            prop_assert_eq!(world.lists.rows(list).rows(), fresh.lists.rows(list).rows());
            prop_assert!(world.lists.status(list).is_loaded);
        }
        for n in 2..=USERS {
            let user = sample::user(n);
            prop_assert_eq!(world.lists.is_blocked(&user), fresh.backend.blocked.contains_key(&n));
            prop_assert_eq!(world.lists.relation(&user), fresh.lists.relation(&user));
        }
    }
}

/// How many rows a page has.
const PAGE: usize = 2;
/// How many users there are: the caller is the first.
const USERS: u8 = 6;
