//! Who may write to whom, and add whom to a group.

use crate::account::{Account, DirectFrom};
use crate::backend::{Backend, accounts, friends};
use crate::domain::Domain;
use crate::id::UserKey;
use crate::port::StoreError;

/// Whether a user may write to another directly and add them to a group: neither has blocked the other, and they are friends,
/// or the other takes it from anybody, or from members of a community that both are in (`direct_from`).
///
/// Who is in a community of another backend only its owner knows: of its own users it is believed. Of two users
/// of other backends nothing can be said; the home of the one who is written to decides when it is told: see
/// [`may_be_added_by`].
pub(super) async fn may_contact(backend: &Backend, from: &UserKey, to: &UserKey) -> Result<bool, StoreError> {
    for (one, another) in [(from, to), (to, from)] {
        if one.home == backend.domain && backend.store.block(one.id, another).await?.is_some() {
            return Ok(false);
        }
    }
    if to.home == backend.domain {
        let Some(account) = accounts::active(backend, to.id).await? else { return Ok(false) };
        match account.direct_from {
            DirectFrom::Everyone => return Ok(true),
            DirectFrom::Friends => return friends::are(backend, to.id, from).await,
            DirectFrom::Servers => {}
        }
    }
    let profile = backend.store.profiles(std::slice::from_ref(to)).await?.pop();
    if profile.is_some_and(|(profile, _)| profile.deleted) {
        return Ok(false);
    }
    let (own, other) = match (from.home == backend.domain, to.home == backend.domain) {
        (true, _) => (from, to),
        (false, true) => (to, from),
        (false, false) => return Ok(true),
    };
    Ok(friends::are(backend, own.id, other).await? || backend.store.share_server(own, other).await?)
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
