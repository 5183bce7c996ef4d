//! People who may not come back to a server.

use beep_core::ban::Ban;
use beep_core::id::{ServerId, UserKey};
use beep_core::port::StoreError;
use beep_core::text::Reason;

use super::arg::args;
use super::connection::Connection;
use super::row::Row;
use super::servers::first;

pub(crate) async fn find(
    connection: &mut Connection,
    server: ServerId,
    user: &UserKey,
) -> Result<Option<Ban>, StoreError> {
    let values = args![server, user.id, user.home.as_str()];
    connection.fetch_optional(FIND, &values).await?.as_ref().map(read).transpose()
}

pub(crate) async fn page(
    connection: &mut Connection,
    server: ServerId,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Ban>, StoreError> {
    let (id, home) = (first(after.map(|user| user.id)), after.map_or("", |user| user.home.as_str()));
    let rows = connection.fetch_all(PAGE, &args![server, id, home, limit]).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(connection: &mut Connection, ban: &Ban) -> Result<(), StoreError> {
    let values = args![
        ban.server.id,
        ban.user.id,
        ban.user.home.as_str(),
        ban.reason.as_ref().map(Reason::as_str),
        ban.by.id,
        ban.by.home.as_str(),
        ban.created_at,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, server: ServerId, user: &UserKey) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![server, user.id, user.home.as_str()]).await.map(drop)
}

fn read(row: &Row) -> Result<Ban, StoreError> {
    let mut columns = row.columns();
    Ok(Ban {
        server: columns.qualified()?,
        user: columns.qualified()?,
        reason: columns.parsed_or_none(Reason::parse)?,
        by: columns.qualified()?,
        created_at: columns.time()?,
    })
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT
                ban.server_id,
                server.home,
                ban.user_id,
                ban.user_home,
                ban.reason,
                ban.by_id,
                ban.by_home,
                ban.created_at
            FROM ban
            JOIN server ON server.id = ban.server_id
            WHERE ban.server_id = $1 AND ",
            $condition
        )
    };
}

const FIND: &str = select!("ban.user_id = $2 AND ban.user_home = $3");

const PAGE: &str = select!("(ban.user_id, ban.user_home) > ($2, $3) ORDER BY ban.user_id, ban.user_home LIMIT $4 + 0");

const PUT: &str = "
    INSERT INTO ban (
        server_id,
        user_id,
        user_home,
        reason,
        by_id,
        by_home,
        created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (server_id, user_id, user_home) DO UPDATE SET
        reason = excluded.reason,
        by_id = excluded.by_id,
        by_home = excluded.by_home,
        created_at = excluded.created_at";

const REMOVE: &str = "DELETE FROM ban WHERE server_id = $1 AND user_id = $2 AND user_home = $3";
