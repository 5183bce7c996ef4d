//! Who is who: what is needed to show the names of people, of bounded memory.
//!
//! A view asks [`Chat::people`](crate::Chat::people) whenever it draws somebody, and gets what is known. What is not known
//! is asked for, and the view is told whom to draw again. Events keep it right; an answer that an event overtook is
//! dropped and asked for again.

mod asking;
mod shelf;
#[cfg(test)]
mod tests;
mod watchers;

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{RoleId, SpaceId, UserId};
use beep_proto::gateway::{Event, EventData, Joined};
use beep_proto::id::{Bare, Full};
use beep_proto::problem::ErrorCode;
use beep_proto::view::{Member, User};
use serde::Serialize;

use self::asking::Asking;
pub(crate) use self::asking::{Lookup, Place};
use self::shelf::Shelf;
pub use self::watchers::PeopleChanges;
pub(crate) use self::watchers::PeopleWatchers;
use crate::cache::{Cache, CachedServer};
use crate::error::Error;
use crate::moment::Moment;
use crate::permissions::rank_of;
use crate::sorted::{SortedMap, SortedSet};

/// What is known of people.
#[derive(Debug)]
pub(crate) struct People {
    me: Full<UserId>,
    users: Shelf<Full<UserId>, Option<Person>>,
    members: Shelf<Place, Option<Membership>>,
    asking: Asking,
    changes: Changes,
    /// Counts events, so that an answer is not taken for newer than an event.
    moment: u64,
    /// When which of them last changed; those before `forgotten` are no longer known.
    touched: SortedMap<Lookup, u64>,
    touches: SortedMap<u64, Lookup>,
    forgotten: u64,
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

/// Who is to be drawn again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Changes {
    /// These.
    Of(SortedSet<Full<UserId>>),
    /// Everybody.
    All,
}

impl Changes {
    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Of(users) if users.is_empty())
    }

    fn add(&mut self, user: Full<UserId>) {
        match self {
            Self::Of(users) if users.len() < MAX_CHANGES => drop(users.insert(user)),
            changes => *changes = Self::All,
        }
    }

    fn extend(&mut self, more: &Self) {
        match more {
            Self::Of(users) => users.iter().for_each(|user| self.add(user.clone())),
            Self::All => *self = Self::All,
        }
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::Of(SortedSet::new())
    }
}

impl People {
    /// Knows nobody but the caller.
    pub(crate) fn new(me: Full<UserId>) -> Self {
        Self {
            me,
            users: Shelf::new(MAX_KNOWN),
            members: Shelf::new(MAX_KNOWN),
            asking: Asking::default(),
            changes: Changes::default(),
            moment: 1,
            touched: SortedMap::new(),
            touches: SortedMap::new(),
            forgotten: 0,
        }
    }

