//! How far users of this backend have read, and the messages after that.
//!
//! Marks have no foreign key: a replica is replaced whole, and what its readers marked stays. They go with the membership,
//! and with a channel bit by bit: see [`super::removed_channels`].

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use beep_core::event::{Event, EventBody, Scope, Stream};
use beep_core::id::{ChannelKey, MessageId, SpaceKey, UserId, UserKey};
use beep_core::mention::Mentions;
use beep_core::port::{Change, CommitError, Committed, ReadWrite, Reads, StoreError, Write};
use beep_core::read_state::{ReadMark, ReadState, UnreadMessage};

use super::SqlStore;
use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::group::{Group, Outcome};
use super::row::Columns;
use super::standing;
use super::stream_key::StreamKey;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new("read_mark", &["user_id", "channel_id", "origin"], &["last_read", "own_after"]);

impl Stored for ReadMark {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((user, channel): &Self::Key) -> Vec<Arg<'_>> {
        args![*user, channel.id, &channel.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { user, channel, last_read, own_after } = self;
        args![*user, channel.id, &channel.home, *last_read, *own_after].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            user: columns.id()?,
            channel: columns.qualified()?,
            last_read: columns.id()?,
            own_after: columns.id()?,
        })
    }
}

#[async_trait]
impl Reads for SqlStore {
    async fn read_mark(&self, user: UserId, channel: &ChannelKey) -> Result<Option<ReadMark>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(user, channel.clone())).await
    }

    async fn read_marks(&self, user: UserId) -> Result<Vec<ReadMark>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        table::read_all(&connection.fetch_all(OF_USER.text(), &args![user]).await?)
    }

    async fn unread(
        &self,
        channel: &ChannelKey,
        after: MessageId,
        up_to: MessageId,
        limit: u32,
    ) -> Result<Vec<UnreadMessage>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let rows = connection.fetch_all(UNREAD, &args![channel.id, &channel.home, after, up_to, limit]).await?;
        Ok(rows.iter().filter_map(|row| read_unread(&mut row.columns()).ok()).collect())
    }
}

fn read_unread(columns: &mut Columns<'_>) -> Result<UnreadMessage, StoreError> {
    Ok(UnreadMessage {
        id: columns.id()?,
        author: user_or_none(columns)?,
        answers: user_or_none(columns)?,
        mentions: columns.text_or_none()?.map(Mentions::of).unwrap_or_default(),
    })
}

fn user_or_none(columns: &mut Columns<'_>) -> Result<Option<UserKey>, StoreError> {
    let (id, home) = (columns.id_or_none()?, columns.origin_or_none()?);
    Ok(id.zip(home).map(|(id, home)| UserKey::new(id, home)))
}

/// Makes a run of changes that do nothing but move marks. Of each mark the last move is written and logged.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
    let moves = run.iter().flat_map(|change| &change.writes).filter_map(of);
    standing::look_up(group, moves.map(|ReadWrite::Move { from, .. }| &from.channel), run).await?;
    let known = &*group.known;
    let is_sound = |change: &&Change| change.guards.iter().all(|guard| standing::stands(known, guard));
    let sound: Vec<bool> = run.iter().map(is_sound).collect();
    let made = run.iter().zip(&sound).filter(|(_, sound)| **sound).flat_map(|(change, _)| &change.writes);
    let events = make(group, &made.filter_map(of).collect::<Vec<_>>()).await?;
    let outcomes = run.iter().zip(sound).map(|(change, sound)| match sound {
        true => Ok(Committed { events: told(change, &events), posted: Vec::new() }),
        false => Err(CommitError::Stale),
    });
    Ok(outcomes.collect())
}

/// Makes one as part of a change that does more.
pub(crate) async fn write(group: &mut Group<'_>, write: &ReadWrite) -> Result<(), StoreError> {
    let ReadWrite::Move { from, .. } = write;
    standing::look_up(group, std::iter::once(&from.channel), &[]).await?;
    make(group, &[write]).await.map(drop)
}

fn of(write: &Write) -> Option<&ReadWrite> {
    match write {
        Write::Read(write) => Some(write),
        _ => None,
    }
}

/// Those of the events that tell of marks which a change moves.
fn told(change: &Change, events: &HashMap<(UserId, ChannelKey), Arc<Event>>) -> Vec<Arc<Event>> {
    let moves = change.writes.iter().filter_map(of);
    moves.filter_map(|ReadWrite::Move { from, .. }| events.get(&(from.user, from.channel.clone())).cloned()).collect()
}

