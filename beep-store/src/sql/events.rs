//! Reading the log.

use async_trait::async_trait;
use beep_core::event::{Event, Position};
use beep_core::id::{ChannelKey, UserKey};
use beep_core::port::{EventCodec, Events, LogState, Snapshot, StoreError, Which};
use beep_core::time::Timestamp;

use super::arg::args;
use super::log::read_stream;
use super::row::{Columns, Row};
use super::{SqlStore, snapshot};

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
        let rows = self.readers.acquire().await?.fetch_all(sql, &values).await?;
        self.read_events(&rows)
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(AFTER, &args![after, limit]).await?;
        self.read_events(&rows)
    }

    async fn channel_events(&self, channel: &ChannelKey, after_seq: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let rows = self
            .readers
            .acquire()
            .await?
            .fetch_all(OF_CHANNEL, &args![channel.id, &channel.home, after_seq, limit])
            .await?;
        self.read_events(&rows)
    }

    async fn snapshot(&self, user: &UserKey) -> Result<Snapshot, StoreError> {
        snapshot::take(&mut self.readers.read().await?, user).await
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

impl SqlStore {
    fn read_events(&self, rows: &[Row]) -> Result<Vec<Event>, StoreError> {
        rows.iter().map(|row| read(row, &*self.parts.codec)).collect()
    }
}

fn read(row: &Row, codec: &dyn EventCodec) -> Result<Event, StoreError> {
    read_columns(&mut row.columns(), codec)
}

/// Reads [`columns`] of an event.
pub(crate) fn read_columns(columns: &mut Columns<'_>, codec: &dyn EventCodec) -> Result<Event, StoreError> {
    let position = Position(columns.int()?);
    let stream = read_stream(columns)?;
    let (seq, at) = (columns.int()?, columns.time()?);
    let body = codec.decode(columns.text()?, columns.bytes()?).map_err(StoreError::new)?;
    Ok(Event { position, stream, seq, at, body })
}

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
        SELECT space_id AS scope, origin FROM member WHERE user_id = $1 AND user_origin = $2
        UNION ALL
        SELECT $1, $2
    ),
    bounds AS MATERIALIZED (
        SELECT
            scopes.scope,
            scopes.origin,
            COALESCE((
                SELECT kept.position
                FROM event_scope AS kept
                WHERE kept.scope = scopes.scope AND kept.origin = scopes.origin
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
        WHERE kept.scope = bounds.scope AND kept.origin = bounds.origin
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
