//! Rows as they come from either engine, read column by column into the types of the core.
//!
//! An unexpected value is an error, never a panic: another program may have written to the database.

use std::fmt::Display;

use beep_core::domain::Domain;
use beep_core::id::{Id, Qualified};
use beep_core::permission::Permissions;
use beep_core::port::StoreError;
use beep_core::time::Timestamp;
use sqlx::Row as _;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgRow;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::origins::Origins;

/// One row.
pub(crate) struct Row {
    values: Values,
    origins: Origins,
}

pub(crate) enum Values {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(PgRow),
}

impl Row {
    /// Takes a row of a database that has these domains.
    pub(crate) fn new(values: Values, origins: &Origins) -> Self {
        Self { values, origins: origins.clone() }
    }

    /// Reads the columns from the first one on.
    pub(crate) fn columns(&self) -> Columns<'_> {
        Columns { row: self, next: 0 }
    }
}

/// Reads the columns of a row, each once, in the order of the statement.
pub(crate) struct Columns<'r> {
    row: &'r Row,
    next: usize,
}

/// Gets the next column as a type that both drivers know.
macro_rules! next {
    ($columns:expr, $type:ty) => {{
        let at = $columns.next;
        $columns.next += 1;
        let value = match &$columns.row.values {
            #[cfg(feature = "sqlite")]
            Values::Sqlite(row) => row.try_get::<Option<$type>, _>(at),
            #[cfg(feature = "postgres")]
            Values::Postgres(row) => row.try_get::<Option<$type>, _>(at),
        };
        value.map_err(|error| StoreError::new(format_args!("column {at} of a row cannot be read: {error}")))
    }};
}

impl<'r> Columns<'r> {
    /// An id or nothing.
    pub(crate) fn id_or_none<T: Id>(&mut self) -> Result<Option<T>, StoreError> {
        Ok(self.uuid_or_none()?.map(T::from_uuid))
    }

    /// An id.
    pub(crate) fn id<T: Id>(&mut self) -> Result<T, StoreError> {
        let id = self.id_or_none()?;
        self.present(id)
    }

    /// A bare UUID or nothing.
    pub(crate) fn uuid_or_none(&mut self) -> Result<Option<Uuid>, StoreError> {
        next!(self, Uuid)
    }

    /// A bare UUID.
    pub(crate) fn uuid(&mut self) -> Result<Uuid, StoreError> {
        let uuid = self.uuid_or_none()?;
        self.present(uuid)
    }

    /// The domain of the backend whose database it is.
    pub(crate) fn own(&self) -> &Domain {
        self.row.origins.own()
    }

    /// A domain by its number.
    pub(crate) fn origin(&mut self) -> Result<Domain, StoreError> {
        let origin = self.origin_or_none()?;
        self.present(origin)
    }

    /// A domain by its number, or nothing.
    pub(crate) fn origin_or_none(&mut self) -> Result<Option<Domain>, StoreError> {
        let Some(number) = self.int_or_none()? else { return Ok(None) };
        let domain = self.row.origins.domain(number).ok_or_else(|| self.unfit("no domain has this number"))?;
        Ok(Some(domain))
    }

    /// An id and, in the next column, its home.
    pub(crate) fn qualified<T: Id>(&mut self) -> Result<Qualified<T>, StoreError> {
        Ok(Qualified::new(self.id()?, self.origin()?))
    }

    /// A number or nothing, of the range that is asked for.
    pub(crate) fn int_or_none<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, StoreError> {
        let number: Option<i64> = next!(self, i64)?;
        let fit = |number| T::try_from(number).map_err(|_| self.unfit("a number is out of range"));
        number.map(fit).transpose()
    }

    /// A number of the range that is asked for.
    pub(crate) fn int<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        let number = self.int_or_none()?;
        self.present(number)
    }

    /// A moment or nothing.
    pub(crate) fn time_or_none(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.int_or_none()?.map(Timestamp::from_millis))
    }

    /// A moment.
    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_millis(self.int()?))
    }

    /// A set of permissions; bits that this release does not know are kept.
    pub(crate) fn permissions(&mut self) -> Result<Permissions, StoreError> {
        Ok(Permissions::from_bits_retain(self.int::<i64>()?.cast_unsigned()))
    }

    /// A boolean.
    pub(crate) fn bool(&mut self) -> Result<bool, StoreError> {
        let truth = next!(self, bool)?;
        self.present(truth)
    }

    /// A text or nothing.
    pub(crate) fn text_or_none(&mut self) -> Result<Option<&'r str>, StoreError> {
        next!(self, &'r str)
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Result<&'r str, StoreError> {
        let text = self.text_or_none()?;
        self.present(text)
    }

    /// A text with rules.
    pub(crate) fn parsed<T, E: Display>(&mut self, parse: fn(&str) -> Result<T, E>) -> Result<T, StoreError> {
        let text = self.text()?;
        parse(text).map_err(|error| self.unfit(error))
    }

    /// A text with rules or nothing.
    pub(crate) fn parsed_or_none<T, E: Display>(
        &mut self,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        let text = self.text_or_none()?;
        text.map(parse).transpose().map_err(|error| self.unfit(error))
    }

    /// Octets or nothing.
    pub(crate) fn bytes_or_none(&mut self) -> Result<Option<&'r [u8]>, StoreError> {
        next!(self, &'r [u8])
    }

    /// Octets.
    pub(crate) fn bytes(&mut self) -> Result<&'r [u8], StoreError> {
        let octets = self.bytes_or_none()?;
        self.present(octets)
    }

    /// So many octets or nothing.
    pub(crate) fn octets_or_none<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let octets = self.bytes_or_none()?;
        octets.map(|octets| octets.try_into().map_err(|_| self.unfit("octets of another length"))).transpose()
    }

    /// So many octets.
    pub(crate) fn octets<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let octets = self.octets_or_none()?;
        self.present(octets)
    }

    /// The error for an invalid value in the last column that was read.
    pub(crate) fn unfit(&self, why: impl Display) -> StoreError {
        StoreError::new(format_args!("column {} of a row has a value that cannot be: {why}", self.next - 1))
    }

    fn present<T>(&self, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.unfit("nothing"))
    }
}
