//! Reactions to messages. How many there are of each emoji stands in the row of the message, so that reading it takes no
//! statement more; who reacted is in a table of its own, for messages of this backend alone.
//!
//! A reaction counts as long as its number is not below that of the first with its emoji. So when all with an emoji are
//! removed, or their message is, nobody waits for their rows to go: that is done bit by bit.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use beep_core::event::{Event, EventBody, Scope, Stream};
use beep_core::id::{ChannelKey, MessageId, SpaceKey, UserKey};
use beep_core::port::{
    Change, CommitError, Committed, MessageWrite, ReactionChange, ReactionNumber, StoreError, Write,
};
use beep_core::reaction::{MOST_EMOJI, Reaction, Reactions};
use beep_core::text::Emoji;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::group::{Group, Outcome};
use super::row::Columns;
use super::standing;
use super::stream_key::StreamKey;

/// One change of the reactions to a message.
pub(crate) struct Move<'c> {
    pub(crate) server: &'c SpaceKey,
    pub(crate) channel: &'c ChannelKey,
    pub(crate) id: MessageId,
    pub(crate) emoji: &'c Emoji,
    pub(crate) change: &'c ReactionChange,
}

/// Makes a run of changes that do nothing but change one reaction each.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
    let moves: Vec<Option<Move<'_>>> = run.iter().map(|change| change.writes.iter().find_map(Move::of)).collect();
    standing::look_up(group, moves.iter().flatten().map(|one| one.channel), run).await?;
    let known = &*group.known;
    let is_sound = |change: &Change| change.guards.iter().all(|guard| standing::stands(known, guard));
    let sound: Vec<bool> = run.iter().zip(&moves).map(|(change, one)| one.is_some() && is_sound(change)).collect();
    let made = moves.iter().zip(&sound).filter(|(_, sound)| **sound).filter_map(|(one, _)| one.as_ref());
    let mut made = make(group, &made.collect::<Vec<_>>()).await?.into_iter();
    let outcomes = sound.into_iter().map(|sound| match sound.then(|| made.next()).flatten() {
        Some(Made::Done(event)) => Ok(Committed { events: event.into_iter().collect(), posted: Vec::new() }),
        Some(Made::Stale) | None => Err(CommitError::Stale),
    });
    Ok(outcomes.collect())
}

/// Makes one as part of a change that does more.
pub(crate) async fn make_one(group: &mut Group<'_>, one: &Move<'_>) -> Result<(), CommitError> {
    standing::look_up(group, std::iter::once(one.channel), &[]).await?;
    match make(group, &[one]).await?.pop() {
        Some(Made::Done(_)) => Ok(()),
        Some(Made::Stale) | None => Err(CommitError::Stale),
    }
}

impl<'c> Move<'c> {
    /// The change that a write makes, if it is one of reactions.
    pub(crate) fn of(write: &'c Write) -> Option<Self> {
        match write {
            Write::Message(MessageWrite::React { server, channel, id, emoji, change }) => {
                Some(Self { server, channel, id: *id, emoji, change })
            }
            _ => None,
        }
    }

    fn message(&self) -> MessageKey {
        (self.channel.clone(), self.id)
    }

    /// Whose reaction it is.
    fn reactor(&self) -> Option<Reactor> {
        match self.change {
            ReactionChange::Add(user) | ReactionChange::Remove(user) => {
                Some((self.channel.clone(), user.clone(), self.id, self.emoji.clone()))
            }
            ReactionChange::Clear => None,
        }
    }
}

/// What became of a change: what the log tells of it, where it changed anything.
enum Made {
    Done(Option<Arc<Event>>),
    Stale,
}

type MessageKey = (ChannelKey, MessageId);

/// A user's reaction with an emoji.
type Reactor = (ChannelKey, UserKey, MessageId, Emoji);

