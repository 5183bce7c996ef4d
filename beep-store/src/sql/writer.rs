//! The writer task: it owns the writing connection, takes all waiting changes and commits them together.
//!
//! One flush to the disk serves many callers, and no caller waits for a lock. A queued change is carried out even if
//! its caller has given up.

use std::sync::Arc;
use std::time::Duration;

use beep_core::event::Event;
use beep_core::port::{Change, CommitError, SpaceWrite, StoreError, Write};
use beep_core::record::RecordWrite;
use beep_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::arg::args;
use super::connection::{Connection, Pool};
use super::failure::Failure;
use super::group::{self, Done, Failed, Outcome};
use super::health::Health;
use super::known::Known;
use super::lock::Lock;
use super::prune::{self, Pruned};
#[cfg(feature = "sqlite")]
use super::wal::Watch;
use super::{reactions, removed_channels};
use crate::StoreParts;

/// A job of the writer, with its waiting caller.
pub(crate) enum Job {
    /// Commit a change.
    Commit(Box<Change>, oneshot::Sender<Outcome>),
    /// Remove one batch of rows from before a time.
    Prune(Timestamp, oneshot::Sender<Result<Pruned, StoreError>>),
    /// Find out whether the database can be written.
    Probe(oneshot::Sender<Result<(), StoreError>>),
}

/// The maximum number of changes in one transaction.
pub(crate) const MOST_AT_ONCE: usize = 256;

/// The task's own things.
pub(crate) struct Writer {
    pub(crate) pool: Pool,
    pub(crate) parts: StoreParts,
    /// `None` until it is needed, and after it failed.
    pub(crate) connection: Option<Connection>,
    pub(crate) known: Known,
    pub(crate) lock: Lock,
    #[cfg(feature = "sqlite")]
    pub(crate) wal: Option<Watch>,
    pub(crate) failure: Failure,
    pub(crate) health: Health,
    /// Whether messages of channels that are gone, or reactions that are none any more, may be left.
    pub(crate) sweeps: bool,
}

type Waiting = (Box<Change>, oneshot::Sender<Outcome>);

