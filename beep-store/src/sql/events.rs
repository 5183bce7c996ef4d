//! Reading the log.

use async_trait::async_trait;
use beep_core::event::{Event, EventBody, Position, Scope};
use beep_core::id::{ChannelKey, MessageId, SpaceKey, UserKey};
use beep_core::port::{Decoded, EventCodec, Events, HeldSpace, LogState, Snapshot, StoreError, StoredMessages, Which};
use beep_core::time::Timestamp;

use super::arg::args;
use super::connection::Connection;
use super::log::{read_stream, read_stream_or_guess};
use super::row::{Columns, Row};
use super::stream_key::StreamKey;
use super::{SqlStore, messages, snapshot};

#[async_trait]
impl Events for SqlStore {
    async fn log_state(&self) -> Result<LogState, StoreError> {
        let row = self.readers.acquire().await?.fetch_one(STATE, &[]).await?;
        let mut columns = row.columns();
        Ok(LogState { id: columns.int()?, head: Position(columns.int()?), kept_after: Position(columns.int()?) })
    }

    async fn events_for(
        &self,
        user: &UserKey,
        which: Which,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let sql = match which {
            Which::All => FOR_USER,
            Which::Changes => CHANGES_FOR_USER,
        };
        let Some(last) = limit.checked_sub(1) else { return Ok(Vec::new()) };
        let values = args![user.id, &user.home, after, up_to, last, limit];
        let mut connection = self.readers.acquire().await?;
        let rows = connection.fetch_all(sql, &values).await?;
        read(&mut connection, &rows, &*self.parts.codec).await
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let rows = connection.fetch_all(AFTER, &args![after, limit]).await?;
        read(&mut connection, &rows, &*self.parts.codec).await
    }

    async fn scopes_of(&self, position: Position) -> Result<Vec<Scope>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(SCOPES_OF, &args![position]).await?;
        let read = rows.iter().map(|row| {
            let mut columns = row.columns();
            StreamKey::read(&mut columns)?.scope().ok_or_else(|| columns.unfit("no kind of a scope"))
        });
        read.collect()
    }

    async fn channel_events(&self, channel: &ChannelKey, after_seq: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let rows = connection.fetch_all(OF_CHANNEL, &args![channel.id, &channel.home, after_seq, limit]).await?;
        read(&mut connection, &rows, &*self.parts.codec).await
    }

    async fn snapshot(&self, user: &UserKey, since: Option<Position>) -> Result<Snapshot, StoreError> {
        snapshot::take(&mut self.readers.read().await?, user, since).await
    }

    async fn snapshot_of(&self, user: &UserKey, space: &SpaceKey) -> Result<Option<(Position, HeldSpace)>, StoreError> {
        snapshot::take_one(&mut self.readers.read().await?, user, space).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        // Bit by bit, so that commits need not wait for all of it.
        loop {
            let pruned = self.prune_some(before).await?;
            removed += pruned.events;
            if !pruned.more {
                return Ok(removed);
            }
        }
    }
}

/// Reads events from rows of [`columns`].
pub(crate) async fn read(
    connection: &mut Connection,
    rows: &[Row],
    codec: &dyn EventCodec,
) -> Result<Vec<Event>, StoreError> {
    let read = read_after(connection, rows, codec, |_| Ok(())).await?;
    Ok(read.into_iter().map(|(_, event)| event).collect())
}