/// Moves marks in channels that were looked up, and tells the log where each ends.
async fn make(
    group: &mut Group<'_>,
    moves: &[&ReadWrite],
) -> Result<HashMap<(UserId, ChannelKey), Arc<Event>>, StoreError> {
    let mut kept = find(group.connection, moves).await?;
    let mut moved: Vec<((UserId, ChannelKey), ReadState)> = Vec::new();
    for ReadWrite::Move { from, to, state } in moves {
        let key = (from.user, from.channel.clone());
        let newest = group.log.last_message(&StreamKey::channel(&from.channel));
        let (Some(mark), Some(newest)) = (kept.get(&key).unwrap_or(from).moved(*to, newest), newest) else { continue };
        kept.insert(key.clone(), mark);
        let (last_read, counted) = (state.last_read.min(newest), state.newest.min(newest));
        moved.retain(|(other, _)| *other != key);
        moved.push((key, ReadState { last_read, newest: counted, ..state.clone() }));
    }
    let rows: Vec<Arg<'_>> = moved.iter().filter_map(|(key, _)| kept.get(key)).flat_map(Stored::columns).collect();
    TABLE.put_all().execute(group.connection, &rows).await?;
    let own = group.connection.domain().clone();
    let users: Vec<UserKey> = moved.iter().map(|((user, _), _)| UserKey::new(*user, own.clone())).collect();
    group.log.load(group.connection, group.known, users.iter().map(StreamKey::user)).await?;
    let mut events = HashMap::new();
    for ((key, state), user) in moved.into_iter().zip(users) {
        let body = EventBody::ReadUpdated(state);
        let event = group.log.append(Stream::User(user.clone()), &[Scope::User(user)], body, None);
        events.insert(key, event);
    }
    Ok(events)
}

async fn find(
    connection: &mut Connection,
    moves: &[&ReadWrite],
) -> Result<HashMap<(UserId, ChannelKey), ReadMark>, StoreError> {
    let asked =
        moves.iter().flat_map(|ReadWrite::Move { from, .. }| args![from.user, from.channel.id, &from.channel.home]);
    let rows = MARKS.fetch(connection, &asked.collect::<Vec<_>>()).await?;
    let marks: Vec<ReadMark> = table::read_all(&rows)?;
    Ok(marks.into_iter().map(|mark| ((mark.user, mark.channel.clone()), mark)).collect())
}

/// Removes those of a member who is gone.
pub(crate) async fn remove_of_member(
    connection: &mut Connection,
    space: &SpaceKey,
    user: &UserKey,
) -> Result<(), StoreError> {
    if user.home != *connection.domain() {
        return Ok(());
    }
    connection.execute(REMOVE_OF_MEMBER, &args![user.id, space.id, &space.home]).await.map(drop)
}

/// Removes those in a replica whose users are not in it any more.
pub(crate) async fn remove_of_others(connection: &mut Connection, space: &SpaceKey) -> Result<(), StoreError> {
    connection.execute(REMOVE_OF_OTHERS, &args![space.id, &space.home]).await.map(drop)
}

static OF_USER: Select = Select::new(&TABLE, "WHERE read_mark.user_id = $1 ORDER BY channel_id, origin");

static MARKS: Batch = Batch::new(
    "SELECT
        user_id,
        channel_id,
        origin,
        last_read,
        own_after
    FROM read_mark
    WHERE (user_id, channel_id, origin) IN (",
    3,
    ")",
);

const REMOVE_OF_MEMBER: &str = "
    DELETE FROM read_mark
    WHERE user_id = $1 AND (channel_id, origin) IN (
        SELECT id, origin
        FROM channel
        WHERE space_id = $2 AND origin = $3
    )";

const REMOVE_OF_OTHERS: &str = "
    DELETE FROM read_mark
    WHERE (channel_id, origin) IN (
        SELECT id, origin
        FROM channel
        WHERE space_id = $1 AND origin = $2
    ) AND NOT EXISTS (
        SELECT 1
        FROM member
        WHERE member.space_id = $1 AND member.origin = $2 AND member.user_id = read_mark.user_id
            AND member.user_origin = 0
    )";

// The text is read of those messages alone that may mention somebody.
const UNREAD: &str = "
    SELECT
        message.id,
        message.author_id,
        message.author_origin,
        answered.author_id,
        answered.author_origin,
        CASE WHEN message.content LIKE '%<@%' OR message.content LIKE '%@everyone%' THEN message.content END
    FROM message
    LEFT JOIN message AS answered ON answered.channel_id = message.channel_id AND answered.origin = message.origin
        AND answered.id = message.reply_to
    WHERE message.channel_id = $1 AND message.origin = $2 AND message.id > $3 AND message.id <= $4
    ORDER BY message.id DESC
    LIMIT $5 + 0";
