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
use super::table::Table;
use crate::fold::fold;

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
            return connection.execute(TABLE.remove(), &args![user.id, &user.home]).await.map(drop);
        }
    };
    let display_name = user.display_name.as_ref().map(DisplayName::as_str);
    let folded = display_name.map(fold);
    let values = args![
        user.key.id,
        &user.key.home,
        user.username.as_str(),
        display_name,
        folded.as_deref(),
        user.bio.as_ref().map(Bio::as_str),
        user.deleted,
        user.created_at,
        *seen_at,
    ];
    connection.execute(TABLE.put(), &values).await.map(drop)
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

static FIND: Batch = Batch::new(
    "SELECT id, origin, username, display_name, bio, deleted, created_at, seen_at
    FROM remote_user
    WHERE (id, origin) IN (",
    2,
    ")",
);
