//! Tables: from the columns of one follow the statements that put and remove a row, and all that is done with a record
//! that has a table of its own.

use std::sync::OnceLock;

use beep_core::port::StoreError;
use beep_core::record::{Record, RecordGuard, RecordWrite};

use super::arg::Arg;
use super::batch::Batch;
use super::connection::Connection;
use super::row::{Columns, Row};

/// A table, and its statements once they were asked for.
pub(crate) struct Table {
    name: &'static str,
    key: &'static [&'static str],
    rest: &'static [&'static str],
    put: OnceLock<String>,
    put_all: OnceLock<Batch>,
    remove: OnceLock<String>,
    find: OnceLock<String>,
}

impl Table {
    /// A table with the columns of its key and the others.
    pub(crate) const fn new(name: &'static str, key: &'static [&'static str], rest: &'static [&'static str]) -> Self {
        Self {
            name,
            key,
            rest,
            put: OnceLock::new(),
            put_all: OnceLock::new(),
            remove: OnceLock::new(),
            find: OnceLock::new(),
        }
    }

    /// Makes a row, or replaces all of the one with its key. Takes the columns of the key, then the others.
    pub(crate) fn put(&'static self) -> &'static str {
        self.put.get_or_init(|| {
            let places: Vec<_> = (1..=self.columns().len()).map(|n| format!("${n}")).collect();
            format!("{}VALUES ({}){}", self.insert(), places.join(", "), self.instead())
        })
    }

    /// The same with many rows.
    pub(crate) fn put_all(&'static self) -> &'static Batch {
        self.put_all.get_or_init(|| Batch::composed(self.insert().into(), self.columns().len(), self.instead().into()))
    }

    fn columns(&self) -> Vec<&'static str> {
        [self.key, self.rest].concat()
    }

    fn insert(&self) -> String {
        format!("INSERT INTO {} ({}) ", self.name, self.columns().join(", "))
    }

    /// What is done instead where there is a row with the key.
    fn instead(&self) -> String {
        let sets: Vec<_> = self.rest.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let instead = if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", sets.join(", ")) };
        format!(" ON CONFLICT ({}) DO {instead}", self.key.join(", "))
    }

    /// Removes the row with a key.
    pub(crate) fn remove(&'static self) -> &'static str {
        self.remove.get_or_init(|| format!("DELETE FROM {} WHERE {}", self.name, self.is_key()))
    }

    fn find(&'static self) -> &'static str {
        self.find.get_or_init(|| format!("{} WHERE {}", self.select(), self.is_key()))
    }

    /// Reads all columns of rows; what follows says of which.
    fn select(&self) -> String {
        let columns: Vec<_> =
            self.key.iter().chain(self.rest).map(|column| format!("{}.{column}", self.name)).collect();
        format!("SELECT {} FROM {}", columns.join(", "), self.name)
    }

    fn is_key(&self) -> String {
        let parts: Vec<_> = self.key.iter().zip(1..).map(|(column, n)| format!("{column} = ${n}")).collect();
        parts.join(" AND ")
    }
}

/// A statement that reads rows of a table.
pub(crate) struct Select {
    table: &'static Table,
    which: &'static str,
    text: OnceLock<String>,
}

impl Select {
    /// Reads those that `which` says, from `JOIN` or `WHERE` on.
    pub(crate) const fn new(table: &'static Table, which: &'static str) -> Self {
        Self { table, which, text: OnceLock::new() }
    }

    /// Its text.
    pub(crate) fn text(&'static self) -> &'static str {
        self.text.get_or_init(|| format!("{} {}", self.table.select(), self.which))
    }
}

/// A record that has a table of its own.
pub(crate) trait Stored: Record {
    /// Its table.
    fn table() -> &'static Table;

    /// The columns of its key.
    fn key(key: &Self::Key) -> Vec<Arg<'_>>;

    /// All columns, those of the key first.
    fn columns(&self) -> Vec<Arg<'_>>;

    /// Reads all columns.
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError>;
}

/// Writes or removes one.
pub(crate) async fn write<T: Stored>(connection: &mut Connection, write: &RecordWrite<T>) -> Result<(), StoreError> {
    match write {
        RecordWrite::Put(record) => put(connection, record).await,
        RecordWrite::Remove(key) => connection.execute(T::table().remove(), &T::key(key)).await.map(drop),
    }
}

/// Makes one, or replaces the one with its key.
pub(crate) async fn put<T: Stored>(connection: &mut Connection, record: &T) -> Result<(), StoreError> {
    connection.execute(T::table().put(), &record.columns()).await.map(drop)
}

/// The one with this key.
pub(crate) async fn find<T: Stored>(connection: &mut Connection, key: &T::Key) -> Result<Option<T>, StoreError> {
    let row = connection.fetch_optional(T::table().find(), &T::key(key)).await?;
    row.map(|row| T::read(&mut row.columns())).transpose()
}

/// Reads rows of a [`Select`].
pub(crate) fn read_all<T: Stored>(rows: &[Row]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| T::read(&mut row.columns())).collect()
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands<T: Stored>(connection: &mut Connection, guard: &RecordGuard<T>) -> Result<bool, StoreError> {
    Ok(match guard {
        RecordGuard::Is(record) => {
            let key = &record.columns()[..T::table().key.len()];
            let row = connection.fetch_optional(T::table().find(), key).await?;
            row.map(|row| T::read(&mut row.columns())).transpose()?.as_ref() == Some(record)
        }
        RecordGuard::Present(key) => find::<T>(connection, key).await?.is_some(),
        RecordGuard::Absent(key) => find::<T>(connection, key).await?.is_none(),
    })
}
