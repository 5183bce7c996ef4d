//! What a chat does: events, answers and wishes go in, steps come out. No IO and no clock.
//!
//! It joins the objects and knows nothing of their rules. An object has a field here and takes part in
//! [`restart`](Machine::restart) (a snapshot came), [`apply`](Machine::apply) (something happened),
//! [`next_call`](Machine::next_call) and [`answered`](Machine::answered) (it asks the backend), [`hurry`](Machine::hurry)
//! (the network is back) and [`settle`](Machine::settle) (its rows and what is stored of it follow). Its watchers are in
//! [`super::shared`]. People, members and friends have their part in [`who`].

mod who;

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{ChannelId, MessageId, SpaceId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{Event, EventData, Joined, Ready, StreamName};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::{members, messages, pins, servers, users};
use beep_proto::page::Page;
use beep_proto::problem::ErrorCode;
use beep_proto::view::{Member, Message, Pin, ReadState, SelfUser, User};

pub(crate) use self::who::MembersView;
use super::reading::Reading;
use super::saving::{Item, Saving};
use crate::cache::Cache;
use crate::company::Company;
use crate::conversation_list::{ReadCall, Writers};
use crate::drafts::{DraftError, DraftList, DraftPlace};
use crate::error::Error;
use crate::friend_list::{FriendList, FriendLists, FriendPage};
use crate::gateway::GatewayEvent;
use crate::member_list::MemberList;
use crate::moment::Moment;
use crate::people::{People, Place};
use crate::permissions::{Action, Denied, Permissions, SlowModes};
use crate::pin_list::PinList;
use crate::reachability::{ConnectionState, Reach};
use crate::send_queue::{Queue, QueueError};
use crate::sorted::{SortedMap, SortedSet};
use crate::storage::{StorageError, Write, decode, encode};
use crate::timeline::{History, Limits, StoredHistory};

/// What is to be done next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Ask the backend, without retries; then [`Machine::answered`] with this number.
    Call(u64, Call),
    /// Store these, in this order, and stop at a failure; then [`Machine::saved`].
    Store(Vec<Write>),
    /// Wait for an input, or until this time.
    Wait(Option<Duration>),
}

/// A question for the backend.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Send(messages::Send),
    Page(messages::List),
    Message(messages::Get),
    Pins(pins::List),
    User(users::Get),
    Member(members::Get),
    Members(members::List),
    Friends { list: FriendList, cursor: Option<String> },
    Server(servers::Get),
    Typing(Full<ChannelId>),
    Read(ReadCall),
}

/// How a call ended.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Message(Result<Box<Message>, Error>),
    Page(Result<Page<Message>, Error>),
    Pins(Result<Page<Pin>, Error>),
    User(Result<Box<User>, Error>),
    Member(Result<Box<Member>, Error>),
    Members(Result<Page<Member>, Error>),
    Friends(Result<FriendPage, Error>),
    Server(Result<(), Error>),
    Typing(Result<(), Error>),
    Read(Result<Option<Box<ReadState>>, Error>),
}

/// Whose question an answer is for.
#[derive(Debug)]
enum Asker {
    Queue { channel: Full<ChannelId>, nonce: String },
    Page { channel: Full<ChannelId>, token: u64 },
    Reply { channel: Full<ChannelId>, message: Bare<MessageId> },
    Pins { channel: Full<ChannelId>, token: u64 },
    User { user: Full<UserId>, moment: u64 },
    Member { place: Place, moment: u64 },
    Members { server: Full<SpaceId>, view: MembersView, token: u64, moment: u64 },
    Friends { list: FriendList, token: u64 },
    Probe(Domain),
    Typing(Full<ChannelId>),
    Read,
}

/// An object of a channel that some views look at.
#[derive(Debug)]
struct Opened<T> {
    object: T,
    views: usize,
    /// When it was last opened or closed, in the order of all.
    used: u64,
}

