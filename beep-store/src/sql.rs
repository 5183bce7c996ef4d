//! One store for SQLite and PostgreSQL.
//!
//! Both engines share the SQL; [`dialect`] has the differences. One task, the [`writer`], makes all changes on one
//! connection; readers have their own pool and never wait for it.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::port::{Answered, Change, CommitError, Committed, IdempotencyKey, Store, StoreError};
use beep_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::StoreParts;

mod account_removals;
mod account_updates;
mod accounts;
mod arg;
mod audit;
mod audit_changes;
mod author;
mod bans;
mod batch;
mod blocks;
mod change;
mod channels;
mod connection;
mod content;
#[cfg(feature = "postgres")]
mod deferred;
pub(crate) mod dialect;
mod discovery;
mod domain_bans;
mod edits;
mod email_changes;
mod events;
mod failure;
mod federation;
mod friendships;
mod global_roles;
mod group;
mod guards;
mod health;
mod idempotency_keys;
mod invitations;
mod join_intents;
mod keys;
mod known;
mod lane;
mod lock;
mod log;
mod look;
mod mail_codes;
mod member_updates;
mod members;
mod messages;
pub(crate) mod migrations;
mod moderation;
mod mutes;
mod name_parts;
mod open;
mod origins;
mod outbound;
mod pending_leaves;
mod pins;
#[cfg(all(test, feature = "sqlite"))]
mod plans;
mod posts;
mod presence;
mod profiles;
mod prune;
mod purges;
mod reactions;
mod read_marks;
mod registrations;
mod remote_invitations;
mod removed_channels;
mod replicas;
mod reports;
mod restrictions;
mod roles;
mod row;
mod second_factors;
mod sessions;
mod snapshot;
mod spaces;
mod standing;
mod stream_key;
mod streams;
mod suspensions;
mod table;
#[cfg(feature = "sqlite")]
mod wal;
mod writer;
mod writes;

pub use look::{Look, Schema};
pub use open::{OpenError, Sharing, SqlOptions};

use connection::Pool;
use failure::Failure;
use health::Health;
use known::Known;
use lock::Lock;
use open::Location;
use prune::Pruned;
use writer::{Job, Writer};

/// A store on SQLite or PostgreSQL.
pub struct SqlStore {
    parts: StoreParts,
    readers: Pool,
    failure: Failure,
    health: Health,
    /// Whether somebody tries whether it can be written.
    probing: tokio::sync::Mutex<()>,
    /// `None` once it is closed.
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<(JoinHandle<()>, Pool)>>,
}

