//! Opening a database: what its URL means, how it is set up, whose it is.

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::{Entropy, StoreError};

use super::arg::args;
use super::connection::{Connection, Engine, Pool};

/// How much a store may take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SqlOptions {
    /// The most connections that read, besides the one that writes. They are opened as they are needed, and closed
    /// when they are idle for a minute.
    pub readers: u32,
}

impl Default for SqlOptions {
    fn default() -> Self {
        Self { readers: 4 }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database that this program knows.
    #[error("`{0}` is no database: it begins with `sqlite://` and a path, or with `postgres://`")]
    Url(String),
    /// The database is that of another backend.
    #[error("the database belongs to `{kept}` and not to `{given}`: a backend keeps its domain for ever")]
    Domain {
        /// Whose it is.
        kept: Domain,
        /// Who opened it.
        given: Domain,
    },
    /// The schema could not be brought up to date.
    #[error("the schema cannot be brought up to date: {0}")]
    Migration(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the connections go that write and that read.
pub(crate) struct Pools {
    pub(crate) writer: Pool,
    pub(crate) readers: Pool,
}

/// Makes the pools for a URL; nothing is opened yet, save that SQLite's file is made.
pub(crate) fn pools(url: &str, options: &SqlOptions, domain: &Domain) -> Result<Pools, OpenError> {
    let engines = engines(url, options)?;
    let pool = |engine| Pool::new(engine, domain.clone());
    Ok(Pools { writer: pool(engines.0), readers: pool(engines.1) })
}

fn engines(url: &str, options: &SqlOptions) -> Result<(Engine, Engine), OpenError> {
    let unknown = || OpenError::Url(without_password(url));
    match url.split_once("://") {
        #[cfg(feature = "sqlite")]
        Some(("sqlite", path)) if !path.is_empty() && !path.starts_with(':') => Ok(sqlite(path, options)),
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => postgres(url, options).map_err(|_| unknown()),
        _ => Err(unknown()),
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &str, options: &SqlOptions) -> (Engine, Engine) {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

    let common = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let writing = common
        .clone()
        .create_if_missing(true)
        .statement_cache_capacity(STATEMENTS)
        // Taken as it is used: the pages that many channels write to, again and again.
        .pragma("cache_size", "-16000")
        // A statement of many rows keeps what it may have to take back; in a file that would cost more than the rows.
        .pragma("temp_store", "2")
        // Pages are written back less often than they change, for 16 MiB more on the disk.
        .pragma("wal_autocheckpoint", "4000")
        // After a burst the log is cut down to this when it is next written from its start.
        .pragma("journal_size_limit", "67108864");
    // Room for a page of rows, so that who reads the database need not wait for who takes the rows.
    let reading = common.pragma("query_only", "1").row_buffer_size(ROWS);
    let writer = SqlitePoolOptions::new()
        .min_connections(0)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(writing);
    let readers = SqlitePoolOptions::new()
        .min_connections(0)
        .max_connections(options.readers.max(1))
        .idle_timeout(IDLE_TIMEOUT)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(reading);
    (Engine::Sqlite(writer), Engine::Sqlite(readers))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str, options: &SqlOptions) -> Result<(Engine, Engine), sqlx::Error> {
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    let common: PgConnectOptions = url.parse()?;
    let common = common.application_name("beep");
    let writer = PgPoolOptions::new()
        .min_connections(0)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(common.clone().statement_cache_capacity(STATEMENTS));
    let readers = PgPoolOptions::new()
        .min_connections(0)
        .max_connections(options.readers.max(1))
        .idle_timeout(IDLE_TIMEOUT)
        .connect_lazy_with(common);
    Ok((Engine::Postgres(writer), Engine::Postgres(readers)))
}

/// Makes the database that of this backend, unless it is another's.
pub(crate) async fn own(connection: &mut Connection, domain: &Domain, entropy: &dyn Entropy) -> Result<(), OpenError> {
    connection.execute(OWN, &args![domain.as_str()]).await?;
    let row = connection.fetch_one(OWNER, &[]).await?;
    let kept = row.columns().domain()?;
    if kept != *domain {
        return Err(OpenError::Domain { kept, given: domain.clone() });
    }
    let random = i64::from_be_bytes(entropy.octets()) & i64::MAX;
    connection.execute(BEGIN_LOG, &args![random]).await?;
    Ok(())
}

/// A URL as it may be shown.
fn without_password(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let Some((scheme, user)) = before.split_once("://") else { return host.to_owned() };
    format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default())
}

/// Enough for every text, those of [`super::batch`] in all their sizes.
const STATEMENTS: usize = 256;
#[cfg(feature = "sqlite")]
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
#[cfg(feature = "sqlite")]
const ROWS: usize = 256;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

const OWN: &str = "INSERT INTO backend (one, domain) VALUES (1, $1) ON CONFLICT DO NOTHING";

const OWNER: &str = "SELECT domain FROM backend";

const BEGIN_LOG: &str = "INSERT INTO log (one, id, head, kept_after) VALUES (1, $1, 0, 0) ON CONFLICT DO NOTHING";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_password() {
        assert_eq!(without_password("mysql://me:se:cret@host/db"), "mysql://me@host/db");
        assert_eq!(without_password("beep.db"), "beep.db");
    }
}
