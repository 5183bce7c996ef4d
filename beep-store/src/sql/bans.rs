//! People who may not come back to a server.

use beep_core::ban::Ban;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::port::StoreError;
use beep_core::text::Reason;

use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Row;
use super::spaces::first;

pub(crate) async fn find(
    connection: &mut Connection,
    server: &SpaceKey,
    user: &UserKey,
) -> Result<Option<Ban>, StoreError> {
    let values = args![server.id, &server.home, user.id, &user.home];
    connection.fetch_optional(FIND, &values).await?.as_ref().map(read).transpose()
}

pub(crate) async fn page(
    connection: &mut Connection,
    server: &SpaceKey,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Ban>, StoreError> {
    let (id, home) = (first(after.map(|user| user.id)), after.map(|user| &user.home));
    let rows = connection.fetch_all(PAGE, &args![server.id, &server.home, id, home, limit]).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(connection: &mut Connection, ban: &Ban) -> Result<(), StoreError> {
    let values = args![
        ban.server.id,
        &ban.server.home,
        ban.user.id,
        Arg::Named(&ban.user.home),
        ban.reason.as_ref().map(Reason::as_str),
        ban.by.id,
        &ban.by.home,
        ban.created_at,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, server: &SpaceKey, user: &UserKey) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![server.id, &server.home, user.id, &user.home]).await.map(drop)
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
                ban.space_id,
                ban.origin,
                ban.user_id,
                ban.user_origin,
                ban.reason,
                ban.by_id,
                ban.by_origin,
                ban.created_at
            FROM ban
            WHERE ban.space_id = $1 AND ban.origin = $2 AND ",
            $condition
        )
    };
}

const FIND: &str = select!("ban.user_id = $3 AND ban.user_origin = $4");

const PAGE: &str =
    select!("(ban.user_id, ban.user_origin) > ($3, $4) ORDER BY ban.user_id, ban.user_origin LIMIT $5 + 0");

const PUT: &str = "
    INSERT INTO ban (
        space_id,
        origin,
        user_id,
        user_origin,
        reason,
        by_id,
        by_origin,
        created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (space_id, origin, user_id, user_origin) DO UPDATE SET
        reason = excluded.reason,
        by_id = excluded.by_id,
        by_origin = excluded.by_origin,
        created_at = excluded.created_at";

const REMOVE: &str = "
    DELETE FROM ban
    WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4";
