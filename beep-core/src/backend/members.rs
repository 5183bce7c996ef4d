//! The members of a server: the roles they have, what they are called, and mutes.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::access::{self, Inside, as_known};
use crate::backend::servers::no_everyone;
use crate::backend::{Actor, Backend, Failure, Refusal, audit, retry_on_conflict};
use crate::event::EventBody;
use crate::facts::give_role;
use crate::hierarchy;
use crate::id::{RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::mute::Mute;
use crate::permission::Permissions;
use crate::port::{AuditWrite, Change};
use crate::text::Nickname;
use crate::time::Timestamp;

/// Lists members of whose nickname, handle or display name `query` is a part, after `after`.
///
/// # Errors
/// [`Refusal::NotFound`] or [`Refusal::NotMember`] if the actor is not a member.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    query: &str,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Member>, Refusal> {
    let inside = access::server(backend, actor, server).await?;
    let members = backend.store.members(server, query, after, limit).await?;
    Ok(members.iter().map(|member| inside.facts().current(member)).collect())
}

/// Gives one member.
///
/// # Errors
/// [`Refusal::NotFound`] if they are not a member.
pub async fn find(backend: &Backend, actor: &Actor, server: &SpaceKey, user: &UserKey) -> Result<Member, Refusal> {
    let inside = access::server(backend, actor, server).await?;
    Ok(inside.facts().current(&*access::member(backend, &inside, user).await?))
}

/// Gives a role to a member; does nothing if they have it.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles` or `manage_members`, without a permission that the role grants, or if it lets
/// the actor themselves do something in a channel that they may not do; [`Refusal::Rank`].
pub async fn assign_role(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    role: RoleId,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server, inside = gives_roles(backend, actor, server).await?, {
        let (before, grants) = may_change_role(backend, &inside, user, role).await?;
        let beyond = hierarchy::beyond(inside.permissions(), Permissions::empty(), grants);
        if !beyond.is_empty() {
            return Err(Refusal::Missing(beyond).into());
        }
        let mut member = inside.facts().current(&before);
        give_role(&mut member, role);
        no_gain(&inside, &member)?;
        let changes = AuditChanges::new().field("role", None, Some(role.to_string()));
        let entry = audit::entry(backend, actor, &inside, AuditAction::RoleAssign, user, changes);
        change(backend, actor, &inside, &before, member, Some(entry)).await?;
    })
}

/// Takes a role from a member; does nothing if they do not have it.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles` or `manage_members`, or if it is the actor's own and denies them something;
/// [`Refusal::Rank`].
pub async fn remove_role(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    role: RoleId,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server, inside = gives_roles(backend, actor, server).await?, {
        let (before, _) = may_change_role(backend, &inside, user, role).await?;
        let mut member = inside.facts().current(&before);
        member.roles.retain(|held| *held != role);
        no_gain(&inside, &member)?;
        let changes = AuditChanges::new().field("role", Some(role.to_string()), None);
        let entry = audit::entry(backend, actor, &inside, AuditAction::RoleRemove, user, changes);
        change(backend, actor, &inside, &before, member, Some(entry)).await?;
    })
}

/// Gives a member a nickname, or takes it away.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_nicknames`, or without `change_nickname` for oneself; [`Refusal::Rank`] if another
/// member does not rank below the actor; [`Refusal::NotFound`] if they are not a member.
pub async fn rename(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    nickname: Option<Nickname>,
) -> Result<Member, Refusal> {
    let needed = match *user == *actor.as_user()? {
        true => Permissions::CHANGE_NICKNAME,
        false => Permissions::MANAGE_NICKNAMES,
    };
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, needed).await?, {
        let before = access::below(backend, &inside, user).await?;
        let member = Member { nickname: nickname.clone(), ..inside.facts().current(&before) };
        // What somebody calls themself is their own matter.
        let entry = (*user != inside.member.user).then(|| {
            let name = |member: &Member| member.nickname.as_ref().map(|name| name.as_str().to_owned());
            let changes = AuditChanges::new().of("nickname", Some(&*before), Some(&member), name);
            audit::entry(backend, actor, &inside, AuditAction::MemberUpdate, user, changes)
        });
        change(backend, actor, &inside, &before, member.clone(), entry).await?;
        member
    })
}

