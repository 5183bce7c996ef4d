//! Each event once and in order: what is new, what was told before, and what is missing.
//!
//! Every stream numbers its events without gaps. A number that was passed is a repetition; one that is skipped is a
//! hole, which a channel's history fills and nothing but a fresh snapshot fills for a server. What appears and vanishes
//! for the caller comes out of the numbering: see [`Streams::doubtful`]. Pure; fetching is the driver's.

use std::collections::BTreeMap;

use beep_core::id::{ChannelId, UserId};
use beep_proto::gateway::{ChannelState, Event, EventData, Joined, Ready, ServerState};
use beep_proto::id::{Full, Ref};

/// How far each stream was told.
#[derive(Debug, Default)]
pub(super) struct Streams {
    me: Option<Full<UserId>>,
    known: BTreeMap<String, Stand>,
    /// Streams that appeared or vanished since the cursor last moved past an event, and whether the backend has said so
    /// again since the connection was resumed.
    told: BTreeMap<String, bool>,
    told_at: Option<String>,
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
    pub(super) stream: String,
    /// The last number that was told.
    pub(super) after: u64,
    /// The first number that is not missing.
    pub(super) before: u64,
}

impl Streams {
    /// Knows nothing yet but who the caller is.
    pub(super) fn new(me: Option<Full<UserId>>) -> Self {
        Self { me, ..Self::default() }
    }

    /// Starts again from a snapshot.
    pub(super) fn snapshot(&mut self, ready: &Ready) {
        *self = Self::new(Some(ready.me.id.clone()));
        for server in &ready.servers {
            self.know(server.server.id.to_string(), server.seq);
        }
        for channel in &ready.channels {
            self.know(channel.channel.id.to_string(), channel.seq);
        }
    }

    /// What to do with an event that arrived. Only what is then [delivered](Self::delivered) changes anything.
    pub(super) fn judge(&mut self, event: &Event) -> Verdict {
        let verdict = match &event.data {
            EventData::ChannelCreated(state) => self.judge_channel(state),
            EventData::ChannelDeleted(gone) => self.judge_gone(&gone.id.to_string()),
            EventData::ServerDeleted(gone) => self.judge_gone(&gone.id.to_string()),
            EventData::MemberLeft(gone) if self.is_me(&gone.user) => self.judge_gone(&gone.server_id.to_string()),
            EventData::MemberJoined(Joined { server: Some(server), channels, .. }) => {
                self.judge_server(server, channels.as_deref().unwrap_or_default())
            }
            _ => self.judge_numbered(event),
        };
        if verdict == Verdict::Drop
            && let Some(confirmed) = self.told.get_mut(&subject(event))
        {
            *confirmed = true;
        }
        verdict
    }

    /// Takes note of an event that was given to the caller.
    pub(super) fn delivered(&mut self, event: &Event) {
        let subject = subject(event);
        let shift = self.is_shift(event, &subject);
        if self.told_at.as_ref() != Some(&event.cursor) {
            self.told.clear();
            self.told_at = Some(event.cursor.clone());
        }
        match &event.data {
            EventData::ChannelCreated(state) => self.know(subject.clone(), state.seq.max(event.seq)),
            EventData::MemberJoined(Joined { server: Some(server), channels, .. }) => {
                self.know(subject.clone(), server.seq.max(event.seq));
                for channel in channels.iter().flatten() {
                    self.know(channel.channel.id.to_string(), channel.seq);
                }
            }
            EventData::ChannelDeleted(_) | EventData::ServerDeleted(_) => {
                self.known.insert(subject.clone(), Stand::Gone);
            }
            EventData::MemberLeft(gone) if self.is_me(&gone.user) => {
                self.known.insert(subject.clone(), Stand::Gone);
            }
            _ => self.know(event.stream.clone(), event.seq),
        }
        if shift {
            self.told.insert(subject, true);
        }
    }

    /// Takes note of an event that was fetched to fill a hole.
    pub(super) fn filled(&mut self, hole: &Hole, seq: u64) {
        self.know(hole.stream.clone(), seq);
    }

    /// The connection goes on from the last cursor.
    pub(super) fn resumed(&mut self) {
        self.told.values_mut().for_each(|confirmed| *confirmed = false);
    }

