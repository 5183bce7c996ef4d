//! One statement for many rows.
//!
//! PostgreSQL takes an array for each column: one text, however many rows. SQLite takes a placeholder for each value:
//! there rows are cut into chunks whose sizes are powers of two, so that there are few texts and each stays prepared.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use beep_core::port::StoreError;
use sqlx::AssertSqlSafe;

use super::arg::{Arg, Given};
use super::connection::Connection;
use super::dialect::Dialect;
use super::row::Row;

/// A statement with a list of rows in its middle.
pub(crate) struct Batch {
    before: Cow<'static, str>,
    columns: usize,
    after: Cow<'static, str>,
    texts: [[OnceLock<Arc<str>>; SIZES]; Dialect::MOST],
}

impl Batch {
    /// A statement that takes rows of so many values. Rows of several are a table with the columns `column1`,
    /// `column2` and so on; rows of one are a list for `IN`. The last row may be given several times, so the statement
    /// must come to the same however often that is.
    pub(crate) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self::composed(Cow::Borrowed(before), columns, Cow::Borrowed(after))
    }

    /// The same of texts that were made.
    pub(crate) const fn composed(before: Cow<'static, str>, columns: usize, after: Cow<'static, str>) -> Self {
        let texts = [const { [const { OnceLock::new() }; SIZES] }; Dialect::MOST];
        Self { before, columns, after, texts }
    }

    /// Carries it out for all rows, whose values follow each other, and says how many rows it wrote.
    pub(crate) async fn execute(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        let mut written = 0;
        let mut rest = args;
        while !rest.is_empty() {
            let chunk = self.cut(connection.dialect(), &mut rest);
            let text = self.text(connection.dialect(), &chunk);
            written += connection.execute_given(text, self.given(&chunk)).await?;
        }
        Ok(written)
    }

    /// Has it wait until the next statement that does not, where that saves a round trip. It must write other rows than
    /// those that wait, and sees nothing of what they write.
    pub(crate) async fn defer(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<(), StoreError> {
        self.defer_or(connection, args, None).await
    }

    /// The same, where each row must be written; otherwise it fails with these words.
    pub(crate) async fn defer_all(
        &self,
        connection: &mut Connection,
        args: &[Arg<'_>],
        refusal: &'static str,
    ) -> Result<(), StoreError> {
        self.defer_or(connection, args, Some(refusal)).await
    }

    async fn defer_or(
        &self,
        connection: &mut Connection,
        args: &[Arg<'_>],
        refusal: Option<&'static str>,
    ) -> Result<(), StoreError> {
        if args.is_empty() {
            return Ok(());
        }
        match connection.dialect() {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                let written = self.execute(connection, args).await?;
                let refusal = refusal.filter(|_| written != (args.len() / self.columns) as u64);
                refusal.map_or(Ok(()), |refusal| Err(StoreError::new(refusal)))
            }
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                let text = |first| self.compose_around(Dialect::Postgres, &arrays(&args[..self.columns], first));
                connection.defer(text, args, self.columns, refusal).await
            }
        }
    }

    /// Gives what it finds for all rows.
    pub(crate) async fn fetch(&self, connection: &mut Connection, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        let mut rest = args;
        while !rest.is_empty() {
            let chunk = self.cut(connection.dialect(), &mut rest);
            let text = self.text(connection.dialect(), &chunk);
            found.extend(connection.fetch_given(text, self.given(&chunk)).await?);
        }
        Ok(found)
    }

    fn given<'a>(&self, args: &'a [Arg<'a>]) -> Given<'a> {
        Given::Many { args, columns: self.columns }
    }

    /// Cuts off a chunk that there is a text for.
    fn cut<'c, 'a>(&self, dialect: Dialect, rest: &mut &'c [Arg<'a>]) -> Cow<'c, [Arg<'a>]> {
        match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => self.cut_evenly(rest),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => std::mem::take(rest).into(),
        }
    }

    /// Cuts off a chunk whose size is a power of two. One that is nearly full is filled up with its last row, which
    /// costs less than a statement more.
    #[cfg(feature = "sqlite")]
    fn cut_evenly<'c, 'a>(&self, rest: &mut &'c [Arg<'a>]) -> Cow<'c, [Arg<'a>]> {
        let rows = rest.len() / self.columns;
        let full = rows.next_power_of_two();
        if rows < full && rows >= full / 4 * 3 && full <= 1 << MOST_LOG2 {
            let mut chunk = std::mem::take(rest).to_vec();
            let last = chunk.len() - self.columns;
            for _ in rows..full {
                chunk.extend_from_within(last..last + self.columns);
            }
            return chunk.into();
        }
        let size = rows.ilog2().min(MOST_LOG2);
        let (chunk, others) = rest.split_at(self.columns << size);
        *rest = others;
        chunk.into()
    }

    /// Its text for a chunk.
    fn text(&self, dialect: Dialect, chunk: &[Arg<'_>]) -> AssertSqlSafe<Arc<str>> {
        let size = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => (chunk.len() / self.columns).ilog2() as usize,
            #[cfg(feature = "postgres")]
            Dialect::Postgres => 0,
        };
        let text = &self.texts[dialect as usize][size];
        // Made of constants and numbers alone.
        AssertSqlSafe(text.get_or_init(|| self.compose(dialect, chunk).into()).clone())
    }

    fn compose(&self, dialect: Dialect, chunk: &[Arg<'_>]) -> String {
        let rows = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => placeholders(self.columns, chunk.len() / self.columns),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => arrays(&chunk[..self.columns], 1),
        };
        self.compose_around(dialect, &rows)
    }

    fn compose_around(&self, dialect: Dialect, rows: &str) -> String {
        let before = match self.before.strip_prefix("INSERT ") {
            Some(rest) => format!("{} {rest}", dialect.insert_many()),
            None => self.before.clone().into_owned(),
        };
        before + rows + &self.after
    }
}

