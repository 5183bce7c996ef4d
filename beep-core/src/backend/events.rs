//! Resuming: bringing a client from its cursor to the present.
//!
//! Past events are read from the log in pages, so a long absence costs time, not memory. What has to be read before the
//! first of them is bounded: see [`MOST_CHANGES`] and [`MOST_NUMBERED`]. Live events are the caller's task; the caller must
//! subscribe before the snapshot is taken.

use std::sync::Arc;

use crate::backend::{Backend, Refusal};
use crate::event::{Event, EventBody, Position};
use crate::id::UserKey;
use crate::port::{Snapshot, StoreError, Which};
use crate::replay::{self, Delivery, Outline, Resumption};

/// The events that a client missed, page by page.
pub struct Past {
    user: UserKey,
    /// The end of the past events and what the user can see there.
    pub snapshot: Snapshot,
    way: Resumption,
    at: Position,
    /// Whether some servers are told whole instead of what happened in them.
    pub is_abridged: bool,
}

/// Starts to deliver the events after `cursor`.
///
/// # Errors
/// [`Refusal::CursorTooOld`] if events after it are no longer retained, or more than [`MOST_CHANGES`] of them change facts;
/// [`Refusal::Invalid`] if it is after the end of the log.
pub async fn past(backend: &Backend, user: &UserKey, cursor: Position) -> Result<Past, Refusal> {
    // What is no longer retained is refused before anything is read for it.
    if cursor < backend.store.log_state().await?.kept_after {
        return Err(Refusal::CursorTooOld);
    }
    let snapshot = backend.store.snapshot(user, Some(cursor)).await?;
    if cursor > snapshot.position {
        return Err(Refusal::invalid("cursor", "malformed", "must be a cursor of this backend"));
    }
    if cursor < backend.store.log_state().await?.kept_after {
        return Err(Refusal::CursorTooOld);
    }
    let outline = outline(backend, user, cursor, snapshot.position).await?;
    let way = Resumption::begin(user, cursor, &snapshot, &outline, backend.now());
    Ok(Past { user: user.clone(), snapshot, way, at: cursor, is_abridged: outline.is_abridged() })
}

/// What must be known about the events after a position before they are read page by page.
async fn outline(backend: &Backend, user: &UserKey, from: Position, until: Position) -> Result<Outline, Refusal> {
    let changes = gather(backend, user, Which::Changes, from, until, MOST_CHANGES).await?;
    let mut changes = changes.ok_or(Refusal::CursorTooOld)?;
    if changes.may_shift(user) {
        match gather(backend, user, Which::All, from, until, MOST_NUMBERED).await? {
            Some(all) => return Ok(all),
            None => changes.abridge(),
        }
    }
    Ok(changes)
}

/// Reads some of the events after a position; `None` if there are more than `most` of them.
async fn gather(
    backend: &Backend,
    user: &UserKey,
    which: Which,
    mut at: Position,
    until: Position,
    most: usize,
) -> Result<Option<Outline>, StoreError> {
    let (mut outline, mut read) = (Outline::default(), 0);
    while at < until {
        let events = backend.store.events_for(user, which, at, until, PAGE).await?;
        read += events.len();
        if read > most {
            return Ok(None);
        }
        let whole = events.len() < PAGE as usize;
        at = events.last().map_or(until, |event| event.position);
        events.into_iter().for_each(|event| outline.add(&Arc::new(event)));
        if whole {
            break;
        }
    }
    Ok(Some(outline))
}

impl Past {
    /// Whether all that is left may still be told as it was prepared: not if something may have become invisible since.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn is_current(&self, backend: &Backend) -> Result<bool, StoreError> {
        let head = backend.store.log_state().await?.head;
        let since = self.snapshot.position;
        let changes = backend.store.events_for(&self.user, Which::Changes, since, head, FEW).await?;
        let matters = |body: &EventBody| body.parts(&self.user) || body.loses_facts();
        let settled = |event: &Event| !matters(&event.body) && !replay::may_shift(event, &self.user);
        Ok(changes.len() < FEW as usize && changes.iter().all(settled))
    }

    /// Up to where it was read.
    pub fn at(&self) -> Position {
        self.at
    }

    /// The deliveries of the next events, of which at most `at_most` are read, each with its position; `None` after the
    /// last.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn next(
        &mut self,
        backend: &Backend,
        at_most: u32,
    ) -> Result<Option<Vec<(Position, Vec<Delivery>)>>, Refusal> {
        if self.at >= self.snapshot.position {
            return Ok(None);
        }
        let page = at_most.clamp(1, PAGE);
        let events = backend.store.events_for(&self.user, Which::All, self.at, self.snapshot.position, page).await?;
        let last = events.last().filter(|_| events.len() >= page as usize);
        self.at = last.map_or(self.snapshot.position, |event| event.position);
        let told = events.into_iter().map(|event| (event.position, self.way.tell(Arc::new(event))));
        Ok(Some(told.filter(|(_, deliveries)| !deliveries.is_empty()).collect()))
    }
}

/// The maximum number of events that are read at once.
pub const PAGE: u32 = 1_000;

/// The most events that change facts, such as joins and changes of roles, between a cursor and the present: reading them
/// costs more than a new snapshot.
pub const MOST_CHANGES: usize = 5_000;

/// The most events that are read to number the channels that appear: past it the servers in which channels may appear or
/// vanish are told whole.
pub const MOST_NUMBERED: usize = 10_000;

/// The most changes that are looked at to find that nothing became invisible.
const FEW: u32 = 100;
