//! The PostgreSQL session that holds the lock, and the task that watches it.
//!
//! A connection pooler that gives each transaction any session would leave the lock behind in one of them. So the database
//! is asked which session it is, at the start and from then on. All statements are simple queries: what a pooler makes of
//! prepared ones says nothing about the lock.

use std::time::Duration;

use beep_core::port::StoreError;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::failure::Failure;
use super::super::open::OpenError;
use super::{PATIENCE, PAUSE};

/// A session that holds the lock, and a task that checks it.
pub(super) struct Session {
    /// Ends the task, by being dropped as well.
    over: oneshot::Sender<()>,
    kept: JoinHandle<()>,
}

/// A connection with the lock.
struct Held {
    connection: PgConnection,
    /// The session as the lock was taken.
    taken: Seen,
}

/// The session of a statement, as the database sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seen {
    process: i32,
    /// Whether the database lists the lock for it; some engines list none.
    holds: bool,
}

impl Seen {
    /// Whether a later statement ran in the same session, with the lock.
    fn is_still(self, now: Self) -> bool {
        now.process == self.process && (now.holds || !self.holds)
    }
}

impl Session {
    pub(super) async fn begin(options: &PgConnectOptions, failure: Failure) -> Result<Self, OpenError> {
        let mut held = Held::take(options).await?;
        held.refuse_pooler(options).await?;
        let (over, ends) = oneshot::channel();
        let kept = tokio::spawn(keep(held, options.clone(), ends, failure));
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
    connected.map_err(|_| silent())?.map_err(StoreError::new)
}

impl Held {
    async fn take(options: &PgConnectOptions) -> Result<Self, OpenError> {
        let mut connection = connect(options).await?;
        // So that the database soon notices a machine that is gone without a word.
        for setting in
            ["SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 2", "SET tcp_keepalives_count = 3"]
        {
            // An engine that does not know it has its own way.
            let _ = sqlx::raw_sql(setting).execute(&mut connection).await;
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let (process, is_taken) = ask(&mut connection, TAKE).await?;
            if is_taken {
                let now = seen(&mut connection).await?;
                if now.process != process {
                    return Err(OpenError::Pooled);
                }
                return Ok(Self { connection, taken: now });
            }
            if Instant::now() >= until {
                return Err(OpenError::InUse);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Refuses a pooler that gives a session to somebody else between two statements. A transaction on a second connection
    /// makes it do so: it takes the session that was used last, or else the next statement here needs another.
    async fn refuse_pooler(&mut self, options: &PgConnectOptions) -> Result<(), OpenError> {
        let mut other = connect(options).await?;
        sqlx::raw_sql("BEGIN").execute(&mut other).await.map_err(StoreError::new)?;
        let is_pooled = seen(&mut other).await?.process == self.taken.process || !self.is_held().await?;
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut other).await;
        let _ = other.close().await;
        if is_pooled { Err(OpenError::Pooled) } else { Ok(()) }
    }

    async fn is_held(&mut self) -> Result<bool, StoreError> {
        Ok(self.taken.is_still(seen(&mut self.connection).await?))
    }
}

/// Takes the lock again when its session broke off; it is a failure if that is too late.
async fn keep(mut held: Held, options: PgConnectOptions, mut ends: oneshot::Receiver<()>, failure: Failure) {
    loop {
        tokio::select! {
            _ = &mut ends => {
                // The database ends it anyway.
                let _ = tokio::time::timeout(ANSWER, async {
                    let _ = sqlx::raw_sql(RELEASE).execute(&mut held.connection).await;
                    let _ = held.connection.close().await;
                })
                .await;
                return;
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        match held.is_held().await {
            Ok(true) => continue,
            Ok(false) => return failure.report(OpenError::Pooled),
            Err(_) => {}
        }
        match Held::take(&options).await {
            Ok(taken) => held = taken,
            Err(error @ (OpenError::InUse | OpenError::Pooled)) => return failure.report(error),
            Err(error) => tracing::warn!(%error, "the lock on the database cannot be checked"),
        }
    }
}

async fn seen(connection: &mut PgConnection) -> Result<Seen, StoreError> {
    let (process, holds) = ask(connection, SEEN).await?;
    Ok(Seen { process, holds })
}

async fn ask(connection: &mut PgConnection, sql: &'static str) -> Result<(i32, bool), StoreError> {
    let row = tokio::time::timeout(ANSWER, sqlx::raw_sql(sql).fetch_one(connection)).await;
    let row = row.map_err(|_| silent())?.map_err(StoreError::new)?;
    Ok((row.try_get(0).map_err(StoreError::new)?, row.try_get(1).map_err(StoreError::new)?))
}

fn silent() -> StoreError {
    StoreError::new("the database does not answer")
}

// The number of the lock spells "beep", and is the same for all.
const TAKE: &str = "SELECT pg_backend_pid(), pg_try_advisory_lock(1650812272)";

const SEEN: &str = "
    SELECT pg_backend_pid(), EXISTS (
        SELECT 1
        FROM pg_locks
        WHERE locktype = 'advisory'
            AND pid = pg_backend_pid()
            AND classid = 0
            AND objid = 1650812272
            AND objsubid = 1
            AND granted
    )";

const RELEASE: &str = "SELECT pg_advisory_unlock(1650812272)";

/// How often the session is checked.
const LOOK: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(1);
const SLOWEST_CONNECT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_held_by_one_session_as_long_as_the_database_lists_it() {
        let seen = |process, holds| Seen { process, holds };
        assert!(seen(1, true).is_still(seen(1, true)));
        assert!(!seen(1, true).is_still(seen(2, true)));
        assert!(!seen(1, true).is_still(seen(1, false)), "a pooler has reset the session");
        assert!(seen(1, false).is_still(seen(1, false)), "an engine that lists no locks");
    }
}
