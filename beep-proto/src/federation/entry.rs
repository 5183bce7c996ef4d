//! One event in the stream from a backend to another, and a server told whole.

use std::collections::BTreeMap;

use beep_core::event::Stream;
use beep_core::facts::SpaceFacts;
use beep_core::id::{ChannelId, ChannelKey, Qualified, SpaceId, UserId};
use beep_core::port::Place;
use beep_core::replica::Replica;
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Space, event};
use crate::foreign::{Owned, lenient};
use crate::gateway::{ChannelGone, ChannelState};
use crate::id::Full;
use crate::time::Time;
use crate::view::{Member, Role};

/// What a backend is told of one event; nothing, where it is not for its users.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Entry {
    /// The server whole, as it is after the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Box<State>>,
    /// Channels that its users can see from now on.
    #[serde(default, deserialize_with = "lenient::items", skip_serializing_if = "Vec::is_empty")]
    pub appeared: Vec<ChannelState>,
    /// Channels that none of its users can see any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vanished: Vec<ChannelGone>,
    /// The event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventEntry>,
}

/// An event as its owner tells it.
#[derive(Debug, Deserialize, Serialize)]
pub struct EventEntry {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it belongs to.
    pub stream: StreamName,
    /// Its number there.
    pub seq: u64,
    /// When it was committed.
    pub at: Time,
    /// What it holds, and for changes what was before.
    pub data: Box<RawValue>,
}

/// What an event belongs to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamName {
    /// A channel of a server.
    Channel {
        /// The channel.
        id: Full<ChannelId>,
        /// Its server.
        server: Full<SpaceId>,
    },
    /// A server.
    Server(Full<SpaceId>),
    /// A user.
    User(Full<UserId>),
}

/// A server whole, as far as the users of one backend may see it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct State {
    /// The server.
    pub server: Space,
    /// Its roles.
    #[serde(deserialize_with = "lenient::items")]
    pub roles: Vec<Role>,
    /// The channels that may be seen, each with the last number of its stream.
    #[serde(deserialize_with = "lenient::items")]
    pub channels: Vec<ChannelState>,
    /// The members that are users of that backend.
    #[serde(deserialize_with = "lenient::items")]
    pub members: Vec<Member>,
    /// The last number of the server's stream.
    pub seq: u64,
}

impl From<&ReplicaDelta> for Entry {
    fn from(delta: &ReplicaDelta) -> Self {
        let appeared = delta.appeared.iter();
        Self {
            state: delta.state.as_deref().map(|state| Box::new(state.into())),
            appeared: appeared.map(|(channel, seq)| ChannelState { channel: channel.into(), seq: *seq }).collect(),
            vanished: delta.vanished.iter().map(|(id, server)| gone(id, *server)).collect(),
            event: delta.event.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<Entry> for ReplicaDelta {
    type Error = String;
    fn try_from(mut entry: Entry) -> Result<Self, String> {
        entry.appeared.retain_mut(Owned::fit_texts);
        let appeared = entry.appeared.into_iter().map(|state| {
            let channel = state.channel.try_into().map_err(text)?;
            Ok((channel, state.seq))
        });
        Ok(Self {
            state: entry.state.map(|state| (*state).try_into().map(Box::new)).transpose()?,
            appeared: appeared.collect::<Result<_, String>>()?,
            // A private channel does not vanish from a space that stays.
            vanished: entry.vanished.into_iter().filter_map(|gone| Some((gone.id.0, gone.server_id?.0.id))).collect(),
            event: entry.event.map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<&ReplicatedEvent> for EventEntry {
    fn from(told: &ReplicatedEvent) -> Self {
        let stream = match &told.stream {
            Stream::Channel { id, server } => {
                StreamName::Channel { id: id.into(), server: Qualified::new(*server, id.home.clone()).into() }
            }
            Stream::Space(id) => StreamName::Server(id.into()),
            Stream::User(id) => StreamName::User(id.into()),
        };
        let data = String::from_utf8(event::write(&told.body)).expect("JSON is text");
        Self {
            kind: told.body.kind().to_owned(),
            stream,
            seq: told.place.seq,
            at: told.place.at.into(),
            data: RawValue::from_string(data).expect("it is JSON"),
        }
    }
}

impl TryFrom<EventEntry> for ReplicatedEvent {
    type Error = String;
    fn try_from(entry: EventEntry) -> Result<Self, String> {
        let stream = Stream::try_from(entry.stream)?;
        let body = event::read(&entry.kind, entry.data.get().as_bytes())?;
        // What is counted must fit what databases count with.
        let seq = i64::try_from(entry.seq).map_err(text)?.cast_unsigned();
        if seq == 0 && !matches!(stream, Stream::User(_)) {
            return Err("a stream is numbered from 1".to_owned());
        }
        Ok(Self { stream, place: Place { seq, at: entry.at.0 }, body })
    }
}

impl TryFrom<StreamName> for Stream {
    type Error = String;
    fn try_from(name: StreamName) -> Result<Self, String> {
        match name {
            StreamName::Channel { id, server } if id.0.home == server.0.home => {
                Ok(Self::Channel { id: id.0, server: server.0.id })
            }
            StreamName::Channel { .. } => Err("a channel and its server have one home".to_owned()),
            StreamName::Server(id) => Ok(Self::Space(id.0)),
            StreamName::User(id) => Ok(Self::User(id.0)),
        }
    }
}

impl From<&Replica> for State {
    fn from(replica: &Replica) -> Self {
        let facts = &replica.facts;
        let channels = facts.channels.values().map(|channel| ChannelState {
            channel: (&**channel).into(),
            seq: replica.channel_seqs.get(&channel.id.id).copied().unwrap_or_default(),
        });
        Self {
            server: (&facts.server).into(),
            roles: facts.roles.values().map(|role| (&**role).into()).collect(),
            channels: channels.collect(),
            members: replica.members.iter().map(|member| Member::new(&facts.current(member), None)).collect(),
            seq: replica.seq,
        }
    }
}

impl TryFrom<State> for Replica {
    type Error = String;
    fn try_from(mut state: State) -> Result<Self, String> {
        state.fit_texts();
        let mut channel_seqs = BTreeMap::new();
        let mut channels = Vec::with_capacity(state.channels.len());
        for ChannelState { channel, seq } in state.channels {
            let channel: beep_core::channel::Channel = channel.try_into().map_err(text)?;
            channel_seqs.insert(channel.id.id, i64::try_from(seq).map_err(text)?.cast_unsigned());
            channels.push(channel);
        }
        let roles = state.roles.into_iter().map(|role| role.try_into().map_err(text));
        let roles = roles.collect::<Result<Vec<_>, String>>()?;
        let members = state.members.into_iter().map(|member| member.try_into().map_err(text));
        let mut members = members.collect::<Result<Vec<beep_core::member::Member>, String>>()?;
        members.sort_by(|one, other| one.user.cmp(&other.user));
        let facts = SpaceFacts::new(state.server.try_into().map_err(text)?, 0, roles, channels);
        let facts = facts.ok_or("a server has a role `everyone`")?;
        Ok(Self {
            facts: facts.into(),
            members,
            seq: i64::try_from(state.seq).map_err(text)?.cast_unsigned(),
            channel_seqs,
        })
    }
}

fn gone(id: &ChannelKey, server: SpaceId) -> ChannelGone {
    ChannelGone { id: id.into(), server_id: Some(Qualified::new(server, id.home.clone()).into()) }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
