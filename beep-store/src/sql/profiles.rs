//! Users of other backends, as they were when last heard of.

use beep_core::account::User;
use beep_core::id::UserKey;
use beep_core::port::{RemoteProfile, StoreError};
use beep_core::record::RecordWrite;
use beep_core::text::{Bio, DisplayName, Username};
use beep_core::time::Timestamp;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::name_parts::{self, Names, Renamed};
use super::row::Row;
use super::table::Table;

static TABLE: Table = Table::new(
    "remote_user",
    &["id", "origin"],
    &["username", "display_name", "display_name_folded", "bio", "deleted", "created_at", "seen_at"],
);

/// Keeps a profile, or lets go of one.
pub(crate) async fn write(connection: &mut Connection, write: &RecordWrite<RemoteProfile>) -> Result<(), StoreError> {
    let RemoteProfile { user, seen_at } = match write {
        RecordWrite::Put(profile) => profile,
        RecordWrite::Remove(user) => {
            let row = connection.fetch_optional(NAMES, &args![user.id, &user.home]).await?;
            return remove_all(connection, row.as_slice()).await;
        }
    };
    let row = connection.fetch_optional(NAMES, &args![user.key.id, &user.key.home]).await?;
    let before = row.as_ref().map(named).transpose()?.map(|(_, names)| names);
    let names = Names::of(user, connection.domain());
    let renamed = Renamed { user: &user.key, before: before.as_ref(), now: Some(&names) };
    name_parts::rename(connection, &[renamed]).await?;
    let values = args![
        user.key.id,
        &user.key.home,
        user.username.as_str(),
        user.display_name.as_ref().map(DisplayName::as_str),
        names.display_name(),
        user.bio.as_ref().map(Bio::as_str),
        user.deleted,
        user.created_at,
        *seen_at,
    ];
    connection.execute(TABLE.put(), &values).await.map(drop)
}

/// Lets go of profiles, given their id, origin, username and folded display name.
pub(crate) async fn remove_all(connection: &mut Connection, rows: &[Row]) -> Result<(), StoreError> {
    let gone = rows.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    let renamed = gone.iter().map(|(user, names)| Renamed { user, before: Some(names), now: None });
    name_parts::rename(connection, &renamed.collect::<Vec<_>>()).await?;
    let users: Vec<Arg<'_>> = gone.iter().flat_map(|(user, _)| args![user.id, &user.home]).collect();
    REMOVE.execute(connection, &users).await.map(drop)
}

fn named(row: &Row) -> Result<(UserKey, Names), StoreError> {
    let mut columns = row.columns();
    let user: UserKey = columns.qualified()?;
    let username = columns.text()?.to_owned();
    let display_name = columns.text_or_none()?.map(str::to_owned);
    let names = Names::of_remote(&username, &user.home, display_name);
    Ok((user, names))
}

pub(crate) async fn find(connection: &mut Connection, users: &[UserKey]) -> Result<Vec<(User, Timestamp)>, StoreError> {
    let mut asked: Vec<Arg<'_>> = Vec::with_capacity(users.len() * 2);
    for user in users {
        asked.extend(args![user.id, &user.home]);
    }
    let mut found = Vec::new();
    for row in FIND.fetch(connection, &asked).await? {
        let mut columns = row.columns();
        let user = User {
            key: columns.qualified()?,
            username: columns.parsed(Username::parse)?,
            display_name: columns.parsed_or_none(DisplayName::parse)?,
            bio: columns.parsed_or_none(Bio::parse)?,
            deleted: columns.bool()?,
            created_at: columns.time()?,
        };
        found.push((user, columns.time()?));
    }
    Ok(found)
}

const NAMES: &str = "
    SELECT id, origin, username, display_name_folded
    FROM remote_user
    WHERE id = $1 AND origin = $2";

static REMOVE: Batch = Batch::new("DELETE FROM remote_user WHERE (id, origin) IN (", 2, ")");

static FIND: Batch = Batch::new(
    "SELECT id, origin, username, display_name, bio, deleted, created_at, seen_at
    FROM remote_user
    WHERE (id, origin) IN (",
    2,
    ")",
);
