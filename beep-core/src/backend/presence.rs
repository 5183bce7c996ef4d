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
/// them. A backend of whose users somebody is blocked may show it to friends alone: it is not to learn who is blocked.
///
/// # Errors
/// Only when the store fails.
pub async fn announce(backend: &Backend, presence: &Presence) -> Result<(), StoreError> {
    let user = presence.user.id;
    let homes = backend.store.acquainted_backends(user).await?;
    let hidden = homes_of_blocked(backend, user, &homes).await?;
    for home in homes {
        let friends_only = hidden.contains(&home);
        backend.peers.tell(&home, Transient::Presence { presence: presence.clone(), friends_only });
    }
    Ok(())
}

/// Which of these users of this backend another one may ask about: those who share a space with its users or are friends of
/// some. And whether only their friends may see them.
///
/// # Errors
/// Only when the store fails.
pub async fn known_to(
    backend: &Backend,
    asks: &Domain,
    users: &[UserId],
) -> Result<BTreeMap<UserId, bool>, StoreError> {
    let homes = BTreeSet::from([asks.clone()]);
    let mut known = BTreeMap::new();
    for user in users {
        if backend.store.acquainted_backends(*user).await?.contains(asks) {
            known.insert(*user, homes_of_blocked(backend, *user, &homes).await?.contains(asks));
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

/// Of which of these backends somebody has blocked a user.
async fn homes_of_blocked(
    backend: &Backend,
    user: UserId,
    homes: &BTreeSet<Domain>,
) -> Result<BTreeSet<Domain>, StoreError> {
    let mut found = BTreeSet::new();
    let mut after = None;
    while !homes.is_empty() {
        let page = backend.store.blocks(user, after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().map(|block| block.other.clone());
        found.extend(page.into_iter().map(|block| block.other.home).filter(|home| homes.contains(home)));
        if is_last {
            break;
        }
    }
    Ok(found)
}

/// How many blocks are read at once.
const PAGE: u32 = 1_000;
