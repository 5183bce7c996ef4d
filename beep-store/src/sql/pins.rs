//! Messages that are pinned to their channel. A pin goes with its message.

use beep_core::id::{ChannelKey, MessageId, UserKey};
use beep_core::message::Pin;
use beep_core::port::StoreError;

use super::arg::args;
use super::connection::Connection;
use super::group::Group;
use super::messages;
use super::row::Row;

/// Pins a message of this backend.
pub(crate) async fn put(
    group: &mut Group<'_>,
    channel: &ChannelKey,
    id: MessageId,
    by: &UserKey,
) -> Result<(), StoreError> {
    group.connection.number_origin(&by.home).await?;
    let values = args![channel.id, &channel.home, id, group.now, by.id, &by.home];
    group.connection.execute(PUT, &values).await.map(drop)
}

/// Says whether the copy of another backend's message is pinned, if it is there. Nobody lists these, so nothing else of the
/// pin is kept.
pub(crate) async fn copy(
    connection: &mut Connection,
    channel: &ChannelKey,
    id: MessageId,
    is_pinned: bool,
) -> Result<(), StoreError> {
    connection.execute(COPY, &args![channel.id, &channel.home, id, is_pinned]).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, channel: &ChannelKey, id: MessageId) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![channel.id, &channel.home, id]).await.map(drop)
}

pub(crate) async fn count(connection: &mut Connection, channel: &ChannelKey) -> Result<u32, StoreError> {
    connection.fetch_one(COUNT, &args![channel.id, &channel.home]).await?.columns().int()
}

/// The pins of a channel, newest first.
pub(crate) async fn list(
    connection: &mut Connection,
    channel: &ChannelKey,
    limit: u32,
) -> Result<Vec<Pin>, StoreError> {
    let rows = connection.fetch_all(LIST, &args![channel.id, &channel.home, limit]).await?;
    messages::read_rows(connection, &rows, read).await
}

fn read(row: &Row) -> Result<Pin, StoreError> {
    let mut columns = row.columns();
    Ok(Pin { message: messages::read(&mut columns)?, by: columns.qualified()?, at: columns.time()? })
}

// Later than every other pin of the channel, whatever the clock did.
const PUT: &str = "
    UPDATE message SET
        pinned_at = (
            SELECT CASE WHEN newest.pinned_at >= $4 THEN newest.pinned_at + 1 ELSE $4 END
            FROM (
                SELECT COALESCE(MAX(pinned_at), 0) AS pinned_at
                FROM message
                WHERE channel_id = $1 AND origin = $2 AND pinned_at IS NOT NULL
            ) AS newest
        ),
        pinned_by_id = $5,
        pinned_by_origin = $6
    WHERE channel_id = $1 AND origin = $2 AND id = $3";

const COPY: &str = "
    UPDATE message SET pinned_at = CASE WHEN $4 THEN COALESCE(pinned_at, created_at) ELSE NULL END
    WHERE channel_id = $1 AND origin = $2 AND id = $3";

const REMOVE: &str = "
    UPDATE message SET pinned_at = NULL, pinned_by_id = NULL, pinned_by_origin = NULL
    WHERE channel_id = $1 AND origin = $2 AND id = $3";

const COUNT: &str = "SELECT COUNT(*) FROM message WHERE channel_id = $1 AND origin = $2 AND pinned_at IS NOT NULL";

const LIST: &str = concat!(
    "SELECT ",
    messages::columns!(),
    ", message.pinned_by_id, message.pinned_by_origin, message.pinned_at
    FROM message
    WHERE message.channel_id = $1 AND message.origin = $2 AND message.pinned_at IS NOT NULL
    ORDER BY message.pinned_at DESC, message.id DESC
    LIMIT $3 + 0"
);
