//! Who may write to whom, and add whom to a group.

use std::collections::BTreeSet;

use crate::backend::Backend;
use crate::domain::Domain;
use crate::id::{SpaceKey, UserKey};
use crate::port::StoreError;
use crate::space::Space;

/// Whether a user may write to another directly and add them to a group: whether both are members of one community, which
/// is what `direct_from` says where nobody has set it (`servers`).
///
/// Every such decision about a user is made here, so friendship, blocks and the other values of `direct_from` belong here
/// as well. Who is in a community of another backend only its owner knows: of its own users it is believed. Of two users
/// of other backends nothing can be said; the home of the one who is written to decides when it is told: see
/// [`may_be_added_by`].
pub(super) async fn may_contact(backend: &Backend, from: &UserKey, to: &UserKey) -> Result<bool, StoreError> {
    let (own, other) = match (from.home == backend.domain, to.home == backend.domain) {
        (true, _) => (from, to),
        (false, true) => (to, from),
        (false, false) => return Ok(true),
    };
    let mut after = None;
    loop {
        let page = backend.store.servers_of(own, after.as_ref(), PAGE).await?;
        for Space { id, .. } in &page {
            let is_theirs = id.home == other.home && id.home != backend.domain;
            if is_theirs || backend.store.member(id, other).await?.is_some() {
                return Ok(true);
            }
        }
        if page.len() < PAGE as usize {
            return Ok(false);
        }
        after = page.last().map(|last| last.id.clone());
    }
}

/// Whether another backend may have a user of this one in a group of its own: whether any user of that backend may contact
/// them. Which of its users adds somebody is the owner's word, so it makes no difference.
pub(super) async fn may_be_added_by(backend: &Backend, owner: &Domain, user: &UserKey) -> Result<bool, StoreError> {
    let mut own = BTreeSet::new();
    let mut after = None;
    loop {
        let page = backend.store.servers_of(user, after.as_ref(), PAGE).await?;
        if page.iter().any(|server| server.id.home == *owner) {
            return Ok(true);
        }
        own.extend(page.iter().map(|server| server.id.clone()).filter(|id| id.home == backend.domain));
        if page.len() < PAGE as usize {
            break;
        }
        after = page.last().map(|last| last.id.clone());
    }
    if own.is_empty() {
        return Ok(false);
    }
    let mut after: Option<SpaceKey> = None;
    loop {
        let page = backend.store.shared_with(owner, after.as_ref(), PAGE).await?;
        if page.iter().any(|id| own.contains(id)) {
            return Ok(true);
        }
        if page.len() < PAGE as usize {
            return Ok(false);
        }
        after = page.last().cloned();
    }
}

/// Spaces that are read at once.
const PAGE: u32 = 1_000;