impl SqlStore {
    /// Opens the database at `sqlite://` with a path, which is created if it does not exist, or at `postgres://…`, and
    /// updates its schema.
    ///
    /// Must be called inside a tokio runtime, which then runs the writer task.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another store has the database open and one of the two does not share it.
    /// [`OpenError::Damaged`] if it was not closed and is not whole.
    /// [`OpenError::Domain`] if the database belongs to another backend; then only the schema was changed.
    pub async fn open(url: &str, options: SqlOptions, parts: StoreParts) -> Result<Self, OpenError> {
        let location = Location::read(url)?;
        let (failure, health) = (Failure::default(), Health::default());
        let lock = Lock::take(&location, options.sharing, &failure).await?;
        location.make().map_err(StoreError::new)?;
        location.check_unclosed().await?;
        let pools = location.pools(&options, &parts.domain);
        migrations::run(&pools.writer).await?;
        let mut connection = pools.writer.acquire().await?;
        open::own(&mut connection, &parts.domain, &*parts.entropy).await?;
        connection.writes_alone();
        connection.learn_origins().await?;
        let (queue, jobs) = mpsc::channel(MOST_QUEUED);
        let writer = Writer {
            pool: pools.writer.clone(),
            parts: parts.clone(),
            connection: Some(connection),
            known: Known::default(),
            lock,
            #[cfg(feature = "sqlite")]
            wal: location.watch(),
            failure: failure.clone(),
            health: health.clone(),
            sweeps: false,
        };
        let writer = tokio::spawn(write(writer, jobs, failure.clone()));
        Ok(Self {
            parts,
            readers: pools.readers,
            failure,
            health,
            probing: tokio::sync::Mutex::default(),
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some((writer, pools.writer))),
        })
    }

    /// Updates the schema of a database and closes it; works for the database of any domain.
    ///
    /// # Errors
    /// [`OpenError::Url`], [`OpenError::InUse`], [`OpenError::Damaged`], [`OpenError::Newer`], [`OpenError::Migration`], or an
    /// error of the database.
    pub async fn migrate(url: &str) -> Result<(), OpenError> {
        let domain = beep_core::domain::Domain::parse("localhost").expect("`localhost` is a domain");
        let (location, options) = (Location::read(url)?, SqlOptions::default());
        let lock = Lock::take(&location, options.sharing, &Failure::default()).await?;
        location.check_unclosed().await?;
        let pools = location.pools(&options, &domain);
        let migrated = migrations::run(&pools.writer).await;
        pools.writer.close().await;
        lock.release().await;
        migrated
    }

    /// Checks the form of a database URL.
    ///
    /// # Errors
    /// [`OpenError::Url`]
    pub fn check_url(url: &str) -> Result<(), OpenError> {
        Location::read(url).map(drop)
    }

    /// Removes one batch of old rows.
    async fn prune_some(&self, before: Timestamp) -> Result<Pruned, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue(Job::Prune(before, answer)).await?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Whether the database can be written: as the last transaction showed, or else as one shows that is made for this.
    async fn probe(&self) -> Result<(), StoreError> {
        // One at a time: whoever waited for it is told the same.
        let _probing = self.probing.lock().await;
        if let Some(known) = self.health.recent() {
            return known;
        }
        let (answer, answered) = oneshot::channel();
        self.queue(Job::Probe(answer)).await?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn queue(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or_else(|| StoreError::new("the store is closed"))?;
        queue.send(job).await.map_err(|_| gone())
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel();
        let committed = async {
            self.queue(Job::Commit(Box::new(change), answer)).await?;
            answered.await.unwrap_or_else(|_| Err(gone().into()))
        };
        tokio::time::timeout(SLOWEST_COMMIT, committed).await.unwrap_or_else(|_| Err(silent().into()))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.failure.check()?;
        let asked = async {
            self.readers.acquire().await?.fetch_one(PING, &[]).await?;
            self.probe().await
        };
        tokio::time::timeout(SLOWEST_PING, asked).await.map_err(|_| silent())?
    }

    fn failed(&self) -> Pin<Box<dyn Future<Output = StoreError> + Send>> {
        Box::pin(self.failure.wait())
    }

    async fn answer(&self, claim: &IdempotencyKey) -> Result<Option<Option<Answered>>, StoreError> {
        idempotency_keys::find(&mut self.readers.acquire().await?, claim).await
    }

    async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((writer, pool)) = writer {
            self.readers.close().await;
            if let Err(error) = writer.await {
                tracing::error!(%error, "the writer task failed");
            }
            pool.close().await;
        }
    }
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("domain", &self.parts.domain).finish_non_exhaustive()
    }
}

/// Runs the writer. A panic is the end of the store: nobody knows what of the work at hand was done.
async fn write(writer: Writer, jobs: mpsc::Receiver<Job>, failure: Failure) {
    if let Err(error) = tokio::spawn(writer.run(jobs)).await
        && error.is_panic()
    {
        failure.report("the task that writes to the database panicked");
    }
}

fn silent() -> StoreError {
    StoreError::new("the database does not answer")
}

fn gone() -> StoreError {
    StoreError::new("the writer task has ended")
}

/// The length of the writer's queue; further callers wait until there is room.
const MOST_QUEUED: usize = 1_024;

/// How long a caller waits for a change, which may be made all the same after that.
const SLOWEST_COMMIT: Duration = Duration::from_secs(30);

/// How long the database may take to answer the readiness check.
const SLOWEST_PING: Duration = Duration::from_secs(2);

const PING: &str = "SELECT one FROM backend";