/// The state of a chat.
#[derive(Debug)]
pub(crate) struct Machine {
    me: Full<UserId>,
    pub(crate) queue: Queue,
    pub(crate) drafts: DraftList,
    pub(crate) reach: Reach,
    pub(crate) saving: Saving,
    pub(crate) reading: Reading,
    slow_modes: SlowModes,
    pub(crate) limits: Limits,
    timelines: SortedMap<Full<ChannelId>, Opened<History>>,
    pins: SortedMap<Full<ChannelId>, Opened<PinList>>,
    members: SortedMap<MembersView, MemberList>,
    pub(crate) people: People,
    pub(crate) friends: FriendLists,
    pub(crate) company: Company,
    cache: Option<Cache>,
    /// Where the gateway goes on after a restart; `None` for a snapshot.
    cursor: Option<String>,
    asked: SortedMap<u64, Asker>,
    calls: u64,
    uses: u64,
    /// Timelines whose rows may be others.
    touched: SortedSet<Full<ChannelId>>,
    /// Whether servers of the snapshot are yet to come, so that a missing channel may still be there.
    is_incomplete: bool,
    is_over: bool,
}

impl Machine {
    /// Knows nothing but who the caller is.
    pub(crate) fn new(me: Full<UserId>) -> Self {
        Self {
            queue: Queue::new(me.clone()),
            drafts: DraftList::new(),
            reach: Reach::new(me.home().clone()),
            saving: Saving::default(),
            reading: Reading::default(),
            slow_modes: SlowModes::default(),
            limits: Limits::default(),
            timelines: SortedMap::new(),
            pins: SortedMap::new(),
            members: SortedMap::new(),
            people: People::new(me.clone()),
            friends: FriendLists::new(me.clone()),
            company: Company::new(me.clone()),
            cache: None,
            cursor: None,
            asked: SortedMap::new(),
            calls: 0,
            uses: 0,
            touched: SortedSet::new(),
            is_incomplete: false,
            is_over: false,
            me,
        }
    }

    /// What the keys of everything that is stored begin with: each account has its own.
    pub(crate) fn prefix(&self) -> String {
        format!("{}/", self.me)
    }

    /// Takes what is stored, by key. What cannot be read is skipped.
    pub(crate) fn restore(&mut self, stored: Vec<(String, Vec<u8>)>) {
        let prefix = self.prefix();
        let (mut queue, mut drafts, mut cursor, mut timelines) = (Vec::new(), Vec::new(), None, 0);
        let (mut reads, mut muted) = (None, None);
        for (key, value) in stored {
            match key.strip_prefix(&prefix).and_then(|rest| rest.split('/').next()) {
                Some("queue") => queue.extend(decode(&key, &value)),
                Some("draft") => drafts.extend(decode(&key, &value)),
                Some("cache") => self.cache = decode(&key, &value),
                Some("cursor") => cursor = decode(&key, &value),
                Some("read") => reads = Some(value),
                Some("muted") => muted = decode(&key, &value),
                Some("blocked") => self.friends.restore(decode(&key, &value).unwrap_or_default()),
                Some("timeline") if timelines < MAX_RECENT => {
                    let Some(history) = decode::<StoredHistory>(&key, &value) else { continue };
                    timelines += 1;
                    let channel = history.channel.clone();
                    self.timeline_or_new(&channel).restore(history);
                    self.touched.insert(channel);
                }
                _ => {}
            }
        }
        self.queue.restore(queue);
        self.drafts.restore(drafts);
        self.reading.restore(reads.as_deref(), muted.unwrap_or_default());
        if let Some(cache) = &self.cache {
            self.reading.resume(cache);
            self.people.restart();
            self.members.values_mut().for_each(MemberList::restart);
        }
        // One without the other is of no use.
        self.cursor = cursor.filter(|_| self.cache.is_some());
        if self.cursor.is_none() {
            self.timelines.values_mut().for_each(|timeline| timeline.object.restart());
        }
    }

    /// The servers and channels that the caller sees; `None` before the first snapshot.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Has a list take what changed of what was read, where there is a state.
    pub(crate) fn read<R>(&mut self, read: impl FnOnce(&mut Reading, &Cache) -> R) -> Option<R> {
        self.cache.as_ref().map(|cache| read(&mut self.reading, cache))
    }

