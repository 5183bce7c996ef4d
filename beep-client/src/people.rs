//! Who is who: what is needed to show the names of people, of bounded memory.
//!
//! A view asks [`People::show`] whenever it draws somebody, and gets what is known. What is not known is asked for in
//! batches: the program carries out what [`People::requests`] gives and hands in the answers. Events keep it right; an
//! answer that an event overtook is dropped and asked for again.
//!
//! ```
//! use beep_client::people::People;
//! use beep_client::{Cache, Full, Timestamp, UserId};
//!
//! fn name(people: &mut People, cache: &Cache, user: &Full<UserId>, now: Timestamp) -> String {
//!     let shown = people.show(None, user, cache);
//!     for request in people.requests(now) {
//!         println!("ask for {request:?}"); // and hand in the answer, with `answered` or `failed`
//!     }
//!     shown.name.unwrap_or_default()
//! }
//! ```

mod shelf;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use beep_core::id::{RoleId, SpaceId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{Event, EventData, Joined};
use beep_proto::id::{Bare, Full};
use beep_proto::view::{Member, User};
use serde::Serialize;

use self::shelf::Shelf;
use crate::cache::{Cache, CachedServer};

/// What is known of people.
#[derive(Debug)]
pub struct People {
    users: Shelf<Full<UserId>, Option<Person>>,
    members: Shelf<Place, Option<Membership>>,
    /// What is to be asked for, and not before when.
    wanted: BTreeMap<Key, Option<Timestamp>>,
    asked: HashSet<Key>,
    changes: Changes,
    /// Counts events, so that an answer is not taken for newer than an event.
    moment: u64,
    /// When which of them last changed; those before `forgotten` are no longer known.
    touched: BTreeMap<Key, u64>,
    touches: BTreeMap<u64, Key>,
    forgotten: u64,
}

/// A member of a server.
type Place = (Full<SpaceId>, Full<UserId>);

/// What can be asked for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Key {
    User(Full<UserId>),
    Member(Place),
}

#[derive(Clone, Debug, PartialEq)]
struct Person {
    username: String,
    domain: String,
    display_name: Option<String>,
    avatar: Option<String>,
    deleted: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Membership {
    nickname: Option<String>,
    roles: Vec<Bare<RoleId>>,
}

/// Somebody as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shown {
    /// The nickname in the server, else the display name, else the username; `None` until it is known. Names of others
    /// can be in any direction: isolate them from the text around.
    pub name: Option<String>,
    /// The handle: with the domain for a user of another backend. Two people can have one name, but not one handle.
    pub handle: Option<String>,
    /// The avatar, as an asset.
    pub avatar: Option<String>,
    /// `0xRRGGBB`: that of the highest role in the server that has one.
    pub color: Option<u32>,
    /// Whether they are a member of the server, if that is known.
    pub member: Option<bool>,
    /// Whether the account was deleted.
    pub deleted: bool,
}

/// Something to ask the backend.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Profiles: [`users::Get`](beep_proto::operation::users::Get) for each.
    Users {
        /// Whose, at least one.
        users: Vec<Full<UserId>>,
        /// For [`People::answered`].
        moment: u64,
    },
    /// Memberships with profiles: [`members::Get`](beep_proto::operation::members::Get) for each.
    Members {
        /// In which server.
        server: Full<SpaceId>,
        /// Whose, at least one.
        users: Vec<Full<UserId>>,
        /// For [`People::answered`].
        moment: u64,
    },
}

/// Who is to be drawn again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Changes {
    /// These.
    Of(BTreeSet<Full<UserId>>),
    /// Everybody.
    All,
}

impl Default for People {
    fn default() -> Self {
        Self::new(5_000)
    }
}

impl People {
    /// Keeps at most this many people, and as many memberships: those who were shown last.
    pub fn new(most: usize) -> Self {
        Self {
            users: Shelf::new(most),
            members: Shelf::new(most),
            wanted: BTreeMap::new(),
            asked: HashSet::new(),
            changes: Changes::Of(BTreeSet::new()),
            moment: 1,
            touched: BTreeMap::new(),
            touches: BTreeMap::new(),
            forgotten: 0,
        }
    }

