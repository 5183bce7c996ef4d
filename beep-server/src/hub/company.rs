//! Who is there, and who looks at whom. Nothing of it is stored, and nothing here tells anybody.
//!
//! A user is there from their first connection until a while after their last one has ended, so that who reconnects does
//! not blink. Friends look at each other always; others while a connection says so by its focus.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{ChannelKey, SpaceKey, UserId, UserKey};
use beep_core::presence::{Presence, PresenceChoice};
use tokio::time::Instant;

use super::connection::Connection;

/// Who is there, and who looks at whom.
#[derive(Default)]
pub(super) struct Company {
    /// The users of this backend who are there.
    present: HashMap<UserKey, Present>,
    /// Those of other backends at whom somebody looks, as their homes told.
    elsewhere: HashMap<UserKey, Told>,
    watchers: HashMap<UserKey, Watchers>,
    /// Who looks at which channel.
    readers: HashMap<ChannelKey, Vec<Arc<Connection>>>,
    /// What each connection looks at, by its address.
    focuses: HashMap<usize, Focus>,
    /// Whose last connection has ended, and when; the oldest first.
    leaving: VecDeque<(Instant, UserKey)>,
}

/// A user who is there.
struct Present {
    choice: Option<PresenceChoice>,
    friends: HashSet<UserKey>,
    /// When their last connection ended; `None` while there is one.
    left: Option<Instant>,
}

/// A user of another backend.
struct Told {
    presence: Presence,
    /// Whether friends alone may see it.
    friends_only: bool,
    at: Instant,
}

/// What another backend has said of its user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Nothing that is new to anybody.
    Nothing,
    /// They are seen otherwise.
    Other,
    /// The same, and who is no friend may see them no more.
    Narrower,
}

/// Who looks at a user.
#[derive(Default)]
struct Watchers {
    /// Friends of theirs who are there.
    friends: HashSet<UserKey>,
    /// Connections that have them in focus, each as a member of a server.
    focused: Vec<(Arc<Connection>, SpaceKey)>,
}

/// What a connection looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Focus {
    /// Channels, for who is writing there.
    pub(crate) channels: Vec<ChannelKey>,
    /// Users, each as a member of a server.
    pub(crate) users: Vec<(UserKey, SpaceKey)>,
}

impl Company {
    /// Somebody has a connection; says whether they were not there before. What is known of who is there already stays.
    pub(super) fn arrive(&mut self, user: &UserKey, friends: &[UserKey], choice: Option<&PresenceChoice>) -> bool {
        if let Some(present) = self.present.get_mut(user) {
            present.left = None;
            return false;
        }
        for friend in friends {
            self.watchers.entry(friend.clone()).or_default().friends.insert(user.clone());
        }
        let present = Present { choice: choice.cloned(), friends: friends.iter().cloned().collect(), left: None };
        self.present.insert(user.clone(), present);
        true
    }

    /// The last connection of somebody has ended.
    pub(super) fn depart(&mut self, user: &UserKey, now: Instant) {
        if let Some(present) = self.present.get_mut(user) {
            present.left = Some(now);
            self.leaving.push_back((now, user.clone()));
        }
    }

    /// When the next of those who depart is gone.
    pub(super) fn next_gone(&self) -> Option<Instant> {
        self.leaving.front().map(|(left, _)| *left + GRACE)
    }

    /// Somebody who is gone by now, if there is one who is still to be told of.
    pub(super) fn gone(&mut self, now: Instant) -> Option<UserKey> {
        loop {
            let (left, _) = self.leaving.front().filter(|(left, _)| *left + GRACE <= now)?;
            let left = *left;
            let (_, user) = self.leaving.pop_front()?;
            // Who came back, and left again, is in the line once more.
            if self.present.get(&user).is_some_and(|present| present.left == Some(left)) {
                let present = self.present.remove(&user)?;
                for friend in &present.friends {
                    self.unwatch(&user, friend);
                }
                return Some(user);
            }
        }
    }

    /// Takes a choice; says whether others see the user otherwise now.
    pub(super) fn choose(&mut self, user: &UserKey, choice: PresenceChoice) -> bool {
        let Some(present) = self.present.get_mut(user) else { return false };
        let before = Presence::seen(user.clone(), present.choice.as_ref());
        let is_other = before != Presence::seen(user.clone(), Some(&choice));
        present.choice = Some(choice);
        is_other
    }

