//! The caller's account and its profile.

use crate::account::{Account, DirectFrom};
use crate::backend::{Actor, Backend, Refusal, friends, retry_on_conflict, users};
use crate::event::{EventBody, Scope, Stream};
use crate::id::UserId;
use crate::port::{AccountGuard, Change, StoreError};
use crate::registration::{FORMER_NAME_REST, UsernameHold};
use crate::text::{Bio, DisplayName, PersonName, Username};

/// The caller's own account.
///
/// # Errors
/// [`Refusal::Unauthenticated`] if it no longer exists.
pub async fn own(backend: &Backend, actor: &Actor) -> Result<Account, Refusal> {
    active(backend, actor.as_user()?.id).await?.ok_or(Refusal::Unauthenticated)
}

/// An account, unless it was deleted.
///
/// # Errors
/// Only when the store fails.
pub async fn active(backend: &Backend, id: UserId) -> Result<Option<Account>, StoreError> {
    Ok(backend.store.account(id).await?.filter(|account| !account.user.deleted))
}

/// A change of a profile: `None` keeps a field, an inner `None` removes it.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The name.
    pub username: Option<Username>,
    /// The display name.
    pub display_name: Option<Option<DisplayName>>,
    /// First name, private.
    pub first_name: Option<Option<PersonName>>,
    /// Last name, private.
    pub last_name: Option<Option<PersonName>>,
    /// A few words about the user.
    pub bio: Option<Option<Bio>>,
    /// Who may write to them directly.
    pub direct_from: Option<DirectFrom>,
}

/// Changes the caller's account; members of shared servers get an event about public changes.
///
/// A username that is given up rests: only its former holder may take it for [`FORMER_NAME_REST`].
///
/// # Errors
/// [`Refusal::UsernameTaken`]; [`Refusal::Conflict`] if several former names rest already.
pub async fn update(backend: &Backend, actor: &Actor, with: ProfileChange) -> Result<Account, Refusal> {
    retry_on_conflict!(backend, {
        let account = own(backend, actor).await?;
        let mut changed = account.clone();
        let ProfileChange { username, display_name, first_name, last_name, bio, direct_from } = with.clone();
        set(&mut changed.user.username, username);
        set(&mut changed.user.display_name, display_name);
        set(&mut changed.first_name, first_name);
        set(&mut changed.last_name, last_name);
        set(&mut changed.user.bio, bio);
        set(&mut changed.direct_from, direct_from);
        let guard = AccountGuard::At { id: account.id(), revision: account.revision };
        let mut change = Change::default().guard(guard);
        if changed.user.username != account.user.username {
            change = rename(backend, &account, &changed.user.username, change).await?;
        }
        change = change.put(changed.clone());
        if changed.user != account.user {
            let user = actor.as_user()?;
            let servers = users::acquaintances(backend, user).await?;
            let friends = friends::of_home(backend, user.id, &backend.domain).await?;
            let people = std::iter::once(user.clone()).chain(friends).map(Scope::User);
            let scopes = people.chain(servers.into_iter().map(Scope::Space)).collect();
            change = change.event(Stream::User(user.clone()), scopes, EventBody::UserUpdated(changed.user.clone()));
        }
        backend.commit(actor, change).await?;
        changed.revision += 1;
        changed
    })
}

/// Adds what a new username takes: that it is free, and that the old one rests.
async fn rename(backend: &Backend, account: &Account, to: &Username, change: Change) -> Result<Change, Refusal> {
    let (now, holder) = (backend.now(), account.id());
    if backend.store.usernames_held(holder, now).await? >= MOST_FORMER_NAMES {
        return Err(Refusal::Conflict("you changed your username several times; wait until an earlier name is free"));
    }
    let former = UsernameHold { username: account.user.username.clone(), holder, until: now.after(FORMER_NAME_REST) };
    Ok(change
        .guard(AccountGuard::Free { username: to.clone(), by: holder, now })
        .remove::<UsernameHold>((to.clone(), holder))
        .put(former))
}

fn set<T>(field: &mut T, to: Option<T>) {
    if let Some(to) = to {
        *field = to;
    }
}

/// How many former names rest for one user: whoever changes names all the time must not take them from others.
const MOST_FORMER_NAMES: u32 = 5;
