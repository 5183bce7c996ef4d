//! One statement for many rows.
//!
//! Rows are cut into chunks whose sizes are powers of two, so that there are few texts of a statement and each
//! stays prepared.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use beep_core::port::StoreError;
use sqlx::AssertSqlSafe;

use super::arg::Arg;
use super::connection::Connection;
use super::row::Row;

/// A statement with a list of rows in its middle.
pub(crate) struct Batch {
    before: &'static str,
    columns: usize,
    after: &'static str,
    texts: [OnceLock<Arc<str>>; SIZES],
}

impl Batch {
    /// A statement that takes rows of so many values; rows of one value are listed without parentheses.
    pub(crate) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self { before, columns, after, texts: [const { OnceLock::new() }; SIZES] }
    }

    /// Carries it out for all rows, whose values follow each other, and says how many rows it wrote.
    pub(crate) async fn execute(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        let mut written = 0;
        let mut rest = args;
        while !rest.is_empty() {
            let size = (rest.len() / self.columns).ilog2().min(MOST_LOG2);
            let (chunk, others) = rest.split_at(self.columns << size);
            written += connection.execute(self.text(size), chunk).await?;
            rest = others;
        }
        Ok(written)
    }

    /// Gives what it finds for all rows. The last row may be asked for several times, so what is found must not
    /// depend on how often a row is listed.
    pub(crate) async fn fetch(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        for chunk in args.chunks(self.columns << MOST_LOG2) {
            let rows = chunk.len() / self.columns;
            let full = rows.next_power_of_two();
            let mut padded = chunk.to_vec();
            for _ in rows..full {
                padded.extend_from_slice(&chunk[chunk.len() - self.columns..]);
            }
            found.extend(connection.fetch_all(self.text(full.ilog2()), &padded).await?);
        }
        Ok(found)
    }

    /// Its text for two to the power of `size` rows.
    fn text(&self, size: u32) -> AssertSqlSafe<Arc<str>> {
        let text = self.texts[size as usize].get_or_init(|| self.compose(1 << size).into());
        // Made of constants and numbers alone.
        AssertSqlSafe(text.clone())
    }

    fn compose(&self, rows: usize) -> String {
        let mut text = self.before.to_owned();
        for row in 0..rows {
            text.push_str(if row == 0 { "" } else { ", " });
            let first = row * self.columns + 1;
            let (open, close) = if self.columns == 1 { ("", "") } else { ("(", ")") };
            text.push_str(open);
            for column in first..first + self.columns {
                let comma = if column == first { "" } else { ", " };
                write!(text, "{comma}${column}").expect("a string takes all that is written to it");
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

    #[test]
    fn numbers_its_placeholders() {
        let batch = Batch::new("INSERT INTO a (b, c) VALUES ", 2, " ON CONFLICT DO NOTHING");
        let text = "INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING";
        assert_eq!(batch.compose(2), text);
        assert_eq!(Batch::new("SELECT 1 WHERE a IN (", 1, ")").compose(3), "SELECT 1 WHERE a IN ($1, $2, $3)");
    }
}
