//! The databases that scenarios run on.

use std::path::Path;

/// Names the PostgreSQL that databases are made on.
const POSTGRES: &str = "BEEP_TEST_POSTGRES_URL";

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
        match std::env::var(POSTGRES) {
            Ok(_) => vec![Self::Sqlite, Self::Postgres],
            Err(_) => {
                eprintln!("skipped: PostgreSQL, as {POSTGRES} is not set; `cargo xtask test` starts one");
                vec![Self::Sqlite]
            }
        }
    }

    /// The URL of a new database that nobody has used; the embedded one goes into `directory`.
    pub async fn fresh(self, directory: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", directory.join("beep.db").display()),
            Self::Postgres => {
                let url = std::env::var(POSTGRES).expect("the engine is at hand only where the variable is set");
                beep_store::conformance::new_postgres(&url).await
            }
            Self::Memory => "memory:".to_owned(),
        }
    }
}
