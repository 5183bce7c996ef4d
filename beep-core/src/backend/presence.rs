//! Presence: what users choose, and which backends hear of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::{Actor, Backend, Refusal};
use crate::domain::Domain;
use crate::id::{UserId, UserKey};
use crate::port::{Change, StoreError};
use crate::presence::{Availability, Presence, PresenceChoice};
use crate::text::{StatusEmoji, StatusText};
use crate::transient::Transient;

/// Sets how the actor is seen.
///
/// # Errors
/// Only when the store fails.
pub async fn choose(
    backend: &Backend,
    actor: &Actor,
    availability: Availability,
    text: Option<StatusText>,
    emoji: Option<StatusEmoji>,
) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    let choice = PresenceChoice { user: user.id, availability, text, emoji };
    backend.commit(actor, Change::default().put(choice.clone())).await?;
    backend.live.choose(user, choice);
    Ok(())
}

/// Tells other backends how a user of this one is seen: the homes of their friends, and those that share a space with
/// them. Who is blocked is to hear nothing.
///
/// # Errors
/// Only when the store fails.
pub async fn announce(backend: &Backend, presence: &Presence) -> Result<(), StoreError> {
    let user = presence.user.id;
    let homes = backend.store.acquainted_backends(user).await?;
    let mut except = blocked_by(backend, user, &homes).await?;
    for home in homes {
        let except = except.remove(&home).unwrap_or_default();
        backend.peers.tell(&home, Transient::Presence { presence: presence.clone(), except });
    }
    Ok(())
}

/// Which of these users of this backend another one may ask about: those who share a space with its users or are friends of
/// some. With whom of its users each has blocked.
///
/// # Errors
/// Only when the store fails.
pub async fn known_to(
    backend: &Backend,
    asks: &Domain,
    users: &[UserId],
) -> Result<BTreeMap<UserId, Vec<UserKey>>, StoreError> {
    let homes = BTreeSet::from([asks.clone()]);
    let mut known = BTreeMap::new();
    for user in users {
        if backend.store.acquainted_backends(*user).await?.contains(asks) {
            let mut blocked = blocked_by(backend, *user, &homes).await?;
            known.insert(*user, blocked.remove(asks).unwrap_or_default());
        }
    }
    Ok(known)
}

/// The users of this backend who have blocked somebody, who must not see whether they are there.
///
/// # Errors
/// Only when the store fails.
pub async fn blocking(backend: &Backend, other: &UserKey) -> Result<BTreeSet<UserKey>, StoreError> {
    let users = backend.store.blocking(other).await?;
    Ok(users.into_iter().map(|user| UserKey::new(user, backend.domain.clone())).collect())
}

/// Whom of the users of these backends somebody has blocked, by their home.
async fn blocked_by(
    backend: &Backend,
    user: UserId,
    homes: &BTreeSet<Domain>,
) -> Result<BTreeMap<Domain, Vec<UserKey>>, StoreError> {
    let mut blocked: BTreeMap<Domain, Vec<UserKey>> = BTreeMap::new();
    if homes.is_empty() {
        return Ok(blocked);
    }
    let mut after = None;
    loop {
        let page = backend.store.blocks(user, after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().map(|block| block.other.clone());
        for block in page.into_iter().filter(|block| homes.contains(&block.other.home)) {
            blocked.entry(block.other.home.clone()).or_default().push(block.other);
        }
        if is_last {
            return Ok(blocked);
        }
    }
}

/// How many blocks are read at once.
const PAGE: u32 = 1_000;