    /// Two users are friends from now on: what one of them who is there is to know.
    pub(super) fn befriend(&mut self, user: &UserKey, friend: &UserKey) {
        if let Some(present) = self.present.get_mut(user)
            && present.friends.insert(friend.clone())
        {
            self.watchers.entry(friend.clone()).or_default().friends.insert(user.clone());
        }
    }

    /// Two users are friends no more.
    pub(super) fn unfriend(&mut self, user: &UserKey, friend: &UserKey) {
        if let Some(present) = self.present.get_mut(user) {
            present.friends.remove(friend);
        }
        self.unwatch(user, friend);
    }

    /// A connection looks at something else now.
    pub(super) fn focus(&mut self, connection: &Arc<Connection>, focus: Focus) {
        self.blur(connection);
        if focus.channels.is_empty() && focus.users.is_empty() {
            return;
        }
        for channel in &focus.channels {
            self.readers.entry(channel.clone()).or_default().push(connection.clone());
        }
        for (user, server) in &focus.users {
            let watchers = self.watchers.entry(user.clone()).or_default();
            watchers.focused.push((connection.clone(), server.clone()));
        }
        self.focuses.insert(address(connection), focus);
    }

    /// A connection looks at nothing any more.
    pub(super) fn blur(&mut self, connection: &Arc<Connection>) {
        let Some(focus) = self.focuses.remove(&address(connection)) else { return };
        for channel in &focus.channels {
            if let Some(readers) = self.readers.get_mut(channel) {
                readers.retain(|other| !Arc::ptr_eq(other, connection));
                if readers.is_empty() {
                    self.readers.remove(channel);
                }
            }
        }
        for (user, _) in &focus.users {
            self.watch_no_more(user, |by| by.focused.retain(|(other, _)| !Arc::ptr_eq(other, connection)));
        }
    }

    /// Somebody is no member of a server any more: nobody looks at them there, nor they at others.
    pub(super) fn part(&mut self, server: &SpaceKey, user: &UserKey, connections: &[Arc<Connection>]) {
        self.watch_no_more(user, |by| by.focused.retain(|(_, of)| of != server));
        for connection in connections {
            self.look_away(connection, server);
        }
    }

    /// A connection does not look at the members of a server any more.
    pub(super) fn look_away(&mut self, connection: &Arc<Connection>, server: &SpaceKey) {
        let Some(focus) = self.focuses.get_mut(&address(connection)) else { return };
        let (away, kept) = std::mem::take(&mut focus.users).into_iter().partition(|(_, of)| of == server);
        focus.users = kept;
        let away: Vec<(UserKey, SpaceKey)> = away;
        for (user, _) in away {
            self.watch_no_more(&user, |by| {
                by.focused.retain(|(other, of)| !Arc::ptr_eq(other, connection) || of != server);
            });
        }
    }

    /// A user is not to be seen by another any more; says whether the other looked at them.
    pub(super) fn hide(&mut self, user: &UserKey, from: &UserKey) -> bool {
        let Some(by) = self.watchers.get(user) else { return false };
        let was_seen = by.friends.contains(from) || by.focused.iter().any(|(connection, _)| connection.user == *from);
        self.watch_no_more(user, |by| by.focused.retain(|(connection, _)| connection.user != *from));
        was_seen
    }

    /// Takes what the home of a user says of them, if somebody looks at them.
    pub(super) fn hear(&mut self, presence: &Presence, friends_only: bool, now: Instant) -> Heard {
        if !self.watchers.contains_key(&presence.user) {
            return Heard::Nothing;
        }
        let told = Told { presence: presence.clone(), friends_only, at: now };
        match self.elsewhere.insert(presence.user.clone(), told) {
            Some(before) if friends_only && !before.friends_only && !before.presence.is_offline() => Heard::Narrower,
            Some(before) if (&before.presence, before.friends_only) == (presence, friends_only) => Heard::Nothing,
            None if presence.is_offline() => Heard::Nothing,
            _ => Heard::Other,
        }
    }

    /// Whether somebody who is there is a friend of a user.
    pub(super) fn is_friend(&self, user: &UserKey, other: &UserKey) -> bool {
        self.watchers.get(user).is_some_and(|by| by.friends.contains(other))
    }

    /// Those of other backends at whom somebody looks and of whom nothing was heard lately, by their homes.
    pub(super) fn unheard(&self, own: &Domain, now: Instant) -> BTreeMap<Domain, Vec<UserId>> {
        let mut unheard: BTreeMap<Domain, Vec<UserId>> = BTreeMap::new();
        for user in self.watchers.keys().filter(|user| user.home != *own) {
            if self.elsewhere.get(user).is_none_or(|told| now.duration_since(told.at) >= FRESH) {
                unheard.entry(user.home.clone()).or_default().push(user.id);
            }
        }
        unheard
    }

