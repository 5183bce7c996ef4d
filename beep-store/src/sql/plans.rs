//! How SQLite carries out what anybody may ask for: by indexes, however much there is.

use beep_core::domain::Domain;

use super::arg::Arg;
use super::connection::Connection;
use super::migrations;
use super::open::{Location, SqlOptions};

/// The steps of a statement, one a line.
pub(super) async fn of(sql: &str, values: &[Arg<'_>]) -> String {
    let domain = Domain::parse("a.example.com").expect("a domain");
    let pools = Location::read("memory:").expect("it is a URL").pools(&SqlOptions::default(), &domain);
    migrations::run(&pools.writer).await.expect("the schema is made");
    let mut connection: Connection = pools.writer.acquire().await.expect("it opens");
    // The statement is made for this test alone.
    let sql: &'static str = format!("EXPLAIN QUERY PLAN {sql}").leak();
    let rows = connection.fetch_all(sql, values).await.expect("it is explained");
    let detail = |row: &super::row::Row| {
        let mut columns = row.columns();
        for _ in 0..3 {
            columns.int::<i64>().expect("a number");
        }
        columns.text().expect("a text").to_owned()
    };
    rows.iter().map(detail).collect::<Vec<_>>().join("\n")
}