/// Makes changes in order, in channels that were looked up, and tells the log.
async fn make(group: &mut Group<'_>, moves: &[&Move<'_>]) -> Result<Vec<Made>, StoreError> {
    let mut messages = find_messages(group.connection, moves).await?;
    let mut numbers = find_numbers(group.connection, moves).await?;
    let (mut touched, mut moved, mut cleared) = (HashSet::new(), HashSet::new(), HashMap::new());
    let mut made = Vec::with_capacity(moves.len());
    for one in moves {
        let (channel, id, emoji) = (one.channel, one.id, one.emoji);
        let is_there = group.known.space_of(channel) == Some(one.server);
        let Some(kept) = messages.get_mut(&one.message()).filter(|_| is_there) else {
            made.push(Made::Stale);
            continue;
        };
        // Those of the stream are known to all who see the channel.
        let number = group.log.tail(&StreamKey::channel(channel)).map_or(0, |tail| tail.seq) + 1;
        let reactor = one.reactor();
        let counts =
            reactor.as_ref().and_then(|reactor| numbers.get(reactor)).is_some_and(|at| kept.counts(emoji, *at));
        let body = match one.change {
            ReactionChange::Add(_) if counts => None,
            ReactionChange::Add(user) => {
                let Some(count) = kept.add(emoji, number) else {
                    made.push(Made::Stale);
                    continue;
                };
                let (channel, emoji, user) = (channel.clone(), emoji.clone(), user.clone());
                Some(EventBody::ReactionAdded { channel, id, emoji, user, count })
            }
            ReactionChange::Remove(_) if !counts => None,
            ReactionChange::Remove(user) => {
                let (count, user) = (kept.remove(emoji), Some(user.clone()));
                Some(EventBody::ReactionRemoved { channel: channel.clone(), id, emoji: emoji.clone(), user, count })
            }
            ReactionChange::Clear => {
                if !kept.clear(emoji) {
                    made.push(Made::Stale);
                    continue;
                }
                cleared.insert((one.message(), emoji), number);
                let (channel, emoji) = (channel.clone(), emoji.clone());
                Some(EventBody::ReactionRemoved { channel, id, emoji, user: None, count: 0 })
            }
        };
        let Some(body) = body else {
            made.push(Made::Done(None));
            continue;
        };
        match (reactor, one.change) {
            (Some(reactor), ReactionChange::Add(_)) => {
                numbers.insert(reactor.clone(), number);
                moved.insert(reactor);
            }
            (Some(reactor), _) => {
                numbers.remove(&reactor);
                moved.insert(reactor);
            }
            (None, _) => {}
        }
        touched.insert(one.message());
        let stream = Stream::Channel { id: channel.clone(), server: one.server.id };
        let event = group.log.append(stream, &[Scope::Space(one.server.clone())], body, None);
        made.push(Made::Done(Some(event)));
    }
    for (channel, id) in &touched {
        group.known.forget_message(channel, *id);
    }
    let written = touched.iter().filter_map(|key| Some((key, messages.get(key)?.written())));
    write_messages(group.connection, &written.collect::<Vec<_>>()).await?;
    write_reactors(group.connection, &moved, &numbers).await?;
    if !cleared.is_empty() {
        let rows = cleared.iter().flat_map(|(((channel, id), emoji), number)| {
            args![channel.id, &channel.home, *id, emoji.as_str(), *number]
        });
        LEAVE_OF_EMOJI.execute(group.connection, &rows.collect::<Vec<_>>()).await?;
        group.known.leave_rows();
    }
    Ok(made)
}

