//! The roles of a server: named sets of permissions, in an order.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::audit::{AuditAction, AuditChanges, AuditValue};
use crate::backend::access::{self, Inside};
use crate::backend::{Actor, Backend, Current, Refusal, audit, retry_on_conflict};
use crate::event::EventBody;
use crate::hierarchy::{self, RoleRank};
use crate::id::{RoleId, SpaceKey};
use crate::permission::{Permissions, Target};
use crate::role::Role;
use crate::text::{Color, RoleName};

/// Lists the roles, highest first.
///
/// # Errors
/// [`Refusal::NotFound`] or [`Refusal::NotMember`] if the actor is not a member.
pub async fn list(backend: &Backend, actor: &Actor, server: &SpaceKey) -> Result<Vec<Arc<Role>>, Refusal> {
    Ok(highest_first(&access::server(backend, actor, server).await?))
}

fn highest_first(inside: &Inside) -> Vec<Arc<Role>> {
    let mut roles: Vec<_> = inside.facts().roles.values().cloned().collect();
    roles.sort_by_key(|role| std::cmp::Reverse(role.rank()));
    roles
}

/// The data of a new role.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// The name.
    pub name: RoleName,
    /// The permissions.
    pub permissions: Permissions,
    /// Its colour.
    pub color: Option<Color>,
    /// The position, from 1.
    pub position: i32,
    /// Whether its members are a section of the list of members.
    pub hoist: bool,
    /// Whether anybody who may send can mention it.
    pub mentionable: bool,
}

/// Creates a role.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles` or without a permission that it grants; [`Refusal::Rank`];
/// [`Refusal::Conflict`] if the server has reached its limit of roles.
pub async fn create(backend: &Backend, actor: &Actor, server: &SpaceKey, new: NewRole) -> Result<Role, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_ROLES).await?, {
        check_position(new.position)?;
        grant(inside.permissions(), Permissions::empty(), new.permissions)?;
        if inside.facts().roles.len() >= backend.policy.roles_per_server as usize {
            return Err(Refusal::Conflict("the server has reached the limit of roles").into());
        }
        let role = Role {
            id: backend.id(),
            server: inside.facts().server.id.clone(),
            name: new.name.clone(),
            color: new.color,
            position: new.position,
            permissions: new.permissions,
            hoist: new.hoist,
            mentionable: new.mentionable,
            everyone: false,
            version: 1,
        };
        hierarchy::act_on_role(inside.rank(), role.rank())?;
        let changes = audit::of_role(None, Some(&role));
        let change = inside.changing()?
            .put(role.clone())
            .write(audit::entry(backend, actor, &inside, AuditAction::RoleCreate, &role.id, changes))
            .space_event(&inside.facts().server, EventBody::RoleCreated(role.clone()));
        backend.commit(actor, change).await?;
        role
    })
}

/// A change of a role; `None` keeps a field.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    /// The name.
    pub name: Option<RoleName>,
    /// The permissions.
    pub permissions: Option<Permissions>,
    /// Its colour; an inner `None` removes it.
    pub color: Option<Option<Color>>,
    /// The position, from 1.
    pub position: Option<i32>,
    /// Whether its members are a section of the list of members.
    pub hoist: Option<bool>,
    /// Whether anybody who may send can mention it.
    pub mentionable: Option<bool>,
    /// The version that the change is based on.
    pub version: Option<u64>,
}

/// Changes a role; if nothing differs, the version stays too.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles` or without a permission that is added; [`Refusal::Rank`] for its old or
/// new position, and for `everyone` if the actor has no other role; [`Refusal::Conflict`] for moving `everyone` or making
/// it administrator; [`Refusal::Changed`] if `version` is not the current one.
pub async fn update(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    id: RoleId,
    with: RoleChange,
) -> Result<Role, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_ROLES).await?, {
        let before = (**inside.role(id)?).clone();
        let position = with.position.unwrap_or(before.position);
        if before.everyone {
            hierarchy::act_on_role(inside.rank(), before.rank())?;
            let administrator = with.permissions.is_some_and(|held| held.contains(Permissions::ADMINISTRATOR));
            if position != 0 || administrator || with.name.as_ref().is_some_and(|name| *name != before.name) {
                return Err(
                    Refusal::Conflict("the role `everyone` cannot be renamed, moved or given `administrator`").into()
                );
            }
        } else {
            check_position(position)?;
            hierarchy::move_role(inside.rank(), before.rank(), RoleRank { position, role: id })?;
        }
        if with.version.is_some_and(|version| version != before.version) {
            return Err(Refusal::Changed(Box::new(Current::Role(before.clone()))).into());
        }
        let permissions = with.permissions.unwrap_or(before.permissions);
        grant(inside.permissions(), before.permissions, permissions)?;
        let role = Role {
            name: with.name.clone().unwrap_or_else(|| before.name.clone()),
            color: with.color.unwrap_or(before.color),
            position,
            permissions,
            hoist: with.hoist.unwrap_or(before.hoist),
            mentionable: with.mentionable.unwrap_or(before.mentionable),
            version: before.version + 1,
            ..before.clone()
        };
        if (Role { version: before.version, ..role.clone() }) == before {
            return Ok(before);
        }
        let changes = audit::of_role(Some(&before), Some(&role));
        let change = inside.changing()?
            .put(role.clone())
            .write(audit::entry(backend, actor, &inside, AuditAction::RoleUpdate, &id, changes))
            .space_event(&inside.facts().server, EventBody::RoleUpdated { role: role.clone(), before });
        backend.commit(actor, change).await?;
        role
    })
}

