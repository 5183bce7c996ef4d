//! Deleted accounts of which something is left to remove, and what is erased with an account.

use beep_core::account::User;
use beep_core::account_removal::AccountRemoval;
use beep_core::event::{EventBody, EventKind};
use beep_core::id::UserId;
use beep_core::port::{RemovalWrite, StoreError};

use super::arg::{Arg, args};
use super::connection::Connection;
use super::group::Group;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new("account_removal", &["user_id"], &["deleted_at"]);

impl Stored for AccountRemoval {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(user: &Self::Key) -> Vec<Arg<'_>> {
        args![*user].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.user, self.deleted_at].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self { user: columns.id()?, deleted_at: columns.time()? })
    }
}

/// Erases what is kept of an account, or forgets that something of it was left.
pub(crate) async fn write(group: &mut Group<'_>, write: &RemovalWrite) -> Result<(), StoreError> {
    match write {
        RemovalWrite::Begin(removal, erased) => {
            table::put(group.connection, removal).await?;
            erase(group, removal.user, erased).await
        }
        RemovalWrite::End(user) => group.connection.execute(TABLE.remove(), &args![*user]).await.map(drop),
    }
}

async fn erase(group: &mut Group<'_>, user: UserId, erased: &User) -> Result<(), StoreError> {
    for sql in [ERASE_DEVICES, ERASE_ANSWERS, ERASE_READ_MARKS] {
        group.connection.execute(sql, &args![user]).await?;
    }
    let profile = group.parts.codec.encode(&EventBody::UserUpdated(erased.clone()));
    let values = args![user, EventKind::UserUpdated.name(), profile.as_slice()];
    group.connection.execute(ERASE_PROFILES, &values).await.map(drop)
}

pub(crate) async fn page(
    connection: &mut Connection,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<AccountRemoval>, StoreError> {
    table::read_all(&connection.fetch_all(PAGE.text(), &args![first(after), limit]).await?)
}

static PAGE: Select = Select::new(&TABLE, "WHERE user_id > $1 ORDER BY user_id LIMIT $2 + 0");

const ERASE_DEVICES: &str = "UPDATE session SET label = NULL, address = NULL WHERE user_id = $1";

const ERASE_ANSWERS: &str = "DELETE FROM idempotency_key WHERE caller_id = $1 AND caller_origin = 0";

const ERASE_READ_MARKS: &str = "DELETE FROM read_mark WHERE user_id = $1";

const ERASE_PROFILES: &str = "
    UPDATE event
    SET data = $3
    WHERE stream = $1 AND stream_origin = 0 AND stream_kind = 2 AND kind = $2";
