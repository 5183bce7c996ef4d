//! Opening a database: its URL, its configuration, and its domain.

#[cfg(feature = "sqlite")]
use std::path::Path;
#[cfg(feature = "sqlite")]
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::{Entropy, StoreError};

use super::arg::args;
use super::connection::{Connection, Engine, Pool};
use super::origins::Origins;
#[cfg(feature = "sqlite")]
use super::wal;

/// The resources and sharing of a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SqlOptions {
    /// The maximum number of reader connections, besides the writer. They are opened when needed, and closed after a
    /// minute without use.
    pub readers: u32,
    /// Whether other stores may have the database open at the same time.
    pub sharing: Sharing,
    /// How long PostgreSQL may take to answer a statement, before its connection counts as broken.
    pub patience: Duration,
}

/// Whether several stores may have a database open at the same time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sharing {
    /// A second store is refused, in this process or another, because users of a store may cache what they read.
    #[default]
    Refused,
    /// Any number of stores. Each publishes only its own events, so they must inform each other.
    Allowed,
}

impl Default for SqlOptions {
    fn default() -> Self {
        Self { readers: 4, sharing: Sharing::Refused, patience: Duration::from_secs(10) }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not one of a supported database.
    #[error("the database URL must be `sqlite://` with a path, `postgres://…`, or `memory:`")]
    Url,
    /// The database belongs to another backend.
    #[error("the database belongs to `{kept}`, not to `{given}`: a backend cannot change its domain")]
    Domain {
        /// The domain of the database.
        kept: Domain,
        /// The domain of the caller.
        given: Domain,
    },
    /// Another store has the database open.
    #[error("another beep-server uses this database")]
    InUse,
    /// What is between this and PostgreSQL gives the session with the lock to others.
    #[error(
        "a connection pooler in front of PostgreSQL switches sessions, so the lock on the database does not hold: \
         set the pooler to session mode, or connect to PostgreSQL directly"
    )]
    Pooled,
    /// The database file is damaged, or its `-wal` file belongs to another moment of it. Nothing was changed.
    #[error("{path} is damaged, or does not fit its `-wal` file ({why}): restore a backup, see docs/operations.md")]
    Damaged {
        /// The file.
        path: String,
        /// The first fault that was found.
        why: String,
    },
    /// A newer release made the schema.
    #[error(
        "a newer release of beep-server made the schema of this database (step {found}; this release knows {known}): \
         run that release or a newer one"
    )]
    Newer {
        /// The newest step that the database has.
        found: i64,
        /// The newest step that this release has.
        known: i64,
    },
    /// The schema could not be updated.
    #[error("the schema cannot be updated: {0}")]
    Migration(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The pools for writing and reading.
pub(crate) struct Pools {
    pub(crate) writer: Pool,
    pub(crate) readers: Pool,
}

/// Where a database is.
pub(crate) enum Location {
    /// The path of its file.
    #[cfg(feature = "sqlite")]
    Sqlite(String),
    /// SQLite in the memory of this process.
    #[cfg(feature = "sqlite")]
    Memory,
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::postgres::PgConnectOptions>),
}

impl Location {
    /// Reads a URL.
    pub(crate) fn read(url: &str) -> Result<Self, OpenError> {
        match url.split_once("://") {
            #[cfg(feature = "sqlite")]
            None if url == "memory:" => Ok(Self::Memory),
            #[cfg(feature = "sqlite")]
            Some(("sqlite", path)) if !path.is_empty() && !path.starts_with(':') => Ok(Self::Sqlite(path.to_owned())),
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => match url.parse::<sqlx::postgres::PgConnectOptions>() {
                Ok(options) => Ok(Self::Postgres(Box::new(options.application_name("beep")))),
                Err(_) => Err(OpenError::Url),
            },
            _ => Err(OpenError::Url),
        }
    }

