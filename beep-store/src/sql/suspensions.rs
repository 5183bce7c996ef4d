//! Users who may do nothing here for a while.

use beep_core::id::{UserId, UserKey};
use beep_core::port::StoreError;
use beep_core::suspension::Suspension;
use beep_core::text::Reason;
use beep_core::time::Timestamp;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table =
    Table::new("suspension", &["user_id", "user_origin"], &["until", "reason", "by_id", "by_origin", "created_at"]);

impl Stored for Suspension {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(user: &UserKey) -> Vec<Arg<'_>> {
        args![user.id, &user.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { user, until, reason, by, created_at } = self;
        let reason = reason.as_ref().map(Reason::as_str);
        args![user.id, &user.home, *until, reason, by.id, &by.home, *created_at].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            user: columns.qualified()?,
            until: columns.time()?,
            reason: columns.parsed_or_none(Reason::parse)?,
            by: columns.qualified()?,
            created_at: columns.time()?,
        })
    }
}

/// Those of some users of this backend, which may have ended.
pub(crate) async fn of(connection: &mut Connection, users: &[UserId]) -> Result<Vec<Suspension>, StoreError> {
    let ids: Vec<Arg<'_>> = users.iter().map(|user| Arg::from(*user)).collect();
    table::read_all(&OF.fetch(connection, &ids).await?)
}

/// Those that are in force.
pub(crate) async fn page(
    connection: &mut Connection,
    now: Timestamp,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Suspension>, StoreError> {
    let (id, home) = (first(after.map(|user| user.id)), after.map(|user| &user.home));
    table::read_all(&connection.fetch_all(PAGE.text(), &args![id, home, limit, now]).await?)
}

static OF: Batch = Batch::new(
    "SELECT user_id, user_origin, until, reason, by_id, by_origin, created_at
    FROM suspension
    WHERE user_origin = 0 AND user_id IN (",
    1,
    ")",
);

static PAGE: Select = Select::new(
    &TABLE,
    "WHERE (suspension.user_id, suspension.user_origin) > ($1, $2) AND suspension.until > $4
    ORDER BY suspension.user_id, suspension.user_origin
    LIMIT $3 + 0",
);
