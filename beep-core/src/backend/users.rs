//! Other people.

use std::collections::{BTreeSet, HashMap};

use crate::account::User;
use crate::backend::{Backend, Refusal};
use crate::id::{UserId, UserKey};
use crate::text::Username;

/// Gives a user.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none, or none that is activated.
pub async fn find(backend: &Backend, user: &UserKey) -> Result<User, Refusal> {
    if user.home != backend.domain {
        return Err(Refusal::NotFound);
    }
    let account = backend.store.account(user.id).await?.filter(|account| account.activated);
    account.map(|account| account.user).ok_or(Refusal::NotFound)
}

/// Gives the user with exactly this handle: `name`, or `name@domain`.
///
/// # Errors
/// [`Refusal::NotFound`] when nobody has it.
pub async fn by_handle(backend: &Backend, handle: &str) -> Result<User, Refusal> {
    let name = match handle.trim_start_matches('@').split_once('@') {
        Some((name, home)) if home.eq_ignore_ascii_case(backend.domain.as_str()) => name,
        Some(_) => return Err(Refusal::NotFound),
        None => handle.trim_start_matches('@'),
    };
    let username = Username::parse(name).map_err(|_| Refusal::NotFound)?;
    let account = backend.store.account_by_username(&username).await?.filter(|account| account.activated);
    account.map(|account| account.user).ok_or(Refusal::NotFound)
}

/// The profiles of several users, as far as they are known.
///
/// # Errors
/// Only when the store fails.
pub async fn profiles<'a>(
    backend: &Backend,
    users: impl Iterator<Item = &'a UserKey>,
) -> Result<HashMap<UserKey, User>, Refusal> {
    let own = users.filter(|user| user.home == backend.domain).map(|user| user.id);
    let ids: Vec<UserId> = own.collect::<BTreeSet<_>>().into_iter().collect();
    let accounts = backend.store.accounts(&ids).await?;
    Ok(accounts.into_iter().map(|account| (account.user.key.clone(), account.user)).collect())
}