    /// Makes the file of a database that is not there yet, for this user alone: it holds keys and the hashes of passwords.
    /// SQLite gives the files beside it the same mode.
    pub(crate) fn make(&self) -> std::io::Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => for_this_user_alone().open(path).map(drop),
            _ => Ok(()),
        }
    }

    /// Checks a database that was not closed, before anything changes it.
    pub(crate) async fn check_unclosed(&self) -> Result<(), OpenError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => wal::check_unclosed(Path::new(path)).await,
            _ => Ok(()),
        }
    }

    /// What watches the log of a file.
    #[cfg(feature = "sqlite")]
    pub(crate) fn watch(&self) -> Option<wal::Watch> {
        match self {
            Self::Sqlite(path) => Some(wal::Watch::new(Path::new(path))),
            _ => None,
        }
    }

    /// Makes the pools; opens no connection yet.
    pub(crate) fn pools(&self, options: &SqlOptions, domain: &Domain) -> Pools {
        let engines = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => sqlite(in_file(path), options.readers),
            #[cfg(feature = "sqlite")]
            Self::Memory => sqlite(in_memory(), 1),
            #[cfg(feature = "postgres")]
            Self::Postgres(common) => postgres(common, options),
        };
        let (origins, shared) = (Origins::new(domain.clone()), options.sharing == Sharing::Allowed);
        let pool = |engine| Pool::new(engine, origins.clone(), shared, options.patience);
        Pools { writer: pool(engines.0), readers: pool(engines.1) }
    }
}

/// How a file is opened that nobody else may read; one that is there keeps its mode.
#[cfg(feature = "sqlite")]
pub(crate) fn for_this_user_alone() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(feature = "sqlite")]
fn in_file(path: &str) -> sqlx::sqlite::SqliteConnectOptions {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

    SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
}

/// An in-memory database that the connections of one store share; it ends with the last of them.
#[cfg(feature = "sqlite")]
fn in_memory() -> sqlx::sqlite::SqliteConnectOptions {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

    static NUMBER: AtomicU64 = AtomicU64::new(0);
    SqliteConnectOptions::new()
        // The slash at the beginning is what lets several connections open it (https://sqlite.org/inmemorydb.html).
        .filename(format!("/beep-{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
        .vfs("memdb")
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
}

#[cfg(feature = "sqlite")]
fn sqlite(common: sqlx::sqlite::SqliteConnectOptions, readers: u32) -> (Engine, Engine) {
    use sqlx::sqlite::SqlitePoolOptions;

    let common = common.foreign_keys(true).busy_timeout(BUSY_TIMEOUT);
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
        .max_connections(readers.max(1))
        .idle_timeout(IDLE_TIMEOUT)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(reading);
    (Engine::Sqlite(writer), Engine::Sqlite(readers))
}

#[cfg(feature = "postgres")]
fn postgres(common: &sqlx::postgres::PgConnectOptions, options: &SqlOptions) -> (Engine, Engine) {
    use sqlx::postgres::PgPoolOptions;

    let writer = PgPoolOptions::new()
        .min_connections(0)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(common.clone().statement_cache_capacity(STATEMENTS));
    let readers = PgPoolOptions::new()
        .min_connections(0)
        .max_connections(options.readers.max(1))
        .idle_timeout(IDLE_TIMEOUT)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(common.clone());
    (Engine::Postgres(writer), Engine::Postgres(readers))
}

/// Assigns the database to this backend, unless it belongs to another.
pub(crate) async fn own(connection: &mut Connection, domain: &Domain, entropy: &dyn Entropy) -> Result<(), OpenError> {
    connection.execute(OWN, &args![domain.as_str()]).await?;
    let row = connection.fetch_one(OWNER, &[]).await?;
    let kept = row.columns().parsed(Domain::parse)?;
    if kept != *domain {
        return Err(OpenError::Domain { kept, given: domain.clone() });
    }
    let random = i64::from_be_bytes(entropy.octets()) & i64::MAX;
    connection.execute(BEGIN_LOG, &args![random]).await?;
    Ok(())
}

/// Enough for all statements, including those of [`super::batch`] in all sizes.
const STATEMENTS: usize = 256;
#[cfg(feature = "sqlite")]
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
#[cfg(feature = "sqlite")]
const ROWS: usize = 256;
/// How long to wait for a database that does not answer.
#[cfg(feature = "postgres")]
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

const OWN: &str = "INSERT INTO backend (one, domain) VALUES (1, $1) ON CONFLICT DO NOTHING";

const OWNER: &str = "SELECT domain FROM backend";

const BEGIN_LOG: &str = "INSERT INTO log (one, id, head, kept_after) VALUES (1, $1, 0, 0) ON CONFLICT DO NOTHING";