    /// Why the caller may not do something now; `None` if they may. Nobody may anything before the first snapshot.
    pub(crate) fn denied(&self, action: &Action, now: Timestamp) -> Option<Denied> {
        let Some(cache) = &self.cache else { return Some(Denied::Unknown) };
        Permissions::new(cache, now).slow_modes(&self.slow_modes).may(action).err()
    }

    /// Where the gateway goes on.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// A timeline that is held.
    pub(crate) fn timeline(&mut self, channel: &Full<ChannelId>) -> Option<&mut History> {
        self.touched.insert(channel.clone());
        self.timelines.get_mut(channel).map(|opened| &mut opened.object)
    }

    /// The pins of a channel that are held.
    pub(crate) fn pins(&mut self, channel: &Full<ChannelId>) -> Option<&mut PinList> {
        self.pins.get_mut(channel).map(|opened| &mut opened.object)
    }

    /// A view looks at a timeline.
    pub(crate) fn open_timeline(&mut self, channel: &Full<ChannelId>) {
        self.timeline_or_new(channel);
        self.touched.insert(channel.clone());
        let used = self.next_use();
        if let Some(opened) = self.timelines.get_mut(channel) {
            opened.used = used;
            opened.views += 1;
            if opened.views == 1 {
                opened.object.open();
            }
        }
        self.company.open(channel);
    }

    /// A view does not look at a timeline any more.
    pub(crate) fn close_timeline(&mut self, channel: &Full<ChannelId>, now: Moment) {
        let used = self.next_use();
        if let Some(opened) = self.timelines.get_mut(channel) {
            opened.used = used;
            opened.views = opened.views.saturating_sub(1);
            if opened.views == 0 {
                opened.object.close();
            }
        }
        self.company.close(channel);
        self.touched.insert(channel.clone());
        self.forget_old_timelines(now);
    }

    /// A view looks at the pins of a channel.
    pub(crate) fn open_pins(&mut self, channel: &Full<ChannelId>) {
        let used = self.next_use();
        let me = &self.me;
        let new = || Opened { object: PinList::new(channel.clone(), me.clone()), views: 0, used };
        let opened = self.pins.get_or_insert_with(channel.clone(), new);
        opened.views += 1;
        if opened.views == 1 {
            opened.object.open();
        }
    }

    /// A view does not look at the pins of a channel any more.
    pub(crate) fn close_pins(&mut self, channel: &Full<ChannelId>) {
        if let Some(opened) = self.pins.get_mut(channel) {
            opened.views = opened.views.saturating_sub(1);
            if opened.views == 0 {
                self.pins.remove(channel);
            }
        }
    }

    /// Queues a message, and shows where it appears.
    pub(crate) fn send(
        &mut self,
        channel: &Full<ChannelId>,
        content: String,
        reply_to: Option<Bare<MessageId>>,
        nonce: String,
        now: Moment,
    ) -> Result<(), QueueError> {
        self.queue.push(nonce, channel, content, reply_to, now)?;
        self.company.sent(channel);
        if let Some(opened) = self.timelines.get_mut(channel).filter(|opened| opened.views > 0) {
            opened.object.jump_to_newest();
        }
        Ok(())
    }

    /// Keeps a draft; who looks at the channel is told that the caller is writing there.
    pub(crate) fn write(
        &mut self,
        place: DraftPlace,
        text: String,
        reply_to: Option<Bare<MessageId>>,
        now: Moment,
    ) -> Result<(), DraftError> {
        let is_other = self.drafts.get(&place).is_none_or(|draft| draft.text != text);
        let says = place.edits.is_none() && !text.trim().is_empty() && is_other;
        let channel = place.channel.clone();
        self.drafts.set(place, text, reply_to, now.at.into())?;
        if says && self.denied(&Action::Send { channel: channel.clone() }, now.at).is_none() {
            self.company.write(&channel, now);
        }
        Ok(())
    }

