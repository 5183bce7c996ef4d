//! Telling what is not stored: who is writing, who comes and goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::event::{Event, EventBody, Stream};
use beep_core::id::{SpaceKey, UserId, UserKey};
use beep_core::port::Live;
use beep_core::presence::{Presence, PresenceChoice};
use beep_core::transient::{Transient, Typing};
use beep_proto::gateway::{self, EventData, ServerFrame, StreamName};
use tokio::time::Instant;

use super::company::{Focus, Heard};
use super::connection::{Connection, Push};
use super::state::State;
use super::{Attached, Hub};

impl Live for Hub {
    fn tell(&self, what: Transient) {
        let mut state = self.lock();
        match what {
            Transient::Typing(typing) => state.tell_typing(&typing),
            Transient::Presence { presence, friends_only } => state.hear(&presence, friends_only),
        }
    }

    fn choose(&self, user: &UserKey, choice: PresenceChoice) {
        self.lock().choose(user, choice);
        self.moved.notify_one();
    }

    fn hide(&self, user: &UserKey, from: &UserKey) {
        self.lock().hide(user, from);
    }
}

impl Hub {
    /// The user of a connection as they see themselves, and their friends who are there.
    pub(crate) fn company_of(&self, user: &UserKey) -> Vec<Presence> {
        let state = self.lock();
        let friends = state.company.friends(user).map(|friend| state.company.presence(friend, user));
        std::iter::once(state.company.presence(user, user)).chain(friends.filter(|one| !one.is_offline())).collect()
    }

    /// Tells a connection that goes on where it was which of its friends are there now.
    pub(crate) fn tell_company(&self, connection: &Attached) {
        let told = self.company_of(&connection.user);
        let state = self.lock();
        let is_chosen = state.company.has_chosen(&connection.user);
        for presence in told.iter().filter(|presence| is_chosen || presence.user != connection.user) {
            connection.connection.push_if_room(&state.of_presence(presence));
        }
    }

    /// Whether a connected user is in a server or another space.
    pub(crate) fn is_in(&self, user: &UserKey, server: &SpaceKey) -> bool {
        self.lock().servers.get(server).is_some_and(|entry| entry.members.contains_key(user))
    }

    /// Has a connection look at something else, and tells it who of those is there.
    pub(crate) fn focus(&self, connection: &Attached, focus: Focus) {
        let mut state = self.lock();
        let users = focus.users.clone();
        state.company.focus(&connection.connection, focus);
        for (user, _) in users {
            let presence = state.company.presence(&user, &connection.user);
            if !presence.is_offline() {
                connection.connection.push_if_room(&state.of_presence(&presence));
            }
        }
        drop(state);
        self.moved.notify_one();
    }

    /// How a user of this backend is seen by others.
    pub(crate) fn seen(&self, user: &UserKey) -> Presence {
        self.lock().company.seen(user)
    }

    /// Tells of those who are gone by now, and gives who is seen otherwise since the last call, and when to call again.
    pub(crate) fn news(&self, now: Instant) -> (BTreeMap<UserKey, Presence>, Option<Instant>) {
        let mut state = self.lock();
        while let Some(user) = state.company.gone(now) {
            state.is_seen_otherwise(&user);
        }
        (std::mem::take(&mut state.news), state.company.next_gone())
    }

    /// Of which users of other backends it is to be asked whether they are there.
    pub(crate) fn unheard(&self, own: &Domain, now: Instant) -> BTreeMap<Domain, Vec<UserId>> {
        self.lock().company.unheard(own, now)
    }
}

impl State {
    /// Somebody of this backend is seen otherwise: who looks at them is told at once, and others later.
    pub(super) fn is_seen_otherwise(&mut self, user: &UserKey) {
        let presence = self.company.seen(user);
        self.tell_presence(&presence, false);
        self.news.insert(user.clone(), presence);
    }

