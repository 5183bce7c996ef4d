//! Suspensions, by moderators of the backend: of users, who may do nothing here, and of servers, in which nothing is done.
//!
//! Each ends exactly at its time with nobody's help: what asks for one looks at the clock.

use std::collections::HashMap;

use crate::account::Account;
use crate::audit::{AuditAction, AuditChanges};
use crate::backend::admin::{self, Moderator};
use crate::backend::facts_cache::Known;
use crate::backend::{Actor, Backend, Refusal, audit, retry_on_conflict, sessions, users};
use crate::event::EventBody;
use crate::global_role::GlobalRole;
use crate::id::{SpaceKey, UserId, UserKey};
use crate::port::{Change, SpaceWrite, StoreError};
use crate::record::RecordGuard;
use crate::space::Space;
use crate::suspension::{Moderated, Suspension};
use crate::time::Timestamp;

/// That a user is not suspended, for a decision to rest on; `None` if they are.
pub(super) async fn active(backend: &Backend, user: &UserKey) -> Result<Option<RecordGuard<Suspension>>, StoreError> {
    Ok(match backend.store.suspension(user).await? {
        None => Some(RecordGuard::Absent(user.clone())),
        Some(suspension) if suspension.holds(backend.now()) => None,
        Some(over) => Some(RecordGuard::Is(over)),
    })
}

/// Checks that a user may do anything on this backend, as one of it or as one for whom another backend speaks.
///
/// # Errors
/// [`Refusal::Suspended`].
pub async fn must_be_active(backend: &Backend, user: &UserKey) -> Result<RecordGuard<Suspension>, Refusal> {
    match backend.store.suspension(user).await? {
        Some(suspension) if suspension.holds(backend.now()) => Err(Refusal::Suspended { until: suspension.until }),
        Some(over) => Ok(RecordGuard::Is(over)),
        None => Ok(RecordGuard::Absent(user.clone())),
    }
}

/// Whether what a user writes is not shown here, as they are of another backend, which lets them write, and suspended here.
/// Of who is suspended at home nothing new comes.
///
/// # Errors
/// Only when the store fails.
pub async fn is_silenced(backend: &Backend, user: &UserKey) -> Result<bool, StoreError> {
    Ok(user.home != backend.domain && active(backend, user).await?.is_none())
}

/// Suspends a user until a time, or without an end. One of this backend is signed out at once and cannot sign in; for one of
/// another backend nothing is done here that their home asks for. Replaces an earlier suspension.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is no user moderator; [`Refusal::Conflict`] for themself; [`Refusal::Rank`] for somebody
/// with a global role, unless the actor is an administrator; [`Refusal::NotFound`] if there is no such user;
/// [`Refusal::Invalid`] for a time that is over.
pub async fn suspend_user(
    backend: &Backend,
    actor: &Actor,
    user: &UserKey,
    until: Option<Timestamp>,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::UserModerator).await?;
        moderator.outranks(backend, user).await?;
        let until = end(backend, until)?;
        let suspension = Suspension {
            user: user.clone(),
            until,
            reason: actor.reason.clone(),
            by: moderator.user().clone(),
            created_at: backend.now(),
        };
        let mut change = of_user(backend, actor, &moderator, user, Some(until)).await?.put(suspension);
        if user.home == backend.domain {
            change = sessions::end_all_but(backend, user, None, change).await?;
        }
        backend.commit(actor, change).await?;
    })
}

/// Ends the suspension of a user.
///
/// # Errors
/// As [`suspend_user`]; [`Refusal::NotFound`] if they are not suspended.
pub async fn unsuspend_user(backend: &Backend, actor: &Actor, user: &UserKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::UserModerator).await?;
        moderator.outranks(backend, user).await?;
        let suspension = backend.store.suspension(user).await?.filter(|suspension| suspension.holds(backend.now()));
        let suspension = suspension.ok_or(Refusal::NotFound)?;
        let change = of_user(backend, actor, &moderator, user, None).await?.guard(RecordGuard::Is(suspension));
        backend.commit(actor, change.remove::<Suspension>(user.clone())).await?;
    })
}

/// The change of a user's suspension by a moderator, with its entry.
async fn of_user(
    backend: &Backend,
    actor: &Actor,
    moderator: &Moderator,
    user: &UserKey,
    until: Option<Timestamp>,
) -> Result<Change, Refusal> {
    let before = backend.store.suspension(user).await?.filter(|before| before.holds(backend.now()));
    let changes = AuditChanges::new().field("suspended_until", before.map(|before| before.until), until);
    let action = if until.is_some() { AuditAction::UserSuspend } else { AuditAction::UserUnsuspend };
    Ok(audit::by_moderator(backend, actor, moderator, None, (action, user.into(), changes), moderator.change()))
}