    /// Sends the draft of a channel's composer; says whether there was one with text.
    pub(crate) fn send_draft(
        &mut self,
        channel: &Full<ChannelId>,
        nonce: String,
        now: Moment,
    ) -> Result<bool, QueueError> {
        let place = DraftPlace::composer(channel);
        let Some(draft) = self.drafts.get(&place).filter(|draft| !draft.text.trim().is_empty()).cloned() else {
            return Ok(false);
        };
        self.send(channel, draft.text.clone(), draft.reply_to, nonce, now)?;
        self.drafts.remove(&place);
        Ok(true)
    }

    /// Takes what happens on the gateway.
    pub(crate) fn gateway(&mut self, event: &GatewayEvent, now: Moment) {
        let cursor = event.cursor().map(str::to_owned);
        match event {
            GatewayEvent::Ready(ready) => {
                self.restart(ready, now);
                self.cursor = cursor;
                self.saving.changed(Item::Cursor, now);
                return;
            }
            GatewayEvent::Event(event) => self.apply(event, now),
            GatewayEvent::Resumed => {
                self.reach.connected(ConnectionState::CatchingUp);
                self.friends.resumed();
                self.company.resumed();
                self.connected();
            }
            GatewayEvent::CaughtUp { .. } => {
                self.reach.connected(ConnectionState::Live);
                self.is_incomplete = false;
                self.follow_visibility();
            }
            GatewayEvent::Disconnected { reason, retry_in } => {
                self.company.disconnected();
                let retry_at = now.after(*retry_in);
                self.reach.connected(ConnectionState::Offline { reason: reason.to_string(), retry_at });
            }
            GatewayEvent::Resync { scope } => {
                if scope == "all" {
                    self.reach.connected(ConnectionState::CatchingUp);
                }
            }
        }
        if let Some(cursor) = cursor {
            self.cursor = Some(cursor);
            self.saving.changed(Item::Cursor, now);
        }
    }

    /// The program wants the chat to end.
    pub(crate) fn stop(&mut self) {
        self.is_over = true;
    }

    /// Whether nothing is to be done but to store what is not stored.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes the account as the answer to a change gave it.
    pub(crate) fn set_me(&mut self, me: SelfUser, now: Moment) {
        if let Some(cache) = &mut self.cache {
            cache.set_me(me);
            self.people.me_changed();
            self.saving.changed(Item::Cache, now);
        }
    }

    /// The session has ended.
    pub(crate) fn ended(&mut self) {
        self.is_over = true;
        self.reach.connected(ConnectionState::SignedOut);
    }

    /// A snapshot came: every object begins anew with it.
    fn restart(&mut self, ready: &Ready, now: Moment) {
        self.is_incomplete = !ready.incomplete.is_empty();
        let cache = self.cache.insert(Cache::new(ready));
        self.reading.restart(ready, cache);
        self.saving.changed(Item::Cache, now);
        for (channel, opened) in self.timelines.iter_mut() {
            opened.object.restart();
            self.touched.insert(channel.clone());
        }
        self.pins.values_mut().for_each(|opened| opened.object.restart());
        self.members.values_mut().for_each(MemberList::restart);
        self.people.restart();
        self.friends.restart();
        self.company.restart(ready);
        self.reach.connected(if self.is_incomplete { ConnectionState::CatchingUp } else { ConnectionState::Live });
        self.follow_visibility();
        self.connected();
    }