    /// Whether the backend, having told all since the cursor, did not repeat something that it told before.
    ///
    /// What appears or vanishes is told with the cursor from before the event that is the reason. Cut off in between,
    /// it is told again, unless the reason was undone meanwhile: then nobody says so, and only a snapshot helps.
    pub(super) fn doubtful(&mut self) -> bool {
        let told = std::mem::take(&mut self.told);
        told.values().any(|confirmed| !confirmed)
    }

    fn judge_channel(&self, state: &ChannelState) -> Verdict {
        let stream = state.channel.id.to_string();
        match self.known.get(&stream) {
            Some(Stand::At(last)) if state.seq <= *last => Verdict::Drop,
            Some(Stand::At(last)) => {
                let channel = (&state.channel.id).into();
                Verdict::Fill(vec![Hole { channel, stream, after: *last, before: state.seq + 1 }])
            }
            Some(Stand::Gone) | None => Verdict::Deliver,
        }
    }

    fn judge_gone(&self, stream: &str) -> Verdict {
        if self.known.get(stream) == Some(&Stand::Gone) { Verdict::Drop } else { Verdict::Deliver }
    }

    fn judge_server(&self, server: &ServerState, channels: &[ChannelState]) -> Verdict {
        let Some(Stand::At(last)) = self.known.get(&server.server.id.to_string()) else { return Verdict::Deliver };
        let verdicts: Vec<_> = channels.iter().map(|channel| self.judge_channel(channel)).collect();
        if server.seq <= *last && verdicts.iter().all(|verdict| *verdict == Verdict::Drop) {
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
        let Some(Stand::At(last)) = self.known.get(&event.stream) else { return Verdict::Deliver };
        // What is not kept is not numbered.
        if event.seq == 0 || event.seq == last + 1 {
            return Verdict::Deliver;
        }
        if event.seq <= *last {
            return Verdict::Drop;
        }
        match kind(event.data.kind()) {
            Kind::Channel => match event.stream.parse() {
                Ok(channel) => {
                    let stream = event.stream.clone();
                    Verdict::Fill(vec![Hole { channel, stream, after: *last, before: event.seq }])
                }
                Err(_) => Verdict::Resync,
            },
            Kind::Server => Verdict::Resync,
            // Of other users only what their profile is, of the numbers in between nothing.
            Kind::User => Verdict::Deliver,
        }
    }

    /// Whether an event is made for the caller, as visibility changed, and stands in no log.
    fn is_shift(&self, event: &Event, subject: &str) -> bool {
        match &event.data {
            EventData::ChannelCreated(state) => state.seq != 1,
            EventData::MemberJoined(Joined { server, .. }) => server.is_some(),
            EventData::ChannelDeleted(_) => match self.known.get(subject) {
                Some(Stand::At(last)) => event.seq <= *last,
                _ => true,
            },
            _ => false,
        }
    }

    fn is_me(&self, user: &Full<UserId>) -> bool {
        self.me.as_ref() == Some(user)
    }

    fn know(&mut self, stream: String, seq: u64) {
        if seq == 0 {
            return;
        }
        let stand = self.known.entry(stream).or_insert(Stand::Gone);
        *stand = match *stand {
            Stand::At(last) => Stand::At(last.max(seq)),
            Stand::Gone => Stand::At(seq),
        };
    }
}

/// The stream that an event opens or closes; else the one that it belongs to.
fn subject(event: &Event) -> String {
    match &event.data {
        EventData::ChannelCreated(state) => state.channel.id.to_string(),
        EventData::ChannelDeleted(gone) => gone.id.to_string(),
        EventData::ServerDeleted(gone) => gone.id.to_string(),
        EventData::MemberLeft(gone) => gone.server_id.to_string(),
        EventData::MemberJoined(Joined { server: Some(server), .. }) => server.server.id.to_string(),
        _ => event.stream.clone(),
    }
}

/// What kind of stream events of a type belong to.
enum Kind {
    Channel,
    Server,
    User,
}

fn kind(of: &str) -> Kind {
    match of.split_once('.').map_or(of, |(object, _)| object) {
        "message" | "reaction" | "channel" => Kind::Channel,
        "server" | "member" | "role" => Kind::Server,
        _ => Kind::User,
    }
}
