//! Whom moderators of the backend restrict in a server for a while.

use beep_core::port::StoreError;
use beep_core::restriction::Restriction;

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Stored, Table};

static TABLE: Table = Table::new("restriction", &["space_id", "origin", "user_id", "user_origin"], &["until"]);

impl Stored for Restriction {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((server, user): &Self::Key) -> Vec<Arg<'_>> {
        args![server.id, &server.home, user.id, &user.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { server, user, until } = self;
        args![server.id, &server.home, user.id, &user.home, *until].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self { server: columns.qualified()?, user: columns.qualified()?, until: columns.time()? })
    }
}