    /// Something happened: every object takes it.
    fn apply(&mut self, event: &Event, now: Moment) {
        if self.company.apply(event, |user| self.friends.is_blocked(user), now) {
            return;
        }
        if let Some(cache) = &mut self.cache {
            if cache.apply(event) {
                self.saving.changed(Item::Cache, now);
            }
            self.people.apply(event);
            let writers = Writers {
                roles_of: &|server, user| self.people.roles(server, user),
                is_blocked: &|user| self.friends.is_blocked(user),
            };
            self.reading.apply(event, cache, writers);
        }
        self.apply_members(event);
        self.friends.apply(event);
        self.slow_modes.apply(event, &self.me);
        if let EventData::MessageCreated(message) | EventData::MessageUpdated(message) = &event.data {
            self.echo(message);
        }
        if let StreamName::Channel(channel) = &event.stream {
            self.touched.insert(channel.clone());
            if let Some(opened) = self.timelines.get_mut(channel) {
                opened.object.apply(event);
            }
            if let Some(opened) = self.pins.get_mut(channel) {
                opened.object.apply(&event.data);
            }
        }
        match &event.data {
            // What was told while it could not be seen is missing.
            EventData::ChannelCreated(state) => self.restart_channel(&state.channel.id),
            EventData::MemberJoined(Joined { channels: Some(channels), .. }) => {
                channels.iter().for_each(|state| self.restart_channel(&state.channel.id));
            }
            _ => {}
        }
        if matches!(
            event.data,
            EventData::ChannelCreated(_)
                | EventData::ChannelDeleted(_)
                | EventData::ServerDeleted(_)
                | EventData::MemberJoined(_)
                | EventData::MemberLeft(_)
                | EventData::MemberBanned(_)
        ) {
            self.follow_visibility();
        }
        let home = match &event.stream {
            StreamName::Channel(id) => Some(id.home()),
            StreamName::Server(id) => Some(id.home()),
            StreamName::User(_) | StreamName::Other(_) => None,
        };
        if let Some(home) = home
            && self.reach.stirred(home, now)
        {
            let home = home.clone();
            self.hurry(Some(&home));
        }
    }

    /// The network is back, or another backend is: what waits for it is tried at once.
    pub(crate) fn hurry(&mut self, domain: Option<&Domain>) {
        let of = |channel: &Full<ChannelId>| domain.is_none_or(|domain| channel.is_of(domain));
        self.queue.hurry(domain);
        self.timelines.iter_mut().filter(|(id, _)| of(id)).for_each(|(_, opened)| opened.object.hurry());
        self.pins.iter_mut().filter(|(id, _)| of(id)).for_each(|(_, opened)| opened.object.hurry());
        let lists = self.members.values_mut();
        let hurried = lists.filter(|list| domain.is_none_or(|domain| list.server().is_of(domain)));
        hurried.for_each(MemberList::hurry);
        self.people.hurry(domain);
        if domain.is_none_or(|domain| self.me.is_of(domain)) {
            self.friends.hurry();
            self.reading.hurry();
        }
        if domain.is_none() {
            self.reach.hurry();
            self.saving.hurry();
        }
    }

    /// The next thing to do.
    pub(crate) fn step(&mut self, now: Moment) -> Step {
        if let Some(batch) = self.saving.next_batch(now) {
            return Step::Store(self.writes(batch));
        }
        if self.is_over {
            return Step::Wait(self.saving.due());
        }
        if let Some((asker, call)) = self.next_call(now) {
            self.calls += 1;
            self.asked.insert(self.calls, asker);
            return Step::Call(self.calls, call);
        }
        let timelines = self.timelines.values().filter_map(|opened| opened.object.due());
        let pins = self.pins.values().filter_map(|opened| opened.object.due());
        let members = self.members.values().filter_map(MemberList::due);
        let of_people = [self.people.due(), self.friends.due(), self.company.due(), self.reading.due()];
        let others = [self.saving.due(), self.queue.due(), self.reach.due()].into_iter().chain(of_people);
        // What is due and was not handed out waits for something else.
        Step::Wait(timelines.chain(pins).chain(members).chain(others.flatten()).filter(|due| *due > now.uptime).min())
    }