async fn find_messages(
    connection: &mut Connection,
    moves: &[&Move<'_>],
) -> Result<HashMap<MessageKey, KeptReactions>, StoreError> {
    let asked: HashSet<(&ChannelKey, MessageId)> = moves.iter().map(|one| (one.channel, one.id)).collect();
    kept(connection, asked.into_iter()).await
}

/// The reactions to those of some messages that are there.
async fn kept<'c>(
    connection: &mut Connection,
    messages: impl Iterator<Item = (&'c ChannelKey, MessageId)>,
) -> Result<HashMap<MessageKey, KeptReactions>, StoreError> {
    let asked: Vec<Arg<'_>> = messages.flat_map(|(channel, id)| args![channel.id, &channel.home, id]).collect();
    let mut found = HashMap::new();
    for row in OF_MESSAGES.fetch(connection, &asked).await? {
        let mut columns = row.columns();
        let key = (columns.qualified()?, columns.id()?);
        found.insert(key, KeptReactions::read(&mut columns)?);
    }
    Ok(found)
}

/// How messages are reacted to, as far as they are there.
pub(crate) async fn of_messages<'c>(
    connection: &mut Connection,
    messages: impl Iterator<Item = (&'c ChannelKey, MessageId)>,
) -> Result<HashMap<(ChannelKey, MessageId), Reactions>, StoreError> {
    let found = kept(connection, messages).await?;
    Ok(found.into_iter().map(|(key, kept)| (key, kept.into())).collect())
}

async fn find_numbers(connection: &mut Connection, moves: &[&Move<'_>]) -> Result<HashMap<Reactor, u64>, StoreError> {
    let asked: HashSet<Reactor> = moves.iter().filter_map(|one| one.reactor()).collect();
    let mut found = HashMap::new();
    for row in NUMBERS.fetch(connection, &reactor_args(asked.iter())).await? {
        let mut columns = row.columns();
        let reactor = (columns.qualified()?, columns.qualified()?, columns.id()?, read_emoji(&mut columns)?);
        found.insert(reactor, columns.int()?);
    }
    Ok(found)
}

fn reactor_args<'r>(reactors: impl Iterator<Item = &'r Reactor>) -> Vec<Arg<'r>> {
    let args = reactors.flat_map(|(channel, user, id, emoji)| {
        args![channel.id, &channel.home, user.id, &user.home, *id, emoji.as_str()]
    });
    args.collect()
}

async fn write_messages(
    connection: &mut Connection,
    written: &[(&MessageKey, Option<String>)],
) -> Result<(), StoreError> {
    let rows = written
        .iter()
        .flat_map(|((channel, id), reactions)| args![channel.id, &channel.home, *id, reactions.as_deref()]);
    WRITE.execute(connection, &rows.collect::<Vec<_>>()).await.map(drop)
}

/// Writes those of the reactors that moved as they are now.
async fn write_reactors(
    connection: &mut Connection,
    moved: &HashSet<Reactor>,
    numbers: &HashMap<Reactor, u64>,
) -> Result<(), StoreError> {
    let mut put = Vec::new();
    for reactor @ (channel, user, id, emoji) in moved {
        if let Some(number) = numbers.get(reactor) {
            put.extend(args![channel.id, &channel.home, user.id, &user.home, *id, emoji.as_str(), *number]);
        }
    }
    PUT.execute(connection, &put).await?;
    let gone = moved.iter().filter(|reactor| !numbers.contains_key(reactor));
    REMOVE.execute(connection, &reactor_args(gone)).await.map(drop)
}

/// Takes how often the copy of another backend's message was reacted to with an emoji, if it is there.
pub(crate) async fn count(
    connection: &mut Connection,
    (channel, id): (&ChannelKey, MessageId),
    emoji: &Emoji,
    count: u64,
    added: bool,
) -> Result<(), StoreError> {
    let mut found = of_messages(connection, std::iter::once((channel, id))).await?;
    let Some(mut reactions) = found.remove(&(channel.clone(), id)) else { return Ok(()) };
    if added {
        reactions.added(emoji, count);
    } else {
        reactions.removed(emoji, count);
    }
    copy(connection, channel, id, &reactions).await
}

