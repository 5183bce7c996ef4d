//! Who is there, and who is writing: what the backend tells to those who look, and does not store.
//!
//! [`Company`] is pure: events and wishes go in, and what to say next comes out. Friends are told of always, members of a
//! server while a view [looks](Company::watch) at them, and who is writing while a timeline is open.

use std::time::Duration;

use beep_core::id::{ChannelId, SpaceId, UserId};
use beep_proto::gateway::{Event, EventData, Focus, FocusedMembers, Ready};
use beep_proto::id::Full;
use beep_proto::view::{Presence, PresenceStatus};

use crate::moment::Moment;
use crate::observe::ObservedList;
use crate::sorted::{SortedMap, SortedSet};

/// Who is there, and who is writing.
#[derive(Debug)]
pub(crate) struct Company {
    me: Full<UserId>,
    /// Those who are there.
    presences: SortedMap<Full<UserId>, Presence>,
    /// Whose presence is another one, for who draws them.
    changed: SortedSet<Full<UserId>>,
    /// The open timelines, with who is writing there.
    channels: SortedMap<Full<ChannelId>, Writers>,
    /// The members that views look at.
    watched: SortedMap<u64, FocusedMembers>,
    watches: u64,
    /// Whether the backend is to be told what is looked at.
    is_moved: bool,
}

/// Who is writing in a channel.
#[derive(Debug, Default)]
struct Writers {
    /// In the order in which they began.
    rows: ObservedList<Full<UserId>>,
    /// Until when each counts.
    until: SortedMap<Full<UserId>, Duration>,
    views: usize,
    /// When it was last said that the caller is writing.
    said: Option<Duration>,
    /// Whether that is to be said.
    is_to_say: bool,
}

impl Company {
    /// Knows of nobody.
    pub(crate) fn new(me: Full<UserId>) -> Self {
        Self {
            me,
            presences: SortedMap::new(),
            changed: SortedSet::new(),
            channels: SortedMap::new(),
            watched: SortedMap::new(),
            watches: 0,
            is_moved: false,
        }
    }

    /// How somebody is seen: offline, if nothing was told of them.
    pub(crate) fn presence(&self, user: &Full<UserId>) -> Presence {
        let offline = || Presence { user: user.clone(), status: PresenceStatus::Offline, text: None, emoji: None };
        self.presences.get(user).cloned().unwrap_or_else(offline)
    }

    /// Whose presence is another one since the last call.
    pub(crate) fn take_changed(&mut self) -> SortedSet<Full<UserId>> {
        std::mem::take(&mut self.changed)
    }

    /// Who is writing in a channel whose timeline is open, to watch.
    pub(crate) fn writers(&mut self, channel: &Full<ChannelId>) -> Option<&mut ObservedList<Full<UserId>>> {
        self.channels.get_mut(channel).map(|writers| &mut writers.rows)
    }

    /// All of those.
    pub(crate) fn all_writers(&mut self) -> impl Iterator<Item = (&Full<ChannelId>, &mut ObservedList<Full<UserId>>)> {
        self.channels.iter_mut().map(|(channel, writers)| (channel, &mut writers.rows))
    }

    /// A view looks at a channel.
    pub(crate) fn open(&mut self, channel: &Full<ChannelId>) {
        let writers = self.channels.get_or_insert_with(channel.clone(), Writers::default);
        writers.views += 1;
        self.is_moved |= writers.views == 1;
    }

    /// A view does not look at a channel any more.
    pub(crate) fn close(&mut self, channel: &Full<ChannelId>) {
        let Some(writers) = self.channels.get_mut(channel) else { return };
        writers.views = writers.views.saturating_sub(1);
        if writers.views == 0 {
            self.channels.remove(channel);
            self.is_moved = true;
        }
    }

    /// A view looks at the members of a server; gives the number to end that by. The users are those that it shows: of a
    /// server of another backend they alone are told of, of others the first thousand members as well.
    pub(crate) fn watch(&mut self, server: Full<SpaceId>, users: Vec<Full<UserId>>) -> u64 {
        let is_own = server.is_of(self.me.home());
        let ranges = if is_own { vec![[0, Focus::MOST_MEMBERS - 1]] } else { Vec::new() };
        // The backend tells those who are there once more.
        let known: Vec<_> = users.iter().filter(|user| **user != self.me).cloned().collect();
        known.iter().for_each(|user| self.forget(user));
        let users = if is_own { Vec::new() } else { known.into_iter().take(FocusedMembers::MOST_USERS).collect() };
        self.watches += 1;
        self.watched.insert(self.watches, FocusedMembers { server, ranges, users });
        self.is_moved = true;
        self.watches
    }

    /// A view does not look at members any more.
    pub(crate) fn unwatch(&mut self, number: u64) {
        self.is_moved |= self.watched.remove(&number).is_some();
    }

