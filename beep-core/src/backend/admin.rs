//! Global roles: who may do what on the whole backend (rule 11).

use crate::account::Account;
use crate::backend::{Actor, Backend, Refusal, accounts, retry_on_conflict};
use crate::global_role::GlobalRole;
use crate::id::UserKey;
use crate::port::{AccountGuard, Change, GlobalRoleGrant};

/// Checks that the caller has a global role, or is an administrator; gives the caller's account.
///
/// # Errors
/// [`Refusal::NotGlobal`], also for every user of another backend.
pub async fn require(backend: &Backend, actor: &Actor, role: GlobalRole) -> Result<Account, Refusal> {
    let account = match actor.who.user().filter(|user| user.home == backend.domain) {
        Some(own) => accounts::active(backend, own.id).await?,
        None => None,
    };
    let holds = |account: &Account| role.is_in(&account.global_roles);
    account.filter(holds).ok_or(Refusal::NotGlobal(role))
}

/// Who gives or takes a global role.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// An administrator.
    Administrator(&'a Actor),
    /// The operator of the backend, on its machine.
    Operator,
}

/// Gives a global role to a user; does nothing if they have it.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is not an administrator; [`Refusal::Invalid`] for a user of another backend;
/// [`Refusal::NotFound`] if there is no such user.
pub async fn grant(backend: &Backend, by: By<'_>, user: &UserKey, role: GlobalRole) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let (actor, change) = allowed(backend, by).await?;
        let account = holder(backend, user).await?;
        if account.global_roles.contains(&role) {
            return Ok(());
        }
        let guard = AccountGuard::At { id: user.id, revision: account.revision };
        backend.commit(actor, change.guard(guard).put(GlobalRoleGrant { user: user.id, role })).await?;
    })
}

/// Takes a global role from a user; does nothing if they do not have it.
///
/// # Errors
/// As [`grant`]; [`Refusal::Conflict`] for the last administrator.
pub async fn revoke(backend: &Backend, by: By<'_>, user: &UserKey, role: GlobalRole) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let (actor, change) = allowed(backend, by).await?;
        let account = holder(backend, user).await?;
        if !account.global_roles.contains(&role) {
            return Ok(());
        }
        let change = without(backend, GlobalRoleGrant { user: user.id, role }, change).await?;
        backend.commit(actor, change).await?;
    })
}

/// Adds that an account loses all its global roles.
///
/// # Errors
/// [`Refusal::Conflict`] for the last administrator.
pub(super) async fn without_roles(backend: &Backend, account: &Account, mut change: Change) -> Result<Change, Refusal> {
    for role in &account.global_roles {
        change = without(backend, GlobalRoleGrant { user: account.id(), role: *role }, change).await?;
    }
    Ok(change)
}

async fn without(backend: &Backend, grant: GlobalRoleGrant, change: Change) -> Result<Change, Refusal> {
    let change = change.remove::<GlobalRoleGrant>(grant);
    if grant.role != GlobalRole::ApplicationAdministrator {
        return Ok(change);
    }
    if backend.store.holders_of(grant.role).await?.iter().all(|holder| *holder == grant.user) {
        return Err(Refusal::Conflict("the last administrator cannot lose the role"));
    }
    Ok(change.guard(AccountGuard::OthersHold(grant)))
}

/// Who gives and takes global roles, if it is an actor, and the change that rests on their being allowed to.
async fn allowed<'a>(backend: &Backend, by: By<'a>) -> Result<(Option<&'a Actor>, Change), Refusal> {
    let By::Administrator(actor) = by else { return Ok((None, Change::default())) };
    let role = GlobalRole::ApplicationAdministrator;
    let user = require(backend, actor, role).await?.id();
    Ok((Some(actor), Change::default().guard(AccountGuard::Holds(GlobalRoleGrant { user, role }))))
}

/// The account of a user who may have a global role.
async fn holder(backend: &Backend, user: &UserKey) -> Result<Account, Refusal> {
    if user.home != backend.domain {
        return Err(Refusal::invalid("user", "unknown", "must be a user of this backend"));
    }
    accounts::active(backend, user.id).await?.ok_or(Refusal::NotFound)
}