impl Writer {
    /// Works until the queue is closed and empty.
    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(MOST_AT_ONCE);
        let mut waiting = Vec::with_capacity(MOST_AT_ONCE);
        while self.receive(&mut queue, &mut jobs).await {
            for job in jobs.drain(..) {
                match job {
                    Job::Commit(change, answer) => waiting.push((change, answer)),
                    Job::Prune(before, answer) => {
                        self.commit_all(&mut waiting).await;
                        let _ = answer.send(self.prune(before).await);
                    }
                    Job::Probe(answer) => {
                        self.commit_all(&mut waiting).await;
                        let _ = answer.send(self.probe().await);
                    }
                }
            }
            self.commit_all(&mut waiting).await;
        }
        if let Some(connection) = &mut self.connection
            && let Some(sql) = connection.dialect().before_close()
            && let Err(error) = connection.fetch_all(sql, &[]).await
        {
            tracing::warn!(%error, "the database was closed without a checkpoint");
        }
        self.lock.release().await;
    }

    /// Waits for jobs, and meanwhile removes what is left of channels and reactions that are gone; false when there will be none.
    async fn receive(&mut self, queue: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>) -> bool {
        while self.sweeps {
            // Who waits comes first, and a part of what is left after each.
            match self.sweep().await {
                Ok(more) => self.sweeps = more,
                Err(error) => {
                    tracing::warn!(%error, "messages and reactions that are gone are removed later");
                    self.sweeps = false;
                }
            }
            if !queue.is_empty() || queue.is_closed() {
                break;
            }
        }
        queue.recv_many(jobs, MOST_AT_ONCE).await > 0
    }

    async fn sweep(&mut self) -> Result<bool, StoreError> {
        let mut connection = self.begin().await?;
        let swept = async {
            let more = removed_channels::sweep(&mut connection).await? | reactions::sweep(&mut connection).await?;
            connection.commit().await.map(|()| more)
        };
        let swept = swept.await;
        match swept {
            Ok(_) => self.connection = Some(connection),
            Err(_) => self.roll_back(connection).await,
        }
        swept
    }

    /// Commits the waiting changes together, and answers. If that fails, commits them one by one, so that a change that
    /// the database refuses does not affect others. While no transaction can be begun, all fail alike.
    async fn commit_all(&mut self, waiting: &mut Vec<Waiting>) {
        if waiting.is_empty() {
            return;
        }
        let changes: Vec<&Change> = waiting.iter().map(|(change, _)| &**change).collect();
        match self.commit(&changes).await {
            Ok(done) => self.tell(done, waiting.drain(..).map(|(_, answer)| answer)),
            Err(Lost::Undone(error)) if changes.len() > 1 => {
                tracing::warn!(%error, changes = changes.len(), "a batch failed; its changes are committed alone");
                let mut alone = waiting.drain(..);
                while let Some((change, answer)) = alone.next() {
                    match self.commit(&[&change]).await {
                        Ok(done) => self.tell(done, std::iter::once(answer)),
                        Err(Lost::Unbegun(error)) => {
                            fail(answer, error.clone());
                            alone.by_ref().for_each(|(_, answer)| fail(answer, error.clone()));
                        }
                        Err(Lost::Undone(error) | Lost::Unknown(error)) => fail(answer, error),
                    }
                }
            }
            Err(Lost::Unbegun(error) | Lost::Undone(error) | Lost::Unknown(error)) => {
                waiting.drain(..).for_each(|(_, answer)| fail(answer, error.clone()));
            }
        }
    }

    /// Publishes, then answers.
    fn tell(&self, done: Done, answers: impl Iterator<Item = oneshot::Sender<Outcome>>) {
        if !done.events.is_empty() {
            self.parts.publish.publish(&done.events);
        }
        if !done.queued.is_empty() {
            self.parts.publish.queued(&done.queued);
        }
        for (outcome, answer) in done.outcomes.into_iter().zip(answers) {
            // A caller that is gone does not mind.
            let _ = answer.send(outcome);
        }
    }

    async fn commit(&mut self, changes: &[&Change]) -> Result<Done, Lost> {
        let done = self.try_commit(changes).await;
        self.sweeps |= changes.iter().flat_map(|change| &change.writes).any(removes_channels);
        self.sweeps |= self.known.take_left_rows();
        self.health.report(match &done {
            Ok(_) => Ok(()),
            Err(Lost::Unbegun(error) | Lost::Undone(error) | Lost::Unknown(error)) => Err(error.clone()),
        });
        #[cfg(feature = "sqlite")]
        if let Some(wal) = &mut self.wal {
            wal.look();
        }
        done
    }

    async fn try_commit(&mut self, changes: &[&Change]) -> Result<Done, Lost> {
        let mut connection = self.begin().await.map_err(Lost::Unbegun)?;
        match group::commit(&mut connection, &self.parts, &mut self.known, changes).await {
            Ok(done) => {
                self.connection = Some(connection);
                Ok(done)
            }
            Err(Failed::Before(error)) => {
                self.known.forget();
                self.roll_back(connection).await;
                Err(Lost::Undone(error))
            }
            Err(Failed::Unknown(error, done)) => {
                self.known.forget();
                connection.give_up();
                drop(connection);
                self.find_out(error, done).await
            }
        }
    }

    async fn prune(&mut self, before: Timestamp) -> Result<Pruned, StoreError> {
        let mut connection = self.begin().await?;
        let pruned = prune::prune(&mut connection, before, self.parts.clock.now()).await;
        // Roles that are long gone went from members too.
        self.known.forget();
        // Of what was left when the process ended nobody else knows.
        self.sweeps = true;
        match pruned {
            Ok(_) => self.connection = Some(connection),
            Err(_) => self.roll_back(connection).await,
        }
        pruned
    }

    /// Finds out whether the database can be written, by writing to it.
    async fn probe(&mut self) -> Result<(), StoreError> {
        let probed = self.touch().await;
        self.health.report(probed.clone());
        probed
    }

    async fn touch(&mut self) -> Result<(), StoreError> {
        let mut connection = self.begin().await?;
        let touched = async {
            connection.execute(TOUCH, &[]).await?;
            connection.commit().await
        };
        match touched.await {
            Ok(()) => self.connection = Some(connection),
            Err(error) => {
                self.roll_back(connection).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Begins a transaction. A connection that broke while it was idle is replaced.
    async fn begin(&mut self) -> Result<Connection, StoreError> {
        self.failure.check()?;
        if let Some(mut kept) = self.connection.take() {
            match kept.execute(kept.dialect().begin_writing(), &[]).await {
                Ok(_) => return Ok(kept),
                Err(error) => tracing::warn!(%error, "replacing the writer connection"),
            }
            kept.give_up();
        }
        let mut new = self.pool.acquire().await?;
        new.writes_alone();
        new.learn_origins().await?;
        new.execute(new.dialect().begin_writing(), &[]).await?;
        Ok(new)
    }

    /// Rolls back a transaction; if that fails, drops the connection.
    async fn roll_back(&mut self, mut connection: Connection) {
        match connection.roll_back().await {
            Ok(()) => self.connection = Some(connection),
            Err(_) => connection.give_up(),
        }
    }

    /// Finds out from the log whether a group was committed although its commit failed. A wrong guess would apply it
    /// twice, or leave its events unpublished.
    async fn find_out(&mut self, error: StoreError, done: Done) -> Result<Done, Lost> {
        tracing::warn!(%error, "the database did not confirm a commit; looking for it in the log");
        let Some(first) = done.events.first().cloned() else { return Err(Lost::Unknown(error)) };
        for attempt in 1..=ATTEMPTS {
            match self.is_in_log(&first).await {
                Ok(true) => return Ok(done),
                Ok(false) => return Err(Lost::Undone(error)),
                Err(error) => {
                    tracing::warn!(%error, attempt, "the log cannot be read to find out whether the commit happened")
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::error!(
            from = first.position.0,
            "events may have been committed without being published; the log is read for them"
        );
        self.parts.publish.lost_track();
        Err(Lost::Unknown(error))
    }

    async fn is_in_log(&mut self, event: &Arc<Event>) -> Result<bool, StoreError> {
        let mut connection = self.begin().await?;
        // Waits for the broken connection's transaction, which may not have ended.
        connection.fetch_one(connection.dialect().take_log_head(), &[]).await?;
        let data = self.parts.codec.encode(&event.body);
        let values = args![event.position, event.stream.uuid(), event.seq, event.at, data.as_slice()];
        let found = connection.fetch_optional(IN_LOG, &values).await?;
        self.roll_back(connection).await;
        Ok(found.is_some())
    }
}

fn removes_channels(write: &Write) -> bool {
    matches!(
        write,
        Write::Channel(RecordWrite::Remove(_)) | Write::Space(SpaceWrite::Remove(_) | SpaceWrite::Replicate(_))
    )
}

/// Why a group was not committed.
enum Lost {
    /// No transaction could be begun.
    Unbegun(StoreError),
    /// Nothing was changed.
    Undone(StoreError),
    /// The outcome is unknown; it must not be retried.
    Unknown(StoreError),
}

fn fail(answer: oneshot::Sender<Outcome>, error: StoreError) {
    // A caller that is gone does not mind.
    let _ = answer.send(Err(CommitError::Store(error)));
}

const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

// As every transaction that writes does. A row that stays the same would not be written.
const TOUCH: &str = "UPDATE log SET commits = commits + 1";

const IN_LOG: &str = "
    SELECT 1
    FROM event
    WHERE position = $1 AND stream = $2 AND seq = $3 AND happened_at = $4 AND data = $5";