/// Puts the roles in order, highest first, all or none. `everyone` is not named: it stays the lowest.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles`; [`Refusal::Invalid`] unless each role but `everyone` is named once;
/// [`Refusal::Rank`] if a role that does not rank below the actor would have another place.
pub async fn order(backend: &Backend, actor: &Actor, server: &SpaceKey, roles: &[RoleId]) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_ROLES).await?, {
        let mut before = highest_first(&inside);
        before.retain(|role| !role.everyone);
        let named: BTreeSet<RoleId> = roles.iter().copied().collect();
        let is_each_once = roles.len() == before.len() && before.iter().all(|role| named.contains(&role.id));
        if !is_each_once {
            let detail = "must name each role but `everyone` once, the highest first";
            return Err(Refusal::invalid("roles", "malformed", detail).into());
        }
        let ranks: Vec<RoleRank> = before.iter().map(|role| role.rank()).collect();
        hierarchy::reorder(inside.rank(), &ranks, roles)?;
        let placed = hierarchy::placed(&ranks, roles);
        let mut change = inside.changing()?;
        for RoleRank { position, role } in placed {
            let before = (**inside.role(role)?).clone();
            if before.position == position {
                continue;
            }
            let role = Role { position, version: before.version + 1, ..before.clone() };
            let event = EventBody::RoleUpdated { role: role.clone(), before };
            change = change.put(role).space_event(&inside.facts().server, event);
        }
        if change.events.is_empty() {
            return Ok(());
        }
        let id = &inside.facts().server.id;
        let entry = audit::entry(backend, actor, &inside, AuditAction::RoleOrder, id, order_changes(&ranks, roles));
        backend.commit(actor, change.write(entry)).await?;
    })
}

/// What is different of an order: the roles from the first to the last that moved, as they stood and as they stand.
fn order_changes(before: &[RoleRank], after: &[RoleId]) -> AuditChanges {
    let moved = |(place, role): (&RoleRank, &RoleId)| place.role != *role;
    let pairs = || before.iter().zip(after);
    let (first, last) = (pairs().position(moved).unwrap_or(0), pairs().rposition(moved).unwrap_or(0));
    let names = |roles: &[RoleId]| AuditValue::Names(roles[first..=last].iter().map(ToString::to_string).collect());
    let before: Vec<RoleId> = before.iter().map(|place| place.role).collect();
    AuditChanges::new().field("roles", Some(names(&before)), Some(names(after)))
}

/// Deletes a role, and removes it from its members and from all overrides.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles`; [`Refusal::Rank`]; [`Refusal::Conflict`] for `everyone`.
pub async fn delete(backend: &Backend, actor: &Actor, server: &SpaceKey, id: RoleId) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_ROLES).await?, {
        let before = (**inside.role(id)?).clone();
        super::servers::no_everyone(&inside, id)?;
        hierarchy::act_on_role(inside.rank(), before.rank())?;
        let target = Target::Role(id);
        let channels = inside.facts().channels.values();
        let overrides = channels.filter_map(|channel| Some((channel.id.id, channel.overrides.get(&target)?))).collect();
        let changes = audit::of_role(Some(&before), None);
        let change = inside.changing()?
            .remove::<Role>((server.clone(), id))
            .write(audit::entry(backend, actor, &inside, AuditAction::RoleDelete, &id, changes))
            .space_event(&inside.facts().server, EventBody::RoleDeleted { before, overrides });
        backend.commit(actor, change).await?;
    })
}

/// Checks that the actor has every permission that is granted (rule 8).
pub(super) fn grant(held: Permissions, before: Permissions, after: Permissions) -> Result<(), Refusal> {
    let beyond = hierarchy::beyond(held, before.closure(), after.closure());
    if beyond.is_empty() { Ok(()) } else { Err(Refusal::Missing(beyond)) }
}

fn check_position(position: i32) -> Result<(), Refusal> {
    if (1..=MAX_POSITION).contains(&position) {
        return Ok(());
    }
    Err(Refusal::invalid("position", "out_of_range", format!("must be between 1 and {MAX_POSITION}")))
}

/// The highest position of a role.
pub const MAX_POSITION: i32 = 1_000_000;
