//! Addresses that accounts are to have.

use beep_core::email_change::EmailChange;
use beep_core::port::StoreError;
use beep_core::text::Email;

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Select, Stored, Table};

static TABLE: Table = Table::new("email_change", &["user_id"], &["mailbox", "email", "asked_at"]);

impl Stored for EmailChange {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(user: &Self::Key) -> Vec<Arg<'_>> {
        args![*user].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.user, self.email.mailbox(), self.email.as_str(), self.asked_at].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let user = columns.id()?;
        columns.text()?;
        Ok(Self { user, email: columns.parsed(Email::parse)?, asked_at: columns.time()? })
    }
}

pub(crate) static TO: Select = Select::new(&TABLE, "WHERE mailbox = $1 ORDER BY asked_at DESC, user_id DESC LIMIT 1");