    /// Somebody as they are shown, in a server or apart from any; what is not known is asked for.
    pub fn show(&mut self, server: Option<&Full<SpaceId>>, user: &Full<UserId>, cache: &Cache) -> Shown {
        let held = server.and_then(|server| cache.server(server));
        let me = cache.me();
        let is_me = me.id == *user;
        let membership = match held {
            Some(held) if is_me => Some(Some(Membership::of(&held.member))),
            Some(held) => self.membership(&(held.server.id.clone(), user.clone())),
            None => None,
        };
        let person = if is_me {
            Some(Person {
                username: me.username.clone(),
                domain: me.domain.clone(),
                display_name: me.display_name.clone(),
                avatar: me.avatar.clone(),
                deleted: me.deleted,
            })
        } else {
            // The membership brings the profile along.
            let alone = held.is_none() || membership == Some(None);
            self.person(user, alone)
        };
        let member = membership.as_ref().map(Option::is_some);
        let membership = membership.flatten();
        let nickname = membership.as_ref().and_then(|membership| membership.nickname.clone());
        let own = person.as_ref().map(|person| person.display_name.clone().unwrap_or_else(|| person.username.clone()));
        Shown {
            name: nickname.or(own),
            handle: person.as_ref().map(|person| person.handle(cache)),
            avatar: person.as_ref().and_then(|person| person.avatar.clone()),
            color: held.zip(membership).and_then(|(held, membership)| color(held, &membership.roles)),
            member,
            deleted: person.is_some_and(|person| person.deleted),
        }
    }

    /// The roles of a member, if they are known; nothing is asked for.
    pub fn roles(&self, server: &Full<SpaceId>, user: &Full<UserId>) -> Option<Vec<Bare<RoleId>>> {
        let held = self.members.peek(&(server.clone(), user.clone()))?.as_ref()?;
        Some(held.roles.clone())
    }

    /// What to ask now, in batches; each is to be answered by [`Self::answered`] or [`Self::failed`].
    pub fn requests(&mut self, now: Timestamp) -> Vec<Request> {
        let mut requests: Vec<Request> = Vec::new();
        let due = self.wanted.iter().filter(|(_, at)| at.is_none_or(|at| at <= now)).map(|(key, _)| key.clone());
        for key in due.take(MOST_ASKED.saturating_sub(self.asked.len())).collect::<Vec<_>>() {
            self.wanted.remove(&key);
            match (&key, requests.last_mut()) {
                (Key::User(user), Some(Request::Users { users, .. })) if users.len() < BATCH => {
                    users.push(user.clone())
                }
                (Key::Member((server, user)), Some(Request::Members { server: of, users, .. }))
                    if of == server && users.len() < BATCH =>
                {
                    users.push(user.clone());
                }
                (Key::User(user), _) => {
                    requests.push(Request::Users { users: vec![user.clone()], moment: self.moment });
                }
                (Key::Member((server, user)), _) => requests.push(Request::Members {
                    server: server.clone(),
                    users: vec![user.clone()],
                    moment: self.moment,
                }),
            }
            self.asked.insert(key);
        }
        requests
    }

    /// When the next request is due, if something waits for a time.
    pub fn due(&self) -> Option<Timestamp> {
        self.wanted.values().map(|at| at.unwrap_or(Timestamp::from_millis(i64::MIN))).min()
    }

