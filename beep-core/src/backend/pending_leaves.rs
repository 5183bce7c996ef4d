//! Leaving a server of another backend, whatever its owner says.
//!
//! Leaving needs no permission. The user is removed here at once, and the owner is told as soon as it answers. Until
//! the owner reports that they left, its events about their membership are outdated. That they once asked to join ends with
//! it: the owner cannot bring them back.

use std::time::Duration;

use super::awaited::Awaited;
use super::{Backend, Refusal, retry_on_conflict};
use crate::domain::Domain;
use crate::event::{EventBody, Scope};
use crate::facts;
use crate::id::{Qualified, SpaceKey, UserId, UserKey};
use crate::member::Member;
use crate::port::{
    Change, JoinIntent, PendingLeave, Place, RemoteOperation, RemoteOutcome, SpaceGuard, SpaceWrite, StoreError, When,
};
use crate::replica::Replica;

/// Removes a user of this backend from the replica of a server, and stores that its owner must be told, with this
/// idempotency key. A join that is under way ends as well. Says whether they left, by this or by an earlier request with
/// the same key.
///
/// # Errors
/// [`Refusal::Conflict`] for the owner of the server, and for a direct conversation.
pub async fn leave(backend: &Backend, user: &UserKey, server: &SpaceKey, key: &str) -> Result<bool, Refusal> {
    retry_on_conflict!(backend, {
        let held = membership(backend, user, server).await?;
        if let Some(held) = &held {
            facts::may_leave(&held.facts, user).map_err(Refusal::Conflict)?;
        }
        let change = match &held {
            Some(held) => without(backend, held, user),
            None => Change::default(),
        };
        if held.is_none() && backend.store.join_intents(server, &[user.id]).await?.is_empty() {
            let kept = backend.store.pending_leaves(&server.home).await?;
            let same = |kept: &PendingLeave| (kept.user, &kept.server, kept.key.as_str()) == (user.id, server, key);
            return Ok(kept.iter().any(same));
        }
        let intent = JoinIntent { user: user.id, server: server.clone() };
        let pending_leave = PendingLeave { user: user.id, server: server.clone(), key: key.to_owned() };
        backend.commit(None, change.remove::<JoinIntent>(intent).put(pending_leave)).await.map(|_| true)?
    })
}

/// Whether a user is bound to a server of another backend as far as is known here: as its owner, or as one of the two of a
/// direct conversation.
pub(super) async fn is_bound(backend: &Backend, user: &UserKey, server: &SpaceKey) -> Result<bool, StoreError> {
    let held = membership(backend, user, server).await?;
    Ok(held.is_some_and(|held| facts::may_leave(&held.facts, user).is_err()))
}

/// The replica of a server, if the user is a member there.
async fn membership(backend: &Backend, user: &UserKey, server: &SpaceKey) -> Result<Option<Replica>, StoreError> {
    let held = backend.store.replica(server, &backend.domain).await?.map(|(_, held)| held);
    let held = held.filter(|held| held.facts.server.id == *server);
    Ok(held.filter(|held| held.members.iter().any(|member| member.user == *user)))
}

/// Takes somebody out of what is held of a server whose owner has just let them in, though they were held to be this
/// member: so they had been removed, which its stream has yet to tell. That then ends nothing of what they asked for since.
pub(super) async fn removed_before(backend: &Backend, server: &SpaceKey, member: &Member) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let held = backend.store.replica(server, &backend.domain).await?.map(|(_, held)| held);
        let held = held.filter(|held| held.facts.server.id == *server);
        // Who is in it by another membership was told to be let in meanwhile.
        let same = |known: &Member| known.user == member.user && known.joined_at == member.joined_at;
        if let Some(held) = held.filter(|held| held.members.iter().any(same)) {
            backend.commit(None, without(backend, &held, &member.user)).await?;
        }
    })
}

