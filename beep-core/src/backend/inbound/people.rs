//! Events about users from another backend: profiles of its users, and its invitations to ours.

use super::FOREIGN;
use crate::backend::{Backend, accounts, invitations, suspensions, users};
use crate::domain::Domain;
use crate::event::{EventBody, Scope, Stream};
use crate::id::{InvitationKey, UserKey};
use crate::invitation::Invited;
use crate::port::{Change, RemoteProfile, StoreError};
use crate::replica_delta::ReplicatedEvent;

/// The change for an event of a user's stream, or why it becomes a dead letter.
pub(super) async fn plan(
    backend: &Backend,
    origin: &Domain,
    user: &UserKey,
    told: &ReplicatedEvent,
) -> Result<Result<Change, &'static str>, StoreError> {
    match &told.body {
        EventBody::UserUpdated(profile) if user.home == *origin && profile.key == *user => {
            // Of those whom nobody here has met nothing is kept.
            if backend.store.profiles(std::slice::from_ref(user)).await?.is_empty() {
                return Ok(Ok(Change::default()));
            }
            let change = Change::default().put(RemoteProfile { user: profile.clone(), seen_at: backend.now() });
            let scopes = users::acquaintances(backend, user).await?.into_iter().map(Scope::Space).collect();
            Ok(Ok(change.told(Stream::User(user.clone()), told.place, scopes, told.body.clone())))
        }
        EventBody::InvitationReceived(invited) if is_for(backend, origin, user, invited) => {
            received(backend, origin, user, invited).await
        }
        EventBody::InvitationRevoked { id, server } if user.home == backend.domain && server.home == *origin => {
            let id = InvitationKey::new(*id, origin.clone());
            let kept = backend.store.remote_invitation(user.id, &id).await?;
            let kept = kept.filter(|kept| kept.server.id == *server);
            Ok(Ok(kept.iter().fold(Change::default(), invitations::forgotten)))
        }
        _ => Ok(Err(FOREIGN)),
    }
}

/// Whether an invitation belongs to the sender and is for a user of this backend.
fn is_for(backend: &Backend, origin: &Domain, user: &UserKey, invited: &Invited) -> bool {
    let Invited { invitation, server } = invited;
    user.home == backend.domain
        && invitation.user() == Some(user)
        && server.id.home == *origin
        && invitation.server == server.id
}

async fn received(
    backend: &Backend,
    origin: &Domain,
    user: &UserKey,
    invited: &Invited,
) -> Result<Result<Change, &'static str>, StoreError> {
    if accounts::active(backend, user.id).await?.is_none() {
        return Ok(Err("the invited user is not a user of this backend"));
    }
    let inviter = &invited.invitation.inviter;
    if inviter.home == backend.domain && backend.store.member(&invited.server.id, inviter).await?.is_none() {
        return Ok(Err("it is said to be by a user of this backend who is not in the server"));
    }
    if suspensions::is_silenced(backend, inviter).await? {
        return Ok(Err("it is by somebody who is suspended here"));
    }
    let kept = backend.store.remote_invitations(origin, Some(user.id)).await?;
    let theirs = kept.iter();
    if theirs.clone().any(|kept| kept == invited) {
        return Ok(Ok(Change::default()));
    }
    let now = backend.now();
    let goes = |kept: &&Invited| {
        let again = kept.server.id == invited.server.id && kept.invitation.id != invited.invitation.id;
        // One server invites a person once, and what is over makes room.
        again || kept.invitation.usable(now).is_err()
    };
    if theirs.clone().filter(|kept| !goes(kept)).count() >= MOST_PENDING {
        return Ok(Err("the user has too many invitations of this backend"));
    }
    let change = theirs.filter(goes).fold(Change::default(), invitations::forgotten);
    let change = change.put(invited.clone());
    Ok(Ok(change.user_event(user, EventBody::InvitationReceived(invited.clone()))))
}

/// The invitations that are deleted when the stream of another backend is reset: the new stream repeats those that are
/// still open.
pub(super) async fn unsaid(backend: &Backend, origin: &Domain) -> Result<Change, StoreError> {
    let kept = backend.store.remote_invitations(origin, None).await?;
    Ok(kept.iter().fold(Change::default(), invitations::forgotten))
}

/// The maximum number of invitations from one backend to one user.
const MOST_PENDING: usize = 100;