    /// How somebody is seen by another; offline, if nothing is known of them.
    pub(super) fn presence(&self, user: &UserKey, by: &UserKey) -> Presence {
        if let Some(present) = self.present.get(user) {
            return match user == by {
                true => Presence::own(user.clone(), present.choice.as_ref()),
                false => Presence::seen(user.clone(), present.choice.as_ref()),
            };
        }
        let told = self.elsewhere.get(user).filter(|told| !told.friends_only || self.is_friend(user, by));
        told.map_or_else(|| Presence::offline(user.clone()), |told| told.presence.clone())
    }

    /// How somebody of this backend is seen by others.
    pub(super) fn seen(&self, user: &UserKey) -> Presence {
        let present = self.present.get(user);
        present.map_or_else(
            || Presence::offline(user.clone()),
            |present| Presence::seen(user.clone(), present.choice.as_ref()),
        )
    }

    /// Whether somebody has chosen what they are seen as.
    pub(super) fn has_chosen(&self, user: &UserKey) -> bool {
        self.present.get(user).is_some_and(|present| present.choice.is_some())
    }

    /// The friends of somebody who is there.
    pub(super) fn friends(&self, user: &UserKey) -> impl Iterator<Item = &UserKey> {
        self.present.get(user).into_iter().flat_map(|present| &present.friends)
    }

    /// The friends of somebody who look at them, and the connections that have them in focus.
    pub(super) fn watchers(
        &self,
        user: &UserKey,
    ) -> (impl Iterator<Item = &UserKey>, impl Iterator<Item = &Arc<Connection>>) {
        let by = self.watchers.get(user);
        let friends = by.into_iter().flat_map(|by| &by.friends);
        (friends, by.into_iter().flat_map(|by| &by.focused).map(|(connection, _)| connection))
    }

    /// The connections that look at a channel.
    pub(super) fn readers(&self, channel: &ChannelKey) -> &[Arc<Connection>] {
        self.readers.get(channel).map_or(&[], Vec::as_slice)
    }

    /// A user is no friend of another any more, or is gone.
    fn unwatch(&mut self, user: &UserKey, friend: &UserKey) {
        self.watch_no_more(friend, |by| {
            by.friends.remove(user);
        });
    }

    fn watch_no_more(&mut self, user: &UserKey, change: impl FnOnce(&mut Watchers)) {
        let Some(by) = self.watchers.get_mut(user) else { return };
        change(by);
        if by.friends.is_empty() && by.focused.is_empty() {
            self.watchers.remove(user);
            self.elsewhere.remove(user);
        }
    }
}

fn address(connection: &Arc<Connection>) -> usize {
    Arc::as_ptr(connection).addr()
}

/// How long somebody is there after their last connection has ended.
const GRACE: Duration = Duration::from_secs(10);

