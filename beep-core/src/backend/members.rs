//! The members of a server and the roles they have.

use std::sync::Arc;

use crate::backend::access::{self, Inside, as_known};
use crate::backend::servers::no_everyone;
use crate::backend::{Actor, Backend, Refusal, Uncommitted, retry_on_conflict};
use crate::event::EventBody;
use crate::facts::give_role;
use crate::hierarchy;
use crate::id::{RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::Permissions;

/// Lists members whose nickname, username or display name starts with `query`, after `after`.
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
        let (before, grants) = may_change_role(backend, actor, &inside, user, role).await?;
        let beyond = hierarchy::beyond(inside.permissions(), Permissions::empty(), grants);
        if !beyond.is_empty() {
            return Err(Refusal::Missing(beyond).into());
        }
        let mut member = inside.facts().current(&before);
        give_role(&mut member, role);
        no_gain(&inside, &member)?;
        change(backend, actor, &inside, &before, member).await?;
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
        let (before, _) = may_change_role(backend, actor, &inside, user, role).await?;
        let mut member = inside.facts().current(&before);
        member.roles.retain(|held| *held != role);
        no_gain(&inside, &member)?;
        change(backend, actor, &inside, &before, member).await?;
    })
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
    actor: &Actor,
    inside: &Inside,
    user: &UserKey,
    role: RoleId,
) -> Result<(Arc<Member>, Permissions), Refusal> {
    let member = access::member(backend, inside, user).await?;
    let role = inside.role(role)?;
    no_everyone(inside, role.id)?;
    hierarchy::act_on_role(inside.rank(), role.rank())?;
    if member.user != *actor.as_user()? {
        hierarchy::act_on_member(inside.rank(), inside.facts().rank(&member))?;
    }
    Ok((member, role.permissions.closure()))
}

/// Checks that the actor does not let themselves do anywhere what they may not do: with others, rank decides about what a
/// role's overrides allow (rule 8).
fn no_gain(inside: &Inside, after: &Member) -> Result<(), Refusal> {
    let gained = if after.user == inside.member.user { inside.gains(after) } else { Permissions::empty() };
    if gained.is_empty() { Ok(()) } else { Err(Refusal::Missing(gained)) }
}

/// Commits a member's change, if there is one.
async fn change(
    backend: &Backend,
    actor: &Actor,
    inside: &Inside,
    before: &Member,
    member: Member,
) -> Result<(), Uncommitted> {
    if member == inside.facts().current(before) {
        return Ok(());
    }
    let event = EventBody::MemberUpdated { member: member.clone(), before: before.clone() };
    let change = inside.reading().guard(as_known(before)).put(member).space_event(&inside.facts().server, event);
    backend.commit(actor, change).await?;
    Ok(())
}

/// Giving and taking roles needs one of these.
const EITHER: Permissions = Permissions::MANAGE_ROLES.union(Permissions::MANAGE_MEMBERS);