    fn next_call(&mut self, now: Moment) -> Option<(Asker, Call)> {
        if let Some(send) = self.queue.next_send(now) {
            let channel = Full(send.channel.clone().qualify(self.me.home()));
            let nonce = send.nonce.clone().unwrap_or_default();
            return Some((Asker::Queue { channel, nonce }, Call::Send(send)));
        }
        for (channel, opened) in self.timelines.iter_mut() {
            if let Some((token, list)) = opened.object.next_page(now) {
                self.touched.insert(channel.clone());
                return Some((Asker::Page { channel: channel.clone(), token }, Call::Page(list)));
            }
            if let Some(get) = opened.object.next_reply(now) {
                let message = get.message;
                return Some((Asker::Reply { channel: channel.clone(), message }, Call::Message(get)));
            }
        }
        for (channel, opened) in self.pins.iter_mut() {
            if let Some((token, list)) = opened.object.next(now) {
                return Some((Asker::Pins { channel: channel.clone(), token }, Call::Pins(list)));
            }
        }
        if let Some(next) = self.next_who(now) {
            return Some(next);
        }
        if let Some(channel) = self.company.next() {
            return Some((Asker::Typing(channel.clone()), Call::Typing(channel)));
        }
        if let Some(call) = self.reading.next(now) {
            return Some((Asker::Read, Call::Read(call)));
        }
        while let Some(domain) = self.reach.next_probe(now) {
            let servers = self.cache.iter().flat_map(Cache::servers);
            let server = servers.map(|held| &held.server.id).find(|id| id.is_of(&domain));
            match server {
                Some(server) => {
                    let call = Call::Server(servers::Get::new(server));
                    return Some((Asker::Probe(domain), call));
                }
                None => self.reach.probed(&domain, now),
            }
        }
        None
    }

    /// Takes the answer to a call.
    pub(crate) fn answered(&mut self, number: u64, answer: Answer, now: Moment) {
        let Some(asker) = self.asked.remove(&number) else { return };
        let domain = match &asker {
            Asker::Queue { channel, .. }
            | Asker::Page { channel, .. }
            | Asker::Reply { channel, .. }
            | Asker::Pins { channel, .. }
            | Asker::Typing(channel) => channel.home().clone(),
            Asker::Member { place: (server, _), .. } | Asker::Members { server, .. } => server.home().clone(),
            // The own backend has the profiles of all whom its users see.
            Asker::User { .. } | Asker::Friends { .. } | Asker::Read => self.me.home().clone(),
            Asker::Probe(domain) => domain.clone(),
        };
        let is_back = self.reach.heard(&domain, answer.error(), now);
        match (asker, answer) {
            (Asker::Queue { channel, nonce }, Answer::Message(answer)) => {
                self.touched.insert(channel.clone());
                match answer {
                    Ok(message) => {
                        self.queue.answered(&channel, &nonce, None, now);
                        if let Some(opened) = self.timelines.get_mut(&channel) {
                            opened.object.echo(message.id, nonce);
                            opened.object.sent(*message);
                        }
                    }
                    Err(error) => {
                        if let Some(until) = error.problem().and_then(|problem| problem.until)
                            && error.code() == Some(ErrorCode::RateLimited)
                        {
                            self.slow_modes.refused(&channel, until.0);
                        }
                        self.queue.answered(&channel, &nonce, Some(&error), now);
                    }
                }
            }
            (Asker::Page { channel, token }, Answer::Page(answer)) => {
                answer.iter().flat_map(|page| &page.items).for_each(|message| self.echo(message));
                if let Some(history) = self.timeline(&channel) {
                    history.page_answered(token, answer, now);
                }
            }
            (Asker::Reply { channel, message }, Answer::Message(answer)) => {
                if let Some(history) = self.timeline(&channel) {
                    history.reply_answered(message, answer.map(|message| *message), now);
                }
            }
            (Asker::Pins { channel, token }, Answer::Pins(answer)) => {
                if let Some(pins) = self.pins(&channel) {
                    pins.answered(token, answer, now);
                }
            }
            (Asker::User { user, moment }, Answer::User(answer)) => self.user_answered(&user, moment, answer, now),
            (Asker::Member { place, moment }, Answer::Member(answer)) => {
                self.member_answered(&place, moment, answer, now);
            }
            (Asker::Members { view, token, moment, .. }, Answer::Members(answer)) => {
                self.members_answered((view, token), moment, answer, now);
            }
            (Asker::Friends { list, token }, Answer::Friends(answer)) => {
                self.friends.answered(list, token, answer, now);
            }
            (Asker::Read, Answer::Read(answer)) => {
                let answer = answer.map(|state| state.map(|state| *state));
                self.read(|reading, cache| reading.answered(answer, cache, now));
            }
            // It is said again while it is true.
            (Asker::Typing(_), _) => {}
            (Asker::Probe(domain), _) => self.reach.probed(&domain, now),
            (asker, _) => tracing::error!(?asker, "a call had an answer of another kind"),
        }
        if is_back {
            self.hurry(Some(&domain));
        }
    }