/// How long it counts what another backend has said of a user.
const FRESH: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use beep_core::id::{Id, SpaceId};
    use beep_core::presence::Availability;
    use uuid::Uuid;

    use super::*;
    use crate::hub::connection::Format;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).expect("a domain")
    }

    fn user(n: u128) -> UserKey {
        UserKey::new(UserId::from_uuid(Uuid::from_u128(n)), domain("a.example.com"))
    }

    fn server(n: u128) -> SpaceKey {
        SpaceKey::new(SpaceId::from_uuid(Uuid::from_u128(n)), domain("a.example.com"))
    }

    fn connection(of: UserKey) -> Arc<Connection> {
        Arc::new(Connection::new(of, Id::from_uuid(Uuid::from_u128(1)), None, Vec::new(), Format::Json))
    }

    fn idle(of: &UserKey) -> PresenceChoice {
        PresenceChoice { user: of.id, availability: Availability::Idle, text: None, emoji: None }
    }

    fn is_empty(company: &Company) -> bool {
        let Company { present, elsewhere, watchers, readers, focuses, leaving } = company;
        present.is_empty()
            && elsewhere.is_empty()
            && watchers.is_empty()
            && readers.is_empty()
            && focuses.is_empty()
            && leaving.is_empty()
    }

    #[test]
    fn who_reconnects_does_not_blink_and_who_stays_away_is_gone() {
        let (mut company, start) = (Company::default(), Instant::now());
        assert!(company.arrive(&user(1), &[user(2)], None));
        assert!(!company.arrive(&user(1), &[user(2)], None), "a second device changes nothing");
        company.depart(&user(1), start);
        assert!(!company.arrive(&user(1), &[user(2)], None));
        assert_eq!(company.gone(start + GRACE), None, "they came back");
        let later = start + GRACE;
        company.depart(&user(1), later);
        assert_eq!(company.gone(later + GRACE / 2), None);
        assert_eq!(company.next_gone(), Some(later + GRACE));
        assert_eq!(company.watchers(&user(2)).0.collect::<Vec<_>>(), [&user(1)]);
        assert_eq!(company.gone(later + GRACE), Some(user(1)));
        assert_eq!(company.gone(later + GRACE), None);
        assert!(is_empty(&company));
    }

    #[test]
    fn a_choice_is_news_if_others_see_it() {
        let mut company = Company::default();
        assert!(!company.choose(&user(1), idle(&user(1))), "who is not there is seen by nobody");
        company.arrive(&user(1), &[], None);
        assert!(company.choose(&user(1), idle(&user(1))));
        assert!(!company.choose(&user(1), idle(&user(1))));
        let invisible = PresenceChoice { availability: Availability::Invisible, ..idle(&user(1)) };
        assert!(company.choose(&user(1), invisible.clone()));
        assert!(company.presence(&user(1), &user(2)).is_offline());
        assert_eq!(company.presence(&user(1), &user(1)).availability, Some(Availability::Invisible));
        assert!(company.seen(&user(1)).is_offline());
    }

    #[test]
    fn who_parts_is_looked_at_no_more_and_looks_at_nobody() {
        let mut company = Company::default();
        let (one, other) = (connection(user(1)), connection(user(2)));
        let focus =
            |users: &[u128]| Focus { users: users.iter().map(|n| (user(*n), server(1))).collect(), ..Focus::default() };
        company.focus(&one, focus(&[2, 3]));
        company.focus(&other, focus(&[1, 3]));
        let looks = |company: &Company, at| company.watchers(&user(at)).1.map(|by| by.user.clone()).collect::<Vec<_>>();
        assert_eq!(looks(&company, 3), [user(1), user(2)]);
        company.part(&server(2), &user(1), std::slice::from_ref(&one));
        assert_eq!(looks(&company, 2), [user(1)], "it was another server");
        company.part(&server(1), &user(1), std::slice::from_ref(&one));
        assert_eq!((looks(&company, 1), looks(&company, 2), looks(&company, 3)), (vec![], vec![], vec![user(2)]));
        assert!(company.hide(&user(3), &user(2)));
        assert!(!company.hide(&user(3), &user(2)));
        company.focus(
            &other,
            Focus {
                channels: vec![ChannelKey::new(Id::from_uuid(Uuid::from_u128(9)), domain("a.example.com"))],
                ..Focus::default()
            },
        );
        company.blur(&other);
        company.blur(&one);
        assert!(is_empty(&company));
    }

    #[test]
    fn of_others_it_is_kept_what_somebody_looks_at() {
        let (mut company, now) = (Company::default(), Instant::now());
        let far = UserKey::new(user(7).id, domain("b.example.com"));
        let there = Presence::own(far.clone(), Some(&idle(&far)));
        assert_eq!(company.hear(&there, false, now), Heard::Nothing, "nobody looks at them");
        company.arrive(&user(1), std::slice::from_ref(&far), None);
        let own = domain("a.example.com");
        assert_eq!(company.unheard(&own, now).into_iter().collect::<Vec<_>>(), [(far.home.clone(), vec![far.id])]);
        assert_eq!(company.hear(&there, false, now), Heard::Other);
        assert_eq!(company.hear(&there, false, now), Heard::Nothing);
        assert!(company.unheard(&own, now).is_empty() && !company.unheard(&own, now + FRESH).is_empty());
        assert_eq!(
            (company.presence(&far, &user(1)), company.presence(&far, &user(2))),
            (there.clone(), there.clone())
        );
        assert_eq!(company.hear(&there, true, now), Heard::Narrower);
        assert_eq!(company.presence(&far, &user(1)), there);
        assert!(company.presence(&far, &user(2)).is_offline(), "they are no friend");
        assert_eq!(company.hear(&there, false, now), Heard::Other);
        company.unfriend(&user(1), &far);
        assert!(company.presence(&far, &user(1)).is_offline());
        company.befriend(&user(1), &far);
        assert_eq!(company.watchers(&far).0.collect::<Vec<_>>(), [&user(1)]);
        company.depart(&user(1), now);
        assert_eq!(company.gone(now + GRACE), Some(user(1)));
        assert!(is_empty(&company));
    }
}