/// Reads events from rows of [`columns`], before which stands what `first` reads.
///
/// The log has the ids of messages that were sent and edited; their text is read from the messages as they are now.
pub(crate) async fn read_after<T>(
    connection: &mut Connection,
    rows: &[Row],
    codec: &dyn EventCodec,
    first: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<(T, Event)>, StoreError> {
    let (mut found, mut has_learned) = (Vec::with_capacity(rows.len()), false);
    let (mut needed, mut incomplete) = (Vec::new(), Vec::new());
    for (number, row) in rows.iter().enumerate() {
        let mut columns = row.columns();
        let before = first(&mut columns)?;
        let mut read = read_columns(columns.clone(), codec, &StoredMessages::new());
        if read.is_err() && !has_learned {
            // It may be of a domain that another process gave its number meanwhile.
            connection.learn_origins().await?;
            has_learned = true;
            read = read_columns(columns.clone(), codec, &StoredMessages::new());
        }
        let (event, needs) = match read {
            Ok(read) => read,
            Err(error) => (skipped(columns, &error)?, None),
        };
        if let Some(needs) = needs {
            needed.push(needs);
            incomplete.push(number);
        }
        found.push((before, event));
    }
    if needed.is_empty() {
        return Ok(found);
    }
    let there = messages::by_ids(connection, &needed).await?;
    for (number, needs) in incomplete.into_iter().zip(&needed) {
        let mut columns = rows[number].columns();
        first(&mut columns)?;
        found[number].1 = if there.damaged.contains(needs) {
            unreadable(columns)?
        } else {
            match read_columns(columns.clone(), codec, &there.messages) {
                Ok((event, _)) => event,
                Err(error) => skipped(columns, &error)?,
            }
        };
    }
    Ok(found)
}

/// Reads one event, and which message it needs that is not among those given: without it its deletion is told.
fn read_columns(
    mut columns: Columns<'_>,
    codec: &dyn EventCodec,
    messages: &StoredMessages,
) -> Result<(Event, Option<(ChannelKey, MessageId)>), StoreError> {
    let position = Position(columns.int()?);
    let stream = read_stream(&mut columns)?;
    let (seq, at) = (columns.int()?, columns.time()?);
    let (kind, record) = (columns.text()?, columns.bytes()?);
    let decoded = codec.decode(kind, record, messages).map_err(StoreError::new)?;
    let needs = match &decoded {
        Decoded::Needs(channel, id) => Some((channel.clone(), *id)),
        Decoded::Body(_) => None,
    };
    Ok((Event { position, stream, seq, at, body: decoded.or_deleted() }, needs))
}

/// An event that cannot be read is counted, and the log says why.
fn skipped(columns: Columns<'_>, error: &StoreError) -> Result<Event, StoreError> {
    let event = unreadable(columns)?;
    metrics::counter!("beep_log_records_skipped_total").increment(1);
    tracing::error!(position = event.position.0, %error, "a record of the log is skipped");
    Ok(event)
}

/// What is left of an event that cannot be read: so nobody waits for it, and nobody misses its place.
fn unreadable(mut columns: Columns<'_>) -> Result<Event, StoreError> {
    let position = Position(columns.int()?);
    let stream = read_stream_or_guess(&mut columns);
    let (seq, at) = (columns.int().unwrap_or_default(), columns.time().unwrap_or(Timestamp::from_millis(0)));
    let kind = columns.text().unwrap_or_default().to_owned();
    Ok(Event { position, stream, seq, at, body: EventBody::Unreadable { kind } })
}

const SCOPES_OF: &str = "SELECT scope, origin, kind FROM event_scope WHERE position = $1";

const STATE: &str = "SELECT id, head, kept_after FROM log";

macro_rules! columns {
    () => {
        "event.position,
        event.stream,
        event.stream_origin,
        event.stream_kind,
        event.stream_space,
        event.seq,
        event.happened_at,
        event.kind,
        event.data"
    };
}
pub(crate) use columns;

// Each scope is read up to its own `limit`th event: a range of the index, however much is kept.
macro_rules! for_user {
    ($only:literal) => {
        concat!(
            "WITH scopes AS MATERIALIZED (
        SELECT space_id AS scope, CAST(1 AS BIGINT) AS kind, origin
        FROM member
        WHERE user_id = $1 AND user_origin = $2
        UNION ALL
        SELECT $1, 2, $2
    ),
    bounds AS MATERIALIZED (
        SELECT
            scopes.scope,
            scopes.kind,
            scopes.origin,
            COALESCE((
                SELECT kept.position
                FROM event_scope AS kept
                WHERE kept.scope = scopes.scope AND kept.kind = scopes.kind AND kept.origin = scopes.origin
                    AND kept.position > $3 AND kept.position <= $4 ",
            $only,
            "
                ORDER BY kept.position
                LIMIT 1 OFFSET $5
            ), $4) AS last
        FROM scopes
    )
    SELECT ",
            columns!(),
            " FROM (
        SELECT DISTINCT kept.position AS position
        FROM bounds
        CROSS JOIN event_scope AS kept
        WHERE kept.scope = bounds.scope AND kept.kind = bounds.kind AND kept.origin = bounds.origin
            AND kept.position > $3 AND kept.position <= bounds.last ",
            $only,
            "
        ORDER BY 1
        LIMIT $6 + 0
    ) AS found
    CROSS JOIN event
    WHERE event.position = found.position
    ORDER BY event.position"
        )
    };
}

const FOR_USER: &str = for_user!("");

const CHANGES_FOR_USER: &str = for_user!("AND kept.changes = 1");

const AFTER: &str = concat!("SELECT ", columns!(), " FROM event WHERE position > $1 ORDER BY position LIMIT $2 + 0");

const OF_CHANNEL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM event WHERE stream = $1 AND stream_origin = $2 AND stream_kind = 0 AND seq > $3 ORDER BY seq LIMIT $4 + 0"
);
