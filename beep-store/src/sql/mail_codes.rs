//! Codes that were mailed.

use beep_core::mail_code::{Attempts, CodePurpose, MailCode};
use beep_core::port::StoreError;

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Stored, Table};

static TABLE: Table = Table::new("mail_code", &["user_id", "purpose"], &["hash", "expires_at", "attempts"]);

impl Stored for MailCode {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((user, purpose): &Self::Key) -> Vec<Arg<'_>> {
        args![*user, number(*purpose)].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { user, purpose, hash, expires_at, attempts } = self;
        args![*user, number(*purpose), hash.as_slice(), *expires_at, attempts.octets()].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let user = columns.id()?;
        let stored = columns.int::<i64>()?;
        let purpose = CodePurpose::ALL.into_iter().find(|purpose| number(*purpose) == stored);
        let purpose = purpose.ok_or_else(|| columns.unfit("no purpose of a code"))?;
        let (hash, expires_at) = (columns.octets()?, columns.time()?);
        let attempts =
            Attempts::from_octets(columns.bytes()?).ok_or_else(|| columns.unfit("attempts of another length"))?;
        Ok(Self { user, purpose, hash, expires_at, attempts })
    }
}

fn number(purpose: CodePurpose) -> i64 {
    match purpose {
        CodePurpose::Activation => 0,
        CodePurpose::PasswordReset => 1,
        CodePurpose::EmailChange => 2,
    }
}
