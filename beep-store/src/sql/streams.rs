//! The positions of the streams to and from other backends, and the dead letters.

use std::collections::BTreeMap;

use beep_core::domain::Domain;
use beep_core::port::{DeadLetter, DeadLetters, Outbound, StoreError, StreamGuard, StreamMark, StreamWrite};

use super::arg::args;
use super::connection::Connection;
use super::row::Row;
use super::table::Table;
use crate::MOST_DEAD_LETTERS;

static INBOUND_TABLE: Table = Table::new("inbound", &["origin"], &["stream", "seq"]);

pub(crate) async fn outbound(connection: &mut Connection) -> Result<Vec<Outbound>, StoreError> {
    connection.fetch_all(OUTBOUND, &[]).await?.iter().map(read_outbound).collect()
}

pub(crate) async fn outbound_to(connection: &mut Connection, to: &Domain) -> Result<Option<Outbound>, StoreError> {
    let row = connection.fetch_optional(OUTBOUND_TO, &args![to]).await?;
    row.as_ref().map(read_outbound).transpose()
}

fn read_outbound(row: &Row) -> Result<Outbound, StoreError> {
    let mut columns = row.columns();
    let (to, stream, seq) = (columns.origin()?, columns.uuid()?, columns.int()?);
    let (last, waits_since) = (columns.int()?, columns.time_or_none()?);
    Ok(Outbound { to, acknowledged: StreamMark { stream, seq }, last, waits_since })
}

pub(crate) async fn inbound(connection: &mut Connection, origin: &Domain) -> Result<Option<StreamMark>, StoreError> {
    let row = connection.fetch_optional(INBOUND, &args![origin]).await?;
    row.map(|row| {
        let mut columns = row.columns();
        Ok(StreamMark { stream: columns.uuid()?, seq: columns.int()? })
    })
    .transpose()
}

/// Writes what is to be written of the streams.
pub(crate) async fn write(connection: &mut Connection, write: &StreamWrite) -> Result<(), StoreError> {
    match write {
        StreamWrite::Receive(origin, mark) => {
            connection.execute(INBOUND_TABLE.put(), &args![origin, mark.stream, mark.seq]).await?;
        }
        StreamWrite::SetAside(DeadLetter { origin, seq, error, about, at }) => {
            let values = args![origin, *seq, error, about, *at];
            connection.execute(PUT_DEAD_LETTER, &values).await?;
            connection.execute(FORGET_DEAD_LETTERS, &args![origin, MOST_DEAD_LETTERS]).await?;
        }
        StreamWrite::Acknowledge(to, seq) => {
            for sql in [ACKNOWLEDGE, DEQUEUE] {
                connection.execute(sql, &args![to, *seq]).await?;
            }
        }
        StreamWrite::Reset(to, stream) => {
            connection.execute(CLEAR, &args![to]).await?;
            connection.execute(RESET, &args![to, *stream]).await?;
        }
    }
    Ok(())
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &StreamGuard) -> Result<bool, StoreError> {
    let StreamGuard::ReceivedUpTo { origin, mark } = guard;
    Ok(inbound(connection, origin).await? == *mark)
}

pub(crate) async fn dead_letters(
    connection: &mut Connection,
    each: u32,
) -> Result<BTreeMap<Domain, DeadLetters>, StoreError> {
    let mut all: BTreeMap<Domain, DeadLetters> = BTreeMap::new();
    for row in connection.fetch_all(DEAD_LETTERS, &args![each]).await? {
        let mut columns = row.columns();
        let (origin, seq, error) = (columns.origin()?, columns.int()?, columns.text()?.to_owned());
        let aside = DeadLetter { origin, seq, error, about: columns.text()?.to_owned(), at: columns.time()? };
        let of = all.entry(aside.origin.clone()).or_default();
        of.kept = columns.int()?;
        of.youngest.push(aside);
    }
    Ok(all)
}

macro_rules! outbound {
    ($which:literal) => {
        concat!(
            "SELECT
                outbound.remote,
                outbound.stream,
                outbound.acknowledged,
                outbound.last,
                (
                    SELECT event.happened_at
                    FROM outbound_event
                    JOIN event ON event.position = outbound_event.position
                    WHERE outbound_event.remote = outbound.remote
                    ORDER BY outbound_event.seq
                    LIMIT 1
                )
            FROM outbound ",
            $which
        )
    };
}

const OUTBOUND: &str = outbound!("ORDER BY outbound.remote");
const OUTBOUND_TO: &str = outbound!("WHERE outbound.remote = $1");

const INBOUND: &str = "SELECT stream, seq FROM inbound WHERE origin = $1";

const ACKNOWLEDGE: &str = "UPDATE outbound SET acknowledged = $2 WHERE remote = $1 AND acknowledged < $2";

const DEQUEUE: &str = "DELETE FROM outbound_event WHERE remote = $1 AND seq <= $2";

const CLEAR: &str = "DELETE FROM outbound_event WHERE remote = $1";

const RESET: &str = "
    INSERT INTO outbound (remote, stream, last, acknowledged)
    VALUES ($1, $2, 0, 0)
    ON CONFLICT (remote) DO UPDATE SET stream = excluded.stream, last = 0, acknowledged = 0";

const PUT_DEAD_LETTER: &str = "
    INSERT INTO dead_letter (origin, seq, error, about, received_at)
    VALUES ($1, $2, $3, $4, $5)";

// Whoever sends nonsense must not fill the disk with it.
const FORGET_DEAD_LETTERS: &str = "
    DELETE FROM dead_letter
    WHERE origin = $1 AND received_at < (
        SELECT received_at
        FROM dead_letter
        WHERE origin = $1
        ORDER BY received_at DESC
        LIMIT 1 OFFSET $2 + 0
    )";

const DEAD_LETTERS: &str = "
    SELECT origin, seq, error, about, received_at, kept
    FROM (
        SELECT
            origin,
            seq,
            error,
            about,
            received_at,
            COUNT(*) OVER (PARTITION BY origin) AS kept,
            ROW_NUMBER() OVER (PARTITION BY origin ORDER BY received_at DESC, seq DESC) AS place
        FROM dead_letter
    ) AS aside
    WHERE place <= $1
    ORDER BY origin, place";
