//! Values for placeholders: typed, possibly null.

use beep_core::domain::Domain;
use beep_core::event::Position;
use beep_core::id::{
    AuditEntryId, ChannelId, FriendRequestId, Id, InvitationId, MessageId, ReportId, RoleId, SessionId, SpaceId, UserId,
};
use beep_core::permission::Permissions;
use beep_core::port::StoreError;
use beep_core::time::Timestamp;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgArguments, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Arguments, Database, Encode, Type};
use uuid::Uuid;

use super::origins::{self, Origins};

/// A value for a placeholder.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a> {
    /// An id.
    Uuid(Option<Uuid>),
    /// A number, a moment in milliseconds, or a set of permissions.
    Int(Option<i64>),
    /// A text.
    Text(Option<&'a str>),
    /// Bytes.
    Bytes(Option<&'a [u8]>),
    /// A boolean.
    Bool(Option<bool>),
    /// A domain, by its number.
    Origin(Option<&'a Domain>),
    /// The same of one that may be of nobody, as somebody named it.
    Named(&'a Domain),
}

impl Arg<'_> {
    /// PostgreSQL's type for it.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres_type(self) -> &'static str {
        match self {
            Self::Uuid(_) => "UUID",
            Self::Int(_) | Self::Origin(_) | Self::Named(_) => "BIGINT",
            Self::Text(_) => "TEXT",
            Self::Bytes(_) => "BYTEA",
            Self::Bool(_) => "BOOLEAN",
        }
    }
}

/// Lists values for the placeholders of one statement.
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::sql::arg::Arg::from($value)),*] };
}
pub(crate) use args;

/// The arguments of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    /// A value for each placeholder.
    One(&'a [Arg<'a>]),
    /// Rows of so many values, which follow each other: PostgreSQL takes an array for each column, SQLite a placeholder
    /// for each value.
    Many {
        args: &'a [Arg<'a>],
        #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite needs not know"))]
        columns: usize,
    },
}

impl<'a> Given<'a> {
    /// The domains among the values, and whether they are met by being written.
    pub(crate) fn origins(self) -> impl Iterator<Item = (&'a Domain, bool)> {
        let (Self::One(args) | Self::Many { args, .. }) = self;
        args.iter().filter_map(|arg| match *arg {
            Arg::Origin(domain) => domain.map(|domain| (domain, true)),
            Arg::Named(domain) => Some((domain, false)),
            _ => None,
        })
    }

    /// As SQLite takes it.
    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite(self, origins: &Origins) -> Result<SqliteArguments, StoreError> {
        match self {
            Self::One(args) | Self::Many { args, .. } => bind::<Sqlite>(args, origins),
        }
    }

    /// As PostgreSQL takes it.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(self, origins: &Origins) -> Result<PgArguments, StoreError> {
        match self {
            Self::One(args) => bind::<Postgres>(args, origins),
            Self::Many { args, columns } => {
                let mut arguments = PgArguments::default();
                add_columns(&mut arguments, args, columns, origins)?;
                Ok(arguments)
            }
        }
    }
}

/// Turns values into what a driver takes.
fn bind<DB: Database>(args: &[Arg<'_>], origins: &Origins) -> Result<DB::Arguments, StoreError>
where
    for<'q> Option<Uuid>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<&'q str>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<&'q [u8]>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<bool>: Encode<'q, DB> + Type<DB>,
{
    let mut arguments = DB::Arguments::default();
    arguments.reserve(args.len(), args.len() * 16);
    for arg in args {
        let added = match *arg {
            Arg::Uuid(value) => arguments.add(value),
            Arg::Int(value) => arguments.add(value),
            Arg::Text(value) => arguments.add(value),
            Arg::Bytes(value) => arguments.add(value),
            Arg::Bool(value) => arguments.add(value),
            Arg::Origin(domain) => arguments.add(number(domain, origins)),
            Arg::Named(domain) => arguments.add(number(Some(domain), origins)),
        };
        added.map_err(StoreError::new)?;
    }
    Ok(arguments)
}

/// Adds the values of many rows, which follow each other, as an array for each column.
#[cfg(feature = "postgres")]
pub(crate) fn add_columns(
    arguments: &mut PgArguments,
    args: &[Arg<'_>],
    columns: usize,
    origins: &Origins,
) -> Result<(), StoreError> {
    macro_rules! array {
        ($arguments:ident, $values:ident, $kind:ident) => {{
            let values = $values.map(|arg| match *arg {
                Arg::$kind(value) => Ok(value),
                _ => Err(StoreError::new("a column has values of different kinds")),
            });
            $arguments.add(values.collect::<Result<Vec<_>, _>>()?)
        }};
    }
    arguments.reserve(columns, args.len() * 20);
    for (column, first) in args.iter().enumerate().take(columns) {
        let values = args[column..].iter().step_by(columns);
        let added = match first {
            Arg::Uuid(_) => array!(arguments, values, Uuid),
            Arg::Int(_) => array!(arguments, values, Int),
            Arg::Text(_) => array!(arguments, values, Text),
            Arg::Bytes(_) => array!(arguments, values, Bytes),
            Arg::Bool(_) => array!(arguments, values, Bool),
            Arg::Origin(_) | Arg::Named(_) => {
                let values = values.map(|arg| match *arg {
                    Arg::Origin(domain) => Ok(number(domain, origins)),
                    Arg::Named(domain) => Ok(number(Some(domain), origins)),
                    _ => Err(StoreError::new("a column has values of different kinds")),
                });
                arguments.add(values.collect::<Result<Vec<_>, _>>()?)
            }
        };
        added.map_err(StoreError::new)?;
    }
    Ok(())
}

/// The number of a domain; for a domain without one, a number that no row has.
fn number(domain: Option<&Domain>, origins: &Origins) -> Option<i64> {
    domain.map(|domain| origins.number(domain).unwrap_or(origins::NONE))
}

/// A value that goes into a placeholder of one kind, absent or not.
macro_rules! goes_into {
    ($($kind:ident: $($value:ty => |$name:ident| $convert:expr),+;)+) => { $($(
        impl<'a> From<$value> for Arg<'a> {
            fn from($name: $value) -> Self {
                Self::$kind(Some($convert))
            }
        }
        impl<'a> From<Option<$value>> for Arg<'a> {
            fn from(value: Option<$value>) -> Self {
                Self::$kind(value.map(|$name| $convert))
            }
        }
    )+)+ };
}

goes_into! {
    Uuid:
        Uuid => |id| id,
        AuditEntryId => |id| id.uuid(),
        ChannelId => |id| id.uuid(),
        FriendRequestId => |id| id.uuid(),
        InvitationId => |id| id.uuid(),
        MessageId => |id| id.uuid(),
        ReportId => |id| id.uuid(),
        RoleId => |id| id.uuid(),
        SpaceId => |id| id.uuid(),
        SessionId => |id| id.uuid(),
        UserId => |id| id.uuid();
    Int:
        i64 => |number| number,
        i32 => |number| number.into(),
        u32 => |number| number.into(),
        u16 => |number| number.into(),
        // Counters: none of them gets to 2^63.
        u64 => |number| i64::try_from(number).unwrap_or(i64::MAX),
        Position => |position| i64::try_from(position.0).unwrap_or(i64::MAX),
        Timestamp => |at| at.millis(),
        Permissions => |set| set.bits().cast_signed();
    Text:
        &'a str => |text| text;
    Bytes:
        &'a [u8] => |octets| octets;
    Bool:
        bool => |truth| truth;
    Origin:
        &'a Domain => |domain| domain;
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}