    /// Takes the answer to a request: the memberships or profiles that were found. Who is not among them is not there.
    pub fn answered(&mut self, request: &Request, members: Vec<Member>, users: Vec<User>) {
        let moment = request.moment();
        let mut missing: HashSet<Key> = request.keys().collect();
        for member in members {
            missing.remove(&Key::Member((member.server_id.clone(), member.user.clone())));
            self.put(member, moment);
        }
        for user in users {
            missing.remove(&Key::User(user.id.clone()));
            self.put_user(&user, moment);
        }
        for key in missing {
            match &key {
                Key::User(user) if self.is_current(&key, moment) => self.users.put(user.clone(), None),
                Key::Member(place) if self.is_current(&key, moment) => self.members.put(place.clone(), None),
                _ => {}
            }
            self.changed(key.user().clone());
        }
        for key in request.keys() {
            self.asked.remove(&key);
            // An event overtook the answer.
            if !self.is_current(&key, moment) && !self.is_held(&key) {
                self.want(key, None);
            }
        }
    }

    /// Says that a request failed: it is made again after a while, if somebody is still to be shown.
    pub fn failed(&mut self, request: &Request, now: Timestamp) {
        for key in request.keys() {
            self.asked.remove(&key);
            self.want(key, Some(now.after(AGAIN)));
        }
    }

    /// The moment, for a list that is asked for now and handed to [`Self::put`].
    pub fn moment(&self) -> u64 {
        self.moment
    }

    /// Takes a membership, with its profile if it has one, from a list that was asked for at a moment.
    pub fn put(&mut self, member: Member, moment: u64) {
        if let Some(profile) = &member.profile {
            self.put_user(profile, moment);
        }
        let place = (member.server_id.clone(), member.user.clone());
        if self.is_current(&Key::Member(place.clone()), moment) {
            self.wanted.remove(&Key::Member(place.clone()));
            self.changed(member.user.clone());
            self.members.put(place, Some(Membership::of(&member)));
        }
    }

    /// Follows an event.
    pub fn apply(&mut self, event: &Event) {
        self.moment += 1;
        match &event.data {
            EventData::UserUpdated(user) => {
                let key = Key::User(user.id.clone());
                if self.is_held(&key) {
                    self.users.put(user.id.clone(), Some(Person::of(user)));
                }
                self.touch(key);
            }
            EventData::MemberJoined(Joined { server: Some(state), .. }) => self.miss(&state.server.id),
            EventData::MemberJoined(Joined { member, .. }) | EventData::MemberUpdated(member) => {
                let place = (member.server_id.clone(), member.user.clone());
                let key = Key::Member(place.clone());
                if self.is_held(&key) {
                    self.members.put(place, Some(Membership::of(member)));
                }
                self.touch(key);
            }
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) => {
                let place = (gone.server_id.clone(), gone.user.clone());
                let key = Key::Member(place.clone());
                if self.is_held(&key) {
                    self.members.put(place, None);
                }
                self.touch(key);
            }
            // Their colour may be another one.
            EventData::RoleUpdated(_) | EventData::RoleDeleted(_) => self.changes = Changes::All,
            EventData::ServerDeleted(gone) => self.members.retain(|(server, _)| *server != gone.id),
            _ => {}
        }
    }

    /// Says that events were missed, after a snapshot: what is known is shown until it is known anew.
    pub fn restart(&mut self) {
        self.users.expire(|_| true);
        self.members.expire(|_| true);
        self.forget_touches();
    }

    /// Who is to be drawn again since the last call.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::replace(&mut self.changes, Changes::Of(BTreeSet::new()))
    }

    fn membership(&mut self, place: &Place) -> Option<Option<Membership>> {
        let (known, current) = self.members.get(place);
        if !current {
            self.want(Key::Member(place.clone()), None);
        }
        known
    }

    fn person(&mut self, user: &Full<UserId>, alone: bool) -> Option<Person> {
        let (known, current) = self.users.get(user);
        if !current && alone {
            self.want(Key::User(user.clone()), None);
        }
        known.flatten()
    }

    fn want(&mut self, key: Key, at: Option<Timestamp>) {
        if !self.asked.contains(&key) && (self.wanted.len() < MOST_WANTED || self.wanted.contains_key(&key)) {
            self.wanted.entry(key).or_insert(at);
        }
    }

    /// Events of a server were missed.
    fn miss(&mut self, server: &Full<SpaceId>) {
        self.members.expire(|(of, _)| of == server);
        self.changes = Changes::All;
        self.forget_touches();
    }

    fn put_user(&mut self, user: &User, moment: u64) {
        let key = Key::User(user.id.clone());
        if self.is_current(&key, moment) {
            self.wanted.remove(&key);
            self.users.put(user.id.clone(), Some(Person::of(user)));
            self.changed(user.id.clone());
        }
    }

    fn is_held(&self, key: &Key) -> bool {
        match key {
            Key::User(user) => self.users.peek(user).is_some(),
            Key::Member(place) => self.members.peek(place).is_some(),
        }
    }

    /// Whether no event came after a moment.
    fn is_current(&self, key: &Key, moment: u64) -> bool {
        moment >= self.forgotten && self.touched.get(key).is_none_or(|touched| *touched <= moment)
    }

    fn touch(&mut self, key: Key) {
        if self.is_held(&key) {
            self.changed(key.user().clone());
        }
        if let Some(before) = self.touched.insert(key.clone(), self.moment) {
            self.touches.remove(&before);
        }
        self.touches.insert(self.moment, key);
        if self.touches.len() > MOST_TOUCHED
            && let Some((moment, key)) = self.touches.pop_first()
        {
            self.touched.remove(&key);
            self.forgotten = moment;
        }
    }

    fn forget_touches(&mut self) {
        self.moment += 1;
        self.forgotten = self.moment;
        self.touched.clear();
        self.touches.clear();
    }

    fn changed(&mut self, user: Full<UserId>) {
        match &mut self.changes {
            Changes::Of(users) if users.len() < MOST_CHANGES => drop(users.insert(user)),
            changes => *changes = Changes::All,
        }
    }
}

