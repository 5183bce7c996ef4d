//! Leaving a server of another backend that does not answer.
//!
//! Nobody needs leave to leave: who goes is out of it here at once, and the owner hears of it as soon as it can be asked.
//! Until it says itself that they left, what it says of them is from before.

use super::{Backend, Refusal, retry_on_conflict, servers};
use crate::event::{EventBody, Scope, Stream};
use crate::facts;
use crate::id::{SpaceKey, UserKey};
use crate::port::{Change, Guard, PendingLeave, Place, StoreError, Write};
use crate::replica::Replica;

/// Takes a user of this backend out of what is held of a server of another, and keeps that its owner is to hear of it,
/// under this idempotency key. Says whether they left, by this or by the same request before.
///
/// # Errors
/// [`Refusal::Conflict`] for the owner of the server.
pub async fn leave(backend: &Backend, user: &UserKey, server: &SpaceKey, key: &str) -> Result<bool, Refusal> {
    retry_on_conflict!(backend, {
        let held = backend.store.replica(server, &backend.domain).await?.map(|(_, held)| held);
        let held = held.filter(|held| held.facts.server.id == *server);
        let held = held.filter(|held| held.members.iter().any(|member| member.user == *user));
        if held.as_ref().is_some_and(|held| facts::is_owner(&held.facts, user)) {
            return Err(Refusal::Conflict(servers::OWNER_STAYS).into());
        }
        match held {
            Some(held) => backend.commit(None, pending(backend, &held, user, key)).await.map(|_| true)?,
            None => {
                let kept = backend.store.pending_leaves(&server.home).await?;
                let same = |kept: &PendingLeave| (kept.user, &kept.server, kept.key.as_str()) == (user.id, server, key);
                kept.iter().any(same)
            }
        }
    })
}

/// Takes a member out of what is held of a server, and keeps that its owner is to hear of it.
fn pending(backend: &Backend, held: &Replica, user: &UserKey, key: &str) -> Change {
    let server = held.facts.server.id.clone();
    let pending_leave = PendingLeave { user: user.id, server: server.clone(), key: key.to_owned() };
    // The owner still counts them, and goes on to tell of the server: it is held even for nobody until it says otherwise.
    let change = Change::default()
        .guard(Guard::SpaceAt { id: server.clone(), revision: held.facts.revision })
        .write(Write::PutPendingLeave(pending_leave))
        .write(Write::Revise(server.clone()))
        .write(Write::RemoveMember(server.clone(), user.clone()))
        .write(Write::CountMembers(server.clone(), 1));
    let place = Place { seq: held.seq, at: backend.now() };
    let body = EventBody::MemberLeft { server: server.clone(), user: user.clone() };
    change.told(Stream::Space(server), place, vec![Scope::User(user.clone())], body)
}

/// Keeps no longer that somebody left, of whom an owner has heard and has nothing more to say from before.
///
/// # Errors
/// Only when the store fails.
pub async fn settled(backend: &Backend, pending_leave: PendingLeave) -> Result<(), Refusal> {
    backend.store.commit(Change::default().write(Write::RemovePendingLeave(pending_leave))).await?;
    Ok(())
}

/// Those from a server whose owner has not yet said that they left.
pub(super) async fn from(backend: &Backend, server: &SpaceKey) -> Result<Vec<PendingLeave>, StoreError> {
    let mut pending_leaves = backend.store.pending_leaves(&server.home).await?;
    pending_leaves.retain(|pending_leave| pending_leave.server == *server);
    Ok(pending_leaves)
}