/// Lists the users of this backend whose username or display name starts with `query`, all if it is empty, after `after`.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is no user moderator.
pub async fn users(
    backend: &Backend,
    actor: &Actor,
    query: &str,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<Moderated>, Refusal> {
    admin::require(backend, actor, GlobalRole::UserModerator).await?;
    let accounts = backend.store.accounts_by_prefix(query.trim(), after, limit).await?;
    let ids: Vec<UserId> = accounts.iter().map(Account::id).collect();
    let now = backend.now();
    let suspensions = backend.store.suspensions_of(&ids).await?.into_iter();
    let mut suspensions: HashMap<UserKey, Suspension> =
        suspensions.filter(|of| of.holds(now)).map(|of| (of.user.clone(), of)).collect();
    let moderated = |Account { user, global_roles, .. }: Account| {
        let suspension = suspensions.remove(&user.key);
        Moderated { user, global_roles, suspension }
    };
    Ok(accounts.into_iter().map(moderated).collect())
}

/// Lists the users who are suspended, those of other backends among them, by id, after `after`.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is no user moderator.
pub async fn suspended_users(
    backend: &Backend,
    actor: &Actor,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Moderated>, Refusal> {
    admin::require(backend, actor, GlobalRole::UserModerator).await?;
    let suspensions = backend.store.suspensions(backend.now(), after, limit).await?;
    let profiles = users::profiles(backend, suspensions.iter().map(|suspension| &suspension.user)).await?;
    let own = suspensions.iter().map(|suspension| &suspension.user).filter(|user| user.home == backend.domain);
    let accounts = backend.store.accounts(&own.map(|user| user.id).collect::<Vec<_>>()).await?.into_iter();
    let mut roles: HashMap<UserKey, Vec<GlobalRole>> =
        accounts.map(|account| (account.user.key, account.global_roles)).collect();
    let moderated = suspensions.into_iter().map(|suspension| Moderated {
        user: users::known_or_gone(&profiles, &suspension.user),
        global_roles: roles.remove(&suspension.user).unwrap_or_default(),
        suspension: Some(suspension),
    });
    Ok(moderated.collect())
}

/// Suspends a server until a time, or without an end: its members see what is there and may leave, its owner may delete it, and
/// nothing else is done in it. Replaces an earlier suspension.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is no server moderator; [`Refusal::NotFound`] if there is no such server of this backend;
/// [`Refusal::Invalid`] for a time that is over.
pub async fn suspend_server(
    backend: &Backend,
    actor: &Actor,
    id: &SpaceKey,
    until: Option<Timestamp>,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::ServerModerator).await?;
        let known = community(backend, id).await?;
        let until = end(backend, until)?;
        set_suspension(backend, actor, &moderator, &known, Some(until)).await?;
    })
}

/// Ends the suspension of a server.
///
/// # Errors
/// As [`suspend_server`]; [`Refusal::NotFound`] if it is not suspended.
pub async fn unsuspend_server(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::ServerModerator).await?;
        let known = community(backend, id).await?;
        known.facts.server.suspension(backend.now()).ok_or(Refusal::NotFound)?;
        set_suspension(backend, actor, &moderator, &known, None).await?;
    })
}

async fn set_suspension(
    backend: &Backend,
    actor: &Actor,
    moderator: &Moderator,
    known: &Known,
    until: Option<Timestamp>,
) -> Result<(), super::Failure> {
    let before = known.facts.server.clone();
    let changes = AuditChanges::new().field("suspended_until", before.suspension(backend.now()), until);
    let action = if until.is_some() { AuditAction::ServerSuspend } else { AuditAction::ServerUnsuspend };
    let server = Space { suspended_until: until, ..before.clone() };
    let what = (action, (&server.id).into(), changes);
    let change = modifying(known, moderator).write(SpaceWrite::Put(server.clone()));
    let change = audit::by_moderator(backend, actor, moderator, Some(&server.id), what, change);
    let event = EventBody::SpaceUpdated { server: server.clone(), before };
    backend.commit(actor, change.space_event(&server, event)).await?;
    Ok(())
}

/// A server of this backend, whoever is a member of it; no private conversation.
pub(super) async fn community(backend: &Backend, id: &SpaceKey) -> Result<std::sync::Arc<Known>, Refusal> {
    let known = backend.facts.server(&*backend.store, id).await?.filter(|_| id.home == backend.domain);
    known.filter(|known| !known.facts.server.kind.is_private()).ok_or(Refusal::NotFound)
}

/// A change of a server's facts by a moderator.
pub(super) fn modifying(known: &Known, moderator: &Moderator) -> Change {
    let revise = SpaceWrite::Revise(known.facts.server.id.clone());
    reading(known, moderator).write(revise)
}

/// A change by a moderator that rests on a server's facts.
pub(super) fn reading(known: &Known, moderator: &Moderator) -> Change {
    let Change { guards, .. } = Change::reading(&known.facts.server.id, known.facts.revision);
    guards.into_iter().fold(moderator.change(), Change::guard)
}

/// When what is decided ends.
pub(super) fn end(backend: &Backend, until: Option<Timestamp>) -> Result<Timestamp, Refusal> {
    match until {
        Some(until) if until <= backend.now() => {
            Err(Refusal::invalid("until", "out_of_range", "must be in the future"))
        }
        Some(until) => Ok(until.min(Timestamp::LAST)),
        None => Ok(Timestamp::LAST),
    }
}
