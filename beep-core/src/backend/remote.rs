//! What users of this backend do on another: join its servers, leave them, answer its invitations, open direct conversations
//! and add others to groups.
//!
//! The owner decides, and its answer goes on as it is. This backend's part is what it keeps of it: who may be said to be a
//! member, who left while the owner could not be asked, and waiting until what was answered is known here as well.

use std::time::Duration;

use crate::backend::awaited::Awaited;
use crate::backend::repair::{self, Fetched};
use crate::backend::{Actor, Backend, Refusal, access, conversations, inbound, invitations, pending_leaves};
use crate::domain::Domain;
use crate::id::{ChannelKey, SpaceKey, UserKey};
use crate::invitation::Invited;
use crate::port::{PeerError, RemoteAnswer, RemoteOperation, RemoteOutcome, When};

/// The result of an operation on another backend.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The owner's answer.
    pub answer: RemoteAnswer,
    /// Whether its effect has arrived here, so that the next request of the user sees it.
    pub is_known: bool,
}

/// The result of leaving.
#[derive(Clone, Debug)]
pub enum Left {
    /// The owner answered.
    Answered(Carried),
    /// The owner did not answer, or refused; the user was removed here, and the owner is told later.
    Pending,
}

/// Asks the owner of a server to let a user join. From then on the owner may report that they are a member. If they
/// left before and the owner does not know it, it is told first.
///
/// # Errors
/// [`Refusal::Remote`] if the owner gives no answer.
pub async fn join(backend: &Backend, actor: &Actor, server: &SpaceKey) -> Result<Carried, Refusal> {
    enter(backend, actor, actor.as_user()?, server, &RemoteOperation::Join(server.clone())).await
}

/// Opens the direct conversation with a user of another backend which owns it: see
/// [`conversations::open_direct`].
///
/// # Errors
/// [`Refusal::NotFound`] when this backend owns it; [`Refusal::Invalid`] for oneself; [`Refusal::Remote`] when the owner
/// gives no answer.
pub async fn open_direct(backend: &Backend, actor: &Actor, other: &UserKey) -> Result<Carried, Refusal> {
    let key = conversations::direct_key(actor.as_user()?, other)?;
    if *key.home() == backend.domain {
        return Err(Refusal::NotFound);
    }
    enter(backend, actor, actor.as_user()?, &key.space, &RemoteOperation::OpenDirect(other.clone())).await
}

/// Adds somebody to a group of another backend. That a user of this one may be said to be in it is decided here; of anybody
/// else, by their home when it is told.
///
/// # Errors
/// [`Refusal::NotFound`] for who is not in the group, and when there is no such user; [`Refusal::Conflict`] for a direct
/// conversation; [`Refusal::ContactDenied`] when the actor may not add them; [`Refusal::Remote`] when the owner gives no
/// answer.
pub async fn add(backend: &Backend, actor: &Actor, group: &ChannelKey, user: &UserKey) -> Result<Carried, Refusal> {
    let space = access::space_of(backend, group).await?;
    backend.store.member(&space, actor.as_user()?).await?.ok_or(Refusal::NotFound)?;
    // Into a server nobody comes whom another lets in: their home would take the owner's word for it.
    let held = backend.store.server(&space).await?.filter(|held| held.id.home != backend.domain);
    conversations::takes_others(held.ok_or(Refusal::NotFound)?.kind)?;
    let operation = RemoteOperation::AddParticipant(group.clone(), user.clone());
    if user.home != backend.domain {
        let key = key(backend, actor);
        let answer = backend.peers.execute(&space.home, actor.as_user()?, &operation, Some(&key)).await?;
        return Ok(Carried { answer, is_known: true });
    }
    conversations::may_be_in(backend, actor, user).await?;
    enter(backend, actor, user, &space, &operation).await
}

/// Joins a server of another backend with an invitation: its code, or the id of one that the owner sent. If the owner
/// does not know the invitation, it is deleted here.
///
/// # Errors
/// [`Refusal::NotFound`] if it is not for a server of the owner; [`Refusal::Remote`] if the owner gives no answer.
pub async fn accept(backend: &Backend, actor: &Actor, owner: &Domain, named: &str) -> Result<Carried, Refusal> {
    if !backend.peers.allows(owner) {
        return Err(PeerError::Denied.into());
    }
    let told = invitations::told(backend, actor, named).await?;
    let server = match &told {
        Some(invited) => Some(invited.server.id.clone()),
        None => {
            // Where a code leads only its owner knows.
            let preview = RemoteOperation::PreviewInvitation(named.to_owned());
            let answer = backend.peers.execute(owner, actor.as_user()?, &preview, None).await?;
            if answer.outcome != RemoteOutcome::Done {
                return Ok(Carried { answer, is_known: true });
            }
            answer.server
        }
    };
    let server = server.filter(|server| server.home == *owner).ok_or(Refusal::NotFound)?;
    let operation = RemoteOperation::AcceptInvitation(named.to_owned());
    let carried = enter(backend, actor, actor.as_user()?, &server, &operation).await?;
    if let Some(invited) = told.filter(|_| carried.answer.outcome == RemoteOutcome::NotFound) {
        invitations::forget(backend, &invited).await?;
    }
    Ok(carried)
}