    /// Follows who becomes friends and who parts, which is stored.
    pub(super) fn keep_company(&mut self, event: &Event) {
        let Stream::User(user) = &event.stream else { return };
        match &event.body {
            EventBody::FriendRequestAccepted(request) => {
                let friend = if request.from.key == *user { &request.to.key } else { &request.from.key };
                self.company.befriend(user, friend);
                self.show(friend, user);
            }
            EventBody::FriendRemoved { user: friend } => {
                self.company.unfriend(user, friend);
                let is_in_focus = self.company.watchers(friend).1.any(|connection| connection.user == *user);
                if !is_in_focus {
                    self.say(&Presence::offline(friend.clone()), user);
                }
            }
            _ => {}
        }
    }

    fn choose(&mut self, user: &UserKey, choice: PresenceChoice) {
        let is_other = self.company.choose(user, choice);
        self.show(user, user);
        if is_other {
            self.is_seen_otherwise(user);
        }
    }

    fn hide(&mut self, user: &UserKey, from: &UserKey) {
        if self.company.hide(user, from) {
            self.say(&Presence::offline(user.clone()), from);
        }
        if from.home != user.home {
            // Their home is told anew who may see it.
            self.news.insert(user.clone(), self.company.seen(user));
        }
    }

    fn hear(&mut self, presence: &Presence, friends_only: bool) {
        match self.company.hear(presence, friends_only, Instant::now()) {
            Heard::Nothing => {}
            Heard::Other => self.tell_presence(presence, friends_only),
            Heard::Narrower => {
                self.tell_presence(presence, true);
                let push = self.of_presence(&Presence::offline(presence.user.clone()));
                let hidden = self.company.watchers(&presence.user).1;
                for connection in hidden.filter(|by| !self.company.is_friend(&presence.user, &by.user)) {
                    connection.push_if_room(&push);
                }
            }
        }
    }

    /// Tells all connections of a user how another one is seen.
    fn show(&self, user: &UserKey, to: &UserKey) {
        self.say(&self.company.presence(user, to), to);
    }

    fn say(&self, presence: &Presence, to: &UserKey) {
        let push = self.of_presence(presence);
        self.of(to).iter().for_each(|connection| connection.push_if_room(&push));
    }

    fn tell_presence(&self, presence: &Presence, friends_only: bool) {
        let (friends, focused) = self.company.watchers(&presence.user);
        let of_friends = friends.flat_map(|friend| self.of(friend));
        let mut to: Vec<&Arc<Connection>> = of_friends.chain(focused.filter(|_| !friends_only)).collect();
        if to.is_empty() {
            return;
        }
        to.sort_by_key(|connection| Arc::as_ptr(connection).addr());
        to.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let push = self.of_presence(presence);
        for connection in to.into_iter().filter(|connection| connection.user != presence.user) {
            connection.push_if_room(&push);
        }
    }

    fn tell_typing(&mut self, typing: &Typing) {
        let Some(entry) = self.servers.get(&typing.space_key()) else { return };
        let now = self.clock.now();
        // Who was not told of the channel yet hears of it by the next event that is kept.
        let without = self.without(&typing.space_key());
        let knows = |connection: &Arc<Connection>| !without.iter().any(|other| Arc::ptr_eq(other, connection));
        let sees = |connection: &&Arc<Connection>| {
            let may_view = entry.may_view(&connection.user, typing.channel.id, now);
            connection.user != typing.user && may_view && knows(connection)
        };
        let to: Vec<&Arc<Connection>> = self.company.readers(&typing.channel).iter().filter(sees).collect();
        if to.is_empty() {
            return;
        }
        let push = self.live(StreamName::Channel((&typing.channel).into()), EventData::TypingStarted(typing.into()));
        to.into_iter().for_each(|connection| connection.push_if_room(&push));
    }

    fn of_presence(&self, presence: &Presence) -> Push {
        self.live(StreamName::User((&presence.user).into()), EventData::PresenceUpdated(presence.into()))
    }

    /// An event that is in no log. Its cursor is where the client stands all the same: whoever stores it loses nothing.
    fn live(&self, stream: StreamName, data: EventData) -> Push {
        let cursor = self.cursors.standing(self.position, self.entropy.octets());
        let event = gateway::Event { cursor, stream, seq: 0, at: self.clock.now().into(), data };
        Push::new(ServerFrame::Event(Box::new(event)))
    }
}