/// Writes the reactions to the copy of another backend's message, if it is there.
pub(crate) async fn copy(
    connection: &mut Connection,
    channel: &ChannelKey,
    id: MessageId,
    reactions: &Reactions,
) -> Result<(), StoreError> {
    let kept = reactions.iter().map(|reaction| KeptReaction { reaction: reaction.clone(), first: 0 });
    write_messages(connection, &[(&(channel.clone(), id), KeptReactions(kept.collect()).written())]).await
}

/// Who reacted to a message with an emoji, oldest first.
pub(crate) async fn reactors(
    connection: &mut Connection,
    (channel, id): (&ChannelKey, MessageId),
    emoji: &Emoji,
    ReactionNumber(after): ReactionNumber,
    limit: u32,
) -> Result<Vec<(ReactionNumber, UserKey)>, StoreError> {
    let found = kept(connection, std::iter::once((channel, id))).await?;
    let first = found.values().find_map(|kept| kept.find(emoji)).map(|found| found.first);
    let Some(first) = first else { return Ok(Vec::new()) };
    let after = after.max(first.saturating_sub(1));
    let values = args![channel.id, &channel.home, id, emoji.as_str(), after, limit];
    let rows = connection.fetch_all(REACTORS, &values).await?;
    let read = rows.iter().map(|row| {
        let mut columns = row.columns();
        let user = columns.qualified()?;
        Ok((ReactionNumber(columns.int()?), user))
    });
    read.collect()
}

/// With which emoji a user reacted to each of some messages.
pub(crate) async fn by_user(
    connection: &mut Connection,
    channel: &ChannelKey,
    messages: &[MessageId],
    user: &UserKey,
) -> Result<BTreeSet<(MessageId, Emoji)>, StoreError> {
    let asked = messages.iter().flat_map(|id| args![channel.id, &channel.home, user.id, &user.home, *id]);
    let mut found = BTreeSet::new();
    for row in BY_USER.fetch(connection, &asked.collect::<Vec<_>>()).await? {
        let mut columns = row.columns();
        let (id, emoji, number) = (columns.id()?, read_emoji(&mut columns)?, columns.int()?);
        if KeptReactions::read(&mut columns)?.counts(&emoji, number) {
            found.insert((id, emoji));
        }
    }
    Ok(found)
}

/// Leaves the reactions to messages that are about to go to be removed; says whether there are any.
pub(crate) async fn leave_all(connection: &mut Connection, messages: &[Arg<'_>]) -> Result<bool, StoreError> {
    Ok(LEAVE.execute(connection, messages).await? > 0)
}

/// Removes some reactions that are none any more; says whether there may be more.
pub(crate) async fn sweep(connection: &mut Connection) -> Result<bool, StoreError> {
    let mut left = AT_ONCE;
    while left > 0 {
        let Some(row) = connection.fetch_optional(ANY_LEFT, &[]).await? else { return Ok(false) };
        let mut columns = row.columns();
        let (channel, id): (ChannelKey, MessageId) = (columns.qualified()?, columns.id()?);
        let (emoji, up_to): (&str, u64) = (columns.text()?, columns.int()?);
        let values = args![channel.id, &channel.home, id, emoji, up_to, left];
        let sql = if emoji.is_empty() { REMOVE_SOME } else { REMOVE_SOME_OF_EMOJI };
        // Of all the emoji is not asked for.
        let given = if emoji.is_empty() { &args![channel.id, &channel.home, id, left][..] } else { &values[..] };
        let removed = connection.execute(sql, given).await?;
        if removed < left.unsigned_abs() {
            connection.execute(FORGET, &values[..5]).await?;
        }
        left -= i64::try_from(removed).unwrap_or(left).min(left);
    }
    Ok(true)
}

/// How many rows are removed at once.
const AT_ONCE: i64 = 1_000;

fn read_emoji(columns: &mut Columns<'_>) -> Result<Emoji, StoreError> {
    Ok(Emoji::stored(columns.text()?.to_owned()))
}

/// Reads the column `reactions`.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Reactions, StoreError> {
    KeptReactions::read(columns).map(Into::into)
}

