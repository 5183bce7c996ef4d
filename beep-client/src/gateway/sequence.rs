//! Each event once and in order: what is new, what was told before, and what is missing.
//!
//! Every stream numbers its events without gaps. A number that was passed is a repetition; one that is skipped is a
//! hole, which a channel's history fills and nothing but a fresh snapshot fills for a server. What appears and vanishes
//! for the caller comes out of the numbering: see [`Streams::doubtful`]. Pure; fetching is the driver's.

use beep_core::channel::Channel;
use beep_core::id::{ChannelId, SpaceId, UserId};
use beep_proto::gateway::{
    ChannelGone, ChannelState, Event, EventData, Joined, MemberGone, Ready, ServerState, StreamName,
};
use beep_proto::id::{Full, Ref};

use crate::sorted::{SortedMap, SortedSet};

/// How far each stream was told, and from where to go on.
#[derive(Debug, Default)]
pub(super) struct Streams {
    me: Option<Full<UserId>>,
    known: SortedMap<StreamName, Stand>,
    /// The servers of the channels, as far as they were named.
    servers: SortedMap<StreamName, StreamName>,
    /// The cursor of what was told last.
    at: Option<String>,
    /// The cursor to go on from.
    from: Option<String>,
    past: Past,
    /// The cursors with which servers opened last.
    opened: SortedMap<StreamName, String>,
    /// The servers that are yet to open: without them no cursor stands for what was told.
    unopened: SortedSet<StreamName>,
    /// Streams that appeared or vanished for a reason that may not have been told yet, and whether the backend has said
    /// so since the connection was last resumed.
    ahead: SortedMap<StreamName, bool>,
}

/// Whether the past is being told.
///
/// Everything that appeared and vanished meanwhile is told first, as it is in the end. So halfway through a client knows
/// what nobody could know at its cursor, and a backend that were asked to go on from there would tell it too little.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Past {
    /// No: what is told is live.
    #[default]
    Told,
    /// Yes, and nothing yet that changes who may see what.
    Plain,
    /// Yes: in case of need all of it is told again, from where it began.
    Unsettled,
}

/// How far a stream was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stand {
    /// Up to this number.
    At(u64),
    /// It vanished.
    Gone,
}

/// What to do with an event.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is the next one.
    Deliver,
    /// It was told before.
    Drop,
    /// It is the next one after what is missing, in this order.
    Fill(Vec<Hole>),
    /// Something is missing that cannot be fetched.
    Resync,
}

/// Numbers of a channel's stream that are missing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hole {
    pub(super) channel: Ref<ChannelId>,
    pub(super) stream: StreamName,
    /// The last number that was told.
    pub(super) after: u64,
    /// The first number that is not missing.
    pub(super) before: u64,
}

impl Streams {
    /// Knows nothing yet but where to begin and who the caller is.
    pub(super) fn new(from: Option<String>, me: Option<Full<UserId>>) -> Self {
        Self { me, at: from.clone(), from, ..Self::default() }
    }

    /// What hello says: the cursor to go on from; `None` for a snapshot.
    pub(super) fn from(&self) -> Option<&str> {
        self.from.as_deref().filter(|_| self.unopened.is_empty())
    }

    /// Whether all servers of the snapshot were told.
    pub(super) fn is_whole(&self) -> bool {
        self.unopened.is_empty()
    }

    /// The cursor of what was told last.
    pub(super) fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// Only a snapshot helps.
    pub(super) fn forget(&mut self) {
        self.from = None;
    }

    /// Starts again from a snapshot.
    pub(super) fn snapshot(&mut self, ready: &Ready) {
        *self = Self::new(Some(ready.cursor.clone()), Some(ready.me.id.clone()));
        for server in &ready.servers {
            self.know(StreamName::Server(server.server.id.clone()), server.seq);
        }
        ready.channels.iter().for_each(|channel| self.know_channel(channel, 0));
        self.unopened = ready.incomplete.iter().cloned().map(StreamName::Server).collect();
    }