/// Rows of bare placeholders. SQLite takes `$1` for a name, and finds each of many names by looking through all.
#[cfg(feature = "sqlite")]
fn placeholders(columns: usize, rows: usize) -> String {
    if columns == 1 {
        return vec!["?"; rows].join(", ");
    }
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("VALUES {}", vec![row; rows].join(", "))
}

/// The rows of arrays, one for each column, whose placeholders have the numbers from `first` on.
#[cfg(feature = "postgres")]
fn arrays(row: &[Arg<'_>], first: usize) -> String {
    let array = |(n, arg): (usize, &Arg<'_>)| format!("${}::{}[]", first + n, arg.postgres_type());
    let arrays: Vec<String> = row.iter().enumerate().map(array).collect();
    if let [array] = arrays.as_slice() {
        return format!("SELECT UNNEST({array})");
    }
    let names: Vec<String> = (1..=row.len()).map(|n| format!("column{n}")).collect();
    format!("SELECT * FROM UNNEST({}) AS given ({})", arrays.join(", "), names.join(", "))
}

/// Chunks have two to the power of this many rows at most.
const MOST_LOG2: u32 = 6;
const SIZES: usize = MOST_LOG2 as usize + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "postgres")]
    #[test]
    fn gives_postgres_arrays() {
        let batch = Batch::new("INSERT INTO a (b, c) ", 2, " ON CONFLICT DO NOTHING");
        let row = [Arg::from(1i64), Arg::from("b")];
        let text = "INSERT INTO a (b, c) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[]) AS given (column1, column2) \
            ON CONFLICT DO NOTHING";
        assert_eq!(batch.compose(Dialect::Postgres, &row), text);
        let batch = Batch::new("SELECT 1 WHERE a IN (", 1, ")");
        assert_eq!(batch.compose(Dialect::Postgres, &row[..1]), "SELECT 1 WHERE a IN (SELECT UNNEST($1::BIGINT[]))");
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn gives_sqlite_placeholders() {
        let rows = [Arg::from(1i64); 4];
        let batch = Batch::new("SELECT 1 WHERE a IN (", 1, ")");
        assert_eq!(batch.compose(Dialect::Sqlite, &rows), "SELECT 1 WHERE a IN (?, ?, ?, ?)");
        let batch = Batch::new("INSERT INTO a (b, c) ", 2, " ON CONFLICT DO NOTHING");
        let text = "INSERT OR FAIL INTO a (b, c) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING";
        assert_eq!(batch.compose(Dialect::Sqlite, &rows), text);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn cuts_into_few_sizes_and_loses_no_row() {
        let batch = Batch::new("", 2, "");
        for rows in 1..=300i64 {
            let args: Vec<_> = (0..rows).flat_map(|row| [Arg::from(row), Arg::from(-row)]).collect();
            let (mut rest, mut seen, mut cuts) = (&args[..], Vec::new(), 0);
            while !rest.is_empty() {
                let chunk = batch.cut(Dialect::Sqlite, &mut rest);
                assert!((chunk.len() / 2).is_power_of_two());
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
