//! Global roles: who may do what on the whole backend (rule 11).

use std::collections::BTreeSet;

use crate::account::Account;
use crate::audit::{AuditAction, AuditChanges, AuditTarget};
use crate::backend::{Actor, Backend, Refusal, accounts, audit, retry_on_conflict, suspensions};
use crate::domain::Domain;
use crate::global_role::GlobalRole;
use crate::hierarchy::RankDenied;
use crate::id::{UserId, UserKey};
use crate::port::{AccountGuard, Change, GlobalRoleGrant};
use crate::record::RecordGuard;
use crate::suspension::Suspension;

/// A user who has the rights of a global role.
#[derive(Clone, Debug)]
pub struct Moderator {
    account: Account,
    /// The role that gives them these rights.
    by: GlobalRole,
    active: RecordGuard<Suspension>,
}

impl Moderator {
    /// Who it is.
    pub fn user(&self) -> &UserKey {
        &self.account.user.key
    }

    /// Their global roles.
    pub fn roles(&self) -> &[GlobalRole] {
        &self.account.global_roles
    }

    /// A change that rests on their having the role, and not being suspended.
    pub(super) fn change(&self) -> Change {
        let grant = GlobalRoleGrant { user: self.account.id(), role: self.by };
        Change::default().guard(AccountGuard::Holds(grant)).guard(self.active.clone())
    }

    /// Whether they may restrain a user: not themself, and somebody with a global role only as an administrator. Such a user
    /// is to be there, as far as this backend knows.
    pub(super) async fn outranks(&self, backend: &Backend, user: &UserKey) -> Result<(), Refusal> {
        if user == self.user() {
            return Err(Refusal::Conflict("nobody restrains themself"));
        }
        if user.home != backend.domain {
            return Ok(());
        }
        let account = backend.store.account(user.id).await?.ok_or(Refusal::NotFound)?;
        let is_administrator = self.roles().contains(&GlobalRole::ApplicationAdministrator);
        if is_administrator || account.global_roles.is_empty() { Ok(()) } else { Err(RankDenied::Member.into()) }
    }
}

/// Checks that the caller has a global role, or is an administrator.
///
/// # Errors
/// [`Refusal::NotGlobal`], also for every user of another backend; [`Refusal::Suspended`].
pub async fn require(backend: &Backend, actor: &Actor, role: GlobalRole) -> Result<Moderator, Refusal> {
    require_any(backend, actor, &[role]).await
}

/// Checks that the caller has one of several global roles, or is an administrator.
pub(super) async fn require_any(backend: &Backend, actor: &Actor, roles: &[GlobalRole]) -> Result<Moderator, Refusal> {
    let missing = || Refusal::NotGlobal(roles.first().copied().unwrap_or(GlobalRole::ApplicationAdministrator));
    let own = actor.who.user().filter(|user| user.home == backend.domain).ok_or_else(missing)?;
    let account = accounts::active(backend, own.id).await?.ok_or_else(missing)?;
    let mut sufficient = roles.iter().copied().chain([GlobalRole::ApplicationAdministrator]);
    let by = sufficient.find(|role| account.global_roles.contains(role)).ok_or_else(missing)?;
    let active = suspensions::must_be_active(backend, own).await?;
    Ok(Moderator { account, by, active })
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
/// [`Refusal::NotGlobal`] if the actor is not an administrator; [`Refusal::Conflict`] for the actor themself;
/// [`Refusal::Invalid`] for a user of another backend; [`Refusal::NotFound`] if there is no such user.
pub async fn grant(backend: &Backend, by: By<'_>, user: &UserKey, role: GlobalRole) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let allowed = allowed(backend, by).await?;
        if allowed.as_ref().is_some_and(|(_, administrator)| administrator.user() == user) {
            return Err(Refusal::Conflict("nobody gives themself a global role").into());
        }
        let account = holder(backend, user).await?;
        if account.global_roles.contains(&role) {
            return Ok(());
        }
        let guard = AccountGuard::At { id: user.id, revision: account.revision };
        let changes = AuditChanges::new().field("global_role", None, Some(role.name()));
        let change = audited(backend, allowed.as_ref(), AuditAction::GlobalRoleGrant, user, changes);
        let actor = allowed.map(|(actor, _)| actor);
        backend.commit(actor, change.guard(guard).put(GlobalRoleGrant { user: user.id, role })).await?;
    })
}

