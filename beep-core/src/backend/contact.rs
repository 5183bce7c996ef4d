//! Who may write to whom, and add whom to a group.

use crate::account::{Account, DirectFrom};
use crate::backend::{Backend, accounts, friends};
use crate::domain::Domain;
use crate::id::{UserId, UserKey};
use crate::port::{StoreError, Taken};

/// Whether a user may write to another directly and add them to a group: neither has blocked the other, and they are friends,
/// or the other takes it from anybody, or from members of a community that both are in (`direct_from`).
///
/// The home of the other is asked each time, as it alone knows whom they have blocked; while it gives no answer, what is
/// known here decides. Who is in a community of another backend only its owner knows: of its own users it is believed. Of two
/// users of other backends nothing can be said; the home of the one who is written to decides when it is told: see
/// [`may_be_added_by`].
pub(super) async fn may_contact(backend: &Backend, from: &UserKey, to: &UserKey) -> Result<bool, StoreError> {
    let is_own = |user: &UserKey| user.home == backend.domain;
    if is_own(from) && backend.store.block(from.id, to).await?.is_some() {
        return Ok(false);
    }
    if !is_own(from) && !is_own(to) {
        return Ok(!is_deleted(backend, to).await?);
    }
    let taken = if is_own(to) {
        taken_by(backend, from, to.id).await?
    } else if is_deleted(backend, to).await? {
        Taken::Not
    } else {
        match backend.peers.takes(from, to).await {
            Ok(taken) => taken,
            Err(_) if friends::are(backend, from.id, to).await? => Taken::Always,
            Err(_) => Taken::FromFellows,
        }
    };
    match taken {
        Taken::Always => Ok(true),
        Taken::FromFellows if is_own(from) => backend.store.share_server(from, to).await,
        Taken::FromFellows => backend.store.share_server(to, from).await,
        Taken::Not => Ok(false),
    }
}

/// What a user of this backend takes of somebody, as their home tells it. Why it is so is not told.
///
/// # Errors
/// Only when the store fails.
pub async fn taken_by(backend: &Backend, from: &UserKey, to: UserId) -> Result<Taken, StoreError> {
    if backend.store.block(to, from).await?.is_some() {
        return Ok(Taken::Not);
    }
    let Some(account) = accounts::active(backend, to).await? else { return Ok(Taken::Not) };
    if account.direct_from == DirectFrom::Everyone || friends::are(backend, to, from).await? {
        return Ok(Taken::Always);
    }
    if account.direct_from == DirectFrom::Friends {
        return Ok(Taken::Not);
    }
    let own = UserKey::new(to, backend.domain.clone());
    Ok(if backend.store.share_server(&own, from).await? { Taken::Always } else { Taken::FromFellows })
}

/// Whether a user has deleted their account, as far as this backend knows.
async fn is_deleted(backend: &Backend, user: &UserKey) -> Result<bool, StoreError> {
    let profile = backend.store.profiles(std::slice::from_ref(user)).await?.pop();
    Ok(profile.is_some_and(|(profile, _)| profile.deleted))
}

/// Whether another backend may have a user of this one in a group of its own: whether any user of that backend may contact
/// them. Which of its users adds somebody is the owner's word, so it makes no difference.
pub(super) async fn may_be_added_by(backend: &Backend, owner: &Domain, user: &UserKey) -> Result<bool, StoreError> {
    let Some(Account { direct_from, .. }) = accounts::active(backend, user.id).await? else { return Ok(false) };
    if direct_from == DirectFrom::Everyone || !friends::of_home(backend, user.id, owner).await?.is_empty() {
        return Ok(true);
    }
    if direct_from == DirectFrom::Friends {
        return Ok(false);
    }
    backend.store.shares_server_with(user, owner).await
}