/// Declines an invitation of another backend. This works even if the owner does not answer: there the invitation then
/// stays until it is replaced or revoked. Gives the reason if the owner was not told.
///
/// # Errors
/// Only when the store fails.
pub async fn decline(
    backend: &Backend,
    actor: &Actor,
    invited: &Invited,
    named: &str,
) -> Result<Option<PeerError>, Refusal> {
    let (owner, operation) = (&invited.server.id.home, RemoteOperation::DeclineInvitation(named.to_owned()));
    let asked = backend.peers.execute(owner, actor.as_user()?, &operation, Some(&key(backend, actor))).await;
    invitations::forget(backend, invited).await?;
    Ok(asked.err())
}

/// Leaves a server or a group of another backend, whether its owner answers or not. Only who was known to own the server
/// before, or to be one of the two of a direct conversation, is bound by its refusal.
///
/// # Errors
/// [`Refusal::Remote`] if the owner gives no answer and the user is not a member here; those of
/// [`pending_leaves::leave`].
pub async fn leave(backend: &Backend, actor: &Actor, server: &SpaceKey) -> Result<Left, Refusal> {
    let (user, key) = (actor.as_user()?, key(backend, actor));
    let operation = RemoteOperation::Leave(server.clone());
    let is_bound = pending_leaves::is_bound(backend, user, server).await?;
    let asked = backend.peers.execute(&server.home, user, &operation, Some(&key)).await;
    if let (true, Ok(answer)) = (is_bound, &asked) {
        return Ok(Left::Answered(follow(backend, user, server, answer.clone(), false).await));
    }
    let has_left = pending_leaves::leave(backend, user, server, &key).await?;
    match asked {
        Ok(answer) if answer.outcome == RemoteOutcome::Done || !has_left => {
            Ok(Left::Answered(Carried { answer, is_known: true }))
        }
        Err(error) if !has_left => Err(error.into()),
        asked => {
            backend.peers.compare(&server.home, if asked.is_ok() { When::Soon } else { When::Reachable });
            Ok(Left::Pending)
        }
    }
}

/// Has the owner of a space let a user of this backend in, by an operation of the actor.
async fn enter(
    backend: &Backend,
    actor: &Actor,
    user: &UserKey,
    server: &SpaceKey,
    operation: &RemoteOperation,
) -> Result<Carried, Refusal> {
    let (asking, owner) = (actor.as_user()?, &server.home);
    if !backend.peers.allows(owner) {
        return Err(PeerError::Denied.into());
    }
    if !pending_leaves::tell_before_join(backend, user.id, server).await? {
        return Err(PeerError::Unavailable.into());
    }
    let before = backend.store.member(server, user).await?;
    let was_member = before.is_some();
    let is_new = inbound::join_intent(backend, user, server).await?;
    let asked = backend.peers.execute(owner, asking, operation, Some(&key(backend, actor))).await;
    let is_refused = match &asked {
        // Who is in it already, or asks too often, may be in it all the same.
        Ok(answer) => matches!(answer.outcome, RemoteOutcome::NotFound | RemoteOutcome::Refused),
        // Of any other failure it is not known whether the owner has heard the request.
        Err(error) => {
            use PeerError::{Authentication, Denied, Discovery, Validation};
            matches!(error, Denied | Discovery | Authentication | Validation)
        }
    };
    if is_new && is_refused {
        inbound::remove_join_intent(backend, user, server).await?;
    }
    let answer = asked?;
    if answer.outcome == RemoteOutcome::Done {
        // Of who joins and was held to be a member, the stream has yet to tell that they were removed, which would end the
        // intent. What is fetched whole is after both.
        let is_fetched =
            before.is_none() || matches!(repair::fetch(backend, server).await, Fetched::Same | Fetched::Replaced);
        if let Some(before) = before.filter(|_| !is_fetched) {
            pending_leaves::removed_before(backend, server, &before).await?;
        }
        // Where the stream has told so meanwhile, the intent has ended: that they are a member then was not believed.
        if inbound::join_intent(backend, user, server).await? || !is_fetched {
            backend.peers.compare(owner, When::Soon);
        }
    }
    let carried = follow(backend, user, server, answer, true).await;
    let is_in_already = carried.answer.outcome == RemoteOutcome::Conflict && !was_member;
    if carried.is_known && !is_in_already {
        return Ok(carried);
    }
    // What the stream has not told the owner is asked for.
    if let Fetched::NotGiven(_) | Fetched::NotTaken(_) | Fetched::Contended = repair::fetch(backend, server).await {
        backend.peers.compare(owner, When::Soon);
    }
    Ok(Carried { is_known: backend.store.member(server, user).await?.is_some(), ..carried })
}

/// Waits until what was answered is known here.
async fn follow(
    backend: &Backend,
    user: &UserKey,
    server: &SpaceKey,
    answer: RemoteAnswer,
    is_member: bool,
) -> Carried {
    if answer.outcome != RemoteOutcome::Done {
        return Carried { answer, is_known: true };
    }
    let awaited = Awaited::Membership { server, user, is_member };
    // What the owner did is answered, whatever the own store says.
    let is_known = awaited.within(backend, PATIENCE).await.unwrap_or(false);
    Carried { answer, is_known }
}

/// The idempotency key of a request: the caller's, or a new one, so that it can be retried if its answer is lost.
fn key(backend: &Backend, actor: &Actor) -> String {
    let given = actor.claim.as_ref().map(|claim| claim.key.clone());
    given.unwrap_or_else(|| new_key(backend))
}

/// A new idempotency key.
pub(super) fn new_key(backend: &Backend) -> String {
    format!("{:032x}", u128::from_be_bytes(backend.entropy.octets()))
}

/// How long to wait for the owner's stream.
const PATIENCE: Duration = Duration::from_secs(5);
