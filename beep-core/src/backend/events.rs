//! Bringing a client from its cursor to now.
//!
//! The past is read from the log in pages, so that a long absence costs time and not memory; what follows is live
//! and the caller's, who must listen from before the snapshot is taken.

use std::sync::Arc;

use crate::backend::{Backend, Refusal};
use crate::event::{Event, Position};
use crate::id::UserKey;
use crate::port::Snapshot;
use crate::replay::{Delivery, Resumption};

/// The past that a client missed, told page by page.
pub struct Past {
    user: UserKey,
    /// Where the past ends and what the user can see there.
    pub snapshot: Snapshot,
    way: Resumption,
    told: Vec<Delivery>,
    at: Position,
}

/// What a user can see now, and the position at which it is so.
///
/// # Errors
/// Only when the store fails.
pub async fn snapshot(backend: &Backend, user: &UserKey) -> Result<Snapshot, Refusal> {
    Ok(backend.store.snapshot(user).await?)
}

/// Begins to tell what happened after `cursor`.
///
/// # Errors
/// [`Refusal::CursorTooOld`] when part of it is no longer kept; [`Refusal::Invalid`] when it lies ahead of the log.
pub async fn past(backend: &Backend, user: &UserKey, cursor: Position) -> Result<Past, Refusal> {
    let snapshot = backend.store.snapshot(user).await?;
    if cursor > snapshot.position {
        return Err(Refusal::invalid("cursor", "malformed", "is a cursor that this backend gave out"));
    }
    if cursor < backend.store.log_state().await?.kept_after {
        return Err(Refusal::CursorTooOld);
    }
    let mut changes = Vec::new();
    let mut at = cursor;
    while at < snapshot.position {
        let events = backend.store.events_for(user, at, snapshot.position, PAGE).await?;
        let whole = events.len() < PAGE as usize;
        at = events.last().map_or(snapshot.position, |event| event.position);
        changes.extend(events.into_iter().filter(|event| event.body.changes_facts()).map(Arc::new));
        if whole {
            break;
        }
    }
    let (way, told) = Resumption::begin(user, cursor, &snapshot, &changes, backend.now());
    Ok(Past { user: user.clone(), snapshot, way, told, at: cursor })
}

impl Past {
    /// The next part; `None` when all is told.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn next(&mut self, backend: &Backend) -> Result<Option<Vec<Delivery>>, Refusal> {
        if !self.told.is_empty() {
            return Ok(Some(std::mem::take(&mut self.told)));
        }
        if self.at >= self.snapshot.position {
            return Ok(None);
        }
        let events = backend.store.events_for(&self.user, self.at, self.snapshot.position, PAGE).await?;
        let last = events.last().filter(|_| events.len() >= PAGE as usize);
        self.at = last.map_or(self.snapshot.position, |event| event.position);
        let events = events.into_iter().filter(|event| self.way.passes(event));
        Ok(Some(events.map(|event: Event| Delivery::Event(Arc::new(event))).collect()))
    }
}

/// Events that are read at once.
const PAGE: u32 = 1_000;