/// Mutes a member until a time: they may only read, and delete what they wrote. The mute holds for who leaves and comes
/// back, and ends by itself. Replaces an earlier one.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::Rank`] if the member does not rank below the actor;
/// [`Refusal::Conflict`] for oneself; [`Refusal::NotFound`] if they are not a member; [`Refusal::Invalid`] for a time that is
/// over.
pub async fn mute(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    until: Timestamp,
) -> Result<Member, Refusal> {
    retry_on_conflict!(backend, changing server, inside = moderates(backend, actor, server, user).await?, {
        let before = access::below(backend, &inside, user).await?;
        if until <= backend.now() {
            return Err(Refusal::invalid("until", "out_of_range", "must be in the future").into());
        }
        let member = Member { muted_until: Some(until), ..inside.facts().current(&before) };
        let mute = Mute {
            server: member.server.clone(),
            user: user.clone(),
            until,
            reason: actor.reason.clone(),
            by: inside.member.user.clone(),
        };
        let changes = AuditChanges::new().of("muted_until", Some(&*before), Some(&member), |of| of.muted_until);
        let entry = audit::entry(backend, actor, &inside, AuditAction::MemberMute, user, changes);
        let change = changed(&inside, &before, member.clone())?.put(mute).write(entry);
        backend.commit(actor, change).await?;
        member
    })
}

/// Ends a mute, also of somebody who has left.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::Rank`] if a member does not rank below the actor;
/// [`Refusal::Conflict`] for oneself; [`Refusal::NotFound`] if they are not muted.
pub async fn unmute(backend: &Backend, actor: &Actor, server: &SpaceKey, user: &UserKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server, inside = moderates(backend, actor, server, user).await?, {
        let mute = backend.store.mute(server, user).await?.filter(|mute| mute.until > backend.now());
        let until = mute.ok_or(Refusal::NotFound)?.until;
        let change = match access::below(backend, &inside, user).await {
            Ok(before) => {
                let member = Member { muted_until: None, ..inside.facts().current(&before) };
                changed(&inside, &before, member)?
            }
            // Who comes back meanwhile is to find it ended.
            Err(Refusal::NotFound) => inside.changing()?,
            Err(refusal) => return Err(refusal.into()),
        };
        let changes = AuditChanges::new().field("muted_until", Some(until), None);
        let entry = audit::entry(backend, actor, &inside, AuditAction::MemberUnmute, user, changes);
        backend.commit(actor, change.remove::<Mute>((server.clone(), user.clone())).write(entry)).await?;
    })
}

/// Finds a server where the actor may mute others.
async fn moderates(backend: &Backend, actor: &Actor, server: &SpaceKey, user: &UserKey) -> Result<Inside, Refusal> {
    let inside = access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?;
    if *user == inside.member.user {
        return Err(Refusal::Conflict("nobody mutes themself"));
    }
    Ok(inside)
}

/// Finds a server whose roles the actor may give and take.
async fn gives_roles(backend: &Backend, actor: &Actor, server: &SpaceKey) -> Result<Inside, Refusal> {
    let inside = access::server_for(backend, actor, server, EITHER).await?;
    inside.require_any(EITHER)?;
    Ok(inside)
}

/// Whether the actor may give this role to, or take it from, this member; gives the member and what the role grants.
async fn may_change_role(
    backend: &Backend,
    inside: &Inside,
    user: &UserKey,
    role: RoleId,
) -> Result<(Arc<Member>, Permissions), Refusal> {
    let member = access::member(backend, inside, user).await?;
    let role = inside.role(role)?;
    no_everyone(inside, role.id)?;
    hierarchy::act_on_role(inside.rank(), role.rank())?;
    inside.outranks(&member)?;
    Ok((member, role.permissions.closure()))
}

/// Checks that the actor does not let themselves do anywhere what they may not do: with others, rank decides about what a
/// role's overrides allow (rule 8).
fn no_gain(inside: &Inside, after: &Member) -> Result<(), Refusal> {
    let gained = if after.user == inside.member.user { inside.gains(after) } else { Permissions::empty() };
    if gained.is_empty() { Ok(()) } else { Err(Refusal::Missing(gained)) }
}

/// Commits a member's change with its entry in the audit log, if there is one.
async fn change(
    backend: &Backend,
    actor: &Actor,
    inside: &Inside,
    before: &Member,
    member: Member,
    entry: Option<AuditWrite>,
) -> Result<(), Failure> {
    if member == inside.facts().current(before) {
        return Ok(());
    }
    let change = changed(inside, before, member)?;
    backend.commit(actor, entry.into_iter().fold(change, Change::write)).await?;
    Ok(())
}

/// The change of a member, with its event.
fn changed(inside: &Inside, before: &Member, member: Member) -> Result<Change, Refusal> {
    let event = EventBody::MemberUpdated { member: member.clone(), before: before.clone() };
    Ok(inside.reading()?.guard(as_known(before)).put(member).space_event(&inside.facts().server, event))
}

/// Giving and taking roles needs one of these.
const EITHER: Permissions = Permissions::MANAGE_ROLES.union(Permissions::MANAGE_MEMBERS);