/// Takes a global role from a user; does nothing if they do not have it.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is not an administrator; [`Refusal::Invalid`] for a user of another backend;
/// [`Refusal::NotFound`] if there is no such user; [`Refusal::LastAdministrator`] if nobody else could administer.
pub async fn revoke(backend: &Backend, by: By<'_>, user: &UserKey, role: GlobalRole) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let allowed = allowed(backend, by).await?;
        let account = holder(backend, user).await?;
        if !account.global_roles.contains(&role) {
            return Ok(());
        }
        let changes = AuditChanges::new().field("global_role", Some(role.name()), None);
        let change = audited(backend, allowed.as_ref(), AuditAction::GlobalRoleRevoke, user, changes);
        let change = without(backend, GlobalRoleGrant { user: user.id, role }, change).await?;
        backend.commit(allowed.map(|(actor, _)| actor), change).await?;
    })
}

/// Writes down that an administrator changes which backends are allowed; the list itself is no part of the store.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is not an administrator.
pub async fn record_allow_list(
    backend: &Backend,
    actor: &Actor,
    before: Option<BTreeSet<Domain>>,
    after: Option<BTreeSet<Domain>>,
) -> Result<(), Refusal> {
    let names = |list: BTreeSet<Domain>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let changes = AuditChanges::new().field("allow_list", before.map(names), after.map(names));
    retry_on_conflict!(backend, {
        let administrator = require(backend, actor, GlobalRole::ApplicationAdministrator).await?;
        let allowed = Some((actor, administrator));
        let target = &backend.domain;
        let change = audited(backend, allowed.as_ref(), AuditAction::AllowBackends, target, changes.clone());
        backend.commit(actor, change).await?;
    })
}

/// Adds that an account loses all its global roles.
///
/// # Errors
/// [`Refusal::LastAdministrator`] if nobody else could administer.
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
    let (other, active) = other_administrator(backend, grant.user).await?.ok_or(Refusal::LastAdministrator)?;
    Ok(change.guard(AccountGuard::Holds(GlobalRoleGrant { user: other, role: grant.role })).guard(active))
}

/// Who gives and takes global roles, if it is an actor.
async fn allowed<'a>(backend: &Backend, by: By<'a>) -> Result<Option<(&'a Actor, Moderator)>, Refusal> {
    let By::Administrator(actor) = by else { return Ok(None) };
    Ok(Some((actor, require(backend, actor, GlobalRole::ApplicationAdministrator).await?)))
}

/// The change of an administrator or of the operator, with its entry in the audit log of the backend.
fn audited(
    backend: &Backend,
    allowed: Option<&(&Actor, Moderator)>,
    action: AuditAction,
    target: impl Into<AuditTarget>,
    changes: AuditChanges,
) -> Change {
    let what = (action, target.into(), changes);
    match allowed {
        Some((actor, administrator)) => {
            audit::by_moderator(backend, actor, administrator, None, what, administrator.change())
        }
        None => audit::by_operator(backend, what, Change::default()),
    }
}

/// An administrator other than this one who is not suspended, and that they are not.
async fn other_administrator(
    backend: &Backend,
    than: UserId,
) -> Result<Option<(UserId, RecordGuard<Suspension>)>, Refusal> {
    for holder in backend.store.holders_of(GlobalRole::ApplicationAdministrator).await? {
        let user = UserKey::new(holder, backend.domain.clone());
        if holder != than
            && let Some(active) = suspensions::active(backend, &user).await?
        {
            return Ok(Some((holder, active)));
        }
    }
    Ok(None)
}

/// The account of a user of this backend.
pub(super) async fn holder(backend: &Backend, user: &UserKey) -> Result<Account, Refusal> {
    if user.home != backend.domain {
        return Err(Refusal::invalid("user", "unknown", "must be a user of this backend"));
    }
    accounts::active(backend, user.id).await?.ok_or(Refusal::NotFound)
}
