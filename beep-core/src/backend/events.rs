//! Resuming: bringing a client from its cursor to the present.
//!
//! Past events are read from the log in pages, so a long absence costs time, not memory. Live events are the caller's
//! task; the caller must subscribe before the snapshot is taken.

use std::sync::Arc;

use crate::backend::{Backend, Refusal};
use crate::event::Position;
use crate::id::UserKey;
use crate::port::{Snapshot, StoreError, Which};
use crate::replay::{Delivery, Outline, Resumption};

/// The events that a client missed, page by page.
pub struct Past {
    user: UserKey,
    /// The end of the past events and what the user can see there.
    pub snapshot: Snapshot,
    way: Resumption,
    at: Position,
}

/// What a user can see now, and the position at which it is so; see [`Events::snapshot`](crate::port::Events::snapshot).
/// These are servers: private spaces are kept, numbered and replicated as servers are, and are left out here, and so of
/// all that clients are told, while the API has no words for them.
///
/// # Errors
/// Only when the store fails.
pub async fn snapshot(backend: &Backend, user: &UserKey, since: Option<Position>) -> Result<Snapshot, StoreError> {
    let mut snapshot = backend.store.snapshot(user, since).await?;
    snapshot.servers.retain(|held| !held.facts.server.kind.is_private());
    Ok(snapshot)
}

/// Starts to deliver the events after `cursor`.
///
/// # Errors
/// [`Refusal::CursorTooOld`] if events after it are no longer retained; [`Refusal::Invalid`] if it is after the end of
/// the log.
pub async fn past(backend: &Backend, user: &UserKey, cursor: Position) -> Result<Past, Refusal> {
    let snapshot = snapshot(backend, user, Some(cursor)).await?;
    if cursor > snapshot.position {
        return Err(Refusal::invalid("cursor", "malformed", "must be a cursor of this backend"));
    }
    if cursor < backend.store.log_state().await?.kept_after {
        return Err(Refusal::CursorTooOld);
    }
    let mut outline = outline(backend, user, Which::Changes, cursor, snapshot.position).await?;
    if outline.may_shift(user) {
        outline = self::outline(backend, user, Which::All, cursor, snapshot.position).await?;
    }
    let way = Resumption::begin(user, cursor, &snapshot, &outline, backend.now());
    Ok(Past { user: user.clone(), snapshot, way, at: cursor })
}

/// What must be known about the events after a position before they are read page by page.
async fn outline(
    backend: &Backend,
    user: &UserKey,
    which: Which,
    mut at: Position,
    until: Position,
) -> Result<Outline, Refusal> {
    let mut outline = Outline::default();
    while at < until {
        let events = backend.store.events_for(user, which, at, until, PAGE).await?;
        let whole = events.len() < PAGE as usize;
        at = events.last().map_or(until, |event| event.position);
        events.into_iter().for_each(|event| outline.add(&Arc::new(event)));
        if whole {
            break;
        }
    }
    Ok(outline)
}

impl Past {
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