impl Request {
    fn moment(&self) -> u64 {
        let (Self::Users { moment, .. } | Self::Members { moment, .. }) = self;
        *moment
    }

    fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        let (server, users) = match self {
            Self::Users { users, .. } => (None, users),
            Self::Members { server, users, .. } => (Some(server), users),
        };
        users.iter().map(move |user| match server {
            Some(server) => Key::Member((server.clone(), user.clone())),
            None => Key::User(user.clone()),
        })
    }
}

impl Key {
    fn user(&self) -> &Full<UserId> {
        let (Self::User(user) | Self::Member((_, user))) = self;
        user
    }
}

impl Person {
    fn of(user: &User) -> Self {
        let User { username, domain, display_name, avatar, deleted, .. } = user.clone();
        Self { username, domain, display_name, avatar, deleted }
    }

    fn handle(&self, cache: &Cache) -> String {
        if self.domain == cache.domain().as_str() {
            self.username.clone()
        } else {
            format!("{}@{}", self.username, self.domain)
        }
    }
}

impl Membership {
    fn of(member: &Member) -> Self {
        Self { nickname: member.nickname.clone(), roles: member.roles.clone() }
    }
}

/// The colour of a member with these roles: that of the highest role that has one.
pub(crate) fn color(held: &CachedServer, roles: &[Bare<RoleId>]) -> Option<u32> {
    let roles = roles.iter().filter_map(|role| held.roles.get(role)).filter(|role| role.color.is_some());
    roles.max_by_key(|role| (role.position, role.id)).and_then(|role| role.color)
}

/// How many people are asked for at once.
const BATCH: usize = 50;
/// How many people are asked for and not yet known.
const MOST_ASKED: usize = 200;
/// How many people wait to be asked for; who is shown again is wanted again.
const MOST_WANTED: usize = 2_000;
/// How many people are told by name to have changed.
const MOST_CHANGES: usize = 256;
/// For how many people it is known when they last changed.
const MOST_TOUCHED: usize = 4_096;
/// How long after a failure the same is asked again.
const AGAIN: Duration = Duration::from_secs(30);
