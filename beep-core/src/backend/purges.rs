//! Deleting all that somebody sent to a server: a few messages at a time, so that others need not wait.
//!
//! What is left to delete is kept in the store and goes on after a restart. Each step deletes messages and remembers how
//! far it came in one change.

use crate::backend::{Backend, Refusal};
use crate::ban::{Purge, Sent};
use crate::event::{EventBody, Scope, Stream};
use crate::port::{Change, CommitError, MessageGuard, MessageWrite, StoreError};

/// Adds the first step to the change that asks for it.
pub(super) async fn begin(backend: &Backend, purge: Purge, change: Change) -> Result<Change, StoreError> {
    step(backend, purge, change).await
}

/// Makes the next step of what is to be deleted; says whether more is left.
///
/// # Errors
/// Only when the store fails.
pub async fn go_on(backend: &Backend) -> Result<bool, Refusal> {
    let Some(purge) = backend.store.purge().await? else { return Ok(false) };
    // It is made again where it stands; without the server nothing of it is there.
    let begun = Change::default().remove::<Purge>(purge.key());
    match backend.store.commit(step(backend, purge, begun).await?).await {
        // One of them was deleted meanwhile.
        Ok(_) | Err(CommitError::Stale) => Ok(true),
        Err(error) => Err(Refusal::Failed(error.to_string())),
    }
}

async fn step(backend: &Backend, purge: Purge, mut change: Change) -> Result<Change, StoreError> {
    let Purge { server, author, since, until, .. } = &purge;
    let mut messages = backend.store.sent_by(&purge, AT_ONCE + 1).await?;
    let more = messages.len() > AT_ONCE as usize;
    messages.truncate(AT_ONCE as usize);
    for (channel, id) in &messages {
        let stream = Stream::Channel { id: channel.clone(), server: server.id };
        let deleted = EventBody::MessageDeleted { channel: channel.clone(), id: *id };
        change = change.write(MessageWrite::Remove(channel.clone(), *id));
        change = change.event(stream, vec![Scope::Space(server.clone())], deleted);
    }
    if more {
        let reached = messages.last().cloned();
        let (server, author) = (server.clone(), author.clone());
        change = change.put(Purge { server, author, since: *since, until: *until, reached });
    }
    Ok(change.guard(MessageGuard::Sent(Sent { of: purge, messages, more })))
}

/// How many messages one step deletes.
pub const AT_ONCE: u32 = 100;
