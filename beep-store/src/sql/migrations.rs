//! The schema, step by step. What was released is never edited, since somebody's database has run it.

use std::borrow::Cow;

use beep_core::port::StoreError;
use sqlx::SqlStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::connection::Pool;
use super::dialect::Dialect;
use super::open::OpenError;

/// Brings the schema up to date. Several processes may do so at a time.
pub(crate) async fn run(pool: &Pool) -> Result<(), OpenError> {
    let migrations = migrations(pool.dialect());
    pool.migrate(&migrations).await.map_err(|error| match error {
        // That the database could not be reached says nothing of its schema.
        MigrateError::Execute(error) => OpenError::Store(StoreError::new(error)),
        MigrateError::VersionMissing(found) => OpenError::Newer { found, known: newest() },
        MigrateError::VersionMismatch(step) => {
            OpenError::Migration(format!("another build of beep-server made step {step} of it; run that build"))
        }
        other => OpenError::Migration(other.to_string()),
    })
}

/// The number of the newest step.
pub(crate) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// All steps for an engine, in order.
pub(crate) fn migrations(dialect: Dialect) -> Migrator {
    let steps = STEPS.iter().zip(1..).map(|(step, version)| {
        let sql = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => step.sqlite,
            #[cfg(feature = "postgres")]
            Dialect::Postgres => step.postgres,
        };
        let name = Cow::Borrowed(step.name);
        Migration::new(version, name, MigrationType::Simple, SqlStr::from_static(sql), false)
    });
    Migrator::with_migrations(steps.collect())
}

struct Step {
    name: &'static str,
    #[cfg(feature = "sqlite")]
    sqlite: &'static str,
    #[cfg(feature = "postgres")]
    postgres: &'static str,
}

/// A step by the name of its files, which is the same for both engines.
macro_rules! step {
    ($file:literal) => {
        Step {
            name: $file,
            #[cfg(feature = "sqlite")]
            sqlite: include_str!(concat!("../../migrations/sqlite/", $file, ".sql")),
            #[cfg(feature = "postgres")]
            postgres: include_str!(concat!("../../migrations/postgres/", $file, ".sql")),
        }
    };
}

/// Each is numbered by its place, from 1.
const STEPS: &[Step] = &[step!("0001_backend")];
