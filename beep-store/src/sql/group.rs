//! Changes that share a transaction, each made whole or not at all.

use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::event::Event;
use beep_core::port::{Change, CommitError, Committed, StoreError};
use beep_core::time::Timestamp;

use super::connection::Connection;
use super::known::Known;
use super::log::Log;
use super::{change, posts};
use crate::StoreParts;

/// A transaction that writes.
pub(crate) struct Group<'w> {
    pub(crate) connection: &'w mut Connection,
    pub(crate) parts: &'w StoreParts,
    pub(crate) known: &'w mut Known,
    pub(crate) log: Log,
    pub(crate) now: Timestamp,
}

/// What became of one change.
pub(crate) type Outcome = Result<Committed, CommitError>;

/// What became of changes that were committed together.
pub(crate) struct Done {
    /// Of each change, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// The events of all of them, in order.
    pub(crate) events: Vec<Arc<Event>>,
    /// The backends whose streams they went into.
    pub(crate) queued: Vec<Domain>,
}

/// Why a group was not made, or may not have been.
pub(crate) enum Failed {
    /// The database failed before anything was committed.
    Before(StoreError),
    /// The database failed as the group was committed, which says nothing: PostgreSQL may commit and then end the
    /// connection instead of answering.
    Unknown(StoreError, Done),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Before(error)
    }
}

/// Commits changes in order, in the transaction that was begun. A failed one is the caller's to roll back.
pub(crate) async fn commit(
    connection: &mut Connection,
    parts: &StoreParts,
    known: &mut Known,
    changes: &[&Change],
) -> Result<Done, Failed> {
    let now = parts.clock.now();
    let log = Log::take(connection, now).await?;
    known.begin(log.commits());
    let mut group = Group { connection, parts, known, log, now };
    let mut outcomes = Vec::with_capacity(changes.len());
    // Where messages and other things alternate, the runs are short, but the order is kept.
    for run in changes.chunk_by(|one, next| one.only_posts() && next.only_posts()) {
        match run {
            [change] if !change.only_posts() => {
                group.known.forget();
                outcomes.push(alone(&mut group, change).await?);
                group.known.forget();
            }
            run => outcomes.extend(posts::send_all(&mut group, run).await?),
        }
    }
    let queued = group.log.flush(group.connection, parts).await?;
    let done = Done { outcomes, events: group.log.events().to_vec(), queued };
    match group.connection.commit().await {
        Ok(()) => {
            group.known.commit(&group.log);
            Ok(done)
        }
        Err(error) => Err(Failed::Unknown(error, done)),
    }
}

/// Makes one change; one that is refused is undone and harms no other.
async fn alone(group: &mut Group<'_>, change: &Change) -> Result<Outcome, StoreError> {
    let mark = group.log.mark();
    group.connection.begin_change().await?;
    match change::make(group, change).await {
        Ok(posted) => {
            group.connection.keep_change().await?;
            Ok(Ok(Committed { events: group.log.since(&mark), posted }))
        }
        Err(CommitError::Store(error)) => Err(error),
        Err(refused) => {
            group.connection.undo_change().await?;
            group.log.rewind(mark);
            Ok(Err(refused))
        }
    }
}
