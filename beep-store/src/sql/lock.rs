//! The lock on a database: only one store may have it open, unless all share it.
//!
//! The lock is released when its process ends, even by a crash: for SQLite it is on a file beside the database, for
//! PostgreSQL it belongs to a session that does nothing else.

#[cfg(feature = "postgres")]
mod session;

#[cfg(feature = "sqlite")]
use std::fs::{File, TryLockError};
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "sqlite")]
use beep_core::port::StoreError;
#[cfg(feature = "sqlite")]
use tokio::time::Instant;

use super::failure::Failure;
#[cfg(feature = "sqlite")]
use super::open::for_this_user_alone;
use super::open::{Location, OpenError, Sharing};

/// The lock on a database, until it is released or dropped.
pub(crate) struct Lock {
    held: Held,
}

enum Held {
    Nothing,
    #[cfg(feature = "sqlite")]
    File(File),
    #[cfg(feature = "postgres")]
    Session(session::Session),
}

impl Lock {
    /// Takes the lock, unless the database is shared. If PostgreSQL cannot be reached, fails with the cause.
    /// What goes wrong with it later is a `failure` of the store.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "a lock on a file is not lost"))]
    pub(crate) async fn take(at: &Location, sharing: Sharing, failure: &Failure) -> Result<Self, OpenError> {
        let held = match (at, sharing) {
            #[cfg(feature = "sqlite")]
            (Location::Sqlite(path), Sharing::Refused) => Held::File(lock_beside(Path::new(path)).await?),
            #[cfg(feature = "sqlite")]
            (Location::Sqlite(_), Sharing::Allowed) | (Location::Memory, _) => Held::Nothing,
            #[cfg(feature = "postgres")]
            (Location::Postgres(options), Sharing::Refused) => {
                Held::Session(session::Session::begin(options, failure.clone()).await?)
            }
            #[cfg(feature = "postgres")]
            (Location::Postgres(options), Sharing::Allowed) => {
                drop(session::connect(options).await?);
                Held::Nothing
            }
        };
        Ok(Self { held })
    }

    /// Releases the lock at once.
    pub(crate) async fn release(self) {
        match self.held {
            Held::Nothing => {}
            #[cfg(feature = "sqlite")]
            Held::File(file) => drop(file),
            #[cfg(feature = "postgres")]
            Held::Session(session) => session.end().await,
        }
    }
}

/// Locks a separate file: opening and closing the database file would release SQLite's own locks on it.
#[cfg(feature = "sqlite")]
async fn lock_beside(database: &Path) -> Result<File, OpenError> {
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = database.into_os_string();
    name.push(".lock");
    let failed = |error| StoreError::new(format!("{}: {error}", Path::new(&name).display()));
    let file = for_this_user_alone().open(&name).map_err(failed)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => return Err(failed(error).into()),
        }
    }
}

/// How long to wait for the lock: its holder may be stopping.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);
