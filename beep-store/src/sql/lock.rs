//! The lock on a database: only one store may have it open, unless all share it.
//!
//! The lock is released when its process ends, even by a crash: for SQLite it is on a file beside the database, for
//! PostgreSQL it belongs to a session that does nothing else.

#[cfg(feature = "sqlite")]
use std::fs::{File, TryLockError};
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use beep_core::port::StoreError;
use tokio::time::Instant;

use super::open::{Location, OpenError, Sharing};

/// The lock on a database, until it is released or dropped.
pub(crate) struct Lock {
    held: Held,
    lost: Lost,
}

/// Whether another store has taken over the database. It never turns false again, because caches may be outdated.
#[derive(Clone, Default)]
pub(crate) struct Lost(Arc<AtomicBool>);

enum Held {
    Nothing,
    #[cfg(feature = "sqlite")]
    File(File),
    #[cfg(feature = "postgres")]
    Session(session::Session),
}

impl Lock {
    /// Takes the lock, unless the database is shared. If PostgreSQL cannot be reached, fails with the cause.
    pub(crate) async fn take(at: &Location, sharing: Sharing) -> Result<Self, OpenError> {
        let lost = Lost::default();
        let held = match (at, sharing) {
            #[cfg(feature = "sqlite")]
            (Location::Sqlite(path), Sharing::Refused) => Held::File(lock_beside(Path::new(path)).await?),
            #[cfg(feature = "sqlite")]
            (Location::Sqlite(_), Sharing::Allowed) | (Location::Memory, _) => Held::Nothing,
            #[cfg(feature = "postgres")]
            (Location::Postgres(options), Sharing::Refused) => {
                Held::Session(session::Session::begin(options, lost.clone()).await?)
            }
            #[cfg(feature = "postgres")]
            (Location::Postgres(options), Sharing::Allowed) => {
                drop(session::connect(options).await?);
                Held::Nothing
            }
        };
        Ok(Self { held, lost })
    }

    pub(crate) fn lost(&self) -> Lost {
        self.lost.clone()
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

impl Lost {
    /// Fails once another store has the database.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.0.load(Ordering::Acquire) {
            return Err(StoreError::new(OpenError::InUse));
        }
        Ok(())
    }
}

/// Locks a separate file: opening and closing the database file would release SQLite's own locks on it.
#[cfg(feature = "sqlite")]
async fn lock_beside(database: &Path) -> Result<File, OpenError> {
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = database.into_os_string();
    name.push(".lock");
    let open = || {
        let mut options = File::options();
        options.create(true).truncate(false).write(true).open(&name)
    };
    let failed = |error| StoreError::new(format!("{}: {error}", Path::new(&name).display()));
    let file = open().map_err(failed)?;
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

#[cfg(feature = "postgres")]
mod session {
    use sqlx::postgres::{PgConnectOptions, PgConnection};
    use sqlx::{ConnectOptions, Connection};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    /// A session that holds the lock, and a task that checks it.
    pub(super) struct Session {
        /// Ends the task, by being dropped as well.
        over: oneshot::Sender<()>,
        kept: JoinHandle<()>,
    }

    impl Session {
        pub(super) async fn begin(options: &PgConnectOptions, lost: Lost) -> Result<Self, OpenError> {
            let connection = take(options).await?;
            let (over, ends) = oneshot::channel();
            let kept = tokio::spawn(keep(connection, options.clone(), ends, lost));
            Ok(Self { over, kept })
        }

        pub(super) async fn end(self) {
            drop(self.over);
            // It only looks at the session, which cannot go wrong.
            let _ = self.kept.await;
        }
    }

    pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
        let connected = tokio::time::timeout(SLOWEST_CONNECT, options.connect()).await;
        connected.map_err(|_| StoreError::new("the database does not answer"))?.map_err(StoreError::new)
    }

    async fn take(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
        let mut connection = connect(options).await?;
        // So that the database soon deltas a machine that is gone without a word.
        for setting in
            ["SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 2", "SET tcp_keepalives_count = 3"]
        {
            // An engine that does not know it has its own way.
            let _ = sqlx::query(setting).execute(&mut connection).await;
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(KEY);
            if lock.fetch_one(&mut connection).await.map_err(StoreError::new)? {
                return Ok(connection);
            }
            if Instant::now() >= until {
                return Err(OpenError::InUse);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes the lock again when its session broke off.
    async fn keep(mut session: PgConnection, options: PgConnectOptions, mut ends: oneshot::Receiver<()>, lost: Lost) {
        loop {
            tokio::select! {
                _ = &mut ends => {
                    // The database ends it anyway.
                    let _ = tokio::time::timeout(ANSWER, async {
                        let _ = sqlx::query("SELECT pg_advisory_unlock($1)").bind(KEY).execute(&mut session).await;
                        let _ = session.close().await;
                    })
                    .await;
                    return;
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Ok(Ok(())) = tokio::time::timeout(ANSWER, session.ping()).await {
                continue;
            }
            match take(&options).await {
                Ok(taken) => session = taken,
                Err(OpenError::InUse) => {
                    tracing::error!("another beep-server has taken over this database; stop this one");
                    lost.0.store(true, Ordering::Release);
                    return;
                }
                Err(error) => tracing::warn!(%error, "the lock on the database cannot be checked"),
            }
        }
    }

    /// "beep", the same for all.
    const KEY: i64 = 0x6265_6570;

    /// How often the session is checked.
    const LOOK: Duration = Duration::from_secs(2);
    const ANSWER: Duration = Duration::from_secs(1);
    const SLOWEST_CONNECT: Duration = Duration::from_secs(5);
}

/// How long to wait for the lock: its holder may be stopping.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);
