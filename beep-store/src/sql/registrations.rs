//! Registrations, and what they keep for their users: usernames and seats of invitations.

use beep_core::port::StoreError;
use beep_core::registration::{InvitationSeat, Registration, UsernameHold};
use beep_core::text::{DisplayName, Email, Username};

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Select, Stored, Table};

static REGISTRATION: Table = Table::new(
    "registration",
    &["mailbox"],
    &["email", "user_id", "username", "display_name", "password_hash", "created_at"],
);

impl Stored for Registration {
    fn table() -> &'static Table {
        &REGISTRATION
    }

    fn key(email: &Email) -> Vec<Arg<'_>> {
        args![email.mailbox()].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![
            self.email.mailbox(),
            self.email.as_str(),
            self.user,
            self.username.as_str(),
            self.display_name.as_ref().map(DisplayName::as_str),
            &self.password_hash,
            self.created_at,
        ]
        .into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        columns.text()?;
        Ok(Self {
            email: columns.parsed(Email::parse)?,
            user: columns.id()?,
            username: columns.parsed(Username::parse)?,
            display_name: columns.parsed_or_none(DisplayName::parse)?,
            password_hash: columns.text()?.to_owned(),
            created_at: columns.time()?,
        })
    }
}

static HOLD: Table = Table::new("username_hold", &["username", "holder"], &["until"]);

impl Stored for UsernameHold {
    fn table() -> &'static Table {
        &HOLD
    }

    fn key((username, holder): &Self::Key) -> Vec<Arg<'_>> {
        args![username.as_str(), *holder].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.username.as_str(), self.holder, self.until].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self { username: columns.parsed(Username::parse)?, holder: columns.id()?, until: columns.time()? })
    }
}

static SEAT: Table = Table::new("invitation_seat", &["user_id"], &["invitation_id"]);

impl Stored for InvitationSeat {
    fn table() -> &'static Table {
        &SEAT
    }

    fn key(user: &Self::Key) -> Vec<Arg<'_>> {
        args![*user].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![self.user, self.invitation].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self { user: columns.id()?, invitation: columns.id()? })
    }
}

pub(crate) static BY_USERNAME: Select =
    Select::new(&REGISTRATION, "WHERE username = $1 ORDER BY created_at DESC, mailbox LIMIT 1");

pub(crate) const HELD: &str = "SELECT count(*) FROM username_hold WHERE holder = $1 AND until > $2";

/// Whether somebody else has a username, or it is held for them.
pub(crate) const NOT_FREE: &str = "
    SELECT 1 FROM account WHERE username = $1 AND id <> $2
    UNION ALL
    SELECT 1 FROM username_hold WHERE username = $1 AND holder <> $2 AND until > $3
    LIMIT 1";

/// The seats of others that an invitation has.
pub(crate) const SEATS: &str = "SELECT count(*) FROM invitation_seat WHERE invitation_id = $1 AND user_id <> $2";
