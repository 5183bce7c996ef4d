//! The databases that scenarios run on.

use std::path::Path;

use sqlx::{Connection, Executor, PgConnection};

/// What a backend keeps its data in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// A database of its own on the PostgreSQL of `BEEP_TEST_POSTGRES_URL`.
    Postgres,
    /// None: all is gone with the process, so nothing that is killed or stopped can run on it.
    Memory,
}

impl Engine {
    /// The engines at hand. Without `BEEP_TEST_POSTGRES_URL` it says that PostgreSQL is skipped, and why.
    pub fn at_hand() -> Vec<Self> {
        match std::env::var("BEEP_TEST_POSTGRES_URL") {
            Ok(_) => vec![Self::Sqlite, Self::Postgres],
            Err(_) => {
                eprintln!("skipped: PostgreSQL, as BEEP_TEST_POSTGRES_URL is not set; `cargo xtask test` starts one");
                vec![Self::Sqlite]
            }
        }
    }

    /// The URL of a new, empty database; the embedded one goes into `directory`.
    pub async fn fresh(self, directory: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", directory.join("beep.db").display()),
            Self::Postgres => postgres().await,
            Self::Memory => "memory:".to_owned(),
        }
    }
}

/// Makes a new database on the PostgreSQL at hand.
async fn postgres() -> String {
    let url = std::env::var("BEEP_TEST_POSTGRES_URL").expect("the engine is at hand only where the variable is set");
    let name = format!("beep_{}", uuid::Uuid::new_v4().simple());
    let mut admin = PgConnection::connect(&url).await.expect("PostgreSQL answers");
    let statement = format!("CREATE DATABASE {name}");
    admin.execute(sqlx::AssertSqlSafe(statement)).await.expect("a database can be made");
    admin.close().await.expect("the connection closes");
    let (base, query) = url.split_once('?').map_or((url.as_str(), ""), |(base, query)| (base, query));
    let (server, _) = base.rsplit_once('/').expect("the URL names a database");
    if query.is_empty() { format!("{server}/{name}") } else { format!("{server}/{name}?{query}") }
}
