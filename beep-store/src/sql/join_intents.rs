//! Who asks to be let into servers of other backends.

use beep_core::domain::Domain;
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

/// How many servers a user asked to join without being a member of them, counted up to `most`.
pub(crate) async fn open(connection: &mut Connection, user: UserId, most: u32) -> Result<u32, StoreError> {
    let counted: i64 = connection.fetch_one(OPEN, &args![user, i64::from(most)]).await?.columns().int()?;
    u32::try_from(counted).map_err(StoreError::new)
}

/// The servers that a user asked to join without being a member of them.
pub(crate) async fn of(connection: &mut Connection, user: UserId, limit: u32) -> Result<Vec<SpaceKey>, StoreError> {
    let rows = connection.fetch_all(OF, &args![user, limit]).await?;
    rows.iter().map(|row| row.columns().qualified()).collect()
}

/// Who asked to join servers of another backend.
pub(crate) async fn at(connection: &mut Connection, home: &Domain, limit: u32) -> Result<Vec<JoinIntent>, StoreError> {
    let rows = connection.fetch_all(AT, &args![home, i64::from(limit)]).await?;
    rows.iter().map(|row| JoinIntent::read(&mut row.columns())).collect()
}

macro_rules! open {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM join_intent
            WHERE user_id = $1 AND NOT EXISTS (
                SELECT 1
                FROM member
                WHERE member.space_id = join_intent.space_id
                    AND member.origin = join_intent.origin
                    AND member.user_id = join_intent.user_id
                    AND member.user_origin = 0
            )
            LIMIT $2 + 0"
        )
    };
}

const OPEN: &str = concat!("SELECT COUNT(*) FROM (", open!("1"), ") AS asked");

const OF: &str = open!("space_id, origin");

const AT: &str = "SELECT user_id, space_id, origin FROM join_intent WHERE origin = $1 LIMIT $2 + 0";

static AMONG: Batch = Batch::new("SELECT user_id FROM join_intent WHERE (user_id, space_id, origin) IN (", 3, ")");
