//! The audit logs of servers and of the backend: the entries that changes write, and reading them.
//!
//! An entry is part of the [`Change`] that it tells of. Its reason is that of the
//! [`Actor`].

use crate::audit::{AuditAction, AuditChanges, AuditEntry, AuditFilter, AuditLog, AuditNumber, AuditTarget};
use crate::backend::access::{self, Inside};
use crate::backend::admin::{self, Moderator};
use crate::backend::{Actor, Backend, Refusal};
use crate::channel::Channel;
use crate::global_role::GlobalRole;
use crate::id::{ChannelKey, SpaceKey};
use crate::invitation::{Admits, Invitation};
use crate::permission::{Overrides, Permissions, Target};
use crate::port::{AuditWrite, Change};
use crate::role::Role;
use crate::space::{Space, Visibility};

/// Lists the entries of a server that a filter lets through, newest first, those before `before`.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_server`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    filter: &AuditFilter,
    before: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditEntry)>, Refusal> {
    access::server_to_see(backend, actor, server, Permissions::MANAGE_SERVER).await?;
    Ok(backend.store.audit_entries(&AuditLog::Server(server.clone()), filter, before, limit).await?)
}

/// Lists the entries of the backend that a filter lets through, newest first, those before `before`.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is not an administrator.
pub async fn of_backend(
    backend: &Backend,
    actor: &Actor,
    filter: &AuditFilter,
    before: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditEntry)>, Refusal> {
    admin::require(backend, actor, GlobalRole::ApplicationAdministrator).await?;
    Ok(backend.store.audit_entries(&AuditLog::Backend, filter, before, limit).await?)
}

/// Adds the entries of what a moderator or administrator of the backend does: in its log, and in that of the server which it
/// concerns, whose owner is to know.
pub(super) fn by_moderator(
    backend: &Backend,
    actor: &Actor,
    moderator: &Moderator,
    server: Option<&SpaceKey>,
    (action, target, changes): (AuditAction, AuditTarget, AuditChanges),
    change: Change,
) -> Change {
    let entry = |log: AuditLog| {
        AuditWrite::Add(Box::new(AuditEntry {
            id: backend.id(),
            log,
            at: backend.now(),
            actor: Some(moderator.user().clone()),
            action,
            target: target.clone(),
            reason: actor.reason.clone(),
            changes: changes.clone(),
        }))
    };
    let logs = server.map(|server| AuditLog::Server(server.clone())).into_iter().chain([AuditLog::Backend]);
    logs.fold(change, |change, log| change.write(entry(log)))
}

/// Adds the entry of what the operator does on the machine, which is in the log of the backend alone.
pub(super) fn by_operator(
    backend: &Backend,
    (action, target, changes): (AuditAction, AuditTarget, AuditChanges),
    change: Change,
) -> Change {
    change.write(AuditWrite::Add(Box::new(AuditEntry {
        id: backend.id(),
        log: AuditLog::Backend,
        at: backend.now(),
        actor: None,
        action,
        target,
        reason: None,
        changes,
    })))
}

/// The entry of what an actor does in a server.
pub(super) fn entry(
    backend: &Backend,
    actor: &Actor,
    inside: &Inside,
    action: AuditAction,
    target: impl Into<AuditTarget>,
    changes: AuditChanges,
) -> AuditWrite {
    AuditWrite::Add(Box::new(AuditEntry {
        id: backend.id(),
        log: AuditLog::Server(inside.facts().server.id.clone()),
        at: backend.now(),
        actor: Some(inside.member.user.clone()),
        action,
        target: target.into(),
        reason: actor.reason.clone(),
        changes,
    }))
}

/// What is different of a server.
pub(super) fn of_server(before: &Space, after: &Space) -> AuditChanges {
    let (before, after) = (Some(before), Some(after));
    let visibility = |server: &Space| match server.visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
    };
    AuditChanges::new()
        .of("name", before, after, |server| Some(server.name.as_str().to_owned()))
        .of("description", before, after, |server| Some(server.description.as_str().to_owned()))
        .of("visibility", before, after, |server| Some(visibility(server)))
        .of("owner", before, after, |server| Some(server.owner.to_string()))
}

/// What is different of a role; it was created without `before`, and deleted without `after`.
pub(super) fn of_role(before: Option<&Role>, after: Option<&Role>) -> AuditChanges {
    AuditChanges::new()
        .of("name", before, after, |role| Some(role.name.as_str().to_owned()))
        .of("color", before, after, |role| role.color.map(|color| color.rgb()))
        .of("position", before, after, |role| Some(role.position))
        .of("permissions", before, after, |role| Some(role.permissions))
        .of("hoist", before, after, |role| Some(role.hoist))
        .of("mentionable", before, after, |role| Some(role.mentionable))
}

/// What is different of a channel and its overrides; it was created without `before`, and deleted without `after`.
pub(super) fn of_channel(before: Option<&Channel>, after: Option<&Channel>) -> AuditChanges {
    let changes = AuditChanges::new()
        .of("name", before, after, |channel| channel.name.as_ref().map(|name| name.as_str().to_owned()))
        .of("topic", before, after, |channel| Some(channel.topic.as_str().to_owned()))
        .of("parent_id", before, after, |channel| {
            channel.parent.map(|parent| ChannelKey::new(parent, channel.id.home.clone()).to_string())
        })
        .of("follows_parent", before, after, |channel| Some(channel.follows_parent))
        .of("position", before, after, |channel| Some(channel.position))
        .of("slow_mode_s", before, after, |channel| Some(channel.slow_mode_s));
    let mut targets: Vec<Target> =
        [before, after].into_iter().flatten().flat_map(|of| targets(&of.overrides)).collect();
    targets.sort_unstable();
    targets.dedup();
    targets.iter().fold(changes, |changes, target| {
        let field = match target {
            Target::Role(role) => format!("overrides.role:{role}"),
            Target::Member(user) => format!("overrides.member:{user}"),
        };
        let of = |channel: &Channel| channel.overrides.get(target);
        changes.of(format!("{field}.allow"), before, after, |channel| of(channel).map(|of| of.allow)).of(
            format!("{field}.deny"),
            before,
            after,
            |channel| of(channel).map(|of| of.deny),
        )
    })
}

fn targets(overrides: &Overrides) -> impl Iterator<Item = Target> {
    let roles = overrides.roles().iter().map(|(role, _)| Target::Role(*role));
    roles.chain(overrides.members().iter().map(|(user, _)| Target::Member(user.clone())))
}

/// What is different of an invitation, but for its code; it was created without `before`, and revoked without `after`.
pub(super) fn of_invitation(before: Option<&Invitation>, after: Option<&Invitation>) -> AuditChanges {
    let max_uses = |invitation: &Invitation| match &invitation.admits {
        Admits::Code { max_uses, .. } => *max_uses,
        Admits::User(_) => None,
    };
    AuditChanges::new()
        .of("user", before, after, |invitation| invitation.user().map(ToString::to_string))
        .of("inviter", before, after, |invitation| Some(invitation.inviter.to_string()))
        .of("expires_at", before, after, |invitation| invitation.expires_at)
        .of("max_uses", before, after, max_uses)
        .of("uses", before, after, |invitation| Some(invitation.uses))
}
