//! What was read, as the account has it: the same on every device.
//!
//! The backend keeps the marks and counts what is unread with each snapshot; from there on [`AccountReadState`] follows the
//! events. What the caller marks here shows at once and is asked for until the backend has it. Where counts may be wrong, it
//! asks the backend for them. It is pure: what to ask for next comes from [`AccountReadState::next`].

use std::time::Duration;

use beep_core::id::{ChannelId, MessageId, SpaceId};
use beep_proto::id::{Bare, Full};
use beep_proto::json;
use beep_proto::operation::{Spec, Specified, reads};
use beep_proto::view;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::own_messages::OwnMessages;
use super::read_state::{ReadMark, ReadState, ReadWish};
use crate::cache::Cache;
use crate::error::Error;
use crate::failure::Outlook;
use crate::moment::{Attempts, Moment};
use crate::sorted::{SortedMap, SortedSet};

/// What the account has read.
#[derive(Debug, Default)]
pub struct AccountReadState {
    stored: Stored,
    has_changed: bool,
    /// What the backend said of channels whose marks are asked for, which counts once that is done.
    told: SortedMap<Full<ChannelId>, view::ReadState>,
    /// The servers of the last snapshot that are yet to come: of what it says nothing, all is read.
    incomplete: SortedSet<Full<SpaceId>>,
    asked: Option<ReadCall>,
    attempts: Attempts,
    /// The channel that was marked last, and until when a further mark there waits for more.
    rests: Option<(Full<ChannelId>, Duration)>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Stored {
    marks: SortedMap<Full<ChannelId>, ReadMark>,
    sent: OwnMessages,
    /// What the backend is to be asked for, in the order in which the caller wanted it.
    wishes: Vec<ReadCall>,
    /// The channels whose counts may be wrong.
    unsure: SortedSet<Full<ChannelId>>,
}

/// A question for the backend.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReadCall {
    /// Move a mark.
    Mark(Full<ChannelId>, ReadWish),
    /// All of a server is read.
    Server(Full<SpaceId>),
    /// What is unread of a channel?
    Count(Full<ChannelId>),
}

impl ReadCall {
    /// Whether it moves the mark of a channel.
    fn marks(&self, channel: &Full<ChannelId>) -> bool {
        matches!(self, Self::Mark(other, _) if other == channel)
    }

    /// The operation that asks for it, with its members.
    pub(crate) fn operation(&self) -> (&'static Spec, Map<String, Value>) {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        let spec = match self {
            Self::Mark(channel, wish) => {
                let (ReadWish::Read(message) | ReadWish::Unread(message)) = wish;
                put("channel", channel.to_string().into());
                put("message_id", message.to_string().into());
                put("unread", matches!(wish, ReadWish::Unread(_)).into());
                &reads::Put::SPEC
            }
            Self::Server(server) => {
                put("server", server.to_string().into());
                &reads::PutServer::SPEC
            }
            Self::Count(channel) => {
                put("channel", channel.to_string().into());
                &reads::Get::SPEC
            }
        };
        (spec, members)
    }
}