    /// Somebody as they are shown, in a server or apart from any; what is not known is asked for.
    pub(crate) fn show(&mut self, server: Option<&Full<SpaceId>>, user: &Full<UserId>, cache: &Cache) -> Shown {
        let held = server.and_then(|server| cache.server(server));
        let me = cache.me();
        let is_me = me.id == *user;
        let (membership, is_asked) = match held {
            Some(held) if is_me => (Some(Some(Membership::of(&held.member))), false),
            Some(held) => self.membership(&(held.server.id.clone(), user.clone())),
            None => (None, false),
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
            self.person(user, !is_asked)
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
    pub(crate) fn roles(&self, server: &Full<SpaceId>, user: &Full<UserId>) -> Option<Vec<Bare<RoleId>>> {
        let held = self.members.peek(&(server.clone(), user.clone()))?.as_ref()?;
        Some(held.roles.clone())
    }

    /// Says that a member is to be asked for, known or not.
    pub(crate) fn ask(&mut self, place: Place) {
        self.asking.want(Lookup::Member(place));
    }

    /// Whether there is something to ask for that was not there at the last call.
    pub(crate) fn take_wanted(&mut self) -> bool {
        self.asking.take_wanted()
    }

    /// What to ask now, and the moment; then [`Self::user_answered`] or [`Self::member_answered`].
    pub(crate) fn next(&mut self, now: Moment) -> Option<(Lookup, u64)> {
        Some((self.asking.next(now)?, self.moment))
    }

    /// When [`Self::next`] has something next, if that waits for a time.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.asking.due()
    }

    /// What waits for a backend, or for any, is tried at once.
    pub(crate) fn hurry(&mut self, domain: Option<&Domain>) {
        self.asking.hurry(domain);
    }

    /// Takes the answer to the question for a profile; says whether it is the newest that is known.
    pub(crate) fn user_answered(
        &mut self,
        user: &Full<UserId>,
        moment: u64,
        answer: Result<&User, &Error>,
        now: Moment,
    ) -> bool {
        let lookup = Lookup::User(user.clone());
        let is_newest = self.is_current(&lookup, moment);
        match answer {
            Ok(found) => self.put_user(found, moment),
            Err(error) if error.code() == Some(ErrorCode::NotFound) => {
                if is_newest && self.users.put(user.clone(), None) {
                    self.changes.add(user.clone());
                }
            }
            Err(error) => {
                self.asking.failed(lookup, error, now);
                return false;
            }
        }
        self.answered(lookup, moment);
        is_newest
    }

    /// Takes the answer to the question for a membership; says whether its profile is the newest that is known.
    pub(crate) fn member_answered(
        &mut self,
        place: &Place,
        moment: u64,
        answer: Result<&Member, &Error>,
        now: Moment,
    ) -> bool {
        let lookup = Lookup::Member(place.clone());
        match answer {
            Ok(member) => self.put(member, moment),
            Err(error) if error.code() == Some(ErrorCode::NotFound) => {
                if self.is_current(&lookup, moment) && self.members.put(place.clone(), None) {
                    self.changes.add(place.1.clone());
                }
            }
            Err(error) => {
                self.asking.failed(lookup, error, now);
                // The own backend has their profiles.
                let waiting = self.asking.waiting_members().map(|user| Lookup::User(user.clone()));
                let unknown: Vec<_> = waiting.filter(|lookup| !self.is_held(lookup)).collect();
                unknown.into_iter().for_each(|lookup| self.asking.want(lookup));
                return false;
            }
        }
        self.answered(lookup, moment);
        self.is_current(&Lookup::User(place.1.clone()), moment)
    }

    /// The moment, for a list that is asked for now and handed to [`Self::put`].
    pub(crate) fn moment(&self) -> u64 {
        self.moment
    }

    /// Takes a membership, with its profile if it has one, from an answer to a question of a moment.
    pub(crate) fn put(&mut self, member: &Member, moment: u64) {
        if let Some(profile) = &member.profile {
            self.put_user(profile, moment);
        }
        let place = (member.server_id.clone(), member.user.clone());
        let lookup = Lookup::Member(place.clone());
        if self.is_current(&lookup, moment) {
            self.asking.is_known(&lookup);
            if self.members.put(place, Some(Membership::of(member))) {
                self.changes.add(member.user.clone());
            }
        }
    }

    /// Follows an event.
    pub(crate) fn apply(&mut self, event: &Event) {
        self.moment += 1;
        match &event.data {
            EventData::UserUpdated(user) => {
                let lookup = Lookup::User(user.id.clone());
                if self.is_held(&lookup) {
                    self.users.put(user.id.clone(), Some(Person::of(user)));
                }
                self.touch(lookup);
            }
            EventData::MemberJoined(Joined { server: Some(state), .. }) => self.miss(&state.server.id),
            EventData::MemberJoined(Joined { member, .. }) | EventData::MemberUpdated(member) => {
                let place = (member.server_id.clone(), member.user.clone());
                let lookup = Lookup::Member(place.clone());
                if self.is_held(&lookup) {
                    self.members.put(place, Some(Membership::of(member)));
                }
                self.touch(lookup);
            }
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) if gone.user == self.me => {
                self.leave(&gone.server_id);
            }
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) => {
                let place = (gone.server_id.clone(), gone.user.clone());
                let lookup = Lookup::Member(place.clone());
                if self.is_held(&lookup) {
                    self.members.put(place, None);
                }
                self.touch(lookup);
            }
            // Their colour may be another one.
            EventData::RoleCreated(_) | EventData::RoleUpdated(_) | EventData::RoleDeleted(_) => {
                self.changes = Changes::All;
            }
            EventData::ServerDeleted(gone) => self.leave(&gone.id),
            _ => {}
        }
    }

    /// These are to be drawn again, for a reason of their own.
    pub(crate) fn draw_again(&mut self, users: &SortedSet<Full<UserId>>) {
        users.iter().for_each(|user| self.changes.add(user.clone()));
    }

    /// The caller's account is another one.
    pub(crate) fn me_changed(&mut self) {
        self.changes.add(self.me.clone());
    }

    /// Says that events were missed, after a snapshot: what is known is shown until it is known anew.
    pub(crate) fn restart(&mut self) {
        self.users.expire(|_| true);
        self.members.expire(|_| true);
        self.changes = Changes::All;
        self.forget_touches();
    }

    /// Who is to be drawn again since the last call.
    pub(crate) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// What is known of a membership, and whether an answer is on its way.
    fn membership(&mut self, place: &Place) -> (Option<Option<Membership>>, bool) {
        let (known, is_current) = self.members.get(place);
        if is_current {
            return (known, false);
        }
        let lookup = Lookup::Member(place.clone());
        let is_paused = self.asking.is_paused(&lookup);
        self.asking.want(lookup);
        // Who was no member may not be one, and then there is no answer that brings the profile.
        let is_asked = known != Some(None) && !is_paused;
        (known, is_asked)
    }

    fn person(&mut self, user: &Full<UserId>, alone: bool) -> Option<Person> {
        let (known, is_current) = self.users.get(user);
        if !is_current && alone {
            self.asking.want(Lookup::User(user.clone()));
        }
        known.flatten()
    }

    /// A question was answered, perhaps by what an event overtook.
    fn answered(&mut self, lookup: Lookup, moment: u64) {
        self.asking.succeeded(&lookup);
        if !self.is_current(&lookup, moment) && !self.is_held(&lookup) {
            self.asking.want(lookup);
        }
    }

    /// Events of a server were missed.
    fn miss(&mut self, server: &Full<SpaceId>) {
        self.members.expire(|(of, _)| of == server);
        self.changes = Changes::All;
        self.forget_touches();
    }

    /// The caller is not in a server any more, and hears nothing of it.
    fn leave(&mut self, server: &Full<SpaceId>) {
        self.members.retain(|(of, _)| of != server);
        self.asking.forget(server);
        self.changes = Changes::All;
        self.forget_touches();
    }

    fn put_user(&mut self, user: &User, moment: u64) {
        let lookup = Lookup::User(user.id.clone());
        if self.is_current(&lookup, moment) {
            self.asking.is_known(&lookup);
            if self.users.put(user.id.clone(), Some(Person::of(user))) {
                self.changes.add(user.id.clone());
            }
        } else if !self.is_held(&lookup) {
            self.asking.want(lookup);
        }
    }

    fn is_held(&self, lookup: &Lookup) -> bool {
        match lookup {
            Lookup::User(user) => self.users.peek(user).is_some(),
            Lookup::Member(place) => self.members.peek(place).is_some(),
        }
    }

    /// Whether no event came after a moment.
    fn is_current(&self, lookup: &Lookup, moment: u64) -> bool {
        moment >= self.forgotten && self.touched.get(lookup).is_none_or(|touched| *touched <= moment)
    }

    fn touch(&mut self, lookup: Lookup) {
        if self.is_held(&lookup) || *lookup.user() == self.me {
            self.changes.add(lookup.user().clone());
        }
        if let Some(before) = self.touched.insert(lookup.clone(), self.moment) {
            self.touches.remove(&before);
        }
        self.touches.insert(self.moment, lookup);
        if self.touches.len() > MAX_TOUCHED
            && let Some((moment, lookup)) = self.touches.pop_first()
        {
            self.touched.remove(&lookup);
            self.forgotten = moment;
        }
    }

    fn forget_touches(&mut self) {
        self.moment += 1;
        self.forgotten = self.moment;
        self.touched.clear();
        self.touches.clear();
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
    roles.max_by_key(|role| rank_of(role)).and_then(|role| role.color)
}

/// How many people are known, and as many memberships: those who were shown last.
const MAX_KNOWN: usize = 5_000;
/// How many people are told by name to have changed.
const MAX_CHANGES: usize = 256;
/// For how many people it is known when they last changed.
const MAX_TOUCHED: usize = 4_096;