    /// What to do with an event that arrived. Only what is then [delivered](Self::delivered) changes anything.
    pub(super) fn judge(&mut self, event: &Event) -> Verdict {
        let verdict = match &event.data {
            EventData::ChannelCreated(state) => self.judge_channel(state),
            EventData::ChannelDeleted(gone) => self.judge_gone(&StreamName::Channel(gone.id.clone())),
            EventData::ChannelMemberRemoved(gone) if self.is_me(&gone.user) => {
                self.judge_gone(&StreamName::Channel(gone.channel_id.clone()))
            }
            EventData::ServerDeleted(gone) => self.judge_gone(&StreamName::Server(gone.id.clone())),
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) if self.is_me(&gone.user) => {
                self.judge_gone(&StreamName::Server(gone.server_id.clone()))
            }
            EventData::MemberJoined(Joined { server: Some(server), channels, .. }) => {
                self.judge_server(server, channels.as_deref().unwrap_or_default(), &event.cursor)
            }
            _ => self.judge_numbered(event),
        };
        if verdict == Verdict::Drop {
            if let Some(confirmed) = self.ahead.get_mut(&subject(event)) {
                *confirmed = true;
            }
            self.pass(event);
        }
        verdict
    }

    /// Takes note of an event that was given to the caller.
    pub(super) fn delivered(&mut self, event: &Event) {
        let subject = subject(event);
        // Live, the reason of what appeared follows at once, or is an event that the caller may not see.
        if self.past == Past::Told && self.at.as_ref() != Some(&event.cursor) {
            self.ahead.clear();
        }
        self.at = Some(event.cursor.clone());
        self.pass(event);
        match &event.data {
            EventData::ChannelCreated(state) => self.know_channel(state, event.seq),
            EventData::MemberJoined(Joined { server: Some(server), channels, .. }) => {
                self.forget_channels(&subject);
                self.know(subject.clone(), server.seq.max(event.seq));
                self.opened.insert(subject.clone(), event.cursor.clone());
                self.unopened.remove(&subject);
                channels.iter().flatten().for_each(|channel| self.know_channel(channel, 0));
            }
            EventData::ChannelDeleted(_) => {
                self.known.insert(subject.clone(), Stand::Gone);
            }
            EventData::ChannelMemberRemoved(gone) if self.is_me(&gone.user) => {
                self.known.insert(subject.clone(), Stand::Gone);
            }
            EventData::ServerDeleted(_) => self.close_server(&subject),
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) if self.is_me(&gone.user) => {
                self.close_server(&subject);
            }
            _ => self.know(subject.clone(), event.seq),
        }
        if is_shift(event) || self.past == Past::Unsettled && opens(event) {
            self.ahead.insert(subject, true);
        }
    }

    /// Takes note of an event that was fetched to fill a hole.
    pub(super) fn filled(&mut self, hole: &Hole, seq: u64) {
        self.know(hole.stream.clone(), seq);
    }

    /// The connection goes on: the past is told.
    pub(super) fn resumed(&mut self) {
        self.past = Past::Plain;
        self.ahead.values_mut().for_each(|confirmed| *confirmed = false);
    }

    /// The past is told. Says whether that is all: not if the backend did not repeat something that it told before.
    ///
    /// What appears or vanishes is told ahead of the reason. A client that was cut off in between is told again, unless
    /// the reason was undone meanwhile: then nobody says so, and only a snapshot helps.
    #[must_use]
    pub(super) fn caught_up(&mut self, cursor: &str) -> bool {
        self.past = Past::Told;
        self.at = Some(cursor.to_owned());
        self.from.clone_from(&self.at);
        std::mem::take(&mut self.ahead).values().all(|confirmed| *confirmed)
    }

    /// Takes one server as another snapshot has it, and gives the event that tells of it: that it opens anew, or that the
    /// caller is not in it. What the connection still tells from before that is a repetition then.
    pub(super) fn replace(&mut self, server: &Full<SpaceId>, ready: &Ready) -> Option<Event> {
        let cursor = self.at.clone()?;
        if let Some(channel) = self.private_channel(server, ready) {
            return self.replace_private(cursor, channel, ready);
        }
        let stream = StreamName::Server(server.clone());
        let Some(state) = ready.servers.iter().find(|state| state.server.id == *server) else {
            let gone = self.known.get(&stream) == Some(&Stand::Gone);
            self.close_server(&stream);
            let left = MemberGone { server_id: server.clone(), user: ready.me.id.clone() };
            let event = Event { cursor, stream, seq: 0, at: ready.me.created_at, data: EventData::MemberLeft(left) };
            return (!gone).then_some(event);
        };
        let channels = ready.channels.iter().filter(|state| state.channel.server_id.as_ref() == Some(server));
        let channels: Vec<_> = channels.cloned().collect();
        self.forget_channels(&stream);
        self.know(stream.clone(), state.seq);
        channels.iter().for_each(|channel| self.know_channel(channel, 0));
        let joined =
            Joined { member: state.member.clone(), server: Some(Box::new(state.clone())), channels: Some(channels) };
        Some(Event {
            cursor,
            stream,
            seq: state.seq,
            at: state.member.joined_at,
            data: EventData::MemberJoined(joined),
        })
    }

    /// The private channel with the id of a space, if it is one as far as is known.
    fn private_channel(&self, space: &Full<SpaceId>, ready: &Ready) -> Option<Full<ChannelId>> {
        let id = Full(Channel::only_of(&space.0));
        let stream = StreamName::Channel(id.clone());
        let was_private = || self.known.contains_key(&stream) && !self.servers.contains_key(&stream);
        let is_private =
            || ready.channels.iter().any(|state| state.channel.id == id && state.channel.server_id.is_none());
        (was_private() || is_private()).then_some(id)
    }

    /// The same as [`Self::replace`] of a private channel.
    fn replace_private(&mut self, cursor: String, id: Full<ChannelId>, ready: &Ready) -> Option<Event> {
        let stream = StreamName::Channel(id.clone());
        let before = self.known.remove(&stream);
        let (seq, data) = match ready.channels.iter().find(|state| state.channel.id == id) {
            Some(state) => {
                self.know_channel(state, 0);
                (state.seq, EventData::ChannelCreated(state.clone()))
            }
            None => {
                self.known.insert(stream.clone(), Stand::Gone);
                (0, EventData::ChannelDeleted(ChannelGone { id, server_id: None }))
            }
        };
        let event = Event { cursor, stream, seq, at: ready.me.created_at, data };
        (seq > 0 || before != Some(Stand::Gone)).then_some(event)
    }

    /// Moves the cursor past an event that was told, as far as may be.
    fn pass(&mut self, event: &Event) {
        if self.past == Past::Plain && unsettles(event) {
            self.past = Past::Unsettled;
        }
        if self.past != Past::Unsettled {
            self.from = Some(event.cursor.clone());
        }
    }

    fn judge_channel(&self, state: &ChannelState) -> Verdict {
        let stream = StreamName::Channel(state.channel.id.clone());
        match self.known.get(&stream) {
            Some(Stand::At(last)) if state.seq <= *last => Verdict::Drop,
            Some(Stand::At(last)) => {
                let channel = (&state.channel.id).into();
                Verdict::Fill(vec![Hole { channel, stream, after: *last, before: state.seq + 1 }])
            }
            Some(Stand::Gone) | None => Verdict::Deliver,
        }
    }

    fn judge_gone(&self, stream: &StreamName) -> Verdict {
        if self.known.get(stream) == Some(&Stand::Gone) { Verdict::Drop } else { Verdict::Deliver }
    }

    /// A server that is open and opens once more is held anew, also where its numbers stay: what was held of it was not
    /// what its owner holds. Who was cut off after a server opened is told of it again as it is by then; a channel that
    /// was deleted in between is missing, and nothing else says so.
    fn judge_server(&self, server: &ServerState, channels: &[ChannelState], cursor: &str) -> Verdict {
        let stream = StreamName::Server(server.server.id.clone());
        let Some(Stand::At(last)) = self.known.get(&stream) else { return Verdict::Deliver };
        let repeated = server.seq < *last || self.opened.get(&stream).is_some_and(|opened| opened == cursor);
        let is_listed = |channel: &StreamName| {
            channels.iter().any(|state| matches!(channel, StreamName::Channel(id) if *id == state.channel.id))
        };
        let lacks_known = || {
            let of_server = self.servers.iter().filter(|(_, of)| **of == stream).map(|(channel, _)| channel);
            of_server
                .filter(|channel| matches!(self.known.get(channel), Some(Stand::At(_))))
                .any(|channel| !is_listed(channel))
        };
        let repeated = repeated && !(server.seq == *last && lacks_known());
        let verdicts: Vec<_> = channels.iter().map(|channel| self.judge_channel(channel)).collect();
        if repeated && server.seq <= *last && verdicts.iter().all(|verdict| *verdict == Verdict::Drop) {
            return Verdict::Drop;
        }
        let holes = verdicts.into_iter().filter_map(|verdict| match verdict {
            Verdict::Fill(holes) => Some(holes),
            _ => None,
        });
        let holes: Vec<_> = holes.flatten().collect();
        if holes.is_empty() { Verdict::Deliver } else { Verdict::Fill(holes) }
    }

    fn judge_numbered(&self, event: &Event) -> Verdict {
        let stream = event.stream.clone();
        let Some(Stand::At(last)) = self.known.get(&stream) else { return Verdict::Deliver };
        // What is not kept is not numbered.
        if event.seq == 0 || event.seq == last + 1 {
            return Verdict::Deliver;
        }
        if event.seq <= *last {
            return Verdict::Drop;
        }
        match &event.stream {
            StreamName::Channel(id) => {
                Verdict::Fill(vec![Hole { channel: id.into(), stream, after: *last, before: event.seq }])
            }
            StreamName::Server(_) => Verdict::Resync,
            // Of other users only what their profile is, of the numbers in between nothing; of what only a newer backend
            // knows, what it tells.
            StreamName::User(_) | StreamName::Other(_) => Verdict::Deliver,
        }
    }

    fn is_me(&self, user: &Full<UserId>) -> bool {
        self.me.as_ref() == Some(user)
    }

    fn know_channel(&mut self, state: &ChannelState, seq: u64) {
        let stream = StreamName::Channel(state.channel.id.clone());
        if let Some(server) = &state.channel.server_id {
            self.servers.insert(stream.clone(), StreamName::Server(server.clone()));
        }
        self.know(stream, state.seq.max(seq));
    }

    fn close_server(&mut self, server: &StreamName) {
        self.forget_channels(server);
        self.unopened.remove(server);
        self.known.insert(server.clone(), Stand::Gone);
    }

    /// Forgets the channels of a server, and those of which it is not known that they are of another one.
    fn forget_channels(&mut self, server: &StreamName) {
        let Self { known, servers, .. } = self;
        let foreign = |stream: &StreamName| servers.get(stream).is_some_and(|of| of != server);
        known.retain(|stream, _| !matches!(stream, StreamName::Channel(_)) || foreign(stream));
        servers.retain(|_, of| of != server);
    }

    fn know(&mut self, stream: StreamName, seq: u64) {
        if seq == 0 {
            return;
        }
        let stand = self.known.get_or_insert_with(stream, || Stand::Gone);
        *stand = match *stand {
            Stand::At(last) => Stand::At(last.max(seq)),
            Stand::Gone => Stand::At(seq),
        };
    }
}

