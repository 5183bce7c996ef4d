//! The write-ahead log of an SQLite file: how long it is, and whether the database is whole with it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use beep_core::port::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::time::Instant;

use super::open::OpenError;

/// The octets of the log beside a database: above zero while it is open, and after it was not closed.
pub(crate) fn octets(database: &Path) -> u64 {
    std::fs::metadata(beside(database)).map_or(0, |metadata| metadata.len())
}

/// Checks a database that was not closed, or that somebody put there with the log of another moment.
pub(crate) async fn check_unclosed(database: &Path) -> Result<(), OpenError> {
    if octets(database) == 0 {
        return Ok(());
    }
    tracing::info!(database = %database.display(), "the database was not closed; checking it");
    check(database).await
}

/// Checks that a database is whole, and changes neither it nor its log: the connection may only read, so that closing it
/// does not write the log back into the database.
pub(crate) async fn check(database: &Path) -> Result<(), OpenError> {
    let mut connection =
        SqliteConnectOptions::new().filename(database).read_only(true).connect().await.map_err(StoreError::new)?;
    let first_fault = sqlx::query_scalar::<_, String>(CHECK).fetch_one(&mut connection).await;
    let _ = connection.close().await;
    let why = match first_fault {
        Ok(fault) if fault == "ok" => return Ok(()),
        Ok(fault) => fault.replace('\n', " "),
        Err(error) if is_damage(&error) => error.to_string(),
        Err(error) => return Err(StoreError::new(error).into()),
    };
    Err(OpenError::Damaged { path: database.display().to_string(), why })
}

fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    // The lower octet is the kind of an extended code.
    code.is_some_and(|code| [CORRUPT, NOT_A_DATABASE].contains(&(code & 0xff)))
}

fn beside(database: &Path) -> PathBuf {
    let mut name: OsString = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into();
    name.push("-wal");
    name.into()
}

/// Warns while the log grows beyond what checkpoints leave of it.
pub(crate) struct Watch {
    database: PathBuf,
    looked_at: Instant,
    /// The size at which it warns next.
    warns_at: u64,
}

impl Watch {
    pub(crate) fn new(database: &Path) -> Self {
        Self { database: database.to_owned(), looked_at: Instant::now(), warns_at: LONG }
    }

    /// Looks at the log now and then.
    pub(crate) fn look(&mut self) {
        if self.looked_at.elapsed() >= LOOK {
            self.looked_at = Instant::now();
            self.judge(octets(&self.database));
        }
    }

    fn judge(&mut self, octets: u64) -> bool {
        if octets < LONG {
            self.warns_at = LONG;
        }
        let warns = octets >= self.warns_at;
        if warns {
            self.warns_at = octets.saturating_mul(2);
            tracing::warn!(
                database = %self.database.display(),
                mebibytes = octets >> 20,
                "the `-wal` file grows, because another process reads the database all the time; end that process"
            );
        }
        warns
    }
}

/// From what size on the log is longer than checkpoints leave it, even after a burst.
pub(crate) const LONG: u64 = 256 << 20;

/// How often a growing log is looked at.
const LOOK: Duration = Duration::from_secs(10);

const CHECK: &str = "PRAGMA quick_check(1)";

// https://sqlite.org/rescode.html
const CORRUPT: u32 = 11;
const NOT_A_DATABASE: u32 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_grows_is_told_of_each_time_it_has_doubled() {
        let mut watch = Watch::new(Path::new("beep.db"));
        let told = [LONG - 1, LONG, LONG + 1, 2 * LONG, 3 * LONG, 4 * LONG, 1, LONG].map(|octets| watch.judge(octets));
        assert_eq!(told, [false, true, false, true, false, true, false, true]);
    }
}