    /// How [`Step::Store`] ended.
    pub(crate) fn saved(&mut self, result: Result<(), StorageError>, now: Moment) {
        for item in self.saving.saved(result, now) {
            if let Item::Outgoing(nonce) = item {
                self.queue.kept(&nonce);
            }
        }
    }

    /// After inputs: rows follow, and what changed is noted to be stored.
    pub(crate) fn settle(&mut self, now: Moment) {
        if self.queue.list().has_changed() {
            let open = self.timelines.iter().filter(|(_, opened)| opened.views > 0);
            self.touched.extend(open.map(|(channel, _)| channel.clone()));
        }
        for channel in std::mem::take(&mut self.touched) {
            let Some(opened) = self.timelines.get_mut(&channel) else { continue };
            opened.object.show(self.queue.of(&channel));
            if opened.object.take_unsaved() {
                self.saving.changed(Item::Timeline(channel), now);
            }
        }
        self.settle_members();
        self.company.settle(now);
        self.friends.settle();
        if self.friends.take_unsaved() {
            self.saving.changed(Item::Blocked, now);
        }
        for nonce in self.queue.take_unsaved() {
            self.saving.changed(Item::Outgoing(nonce), now);
        }
        for place in self.drafts.take_unsaved() {
            self.saving.changed(Item::Draft(place), now);
        }
        if self.reading.take_read() {
            self.saving.changed(Item::Reads, now);
        }
        if self.reading.take_muted() {
            self.saving.changed(Item::Muted, now);
        }
    }

    /// Every timeline that is held.
    pub(crate) fn timelines(&mut self) -> impl Iterator<Item = (&Full<ChannelId>, &mut History)> {
        self.timelines.iter_mut().map(|(channel, opened)| (channel, &mut opened.object))
    }

    /// The pins of every channel that are held.
    pub(crate) fn all_pins(&mut self) -> impl Iterator<Item = (&Full<ChannelId>, &mut PinList)> {
        self.pins.iter_mut().map(|(channel, opened)| (channel, &mut opened.object))
    }

    pub(crate) fn has_timeline(&self, channel: &Full<ChannelId>) -> bool {
        self.timelines.contains_key(channel)
    }

    pub(crate) fn has_pins(&self, channel: &Full<ChannelId>) -> bool {
        self.pins.contains_key(channel)
    }

    /// A message that the caller sent leaves the queue.
    fn echo(&mut self, message: &Message) {
        if let Some(nonce) = self.queue.heard(message)
            && let Some(opened) = self.timelines.get_mut(&message.channel_id)
        {
            opened.object.echo(message.id, nonce);
        }
    }

    /// There is a connection: what waits is tried.
    fn connected(&mut self) {
        self.queue.resume();
        self.hurry(None);
    }

    fn restart_channel(&mut self, channel: &Full<ChannelId>) {
        self.touched.insert(channel.clone());
        if let Some(opened) = self.timelines.get_mut(channel) {
            opened.object.restart();
        }
        if let Some(opened) = self.pins.get_mut(channel) {
            opened.object.restart();
        }
    }

