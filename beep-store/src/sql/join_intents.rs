//! Who asks to be let into servers of other backends.

use beep_core::id::{Qualified, SpaceKey, UserId};
use beep_core::port::{JoinIntent, StoreError};

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::row::Columns;
use super::table::{Stored, Table};

static TABLE: Table = Table::new("join_intent", &["user_id", "space_id", "origin"], &[]);

impl Stored for JoinIntent {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(intent: &Self) -> Vec<Arg<'_>> {
        args![intent.user, intent.server.id, &intent.server.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.user, self.server.id, Arg::Named(&self.server.home)].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let user = columns.id()?;
        Ok(Self { user, server: Qualified::new(columns.id()?, columns.origin()?) })
    }
}

/// Those of these users who ask to be let into a server.
pub(crate) async fn among(
    connection: &mut Connection,
    server: &SpaceKey,
    of: &[UserId],
) -> Result<Vec<UserId>, StoreError> {
    let mut asked = Vec::with_capacity(of.len() * 3);
    for user in of {
        asked.extend(args![*user, server.id, &server.home]);
    }
    let rows = AMONG.fetch(connection, &asked).await?;
    rows.iter().map(|row| row.columns().id()).collect()
}

static AMONG: Batch = Batch::new("SELECT user_id FROM join_intent WHERE (user_id, space_id, origin) IN (", 3, ")");
