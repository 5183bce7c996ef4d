//! People who may not come back to a server.

use beep_core::ban::Ban;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::port::StoreError;
use beep_core::text::Reason;

use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new(
    "ban",
    &["space_id", "origin", "user_id", "user_origin"],
    &["reason", "by_id", "by_origin", "created_at"],
);

impl Stored for Ban {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((server, user): &Self::Key) -> Vec<Arg<'_>> {
        args![server.id, &server.home, user.id, &user.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { server, user, reason, by, created_at } = self;
        let reason = reason.as_ref().map(Reason::as_str);
        args![server.id, &server.home, user.id, Arg::Named(&user.home), reason, by.id, &by.home, *created_at].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            server: columns.qualified()?,
            user: columns.qualified()?,
            reason: columns.parsed_or_none(Reason::parse)?,
            by: columns.qualified()?,
            created_at: columns.time()?,
        })
    }
}

pub(crate) async fn page(
    connection: &mut Connection,
    server: &SpaceKey,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Ban>, StoreError> {
    let (id, home) = (first(after.map(|user| user.id)), after.map(|user| &user.home));
    let rows = connection.fetch_all(PAGE.text(), &args![server.id, &server.home, id, home, limit]).await?;
    table::read_all(&rows)
}

static PAGE: Select = Select::new(
    &TABLE,
    "WHERE ban.space_id = $1 AND ban.origin = $2 AND (ban.user_id, ban.user_origin) > ($3, $4)
    ORDER BY ban.user_id, ban.user_origin
    LIMIT $5 + 0",
);
