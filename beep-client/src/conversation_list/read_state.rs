//! What was read: the port, and a mark in one channel.

use beep_core::id::{ChannelId, MessageId, SpaceId};
use beep_proto::id::{Bare, Full};
use beep_proto::view;
use serde::{Deserialize, Serialize};

/// Keeps what was read of each channel.
pub trait ReadState {
    /// What was read of a channel; `None` if nothing is known of it.
    fn mark(&self, channel: &Full<ChannelId>) -> Option<&ReadMark>;
    /// Keeps what was read of a channel.
    fn set(&mut self, channel: &Full<ChannelId>, mark: ReadMark);
    /// Gives what was read of a channel that nothing is known of. `last` is the newest message there, and `joined` where those
    /// after which the caller came to the server begin.
    fn first_mark(
        &self,
        server: Option<&Full<SpaceId>>,
        last: Option<Bare<MessageId>>,
        joined: Option<Bare<MessageId>>,
    ) -> ReadMark;
    /// Notes that the caller wants a mark elsewhere, which [`Self::set`] has put there.
    fn wish(&mut self, channel: &Full<ChannelId>, wish: ReadWish) {
        let _ = (channel, wish);
    }
    /// Notes that the caller has read all of a server.
    fn wish_server(&mut self, server: &Full<SpaceId>) {
        let _ = server;
    }
    /// Takes what the backend says that the caller has read.
    fn told(&mut self, state: &view::ReadState) {
        let _ = state;
    }
    /// Forgets a channel that is gone.
    fn forget(&mut self, channel: &Full<ChannelId>);
    /// Notes that a server is there.
    fn visit(&mut self, server: Option<&Full<SpaceId>>);
    /// Notes that a server is gone.
    fn leave(&mut self, server: Option<&Full<SpaceId>>);
    /// Notes a message of the caller.
    fn sent(&mut self, message: Bare<MessageId>);
    /// Whether a message is of the caller, as far as it is remembered.
    fn is_own(&self, message: Bare<MessageId>) -> bool;
}

/// Where the caller wants a mark.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ReadWish {
    /// All is read up to this message.
    #[serde(rename = "r")]
    Read(Bare<MessageId>),
    /// This message is the first unread one.
    #[serde(rename = "u")]
    Unread(Bare<MessageId>),
}

