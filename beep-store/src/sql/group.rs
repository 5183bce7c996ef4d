//! Changes that share a transaction, each made whole or not at all.

use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::event::{Event, Scope};
use beep_core::port::{Change, CommitError, Committed, InvitationWrite, StoreError, Write};
use beep_core::record::RecordWrite;
use beep_core::time::Timestamp;

use super::connection::Connection;
use super::known::Known;
use super::lane::{Lane, is_replaced};
use super::log::Log;
use super::{account_updates, change, edits, member_updates, posts, reactions, read_marks, writes};
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
    let outcomes = make_all(&mut group, changes).await?;
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

/// Makes changes lane by lane and gives what became of each, in their own order. All of them were waiting at once, so
/// nobody can tell in which order they came.
async fn make_all(group: &mut Group<'_>, changes: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
    let lanes: Vec<Lane> = changes.iter().map(|change| Lane::of(change, group.connection.domain())).collect();
    let mut outcomes: Vec<Option<Outcome>> = changes.iter().map(|_| None).collect();
    for lane in LANES {
        let numbers: Vec<usize> = (0..changes.len()).filter(|number| lanes[*number] == lane).collect();
        let run: Vec<&Change> = numbers.iter().map(|number| changes[*number]).collect();
        for (number, outcome) in numbers.into_iter().zip(make_run(group, lane, &run).await?) {
            outcomes[number] = outcome;
        }
    }
    let mut made = Vec::with_capacity(changes.len());
    for (change, outcome) in changes.iter().zip(outcomes) {
        made.push(match outcome {
            Some(outcome) => outcome,
            None => alone(group, change).await?,
        });
    }
    Ok(made)
}

/// The lanes whose changes are made together, in their order. What is read follows what is sent, as the newest message of the
/// moment decides about it.
const LANES: [Lane; 7] =
    [Lane::Posts, Lane::Edits, Lane::Reactions, Lane::ReadMarks, Lane::Members, Lane::Accounts, Lane::LastOneWins];

/// Makes the changes of one lane together; none for one that is to be made alone.
async fn make_run(group: &mut Group<'_>, lane: Lane, run: &[&Change]) -> Result<Vec<Option<Outcome>>, StoreError> {
    let each = |outcomes: Vec<Outcome>| outcomes.into_iter().map(Some).collect();
    match lane {
        Lane::Posts => posts::send_all(group, run).await.map(each),
        Lane::Edits => edits::make_all(group, run).await,
        Lane::Reactions => reactions::make_all(group, run).await.map(each),
        Lane::ReadMarks => read_marks::make_all(group, run).await.map(each),
        Lane::Members => member_updates::make_all(group, run).await.map(each),
        Lane::Accounts => account_updates::make_all(group, run).await,
        Lane::LastOneWins => write_last(group, run).await.map(each),
        Lane::Facts => Ok(run.iter().map(|_| None).collect()),
    }
}

/// Writes what no later change says again.
async fn write_last(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
    for (at, change) in run.iter().enumerate() {
        let later = run[at + 1..].iter().flat_map(|later| &later.writes);
        for write in change.writes.iter().filter(|write| !later.clone().any(|later| is_replaced(write, later))) {
            writes::make(group, write).await.map_err(StoreError::new)?;
        }
    }
    Ok(run.iter().map(|_| Ok(Committed::default())).collect())
}

/// Makes one change; one that is refused is undone and harms no other.
async fn alone(group: &mut Group<'_>, change: &Change) -> Result<Outcome, StoreError> {
    group.connection.carry_out_deferred().await?;
    let mark = group.log.mark();
    // Two statements less for what leaves nothing behind when it is refused.
    let is_undone = may_be_refused_halfway(change);
    if is_undone {
        group.connection.begin_change().await?;
    }
    let made = change::make(group, change).await;
    // What was learnt on the way may be undone.
    group.known.forget_written(change);
    match made {
        Ok(posted) => {
            if is_undone {
                group.connection.keep_change().await?;
            }
            Ok(Ok(Committed { events: group.log.since(&mark), posted }))
        }
        Err(CommitError::Store(error)) => Err(error),
        Err(refused) => {
            if is_undone {
                group.connection.undo_change().await?;
            }
            group.log.rewind(mark);
            Ok(Err(refused))
        }
    }
}

/// Whether a change may be refused when something of it is written already. Guards are checked before anything is written,
/// and a write that may be refused looks first.
fn may_be_refused_halfway(change: &Change) -> bool {
    let refuses = |write: &Write| {
        matches!(
            write,
            Write::Account(RecordWrite::Put(_)) | Write::Invitation(InvitationWrite::Put(_)) | Write::Message(_)
        )
    };
    let keeps_events =
        change.events.iter().flat_map(|event| &event.scopes).any(|scope| matches!(scope, Scope::MembersOf(_)));
    change.claim.is_some() || change.writes.iter().skip(usize::from(!keeps_events)).any(refuses)
}
