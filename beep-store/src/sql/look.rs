//! Inspecting a database without changing it, for diagnosis.

#[cfg(feature = "sqlite")]
use std::path::Path;

use beep_core::domain::Domain;
use beep_core::time::Timestamp;

use super::SqlStore;
use super::failure::Failure;
use super::lock::Lock;
use super::migrations;
use super::open::{Location, OpenError, Sharing, SqlOptions};
#[cfg(feature = "sqlite")]
use super::wal;

/// The state of a database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Look {
    /// Whether a running backend has it open.
    pub in_use: bool,
    /// Its domain; `None` if no backend has used it yet.
    pub domain: Option<Domain>,
    /// When a session was last used, by the clock of that time.
    pub last_used: Option<Timestamp>,
    /// The octets of SQLite's write-ahead log, if they are more than checkpoints leave there: another process keeps
    /// reading the database.
    pub long_wal: Option<u64>,
    /// Its schema, compared with that of this release.
    pub schema: Schema,
}

/// A schema, compared with that of this release.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Schema {
    /// There is none, or an older one: the next start updates it.
    Older,
    /// It is the same.
    Same,
    /// A newer release made it.
    Newer,
}

impl SqlStore {
    /// Inspects a database, all of it if it is SQLite; `None` if there is none. A store that wants to open it waits until this ends.
    ///
    /// # Errors
    /// [`OpenError::Url`], [`OpenError::Damaged`], or an error of the database.
    pub async fn look(url: &str) -> Result<Option<Look>, OpenError> {
        let location = Location::read(url)?;
        #[cfg(feature = "sqlite")]
        if let Location::Sqlite(path) = &location
            && !Path::new(path).exists()
        {
            return Ok(None);
        }
        let lock = match Lock::take(&location, Sharing::Refused, &Failure::default()).await {
            Ok(lock) => Some(lock),
            Err(OpenError::InUse) => None,
            Err(error) => return Err(error),
        };
        let looked = match check(&location).await {
            Ok(()) => seen(&location, lock.is_none()).await,
            Err(error) => Err(error),
        };
        if let Some(lock) = lock {
            lock.release().await;
        }
        looked.map(Some)
    }
}

/// Whether the database is whole, where its engine does not see to that itself.
async fn check(location: &Location) -> Result<(), OpenError> {
    match location {
        #[cfg(feature = "sqlite")]
        Location::Sqlite(path) => wal::check(Path::new(path)).await,
        _ => Ok(()),
    }
}

async fn seen(location: &Location, in_use: bool) -> Result<Look, OpenError> {
    let domain = Domain::parse("localhost").expect("`localhost` is a domain");
    let pools = location.pools(&SqlOptions::default(), &domain);
    let mut connection = pools.readers.acquire().await?;
    connection.fetch_one(ALIVE, &[]).await?;
    let step = match connection.fetch_one(STEP, &[]).await {
        Ok(row) => row.columns().int_or_none::<i64>()?,
        // There is no such table: no backend was here.
        Err(_) => None,
    };
    let schema = match step.unwrap_or(0).cmp(&migrations::newest()) {
        std::cmp::Ordering::Less => Schema::Older,
        std::cmp::Ordering::Equal => Schema::Same,
        std::cmp::Ordering::Greater => Schema::Newer,
    };
    let (mut domain, mut last_used) = (None, None);
    if step.is_some() {
        let owner = connection.fetch_optional(OWNER, &[]).await?;
        domain = owner.map(|row| row.columns().parsed(Domain::parse)).transpose()?;
        let row = connection.fetch_one(LAST_USED, &[]).await?;
        last_used = row.columns().time_or_none()?;
    }
    drop(connection);
    pools.readers.close().await;
    let long_wal = match location {
        #[cfg(feature = "sqlite")]
        Location::Sqlite(path) => Some(wal::octets(Path::new(path))).filter(|octets| *octets >= wal::LONG),
        _ => None,
    };
    Ok(Look { in_use, domain, last_used, long_wal, schema })
}

const ALIVE: &str = "SELECT 1";

const STEP: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";

const OWNER: &str = "SELECT domain FROM backend";

const LAST_USED: &str = "SELECT MAX(last_used_at) FROM session";
