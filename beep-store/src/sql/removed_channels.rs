//! Channels that are gone. Nobody finds their messages any more; these are removed bit by bit, with reactions and with what
//! was read, so that nobody waits for all of them.

use beep_core::id::{ChannelKey, SpaceKey};
use beep_core::port::StoreError;

use super::arg::args;
use super::connection::Connection;

/// Has the messages of a channel that is gone be removed, some of them at once.
pub(crate) async fn add(connection: &mut Connection, channel: &ChannelKey) -> Result<(), StoreError> {
    connection.execute(ADD, &args![channel.id, &channel.home]).await?;
    for sql in REMOVE_SOME {
        connection.execute(sql, &args![channel.id, &channel.home, AT_ONCE]).await?;
    }
    connection.execute(FORGET, &args![channel.id, &channel.home]).await.map(drop)
}

/// The same of all channels of a space that is about to go.
pub(crate) async fn add_all(connection: &mut Connection, space: &SpaceKey) -> Result<(), StoreError> {
    connection.execute(ADD_ALL, &args![space.id, &space.home]).await.map(drop)
}

/// Removes all messages of a channel that was gone, as it comes to be there again. What was read of it stays: it was a replica
/// that is replaced.
pub(crate) async fn finish(connection: &mut Connection, channel: &ChannelKey) -> Result<(), StoreError> {
    if connection.fetch_optional(IS_REMOVED, &args![channel.id, &channel.home]).await?.is_some() {
        for sql in [REMOVE_ALL, REMOVE_ALL_REACTIONS, KEEP] {
            connection.execute(sql, &args![channel.id, &channel.home]).await?;
        }
    }
    Ok(())
}

/// Removes some messages, reactions and marks of channels that are gone; says whether there may be more.
pub(crate) async fn sweep(connection: &mut Connection) -> Result<bool, StoreError> {
    let mut left = AT_ONCE;
    while left > 0 {
        let Some(row) = connection.fetch_optional(ANY, &[]).await? else { return Ok(false) };
        let channel: ChannelKey = row.columns().qualified()?;
        for sql in REMOVE_SOME {
            let removed = connection.execute(sql, &args![channel.id, &channel.home, left]).await?;
            left -= i64::try_from(removed).unwrap_or(left).min(left);
        }
        connection.execute(FORGET, &args![channel.id, &channel.home]).await?;
    }
    Ok(true)
}

/// How many messages, reactions and marks are removed at once.
pub(crate) const AT_ONCE: i64 = 1_000;

const ADD: &str = "INSERT INTO removed_channel (channel_id, origin) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const ADD_ALL: &str = "
    INSERT INTO removed_channel (channel_id, origin)
    SELECT id, origin
    FROM channel
    WHERE space_id = $1 AND origin = $2
    ON CONFLICT DO NOTHING";

const IS_REMOVED: &str = "SELECT 1 FROM removed_channel WHERE channel_id = $1 AND origin = $2";

const ANY: &str = "SELECT channel_id, origin FROM removed_channel LIMIT 1";

const REMOVE_SOME: [&str; 3] = [REMOVE_SOME_MESSAGES, REMOVE_SOME_REACTIONS, REMOVE_SOME_MARKS];

const REMOVE_SOME_MESSAGES: &str = "
    DELETE FROM message
    WHERE (channel_id, origin, id) IN (
        SELECT channel_id, origin, id
        FROM message
        WHERE channel_id = $1 AND origin = $2
        LIMIT $3 + 0
    )";

const REMOVE_ALL: &str = "DELETE FROM message WHERE channel_id = $1 AND origin = $2";

const REMOVE_SOME_REACTIONS: &str = "
    DELETE FROM reaction
    WHERE (channel_id, origin, user_id, user_origin, message_id, emoji) IN (
        SELECT channel_id, origin, user_id, user_origin, message_id, emoji
        FROM reaction
        WHERE channel_id = $1 AND origin = $2
        LIMIT $3 + 0
    )";

const REMOVE_SOME_MARKS: &str = "
    DELETE FROM read_mark
    WHERE (user_id, channel_id, origin) IN (
        SELECT user_id, channel_id, origin
        FROM read_mark
        WHERE channel_id = $1 AND origin = $2
        LIMIT $3 + 0
    )";

const REMOVE_ALL_REACTIONS: &str = "DELETE FROM reaction WHERE channel_id = $1 AND origin = $2";

const KEEP: &str = "DELETE FROM removed_channel WHERE channel_id = $1 AND origin = $2";

const FORGET: &str = "
    DELETE FROM removed_channel
    WHERE channel_id = $1 AND origin = $2
        AND NOT EXISTS (SELECT 1 FROM message WHERE message.channel_id = $1 AND message.origin = $2)
        AND NOT EXISTS (SELECT 1 FROM reaction WHERE reaction.channel_id = $1 AND reaction.origin = $2)
        AND NOT EXISTS (SELECT 1 FROM read_mark WHERE read_mark.channel_id = $1 AND read_mark.origin = $2)";