/// What was read of one channel.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct ReadMark {
    /// The last message that was read.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub last_read: Option<Bare<MessageId>>,
    /// The newest message that was counted.
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub counted: Option<Bare<MessageId>>,
    /// How many unread messages were counted.
    #[serde(rename = "u", skip_serializing_if = "is_zero")]
    pub unread: u32,
    /// Whether at least one more was sent while nobody counted.
    #[serde(rename = "x", skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
    /// The unread messages that mention the caller.
    #[serde(rename = "m", skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Bare<MessageId>>,
    /// How many more mention the caller, of those that the backend counted.
    #[serde(rename = "k", skip_serializing_if = "is_zero")]
    pub told_mentions: u32,
    /// Up to here the backend has counted.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub told: Option<Bare<MessageId>>,
    /// The newest unread messages that were counted here.
    #[serde(rename = "n", skip_serializing_if = "Vec::is_empty")]
    pub newer: Vec<Bare<MessageId>>,
    /// Whether the counts may be wrong until the backend counts anew.
    #[serde(skip)]
    pub is_unsure: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl ReadMark {
    /// The greatest number of mentions that are counted in one channel.
    pub const MOST_MENTIONS: usize = 100;

    /// All is read, to this message.
    pub(super) fn of_read(last: Option<Bare<MessageId>>) -> Self {
        Self { last_read: last, counted: last, ..Self::default() }
    }

    /// Whether a message was counted, or is older than all that is.
    pub(super) fn is_counted(&self, message: Bare<MessageId>) -> bool {
        Some(message) <= self.counted
    }

    /// Whether something is unread.
    pub(super) fn is_unread(&self) -> bool {
        self.unread > 0 || self.uncounted
    }

    pub(super) fn read_all(&mut self) {
        *self = Self::of_read(self.counted.max(self.last_read));
    }

    /// Counts a new message of somebody else.
    pub(super) fn count(&mut self, message: Bare<MessageId>, is_mention: bool) {
        self.counted = Some(message);
        self.unread = self.unread.saturating_add(1);
        if self.newer.len() >= MOST_NEWER {
            self.newer.remove(0);
        }
        self.newer.push(message);
        self.mention(message, is_mention, false);
    }

    /// Counts a new message of the caller: who writes has read what is there.
    pub(super) fn sent(&mut self, message: Bare<MessageId>) {
        *self = Self::of_read(Some(message));
    }

    /// Says whether a message mentions the caller. One that the backend has counted it knows as it was then.
    pub(super) fn mention(&mut self, message: Bare<MessageId>, is_mention: bool, is_edited: bool) {
        if Some(message) <= self.told {
            self.is_unsure |= is_edited && Some(message) > self.last_read;
            return;
        }
        self.mentions.retain(|other| *other != message);
        if is_mention && Some(message) > self.last_read && self.mentions.len() < Self::MOST_MENTIONS {
            self.mentions.push(message);
        }
    }

    /// Notes that a message was deleted.
    pub(super) fn deleted(&mut self, message: Bare<MessageId>) {
        if Some(message) > self.counted {
            // It was sent and deleted before it was told.
            self.counted = Some(message);
        } else if Some(message) == self.last_read {
            // It may have been of the caller, and then have been all that said what was read.
            self.is_unsure = true;
            return;
        } else if Some(message) > self.last_read {
            self.mentions.retain(|other| *other != message);
            match self.newer.iter().position(|other| *other == message) {
                // Whether the backend counted it is not known here: it may be of the caller.
                None if self.told.is_some() => {
                    self.is_unsure = true;
                    return;
                }
                Some(at) => drop(self.newer.remove(at)),
                None => {}
            }
            self.unread = self.unread.saturating_sub(1);
        }
        if self.unread == 0 && !self.uncounted {
            self.read_all();
        }
    }

    /// Notes which message is the newest: others may have been sent before it.
    pub(super) fn was_sent(&mut self, last: Option<Bare<MessageId>>) {
        if last > self.counted {
            self.counted = last;
            self.uncounted = last > self.last_read;
            self.is_unsure |= self.uncounted;
        }
    }

    /// Makes a message the first unread one.
    pub(super) fn unread_from(&mut self, message: Bare<MessageId>, count: Option<u32>) {
        self.last_read = Some(Bare(beep_core::read_state::before(message.0)));
        self.counted = self.counted.max(Some(message));
        self.unread = count.unwrap_or(0);
        self.uncounted = self.unread == 0;
        self.mentions.retain(|mention| *mention >= message);
        self.newer.retain(|newer| *newer >= message);
    }

    /// Whether a message of the caller may have crossed what the backend says.
    pub(super) fn is_crossed_by(&self, state: &view::ReadState) -> bool {
        self.last_read > Some(state.newest)
    }

    /// Takes what the backend counted. What was counted here after that is added to it.
    pub(super) fn told(&mut self, state: &view::ReadState) {
        let newest = state.newest;
        let is_cut = self.newer.len() >= MOST_NEWER && self.newer.first() > Some(&newest);
        self.newer.retain(|newer| *newer > newest);
        self.mentions.retain(|mention| *mention > newest);
        self.last_read = Some(state.last_read);
        self.counted = self.counted.max(Some(newest));
        self.told = Some(newest);
        self.unread = number(state.unread).saturating_add(u32::try_from(self.newer.len()).unwrap_or(u32::MAX));
        self.told_mentions = number(state.mentions);
        self.uncounted = state.more;
        self.is_unsure = is_cut;
    }
}

fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How many messages that were counted here are remembered, to add them to what the backend counts.
const MOST_NEWER: usize = 100;
