//! What of somebody is to be deleted from a server.

use beep_core::ban::Purge;
use beep_core::id::{ChannelKey, Id, MessageId};
use beep_core::port::StoreError;
use beep_core::record::RecordWrite;

use super::arg::args;
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::Table;

static TABLE: Table = Table::new(
    "purge",
    &["space_id", "origin", "author_id", "author_origin", "since", "until"],
    &["reached_channel", "reached_message"],
);

/// Keeps that something is to be deleted, or that it is done.
pub(crate) async fn write(connection: &mut Connection, write: &RecordWrite<Purge>) -> Result<(), StoreError> {
    match write {
        RecordWrite::Put(Purge { server, author, since, until, reached }) => {
            let channel = reached.as_ref().map(|(channel, _)| channel.id);
            let message = reached.as_ref().map(|(_, message)| *message);
            let values = args![server.id, &server.home, author.id, &author.home, *since, *until, channel, message];
            connection.execute(TABLE.put(), &values).await?;
        }
        RecordWrite::Remove((server, author, since, until)) => {
            let key = args![server.id, &server.home, author.id, &author.home, *since, *until];
            connection.execute(TABLE.remove(), &key).await?;
        }
    }
    Ok(())
}

/// One that is not done.
pub(crate) async fn any(connection: &mut Connection) -> Result<Option<Purge>, StoreError> {
    let row = connection.fetch_optional(ANY, &[]).await?;
    row.map(|row| read(&mut row.columns())).transpose()
}

fn read(columns: &mut Columns<'_>) -> Result<Purge, StoreError> {
    let (server, author, since) = (columns.qualified()?, columns.qualified()?, columns.time()?);
    let until = columns.time()?;
    let (channel, message) = (columns.id_or_none()?, columns.id_or_none()?);
    let reached =
        channel.zip(message).map(|(channel, message)| (ChannelKey::new(channel, server.home.clone()), message));
    Ok(Purge { server, author, since, until, reached })
}

/// The messages that it deletes next.
pub(crate) async fn next(
    connection: &mut Connection,
    purge: &Purge,
    limit: u32,
) -> Result<Vec<(ChannelKey, MessageId)>, StoreError> {
    let Purge { server, author, since, until, reached } = purge;
    // Ids are never older than their messages, so those of before need not be looked at.
    let oldest = MessageId::generate(*since, [0; 10]);
    let channel = first(reached.as_ref().map(|(channel, _)| channel.id));
    let message = first(reached.as_ref().map(|(_, message)| *message));
    let values =
        args![server.id, &server.home, author.id, &author.home, *since, oldest, channel, message, *until, limit];
    let rows = connection.fetch_all(NEXT, &values).await?;
    let read = rows.iter().map(|row| {
        let mut columns = row.columns();
        Ok((columns.qualified()?, columns.id()?))
    });
    read.collect()
}

const ANY: &str = "
    SELECT space_id, origin, author_id, author_origin, since, until, reached_channel, reached_message
    FROM purge
    LIMIT 1";

const NEXT: &str = "
    SELECT message.channel_id, message.origin, message.id
    FROM channel
    JOIN message ON message.channel_id = channel.id AND message.origin = channel.origin AND message.id >= $6
    WHERE channel.space_id = $1 AND channel.origin = $2 AND channel.id >= $7
        AND message.author_id = $3 AND message.author_origin = $4 AND message.created_at >= $5 AND message.created_at <= $9
        AND (message.channel_id, message.id) > ($7, $8)
    ORDER BY message.channel_id, message.id
    LIMIT $10 + 0";