/// The reactions to a message as its row has them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct KeptReactions(Vec<KeptReaction>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct KeptReaction {
    reaction: Reaction,
    /// The number of the first with its emoji; 0 where it is not known who reacted.
    first: u64,
}

impl KeptReactions {
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let Some(text) = columns.text_or_none()? else { return Ok(Self::default()) };
        Self::parse(text).ok_or_else(|| columns.unfit("no reactions"))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut kept = Vec::new();
        while let Some(emoji) = words.next() {
            let (count, first) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            kept.push(KeptReaction { reaction: Reaction { emoji: Emoji::stored(emoji.to_owned()), count }, first });
        }
        Some(Self(kept))
    }

    /// As the column has it: nothing where there are none.
    fn written(&self) -> Option<String> {
        let words = self.0.iter().map(|kept| format!("{} {} {}", kept.reaction.emoji, kept.reaction.count, kept.first));
        (!self.0.is_empty()).then(|| words.collect::<Vec<_>>().join(" "))
    }

    fn find(&self, emoji: &Emoji) -> Option<&KeptReaction> {
        self.0.iter().find(|kept| kept.reaction.emoji == *emoji)
    }

    /// Whether a reaction with this number counts.
    fn counts(&self, emoji: &Emoji, number: u64) -> bool {
        self.find(emoji).is_some_and(|kept| kept.first <= number)
    }

    /// Counts one more, which has this number; gives how many there are, unless there are too many emoji.
    fn add(&mut self, emoji: &Emoji, number: u64) -> Option<u64> {
        let is_full = self.0.len() >= MOST_EMOJI;
        match self.0.iter_mut().find(|kept| kept.reaction.emoji == *emoji) {
            Some(kept) => {
                kept.reaction.count += 1;
                Some(kept.reaction.count)
            }
            None if is_full => None,
            None => {
                self.0.push(KeptReaction { reaction: Reaction { emoji: emoji.clone(), count: 1 }, first: number });
                Some(1)
            }
        }
    }

    /// Counts one fewer; gives how many are left.
    fn remove(&mut self, emoji: &Emoji) -> u64 {
        let Some(kept) = self.0.iter_mut().find(|kept| kept.reaction.emoji == *emoji) else { return 0 };
        kept.reaction.count = kept.reaction.count.saturating_sub(1);
        let left = kept.reaction.count;
        if left == 0 {
            self.clear(emoji);
        }
        left
    }

    /// Counts none any more; says whether there were any.
    fn clear(&mut self, emoji: &Emoji) -> bool {
        let before = self.0.len();
        self.0.retain(|kept| kept.reaction.emoji != *emoji);
        self.0.len() < before
    }
}

impl From<KeptReactions> for Reactions {
    fn from(kept: KeptReactions) -> Self {
        kept.0.into_iter().map(|kept| kept.reaction).collect()
    }
}

static OF_MESSAGES: Batch =
    Batch::new("SELECT channel_id, origin, id, reactions FROM message WHERE (channel_id, origin, id) IN (", 3, ")");

