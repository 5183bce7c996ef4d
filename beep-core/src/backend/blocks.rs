//! Blocks: whom a user wants to hear nothing of. Who is blocked cannot tell.

use crate::backend::friends::{self, Friend};
use crate::backend::{Actor, Backend, Refusal, retry_on_conflict, users};
use crate::block::Block;
use crate::id::UserKey;
use crate::port::{Change, When};
use crate::record::RecordGuard;

/// Blocks somebody: a friendship ends, and what is open between the two goes and does not come back. Does nothing if they
/// are blocked.
///
/// # Errors
/// [`Refusal::NotFound`] if there is no such user; [`Refusal::Invalid`] for oneself; [`Refusal::Conflict`] for too many
/// blocks; [`Refusal::Remote`].
pub async fn put(backend: &Backend, actor: &Actor, other: &UserKey) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    if other == user {
        return Err(Refusal::invalid("user", "malformed", "is somebody else"));
    }
    users::find(backend, other).await?;
    retry_on_conflict!(backend, {
        if backend.store.block(user.id, other).await?.is_some() {
            return Ok(());
        }
        if backend.store.blocks(user.id, None, MOST).await?.len() >= MOST as usize {
            return Err(Refusal::Conflict("you have blocked as many users as one can").into());
        }
        let block = Block { user: user.id, other: other.clone(), since: backend.now() };
        let absent = RecordGuard::<Block>::Absent((user.id, other.clone()));
        let change = friends::part(backend, user.id, other, Change::default().guard(absent).put(block)).await?;
        backend.commit(actor, change).await?;
        backend.live.hide(user, other);
        if other.home != backend.domain {
            backend.peers.compare(&other.home, When::Soon);
        }
    })
}

/// Ends a block.
///
/// # Errors
/// [`Refusal::NotFound`] if the user is not blocked.
pub async fn lift(backend: &Backend, actor: &Actor, other: &UserKey) -> Result<(), Refusal> {
    let user = actor.as_user()?.id;
    retry_on_conflict!(backend, {
        backend.store.block(user, other).await?.ok_or(Refusal::NotFound)?;
        backend.commit(actor, Change::default().remove::<Block>((user, other.clone()))).await?;
    })
}

/// Lists whom the actor has blocked, after `after`.
///
/// # Errors
/// Only when the store fails.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Friend>, Refusal> {
    let page = backend.store.blocks(actor.as_user()?.id, after, limit).await?;
    friends::since(backend, page.into_iter().map(|block| (block.other, block.since)).collect()).await
}

/// The most users that one can block.
const MOST: u32 = 10_000;