/// Takes a member out of what is held of a server, before its owner says so.
fn without(backend: &Backend, held: &Replica, user: &UserKey) -> Change {
    let server = held.facts.server.id.clone();
    // The owner still counts them, and goes on to tell of the server: it is held even for nobody until it says otherwise.
    let change = Change::default()
        .guard(SpaceGuard::At { id: server.clone(), revision: held.facts.revision })
        .write(SpaceWrite::Revise(server.clone()))
        .remove::<Member>((server.clone(), user.clone()))
        .write(SpaceWrite::CountMembers(server.clone(), 1));
    let place = Place { seq: held.own_seq(), at: backend.now() };
    let body = EventBody::MemberLeft { server, user: user.clone() };
    change.told(held.facts.server.stream(), place, vec![Scope::User(user.clone())], body)
}

/// Tells an owner who left its servers, and gives the leaves that it knows now; `None` if it does not answer, and then
/// it is told later.
pub(super) async fn tell(backend: &Backend, owner: &Domain) -> Result<Option<Vec<PendingLeave>>, StoreError> {
    let pending_leaves = backend.store.pending_leaves(owner).await?;
    for pending_leave in &pending_leaves {
        if !is_heard(backend, pending_leave).await {
            backend.peers.compare(owner, When::Reachable);
            return Ok(None);
        }
    }
    Ok(Some(pending_leaves))
}

/// Before a user who left asks to join again: tells the owner that they left, and waits for earlier events of its
/// stream. Says whether the owner knows.
pub(super) async fn tell_before_join(backend: &Backend, user: UserId, server: &SpaceKey) -> Result<bool, Refusal> {
    let pending_leave = from(backend, server).await?.into_iter().find(|pending_leave| pending_leave.user == user);
    let Some(pending_leave) = pending_leave else { return Ok(true) };
    if !is_heard(backend, &pending_leave).await {
        return Ok(false);
    }
    Awaited::LeaveConfirmed(&pending_leave).within(backend, PATIENCE).await?;
    settled(backend, pending_leave).await?;
    Ok(true)
}

/// Tells the owner that a user left, and says whether it answered. Any answer settles it.
async fn is_heard(backend: &Backend, pending_leave: &PendingLeave) -> bool {
    let PendingLeave { user, server, key } = pending_leave;
    let user = Qualified::new(*user, backend.domain.clone());
    let operation = RemoteOperation::Leave(server.clone());
    let asked = backend.peers.execute(&server.home, &user, &operation, Some(key)).await;
    asked.is_ok_and(|answer| answer.outcome != RemoteOutcome::Later)
}

/// Deletes a pending leave that the owner knows and whose earlier events have all arrived. A replica that was kept for the
/// owner's word alone goes with it.
///
/// # Errors
/// When the store fails, or others change the server all the time.
pub async fn settled(backend: &Backend, pending_leave: PendingLeave) -> Result<(), Refusal> {
    let server = &pending_leave.server;
    retry_on_conflict!(backend, {
        let change = Change::default().remove::<PendingLeave>(pending_leave.clone());
        let held = backend.store.replica(server, &backend.domain).await?.map(|(_, held)| held);
        let waits = from(backend, server).await?.iter().any(|other| *other != pending_leave);
        let change = match held.filter(|held| held.members.is_empty() && !waits) {
            Some(held) => change
                .guard(SpaceGuard::At { id: server.clone(), revision: held.facts.revision })
                .write(SpaceWrite::Remove(server.clone())),
            None => change,
        };
        backend.commit(None, change).await?;
    })
}

/// The pending leaves of a server: its owner has not reported them yet.
pub(super) async fn from(backend: &Backend, server: &SpaceKey) -> Result<Vec<PendingLeave>, StoreError> {
    let mut pending_leaves = backend.store.pending_leaves(&server.home).await?;
    pending_leaves.retain(|pending_leave| pending_leave.server == *server);
    Ok(pending_leaves)
}

/// How long to wait for events that the owner sent before it knew of a leave.
const PATIENCE: Duration = Duration::from_secs(5);
