//! Whom users have blocked.

use beep_core::block::Block;
use beep_core::id::{UserId, UserKey};
use beep_core::port::StoreError;

use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new("block", &["user_id", "other_id", "other_origin"], &["since"]);

impl Stored for Block {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((user, other): &Self::Key) -> Vec<Arg<'_>> {
        args![*user, other.id, &other.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { user, other, since } = self;
        args![*user, other.id, &other.home, *since].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self { user: columns.id()?, other: columns.qualified()?, since: columns.time()? })
    }
}

pub(crate) async fn page(
    connection: &mut Connection,
    user: UserId,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Block>, StoreError> {
    let (id, home) = (first(after.map(|other| other.id)), after.map(|other| &other.home));
    let rows = connection.fetch_all(PAGE.text(), &args![user, id, home, limit]).await?;
    table::read_all(&rows)
}

/// Who has blocked somebody.
pub(crate) async fn of(connection: &mut Connection, other: &UserKey) -> Result<Vec<UserId>, StoreError> {
    let rows = connection.fetch_all(OF, &args![other.id, &other.home]).await?;
    rows.iter().map(|row| row.columns().id()).collect()
}

const OF: &str = "SELECT user_id FROM block WHERE other_id = $1 AND other_origin = $2";

static PAGE: Select = Select::new(
    &TABLE,
    "WHERE block.user_id = $1 AND (block.other_id, block.other_origin) > ($2, $3)
    ORDER BY block.other_id, block.other_origin
    LIMIT $4 + 0",
);
