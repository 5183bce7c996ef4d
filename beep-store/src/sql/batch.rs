//! One statement for many rows.
//!
//! Rows are cut into chunks whose sizes are powers of two, so that there are few texts of a statement and each
//! stays prepared.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use beep_core::port::StoreError;
use sqlx::AssertSqlSafe;

use super::arg::Arg;
use super::connection::Connection;
use super::dialect::Dialect;
use super::row::Row;

/// A statement with a list of rows in its middle.
pub(crate) struct Batch {
    before: &'static str,
    columns: usize,
    after: &'static str,
    texts: [[OnceLock<Arc<str>>; SIZES]; Dialect::MOST],
}

impl Batch {
    /// A statement that takes rows of so many values; rows of one value are listed without parentheses. The last row
    /// may be listed several times, so the statement must come to the same however often that is.
    pub(crate) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        let texts = [const { [const { OnceLock::new() }; SIZES] }; Dialect::MOST];
        Self { before, columns, after, texts }
    }

    /// Carries it out for all rows, whose values follow each other, and says how many rows it wrote.
    pub(crate) async fn execute(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        let mut written = 0;
        let mut rest = args;
        while !rest.is_empty() {
            let (size, chunk) = self.cut(&mut rest);
            written += connection.execute(self.text(connection, size), &chunk).await?;
        }
        Ok(written)
    }

    /// Gives what it finds for all rows.
    pub(crate) async fn fetch(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        let mut rest = args;
        while !rest.is_empty() {
            let (size, chunk) = self.cut(&mut rest);
            found.extend(connection.fetch_all(self.text(connection, size), &chunk).await?);
        }
        Ok(found)
    }

    /// Cuts off a chunk and gives the logarithm of its size. A chunk that is nearly full is filled up with its last
    /// row, which costs less than a statement more.
    fn cut<'c, 'a>(&self, rest: &mut &'c [Arg<'a>]) -> (u32, Cow<'c, [Arg<'a>]>) {
        let rows = rest.len() / self.columns;
        let full = rows.next_power_of_two();
        if rows < full && rows >= full / 4 * 3 && full <= 1 << MOST_LOG2 {
            let mut chunk = std::mem::take(rest).to_vec();
            let last = chunk.len() - self.columns;
            for _ in rows..full {
                chunk.extend_from_within(last..last + self.columns);
            }
            return (full.ilog2(), chunk.into());
        }
        let size = rows.ilog2().min(MOST_LOG2);
        let (chunk, others) = rest.split_at(self.columns << size);
        *rest = others;
        (size, chunk.into())
    }

    /// Its text for two to the power of `size` rows.
    fn text(&self, connection: &Connection, size: u32) -> AssertSqlSafe<Arc<str>> {
        let dialect = connection.dialect();
        let text = &self.texts[dialect as usize][size as usize];
        // Made of constants and numbers alone.
        AssertSqlSafe(text.get_or_init(|| self.compose(dialect, 1 << size).into()).clone())
    }

    fn compose(&self, dialect: Dialect, rows: usize) -> String {
        let mut text = self.before.to_owned();
        for row in 0..rows {
            text.push_str(if row == 0 { "" } else { ", " });
            let first = row * self.columns + 1;
            let (open, close) = if self.columns == 1 { ("", "") } else { ("(", ")") };
            text.push_str(open);
            for column in first..first + self.columns {
                text.push_str(if column == first { "" } else { ", " });
                dialect.write_placeholder(&mut text, column);
            }
            text.push_str(close);
        }
        text.push_str(self.after);
        text
    }
}

/// Chunks have two to the power of this many rows at most.
const MOST_LOG2: u32 = 6;
const SIZES: usize = MOST_LOG2 as usize + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "postgres")]
    #[test]
    fn numbers_placeholders_for_postgres() {
        let batch = Batch::new("INSERT INTO a (b, c) VALUES ", 2, " ON CONFLICT DO NOTHING");
        let text = "INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING";
        assert_eq!(batch.compose(Dialect::Postgres, 2), text);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn leaves_placeholders_bare_for_sqlite() {
        let batch = Batch::new("SELECT 1 WHERE a IN (", 1, ")");
        assert_eq!(batch.compose(Dialect::Sqlite, 3), "SELECT 1 WHERE a IN (?, ?, ?)");
    }

    #[test]
    fn cuts_into_few_sizes_and_loses_no_row() {
        let batch = Batch::new("", 2, "");
        for rows in 1..=300i64 {
            let args: Vec<_> = (0..rows).flat_map(|row| [Arg::from(row), Arg::from(-row)]).collect();
            let (mut rest, mut seen, mut cuts) = (&args[..], Vec::new(), 0);
            while !rest.is_empty() {
                let (size, chunk) = batch.cut(&mut rest);
                assert_eq!(chunk.len(), 2 << size);
                cuts += 1;
                for row in chunk.chunks(2) {
                    let [Arg::Int(Some(row)), Arg::Int(Some(same))] = row else { panic!("{row:?}") };
                    assert_eq!(*row, -same);
                    seen.push(*row);
                }
            }
            seen.dedup();
            assert!(seen.into_iter().eq(0..rows));
            assert!(cuts <= 4 + 4, "{rows} rows in {cuts} cuts");
        }
    }
}