static NUMBERS: Batch = Batch::new(
    "SELECT channel_id, origin, user_id, user_origin, message_id, emoji, number
    FROM reaction
    WHERE (channel_id, origin, user_id, user_origin, message_id, emoji) IN (",
    6,
    ")",
);

static WRITE: Batch = Batch::new(
    "UPDATE message SET reactions = written.column4 FROM (",
    4,
    ") AS written
    WHERE message.channel_id = written.column1 AND message.origin = written.column2 AND message.id = written.column3",
);

static PUT: Batch = Batch::new(
    "INSERT INTO reaction (channel_id, origin, user_id, user_origin, message_id, emoji, number) ",
    7,
    " ON CONFLICT (channel_id, origin, user_id, user_origin, message_id, emoji) DO UPDATE SET number = excluded.number",
);

static REMOVE: Batch =
    Batch::new("DELETE FROM reaction WHERE (channel_id, origin, user_id, user_origin, message_id, emoji) IN (", 6, ")");

const REACTORS: &str = "
    SELECT user_id, user_origin, number
    FROM reaction
    WHERE channel_id = $1 AND origin = $2 AND message_id = $3 AND emoji = $4 AND number > $5
    ORDER BY number
    LIMIT $6 + 0";

static BY_USER: Batch = Batch::new(
    "SELECT reaction.message_id, reaction.emoji, reaction.number, message.reactions
    FROM reaction
    JOIN message ON message.channel_id = reaction.channel_id
        AND message.origin = reaction.origin
        AND message.id = reaction.message_id
    WHERE (
        reaction.channel_id,
        reaction.origin,
        reaction.user_id,
        reaction.user_origin,
        reaction.message_id
    ) IN (",
    5,
    ")",
);

// All of a message that is gone.
static LEAVE: Batch = Batch::new(
    "INSERT INTO removed_reaction (channel_id, origin, message_id, emoji, up_to)
    SELECT channel_id, origin, id, '', 0
    FROM message
    WHERE reactions IS NOT NULL AND (channel_id, origin, id) IN (",
    3,
    ") ON CONFLICT DO NOTHING",
);

static LEAVE_OF_EMOJI: Batch = Batch::new(
    "INSERT INTO removed_reaction (channel_id, origin, message_id, emoji, up_to) ",
    5,
    " ON CONFLICT (channel_id, origin, message_id, emoji) DO UPDATE SET up_to = excluded.up_to",
);

const ANY_LEFT: &str = "SELECT channel_id, origin, message_id, emoji, up_to FROM removed_reaction LIMIT 1";

const REMOVE_SOME: &str = "
    DELETE FROM reaction
    WHERE (channel_id, origin, user_id, user_origin, message_id, emoji) IN (
        SELECT channel_id, origin, user_id, user_origin, message_id, emoji
        FROM reaction
        WHERE channel_id = $1 AND origin = $2 AND message_id = $3
        LIMIT $4 + 0
    )";

const REMOVE_SOME_OF_EMOJI: &str = "
    DELETE FROM reaction
    WHERE (channel_id, origin, user_id, user_origin, message_id, emoji) IN (
        SELECT channel_id, origin, user_id, user_origin, message_id, emoji
        FROM reaction
        WHERE channel_id = $1 AND origin = $2 AND message_id = $3 AND emoji = $4 AND number <= $5
        LIMIT $6 + 0
    )";

const FORGET: &str = "
    DELETE FROM removed_reaction
    WHERE channel_id = $1 AND origin = $2 AND message_id = $3 AND emoji = $4 AND up_to = $5";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_stays_readable() {
        let emoji = |text: &str| Emoji::parse(text).expect("an emoji");
        let mut kept = KeptReactions::default();
        assert_eq!(kept.written(), None);
        assert_eq!(
            (kept.add(&emoji("👍"), 7), kept.add(&emoji("❤"), 8), kept.add(&emoji("👍"), 9)),
            (Some(1), Some(1), Some(2))
        );
        let text = "👍 2 7 ❤\u{fe0f} 1 8";
        assert_eq!(kept.written().as_deref(), Some(text));
        assert_eq!(KeptReactions::parse(text), Some(kept.clone()));
        assert!(kept.counts(&emoji("👍"), 7) && !kept.counts(&emoji("👍"), 6) && !kept.counts(&emoji("😀"), 9));
        assert_eq!((kept.remove(&emoji("👍")), kept.remove(&emoji("👍")), kept.remove(&emoji("👍"))), (1, 0, 0));
        assert_eq!(kept.written().as_deref(), Some("❤\u{fe0f} 1 8"));
        for damaged in ["", " ", "👍", "👍 2", "👍 x 1", "👍 1 1 ", "👍 1 -1"] {
            assert_eq!(KeptReactions::parse(damaged), None, "{damaged:?}");
        }
    }
}
