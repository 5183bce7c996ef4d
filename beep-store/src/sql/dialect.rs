//! The SQL that differs between SQLite and PostgreSQL; everything else is shared.
//!
//! Limits are written `$2 + 0`: SQLite plans by the value of a bare placeholder, and so would plan the statement again
//! each time.

/// The SQL of an engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dialect {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite,
    /// PostgreSQL, or a compatible database.
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Dialect {
    /// How many there are at most.
    pub(crate) const MOST: usize = 2;

    /// Begins a transaction that writes.
    ///
    /// SQLite takes the write lock at once: a transaction that reads first and then writes may fail in the middle.
    pub(crate) fn begin_writing(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "BEGIN IMMEDIATE",
            #[cfg(feature = "postgres")]
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// Begins a transaction whose reads all see one moment.
    pub(crate) fn begin_reading(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "BEGIN DEFERRED",
            #[cfg(feature = "postgres")]
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Reads the head of the log, and how many transactions have written, for one that will.
    ///
    /// On PostgreSQL it locks the row, so that commits follow each other even when several processes make them:
    /// whatever is read after it stays true until the end of the transaction, and needs no lock of its own.
    pub(crate) fn take_log_head(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "SELECT head, commits FROM log",
            #[cfg(feature = "postgres")]
            Self::Postgres => "SELECT head, commits FROM log FOR UPDATE",
        }
    }

    /// Begins a statement that inserts many rows.
    ///
    /// If it fails, its transaction ends on either engine, so SQLite does not need a statement journal.
    pub(crate) fn insert_many(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "INSERT OR FAIL",
            #[cfg(feature = "postgres")]
            Self::Postgres => "INSERT",
        }
    }

    /// The statement to run before the last connection is closed.
    pub(crate) fn before_close(self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => Some("PRAGMA wal_checkpoint(TRUNCATE)"),
            #[cfg(feature = "postgres")]
            Self::Postgres => None,
        }
    }
}