    /// What the caller does not see any more is not shown and not stored.
    fn follow_visibility(&mut self) {
        let Some(cache) = self.cache.as_ref().filter(|_| !self.is_incomplete) else { return };
        for (channel, opened) in self.timelines.iter_mut() {
            if cache.channel(channel).is_none() {
                opened.object.vanish();
                self.touched.insert(channel.clone());
            }
        }
        for (channel, opened) in self.pins.iter_mut() {
            if cache.channel(channel).is_none() {
                opened.object.vanish();
            }
        }
        let lists = self.members.values_mut().filter(|list| cache.server(list.server()).is_none());
        lists.for_each(MemberList::restart);
    }

    fn timeline_or_new(&mut self, channel: &Full<ChannelId>) -> &mut History {
        let (used, limits, me) = (self.uses, self.limits, &self.me);
        let new = || Opened { object: History::new(channel.clone(), me.clone(), limits), views: 0, used };
        &mut self.timelines.get_or_insert_with(channel.clone(), new).object
    }

    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    /// Forgets the timelines that nobody looked at for longest.
    fn forget_old_timelines(&mut self, now: Moment) {
        while self.timelines.len() > MAX_RECENT {
            let closed = self.timelines.iter().filter(|(_, opened)| opened.views == 0);
            let Some(oldest) = closed.min_by_key(|(_, opened)| opened.used).map(|(id, _)| id.clone()) else { return };
            self.timelines.remove(&oldest);
            self.saving.changed(Item::Timeline(oldest), now);
        }
    }

    /// The writes of a batch: values, then removals, and the cursor last.
    fn writes(&self, batch: SortedSet<Item>) -> Vec<Write> {
        let mut writes: Vec<_> = batch
            .into_iter()
            .map(|item| {
                let write = Write { key: self.key(&item), value: self.value(&item) };
                (item == Item::Cursor, write.value.is_none(), write)
            })
            .collect();
        writes.sort_by_key(|(is_cursor, is_removal, _)| (*is_cursor, *is_removal));
        writes.into_iter().map(|(.., write)| write).collect()
    }

    fn key(&self, item: &Item) -> String {
        let prefix = self.prefix();
        match item {
            Item::Outgoing(nonce) => format!("{prefix}queue/{nonce}"),
            Item::Draft(DraftPlace { channel, edits: None }) => format!("{prefix}draft/{channel}"),
            Item::Draft(DraftPlace { channel, edits: Some(message) }) => format!("{prefix}draft/{channel}/{message}"),
            Item::Timeline(channel) => format!("{prefix}timeline/{channel}"),
            Item::Reads => format!("{prefix}read"),
            Item::Muted => format!("{prefix}muted"),
            Item::Blocked => format!("{prefix}blocked"),
            Item::Cache => format!("{prefix}cache"),
            Item::Cursor => format!("{prefix}cursor"),
        }
    }

    fn value(&self, item: &Item) -> Option<Vec<u8>> {
        match item {
            Item::Outgoing(nonce) => self.queue.stored(nonce).as_ref().map(encode),
            Item::Draft(place) => self.drafts.get(place).map(|draft| encode(&**draft)),
            Item::Timeline(channel) => self.timelines.get(channel)?.object.stored().as_ref().map(encode),
            Item::Reads => self.reading.reads(),
            Item::Muted => Some(encode(self.reading.muted())),
            Item::Blocked => Some(encode(&self.friends.blocked())),
            Item::Cache => self.cache.as_ref().map(encode),
            Item::Cursor => self.cursor.as_ref().map(encode),
        }
    }
}

impl Answer {
    fn error(&self) -> Option<&Error> {
        match self {
            Self::Message(answer) => answer.as_ref().err(),
            Self::Page(answer) => answer.as_ref().err(),
            Self::Pins(answer) => answer.as_ref().err(),
            Self::User(answer) => answer.as_ref().err(),
            Self::Member(answer) => answer.as_ref().err(),
            Self::Members(answer) => answer.as_ref().err(),
            Self::Friends(answer) => answer.as_ref().err(),
            Self::Server(answer) | Self::Typing(answer) => answer.as_ref().err(),
            Self::Read(answer) => answer.as_ref().err(),
        }
    }
}

/// How many timelines are held and stored, of those that views looked at last.
const MAX_RECENT: usize = 30;