/// The stream that an event opens or closes; else the one that it belongs to.
fn subject(event: &Event) -> StreamName {
    match &event.data {
        EventData::ChannelCreated(state) => StreamName::Channel(state.channel.id.clone()),
        EventData::ChannelDeleted(gone) => StreamName::Channel(gone.id.clone()),
        EventData::ServerDeleted(gone) => StreamName::Server(gone.id.clone()),
        EventData::MemberLeft(gone) | EventData::MemberBanned(gone) => StreamName::Server(gone.server_id.clone()),
        EventData::MemberJoined(Joined { server: Some(server), .. }) => StreamName::Server(server.server.id.clone()),
        _ => event.stream.clone(),
    }
}

/// Whether an event may change who may see what.
fn unsettles(event: &Event) -> bool {
    match &event.stream {
        StreamName::Channel(_) => event.data.kind().starts_with("channel."),
        StreamName::Server(_) => true,
        StreamName::User(_) | StreamName::Other(_) => false,
    }
}

/// Whether something is there after an event that was not before.
fn opens(event: &Event) -> bool {
    matches!(&event.data, EventData::ChannelCreated(_) | EventData::MemberJoined(Joined { server: Some(_), .. }))
}

/// Whether an event stands in no log and is made for the caller, as what they may see changed.
fn is_shift(event: &Event) -> bool {
    match &event.data {
        EventData::ChannelCreated(state) => state.seq != 1,
        EventData::ChannelDeleted(_) => event.seq == 0,
        EventData::MemberJoined(Joined { server, .. }) => server.is_some(),
        _ => false,
    }
}
