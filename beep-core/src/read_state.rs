//! What somebody has read of a channel: their mark, and what is unread after it.
//!
//! Messages are ordered by id within a channel, so a mark is an id: all up to it is read, whether or not a message with that
//! id is there. Who writes has read what was there. Without a mark, what was sent before somebody joined is read.

use crate::id::{ChannelKey, Id, MessageId, UserId, UserKey};
use crate::mention::Mentions;
use crate::record::Record;
use crate::time::Timestamp;

/// How far a user of this backend has read a channel, of this or of another backend. No other backend hears of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadMark {
    /// Who.
    pub user: UserId,
    /// Which channel.
    pub channel: ChannelKey,
    /// Up to here all is read.
    pub last_read: MessageId,
    /// A message of the user after this one moves the mark to itself. It is what was newest when they marked something unread,
    /// which what they wrote before does not undo.
    pub own_after: MessageId,
}

impl Record for ReadMark {
    type Key = (UserId, ChannelKey);
}

impl ReadMark {
    /// The mark of who joined at a moment and has marked nothing.
    pub fn of_joining(user: UserId, channel: ChannelKey, joined_at: Timestamp) -> Self {
        let at = MessageId::generate(joined_at, [0; 10]);
        Self { user, channel, last_read: at, own_after: at }
    }

    /// The mark after another one; `None` where that changes nothing. `newest` is the newest message of the channel, which no
    /// mark passes.
    pub fn moved(&self, to: ReadPlace, newest: Option<MessageId>) -> Option<Self> {
        let newest = newest?;
        let (last_read, own_after) = match to {
            ReadPlace::Read(message) if message.min(newest) <= self.last_read => return None,
            ReadPlace::Read(message) => (message.min(newest), self.own_after.max(message.min(newest))),
            ReadPlace::UnreadAfter(place) => (place.min(newest), newest),
        };
        let moved = Self { last_read, own_after, ..self.clone() };
        (moved != *self).then_some(moved)
    }
}

/// Where somebody wants their mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadPlace {
    /// This message and all before it are read.
    Read(MessageId),
    /// All after this place is unread.
    UnreadAfter(MessageId),
}

/// The place right before a message.
pub fn before(message: MessageId) -> MessageId {
    MessageId::from_uuid(uuid::Uuid::from_u128(message.uuid().as_u128().saturating_sub(1)))
}

/// A message as far as it counts as unread.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnreadMessage {
    /// Which one.
    pub id: MessageId,
    /// The user who wrote it, if one did.
    pub author: Option<UserKey>,
    /// Who wrote the message that it answers.
    pub answers: Option<UserKey>,
    /// Whom it mentions.
    pub mentions: Mentions,
}

/// What is unread of a channel for one user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadState {
    /// Which channel.
    pub channel: ChannelKey,
    /// Up to here all is read.
    pub last_read: MessageId,
    /// How many messages of others are unread, as far as they are counted: see [`MOST_UNREAD`].
    pub unread: u64,
    /// How many of those are for the user: those that mention them or answer them, and in a private conversation all.
    pub mentions: u64,
    /// Whether more may be unread than is counted.
    pub more: bool,
    /// The newest message that was looked at: later ones are counted by whoever hears of them.
    pub newest: MessageId,
}

/// The most messages of a channel that are looked at to count what is unread.
pub const MOST_UNREAD: u32 = 1_000;

/// What is unread after a mark, of messages that are given newest first, up to the newest that was looked at; `more` says
/// whether earlier ones may have been left out. `is_for_user` is asked of messages of others.
pub fn count(
    mark: &ReadMark,
    me: &UserKey,
    newest: MessageId,
    messages: &[UnreadMessage],
    more: bool,
    mut is_for_user: impl FnMut(&UnreadMessage) -> bool,
) -> ReadState {
    let (mut unread, mut mentions, mut last_read, mut more) = (0, 0, mark.last_read, more);
    for message in messages.iter().filter(|message| message.id > mark.last_read) {
        if message.author.as_ref() == Some(me) {
            if message.id > mark.own_after {
                (last_read, more) = (message.id, false);
                break;
            }
            continue;
        }
        unread += 1;
        mentions += u64::from(is_for_user(message));
    }
    ReadState { channel: mark.channel.clone(), last_read, unread, mentions, more, newest: newest.max(last_read) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Domain;

    fn nth<T: Id>(n: i64) -> T {
        T::generate(Timestamp::from_millis(1_000 + n), [0; 10])
    }

    fn user(n: i64) -> UserKey {
        UserKey::new(nth(n), Domain::parse("a.example.com").expect("a domain"))
    }

    fn mark(last_read: i64) -> ReadMark {
        let channel = ChannelKey::new(nth(100), user(1).home);
        ReadMark { user: user(1).id, channel, last_read: nth(last_read), own_after: nth(last_read) }
    }

    fn said(n: i64, author: i64) -> UnreadMessage {
        UnreadMessage { id: nth(n), author: Some(user(author)), answers: None, mentions: Mentions::default() }
    }

    fn unread(mark: &ReadMark, messages: &[UnreadMessage]) -> (MessageId, u64, u64) {
        let state = count(mark, &user(1), nth(50), messages, false, |message| message.id == nth(7));
        (state.last_read, state.unread, state.mentions)
    }

    #[test]
    fn a_mark_moves_forward_and_back_only_where_that_is_asked_for() {
        let newest = Some(nth(20));
        assert_eq!(mark(5).moved(ReadPlace::Read(nth(4)), newest), None);
        assert_eq!(mark(5).moved(ReadPlace::Read(nth(5)), newest), None);
        assert_eq!(mark(5).moved(ReadPlace::Read(nth(9)), None), None, "nothing is there to read");
        assert_eq!(mark(5).moved(ReadPlace::Read(nth(9)), newest), Some(mark(9)));
        assert_eq!(mark(5).moved(ReadPlace::Read(nth(99)), newest), Some(mark(20)), "no mark passes the newest");
        let back = mark(15).moved(ReadPlace::UnreadAfter(nth(3)), newest).expect("it moves");
        assert_eq!((back.last_read, back.own_after), (nth(3), nth(20)));
        assert_eq!(back.moved(ReadPlace::UnreadAfter(nth(3)), newest), None);
        let forth = back.moved(ReadPlace::Read(nth(8)), newest).expect("it moves");
        assert_eq!((forth.last_read, forth.own_after), (nth(8), nth(20)));
    }

    #[test]
    fn who_writes_has_read_what_was_there() {
        let messages = [said(9, 2), said(8, 1), said(7, 2), said(6, 2)];
        assert_eq!(unread(&mark(5), &messages), (nth(8), 1, 0));
        let back = mark(9).moved(ReadPlace::UnreadAfter(nth(5)), Some(nth(9))).expect("it moves");
        assert_eq!(unread(&back, &messages), (nth(5), 3, 1), "what they wrote before they marked it unread counts not");
        let more = [said(11, 2), said(10, 1), said(9, 2)];
        assert_eq!(unread(&back, &more), (nth(10), 1, 0));
    }

    #[test]
    fn what_was_sent_before_somebody_joined_is_read() {
        let joined = ReadMark::of_joining(user(1).id, mark(0).channel, Timestamp::from_millis(1_007));
        assert_eq!(unread(&joined, &[said(8, 2), said(6, 2)]).1, 1);
    }
}