    /// What the backend is to be told to be looked at, if that is another thing since the last call.
    pub(crate) fn take_focus(&mut self) -> Option<Focus> {
        if !std::mem::take(&mut self.is_moved) {
            return None;
        }
        let channels = self.channels.keys().take(Focus::MOST_CHANNELS).cloned().collect();
        Some(Focus { channels, members: self.watched.values().rev().take(Focus::MOST_SERVERS).cloned().collect() })
    }

    /// The caller writes in a channel.
    pub(crate) fn write(&mut self, channel: &Full<ChannelId>, now: Moment) {
        let Some(writers) = self.channels.get_mut(channel) else { return };
        if writers.said.is_none_or(|said| now.uptime >= said + AGAIN) {
            writers.said = Some(now.uptime);
            writers.is_to_say = true;
        }
    }

    /// The caller has sent what they wrote.
    pub(crate) fn sent(&mut self, channel: &Full<ChannelId>) {
        if let Some(writers) = self.channels.get_mut(channel) {
            (writers.said, writers.is_to_say) = (None, false);
        }
    }

    /// A channel in which the backend is to be told that the caller writes.
    pub(crate) fn next(&mut self) -> Option<Full<ChannelId>> {
        let (channel, writers) = self.channels.iter_mut().find(|(_, writers)| writers.is_to_say)?;
        writers.is_to_say = false;
        Some(channel.clone())
    }

    /// A snapshot came.
    pub(crate) fn restart(&mut self, ready: &Ready) {
        self.forget_all();
        ready.presence.iter().for_each(|presence| self.see(presence.clone()));
    }

    /// The connection goes on: who is there is told anew.
    pub(crate) fn resumed(&mut self) {
        self.forget_all();
    }

    /// There is no connection.
    pub(crate) fn disconnected(&mut self) {
        for writers in self.channels.values_mut() {
            writers.until.clear();
            writers.rows.replace(Vec::new(), Clone::clone);
        }
    }

    /// Follows an event; says whether it was one of those that are told here alone.
    pub(crate) fn apply(&mut self, event: &Event, is_blocked: impl Fn(&Full<UserId>) -> bool, now: Moment) -> bool {
        match &event.data {
            EventData::PresenceUpdated(presence) => self.see(presence.clone()),
            EventData::TypingStarted(typing) => {
                let lasts = typing.until.0.since(event.at.0).min(LONGEST);
                if let Some(writers) = self.channels.get_mut(&typing.channel_id)
                    && typing.user != self.me
                    && !is_blocked(&typing.user)
                {
                    writers.begin(&typing.user, now.uptime + lasts);
                }
            }
            EventData::MessageCreated(message) => {
                if let Some((writers, author)) = self.channels.get_mut(&message.channel_id).zip(message.author.as_ref())
                {
                    writers.end(author);
                }
                return false;
            }
            _ => return false,
        }
        true
    }

    /// When somebody counts as writing no more.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.channels.values().flat_map(|writers| writers.until.values()).min().copied()
    }

    /// Who has stopped writing is shown so no more.
    pub(crate) fn settle(&mut self, now: Moment) {
        for writers in self.channels.values_mut() {
            let over: Vec<_> =
                writers.until.iter().filter(|(_, until)| **until <= now.uptime).map(|(user, _)| user.clone()).collect();
            over.iter().for_each(|user| writers.end(user));
        }
    }

    fn see(&mut self, presence: Presence) {
        let user = presence.user.clone();
        let is_new = if presence.status == PresenceStatus::Offline {
            self.presences.remove(&user).is_some()
        } else {
            self.presences.insert(user.clone(), presence.clone()).as_ref() != Some(&presence)
        };
        if is_new {
            self.changed.insert(user);
        }
    }

    fn forget(&mut self, user: &Full<UserId>) {
        if self.presences.remove(user).is_some() {
            self.changed.insert(user.clone());
        }
    }

    fn forget_all(&mut self) {
        let all: Vec<_> = self.presences.keys().filter(|user| **user != self.me).cloned().collect();
        all.iter().for_each(|user| self.forget(user));
        self.disconnected();
    }
}

impl Writers {
    fn begin(&mut self, user: &Full<UserId>, until: Duration) {
        if self.until.insert(user.clone(), until).is_none() {
            self.rows.insert(self.rows.rows().len(), vec![user.clone()]);
        }
        // Nobody reads more names than that.
        while self.rows.rows().len() > MOST_WRITERS {
            let first = self.rows.rows()[0].clone();
            self.end(&first);
        }
    }

    fn end(&mut self, user: &Full<UserId>) {
        self.until.remove(user);
        if let Some(at) = self.rows.rows().iter().position(|other| other == user) {
            self.rows.remove(at, 1);
        }
    }
}

/// How long it is not said again that the caller is writing.
const AGAIN: Duration = Duration::from_secs(5);

/// How long somebody counts as writing at most, whatever is told.
const LONGEST: Duration = Duration::from_secs(30);

/// The most who are shown as writing in a channel.
const MOST_WRITERS: usize = 20;

#[cfg(test)]
mod tests {
    use beep_core::time::Timestamp;
    use beep_proto::gateway::{StreamName, Typing};

