//! Other users, of this backend and of others.
//!
//! Only the home of a user knows their current profile. Profiles of users of other backends are stored. Their home
//! updates them if they share a server with a local user; otherwise an old profile is fetched again.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::account::User;
use crate::backend::{Backend, Refusal};
use crate::domain::Domain;
use crate::handle::Handle;
use crate::id::{SpaceKey, UserId, UserKey};
use crate::port::{Change, RemoteProfile, StoreError};

/// Gives a user. For a user of another backend, asks their home, or gives the last known profile if it does not answer.
///
/// # Errors
/// [`Refusal::NotFound`] if there is no such user; [`Refusal::Remote`].
pub async fn find(backend: &Backend, user: &UserKey) -> Result<User, Refusal> {
    if user.home == backend.domain {
        let account = backend.store.account(user.id).await?;
        return account.map(|account| account.user).ok_or(Refusal::NotFound);
    }
    let kept = backend.store.profiles(std::slice::from_ref(user)).await?.pop();
    if let Some((profile, at)) = &kept
        && backend.now() < at.after(FRESH)
    {
        return Ok(profile.clone());
    }
    match backend.peers.users(&user.home, &[user.id]).await {
        Ok(found) => {
            let found = found.into_iter().find(|found| found.key == *user).ok_or(Refusal::NotFound)?;
            keep(backend, &found).await?;
            Ok(found)
        }
        Err(error) => kept.map(|(profile, _)| profile).ok_or(Refusal::Remote(error)),
    }
}

/// Gives a user whose account was not deleted, for what somebody wants of them.
///
/// # Errors
/// As [`find`].
pub(super) async fn find_active(backend: &Backend, user: &UserKey) -> Result<User, Refusal> {
    let found = find(backend, user).await?;
    if found.deleted { Err(Refusal::NotFound) } else { Ok(found) }
}

/// Gives the user with exactly this handle: `name`, or `name@domain`.
///
/// # Errors
/// [`Refusal::NotFound`] if nobody has it; [`Refusal::Remote`].
pub async fn by_handle(backend: &Backend, handle: &str) -> Result<User, Refusal> {
    let Handle { name: username, home } = Handle::parse(handle).ok_or(Refusal::NotFound)?;
    let home = home.unwrap_or_else(|| backend.domain.clone());
    if home == backend.domain {
        let account = backend.store.account_by_username(&username).await?;
        return account.map(|account| account.user).ok_or(Refusal::NotFound);
    }
    let found = backend.peers.user_by_name(&home, username.as_str()).await?;
    let found = found.filter(|found| found.key.home == home && !found.deleted).ok_or(Refusal::NotFound)?;
    keep(backend, &found).await?;
    Ok(found)
}

/// Finds the users of this backend whose username or display name starts with `query`, after `after`.
///
/// # Errors
/// [`Refusal::Invalid`] for an empty query.
pub async fn search(backend: &Backend, query: &str, after: Option<UserId>, limit: u32) -> Result<Vec<User>, Refusal> {
    let query = query.trim();
    if query.is_empty() {
        return Err(Refusal::invalid("q", "too_short", "must have at least 1 character"));
    }
    let found = backend.store.accounts_by_prefix(query, after, limit).await?;
    Ok(found.into_iter().map(|account| account.user).collect())
}

/// Finds users of another backend, if it allows searching.
///
/// # Errors
/// [`Refusal::Invalid`] for an empty query; [`Refusal::Remote`].
pub async fn search_on(backend: &Backend, home: &Domain, query: &str, limit: u32) -> Result<Vec<User>, Refusal> {
    let query = query.trim();
    if query.is_empty() {
        return Err(Refusal::invalid("q", "too_short", "must have at least 1 character"));
    }
    // Nobody of them is kept: most are never seen again.
    let mut found = backend.peers.search(home, query, limit).await?;
    found.retain(|user| user.key.home == *home);
    Ok(found)
}

/// The known profiles of several users.
///
/// # Errors
/// Only when the store fails.
pub async fn profiles<'a>(
    backend: &Backend,
    users: impl Iterator<Item = &'a UserKey>,
) -> Result<HashMap<UserKey, User>, Refusal> {
    let (own, others): (BTreeSet<_>, BTreeSet<_>) = users.partition(|user| user.home == backend.domain);
    let ids: Vec<UserId> = own.into_iter().map(|user| user.id).collect();
    let others: Vec<UserKey> = others.into_iter().cloned().collect();
    let accounts = backend.store.accounts(&ids).await?.into_iter();
    let accounts = accounts.map(|account| account.user);
    let mut known: HashMap<UserKey, User> = accounts.map(|user| (user.key.clone(), user)).collect();
    if !others.is_empty() {
        let kept = backend.store.profiles(&others).await?;
        known.extend(kept.into_iter().map(|(user, _)| (user.key.clone(), user)));
    }
    Ok(known)
}

/// A user among known profiles; one of whom nothing is known if they are not there.
pub fn known_or_gone(profiles: &HashMap<UserKey, User>, user: &UserKey) -> User {
    profiles.get(user).cloned().unwrap_or_else(|| User::gone(user.clone()))
}

/// The servers whose members may know a user. Those are the servers that they are a member of here, and, for a user of
/// another backend, all replicas of that backend's servers, since replicas hold only local members.
///
/// # Errors
/// Only when the store fails.
pub async fn acquaintances(backend: &Backend, user: &UserKey) -> Result<BTreeSet<SpaceKey>, StoreError> {
    let mut servers = BTreeSet::new();
    if user.home != backend.domain {
        servers.extend(backend.store.replicas_of(&user.home).await?);
    }
    let mut after = None;
    loop {
        let page = backend.store.spaces_of(user, after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().cloned();
        servers.extend(page);
        if is_last {
            return Ok(servers);
        }
    }
}

/// Fetches the profile of a user of another backend who is about to be shown to others. Without an answer it stays
/// unknown and is fetched when needed.
pub(super) async fn meet(backend: &Backend, user: &UserKey) -> Result<(), StoreError> {
    if user.home == backend.domain || !backend.store.profiles(std::slice::from_ref(user)).await?.is_empty() {
        return Ok(());
    }
    let found = backend.peers.users(&user.home, &[user.id]).await.unwrap_or_default();
    match found.iter().find(|found| found.key == *user) {
        Some(found) => keep(backend, found).await,
        None => Ok(()),
    }
}

async fn keep(backend: &Backend, user: &User) -> Result<(), StoreError> {
    let change = Change::default().put(RemoteProfile { user: user.clone(), seen_at: backend.now() });
    backend.store.commit(change).await.map(drop).map_err(StoreError::new)
}

/// How many spaces are read at once.
const PAGE: u32 = 1_000;

/// The age from which a profile is fetched again.
const FRESH: Duration = Duration::from_secs(10 * 60);