impl AccountReadState {
    /// Starts from what [`Self::to_bytes`] gave. Bytes that cannot be read, as of a later release, count as none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let mut stored: Stored = json::read(text).unwrap_or_default();
        // What the backend said of these meanwhile was not stored.
        for wish in &stored.wishes {
            if let ReadCall::Mark(channel, _) = wish {
                stored.unsure.insert(channel.clone());
            }
        }
        Self { stored, ..Self::default() }
    }

    /// Whether something changed since the last call, so that [`Self::to_bytes`] is to be stored.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// What to store.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.stored).unwrap_or_default()
    }

    /// Takes a snapshot: of what it says nothing, all is read.
    pub(crate) fn restart(&mut self, states: &[view::ReadState], incomplete: &[Full<SpaceId>], cache: &Cache) {
        let mut before = std::mem::take(&mut self.stored.marks);
        self.told.clear();
        self.stored.unsure.clear();
        self.incomplete = incomplete.iter().cloned().collect();
        for channel in cache.channels() {
            self.stored.marks.insert(channel.id.clone(), ReadMark::of_read(channel.last_message_id));
        }
        for state in states {
            let mut mark = ReadMark::default();
            mark.told(state);
            self.stored.marks.insert(state.channel.clone(), mark);
        }
        // What the caller has marked since shows until the backend knows of it.
        for wish in &self.stored.wishes {
            let ReadCall::Mark(channel, _) = wish else { continue };
            let (Some(mark), Some(own)) = (self.stored.marks.get_mut(channel), before.remove(channel)) else {
                continue;
            };
            *mark = own;
            let state = states.iter().find(|state| state.channel == *channel);
            self.told.extend(state.map(|state| (channel.clone(), state.clone())));
        }
        self.attempts.hurry();
        self.has_changed = true;
    }

    /// The next question for the backend.
    pub(crate) fn next(&mut self, now: Moment) -> Option<ReadCall> {
        if self.asked.is_some() || !self.attempts.is_due(now) {
            return None;
        }
        let rests = |wish: &ReadCall| match (wish, &self.rests) {
            (ReadCall::Mark(channel, ReadWish::Read(_)), Some((last, until))) => last == channel && now.uptime < *until,
            _ => false,
        };
        let wish = self.stored.wishes.iter().find(|wish| !rests(wish)).cloned();
        self.asked = wish.or_else(|| self.stored.unsure.iter().next().cloned().map(ReadCall::Count));
        if let Some(ReadCall::Mark(channel, _)) = &self.asked {
            self.rests = Some((channel.clone(), now.uptime + REST));
        }
        self.asked.clone()
    }

    /// When [`Self::next`] has something next.
    pub(crate) fn due(&self) -> Option<Duration> {
        if self.asked.is_some() || self.stored.wishes.is_empty() && self.stored.unsure.is_empty() {
            return None;
        }
        self.attempts.due().max(self.rests.as_ref().map(|(_, until)| *until))
    }

    /// The network is back.
    pub(crate) fn hurry(&mut self) {
        self.attempts.hurry();
    }

    /// How a question ended; gives the channel whose mark may be another one.
    pub(crate) fn answered(
        &mut self,
        answer: Result<Option<view::ReadState>, Error>,
        now: Moment,
    ) -> Option<Full<ChannelId>> {
        let asked = self.asked.take()?;
        let is_carried_out = answer.is_ok();
        match answer.as_ref().err().map(Outlook::of) {
            None | Some(Outlook::Lasting) => self.attempts.succeeded(),
            Some(Outlook::Limited(pause)) => {
                self.attempts.failed(Some(pause), now);
                return None;
            }
            Some(Outlook::Transient | Outlook::SignedOut) => {
                self.attempts.failed(None, now);
                return None;
            }
        }
        self.has_changed = true;
        match asked {
            ReadCall::Server(_) => {
                self.stored.wishes.retain(|wish| *wish != asked);
                None
            }
            ReadCall::Mark(ref channel, wish) => {
                // Another wish may have taken its place meanwhile.
                if !self.stored.wishes.contains(&asked) {
                    return None;
                }
                self.stored.wishes.retain(|wish| *wish != asked);
                if !is_carried_out {
                    self.stored.unsure.insert(channel.clone());
                }
                let state = self.told.remove(channel)?;
                if matches!(wish, ReadWish::Read(message) if is_carried_out && state.last_read < message) {
                    // It was said before the mark moved, or another device has marked something as unread since.
                    self.stored.unsure.insert(channel.clone());
                    return None;
                }
                self.told(&state);
                Some(channel.clone())
            }
            ReadCall::Count(channel) => {
                self.stored.unsure.remove(&channel);
                let state = answer.ok()??;
                if self.stored.wishes.iter().any(|wish| wish.marks(&channel)) {
                    self.told.insert(channel, state);
                    return None;
                }
                self.take(&state);
                Some(channel)
            }
        }
    }

    fn take(&mut self, state: &view::ReadState) {
        let Some(mut mark) = self.stored.marks.get(&state.channel).cloned() else { return };
        mark.told(state);
        self.stored.unsure.remove(&state.channel);
        self.set(&state.channel, mark);
    }
}

impl ReadState for AccountReadState {
    fn mark(&self, channel: &Full<ChannelId>) -> Option<&ReadMark> {
        self.stored.marks.get(channel)
    }

    fn set(&mut self, channel: &Full<ChannelId>, mut mark: ReadMark) {
        if std::mem::take(&mut mark.is_unsure) {
            self.has_changed |= self.stored.unsure.insert(channel.clone());
        }
        self.has_changed |= self.stored.marks.get(channel) != Some(&mark);
        self.stored.marks.insert(channel.clone(), mark);
    }

    /// What was sent before the caller came is read; what came after that the backend counts.
    fn first_mark(
        &self,
        server: Option<&Full<SpaceId>>,
        last: Option<Bare<MessageId>>,
        joined: Option<Bare<MessageId>>,
    ) -> ReadMark {
        let is_told = server.is_some_and(|server| self.incomplete.contains(server));
        ReadMark { is_unsure: !is_told && last > joined, ..ReadMark::of_read(last) }
    }

    fn wish(&mut self, channel: &Full<ChannelId>, wish: ReadWish) {
        self.has_changed = true;
        self.stored.wishes.retain(|other| !other.marks(channel));
        self.stored.wishes.push(ReadCall::Mark(channel.clone(), wish));
    }

    fn wish_server(&mut self, server: &Full<SpaceId>) {
        self.has_changed = true;
        let wish = ReadCall::Server(server.clone());
        self.stored.wishes.retain(|other| *other != wish);
        self.stored.wishes.push(wish);
    }

    fn told(&mut self, state: &view::ReadState) {
        self.has_changed = true;
        if self.stored.wishes.iter().any(|wish| wish.marks(&state.channel)) {
            self.told.insert(state.channel.clone(), state.clone());
            return;
        }
        let Some(mark) = self.stored.marks.get(&state.channel) else { return };
        if mark.is_crossed_by(state) {
            self.stored.unsure.insert(state.channel.clone());
            return;
        }
        self.take(state);
    }

    fn forget(&mut self, channel: &Full<ChannelId>) {
        self.has_changed |= self.stored.marks.remove(channel).is_some();
        self.stored.wishes.retain(|wish| !wish.marks(channel));
        self.stored.unsure.remove(channel);
        self.told.remove(channel);
    }

    fn visit(&mut self, server: Option<&Full<SpaceId>>) {
        if let Some(server) = server {
            self.incomplete.remove(server);
        }
    }

    fn leave(&mut self, server: Option<&Full<SpaceId>>) {
        let Some(server) = server else { return };
        self.has_changed = true;
        self.stored.wishes.retain(|wish| !matches!(wish, ReadCall::Server(other) if other == server));
    }

    fn sent(&mut self, message: Bare<MessageId>) {
        self.has_changed |= self.stored.sent.add(message);
    }

    fn is_own(&self, message: Bare<MessageId>) -> bool {
        self.stored.sent.contains(message)
    }
}

/// How long a further mark in the channel that was marked last waits for more: who reads a lively channel marks each message.
const REST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