    use super::*;
    use crate::sample;

    fn at(seconds: u64) -> Moment {
        Moment { uptime: Duration::from_secs(seconds), at: Timestamp::from_millis(0), random: 0 }
    }

    fn told(data: EventData) -> Event {
        let stream = StreamName::Channel(sample::full(1));
        Event { cursor: String::new(), stream, seq: 0, at: sample::at(), data }
    }

    fn typing(user: u8) -> Event {
        let until = sample::at().0.after(Duration::from_secs(8)).into();
        told(EventData::TypingStarted(Typing { channel_id: sample::full(1), user: sample::user(user), until }))
    }

    fn seen(user: u8, status: PresenceStatus) -> Event {
        told(EventData::PresenceUpdated(Presence { user: sample::user(user), status, text: None, emoji: None }))
    }

    fn company() -> Company {
        let mut company = Company::new(sample::user(1));
        company.open(&sample::full(1));
        company
    }

    #[test]
    fn who_writes_is_shown_until_they_stop_or_their_message_comes() {
        let mut company = company();
        let nobody = |_: &Full<UserId>| false;
        let shown = |company: &mut Company| company.writers(&sample::full(1)).expect("it is open").rows().to_vec();
        for user in [2, 3, 1, 4] {
            assert!(company.apply(&typing(user), |user| *user == sample::user(4), at(0)));
        }
        assert_eq!(shown(&mut company), [sample::user(2), sample::user(3)], "neither oneself nor the blocked");
        assert_eq!(company.due(), Some(Duration::from_secs(8)));
        assert!(company.apply(&typing(3), nobody, at(5)));
        company.settle(at(8));
        assert_eq!(shown(&mut company), [sample::user(3)]);
        let mut sent = sample::sent(1, 11, "c1");
        if let EventData::MessageCreated(message) = &mut sent.data {
            message.author = Some(sample::user(3));
        }
        assert!(!company.apply(&sent, nobody, at(9)), "others take it too");
        assert!(shown(&mut company).is_empty() && company.due().is_none());
        for user in 2..=50 {
            company.apply(&typing(user), nobody, at(10));
        }
        assert_eq!(shown(&mut company).len(), MOST_WRITERS);
        company.disconnected();
        assert!(shown(&mut company).is_empty());
        company.close(&sample::full(1));
        company.apply(&typing(2), nobody, at(11));
        assert!(company.writers(&sample::full(1)).is_none(), "nobody looks");
    }

    #[test]
    fn it_is_said_now_and_then_that_one_writes() {
        let mut company = company();
        company.write(&sample::full(1), at(0));
        company.write(&sample::full(1), at(1));
        assert_eq!((company.next(), company.next()), (Some(sample::full(1)), None));
        company.write(&sample::full(1), at(4));
        assert_eq!(company.next(), None);
        company.write(&sample::full(1), at(5));
        assert_eq!(company.next(), Some(sample::full(1)));
        company.sent(&sample::full(1));
        company.write(&sample::full(1), at(6));
        assert_eq!(company.next(), Some(sample::full(1)), "what comes after a message is said at once");
        company.write(&sample::full(2), at(6));
        assert_eq!(company.next(), None, "it is not open");
    }

    #[test]
    fn the_backend_hears_what_is_looked_at() {
        let mut company = company();
        let channels = vec![sample::full(1)];
        assert_eq!(company.take_focus(), Some(Focus { channels: channels.clone(), members: Vec::new() }));
        assert_eq!(company.take_focus(), None);
        company.apply(&seen(2, PresenceStatus::Idle), |_| false, at(0));
        assert_eq!(company.take_changed().iter().collect::<Vec<_>>(), [&sample::user(2)]);
        let own = sample::server_id();
        let number = company.watch(own.clone(), vec![sample::user(2)]);
        assert_eq!(company.presence(&sample::user(2)).status, PresenceStatus::Offline, "until it is told again");
        let members = vec![FocusedMembers { server: own, ranges: vec![[0, 999]], users: Vec::new() }];
        assert_eq!(company.take_focus(), Some(Focus { channels: channels.clone(), members }));
        company.apply(&seen(2, PresenceStatus::Dnd), |_| false, at(0));
        company.apply(&seen(1, PresenceStatus::Invisible), |_| false, at(0));
        company.resumed();
        assert_eq!(company.presence(&sample::user(2)).status, PresenceStatus::Offline);
        assert_eq!(company.presence(&sample::user(1)).status, PresenceStatus::Invisible, "one knows of oneself");
        company.unwatch(number);
        company.unwatch(number);
        assert_eq!(company.take_focus(), Some(Focus { channels, members: Vec::new() }));
        let mut ready = sample::ready();
        ready.presence = vec![Presence { text: Some("hi".to_owned()), ..company.presence(&sample::user(1)) }];
        company.restart(&ready);
        assert_eq!(company.presence(&sample::user(1)).text.as_deref(), Some("hi"));
    }
}
