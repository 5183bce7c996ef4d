//! Who left servers of other backends that have not heard of it.

use beep_core::domain::Domain;
use beep_core::id::Qualified;
use beep_core::port::{PendingLeave, StoreError};
use beep_core::record::RecordWrite;

use super::arg::args;
use super::connection::Connection;
use super::table::Table;

static TABLE: Table = Table::new("pending_leave", &["origin", "space_id", "user_id"], &["key"]);

/// Keeps that somebody left, or lets go of that, unless they left again.
pub(crate) async fn write(connection: &mut Connection, write: &RecordWrite<PendingLeave>) -> Result<(), StoreError> {
    let (sql, PendingLeave { user, server, key }) = match write {
        RecordWrite::Put(pending_leave) => (TABLE.put(), pending_leave),
        RecordWrite::Remove(pending_leave) => (REMOVE, pending_leave),
    };
    connection.execute(sql, &args![&server.home, server.id, *user, key]).await.map(drop)
}

pub(crate) async fn from(connection: &mut Connection, home: &Domain) -> Result<Vec<PendingLeave>, StoreError> {
    let rows = connection.fetch_all(FROM, &args![home]).await?;
    let read = rows.iter().map(|row| {
        let mut columns = row.columns();
        let server = Qualified::new(columns.id()?, home.clone());
        Ok(PendingLeave { server, user: columns.id()?, key: columns.text()?.to_owned() })
    });
    read.collect()
}

const REMOVE: &str = "DELETE FROM pending_leave WHERE origin = $1 AND space_id = $2 AND user_id = $3 AND key = $4";

const FROM: &str = "SELECT space_id, user_id, key FROM pending_leave WHERE origin = $1 ORDER BY space_id, user_id";
