//! People who may only read in a server for a while.

use beep_core::mute::Mute;
use beep_core::port::StoreError;
use beep_core::text::Reason;

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Stored, Table};

static TABLE: Table =
    Table::new("mute", &["space_id", "origin", "user_id", "user_origin"], &["until", "reason", "by_id", "by_origin"]);

impl Stored for Mute {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((server, user): &Self::Key) -> Vec<Arg<'_>> {
        args![server.id, &server.home, user.id, &user.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { server, user, until, reason, by } = self;
        let reason = reason.as_ref().map(Reason::as_str);
        args![server.id, &server.home, user.id, &user.home, *until, reason, by.id, &by.home].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            server: columns.qualified()?,
            user: columns.qualified()?,
            until: columns.time()?,
            reason: columns.parsed_or_none(Reason::parse)?,
            by: columns.qualified()?,
        })
    }
}
