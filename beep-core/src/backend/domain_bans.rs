//! Domain bans: a server keeps out all users of another backend.
//!
//! Members of the domain are removed as banned users are, some with the ban itself and the others bit by bit. The ban is a
//! change of the server's facts, on which every entry is based, so nobody of the domain comes in once it is made.

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::access::{self, Inside, as_known};
use crate::backend::servers::joined_scopes;
use crate::backend::{Actor, Backend, Refusal, audit, invitations, retry_on_conflict};
use crate::ban::DomainBan;
use crate::domain::Domain;
use crate::event::{EventBody, Stream};
use crate::hierarchy::{self, Rank, RankDenied};
use crate::id::{RoleId, SpaceKey};
use crate::invitation::Invitation;
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{Change, SpaceGuard, StoreError};
use crate::record::RecordGuard;
use crate::space::Space;

/// Lists the domain bans of a server by domain, after `after`.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_server`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    after: Option<&Domain>,
    limit: u32,
) -> Result<Vec<DomainBan>, Refusal> {
    access::server_to_see(backend, actor, server, Permissions::MANAGE_SERVER).await?;
    Ok(backend.store.domain_bans(server, after, limit).await?)
}

/// Bans all users of another backend from a server, removes those who are members, and deletes the invitations that they
/// made or got. Replaces an earlier ban. Of many members only the first are removed with it: [`go_on`] removes the others.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_server`; [`Refusal::Invalid`] for this backend's own domain;
/// [`Refusal::Conflict`] for the domain of the actor, and if the server has as many domain bans as it may have;
/// [`Refusal::Rank`] if the owner or a member of the domain does not rank below the actor.
pub async fn put(backend: &Backend, actor: &Actor, server: &SpaceKey, domain: &Domain) -> Result<DomainBan, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_SERVER).await?, {
        let ranked = may_ban(backend, &inside, domain).await?;
        let is_new = backend.store.domain_ban(server, domain).await?.is_none();
        if is_new && backend.store.domain_bans(server, None, MOST).await?.len() >= MOST as usize {
            return Err(Refusal::Conflict("the server has reached the limit of domain bans").into());
        }
        let found = &inside.facts().server;
        let ban = DomainBan {
            server: found.id.clone(),
            domain: domain.clone(),
            reason: actor.reason.clone(),
            by: inside.member.user.clone(),
            created_at: backend.now(),
            removing: true,
        };
        let guard = SpaceGuard::DomainHolds { id: found.id.clone(), domain: domain.clone(), none_of: ranked };
        let entry = audit::entry(backend, actor, &inside, AuditAction::DomainBanPut, domain, AuditChanges::new());
        let change = inside.changing()?.guard(guard).write(entry);
        let (change, ban) = remove_some(backend, found, ban, change).await?;
        backend.commit(actor, change).await?;
        ban
    })
}

/// Lifts the ban of a domain. Who was removed stays out until they join again.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_server`; [`Refusal::NotFound`] if the domain is not banned.
pub async fn lift(backend: &Backend, actor: &Actor, server: &SpaceKey, domain: &Domain) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_SERVER).await?, {
        backend.store.domain_ban(server, domain).await?.ok_or(Refusal::NotFound)?;
        let entry = audit::entry(backend, actor, &inside, AuditAction::DomainBanDelete, domain, AuditChanges::new());
        let change = inside.changing()?.remove::<DomainBan>((server.clone(), domain.clone())).write(entry);
        backend.commit(actor, change).await?;
    })
}

/// Removes the next members of a banned domain; says whether more may be left.
///
/// # Errors
/// Only when the store fails, or others change the server all the time.
pub async fn go_on(backend: &Backend) -> Result<bool, Refusal> {
    let Some(DomainBan { server, domain, .. }) = backend.store.removing_domain_ban().await? else { return Ok(false) };
    retry_on_conflict!(backend, {
        let ban = backend.store.domain_ban(&server, &domain).await?.filter(|ban| ban.removing);
        let known = backend.facts.server(&*backend.store, &server).await?;
        // It was lifted meanwhile, or went with its server.
        let Some((ban, known)) = ban.zip(known) else { return Ok(true) };
        let change = Change::modifying(&server, known.facts.revision).guard(RecordGuard::Is(ban.clone()));
        let (change, _) = remove_some(backend, &known.facts.server, ban, change).await?;
        backend.commit(None, change).await?;
        true
    })
}

/// Whether the actor may ban a domain; gives the roles that none of its members may hold for that.
async fn may_ban(backend: &Backend, inside: &Inside, domain: &Domain) -> Result<Vec<RoleId>, Refusal> {
    let facts = inside.facts();
    if *domain == backend.domain {
        return Err(Refusal::invalid("domain", "out_of_range", "must be the domain of another backend"));
    }
    if *domain == inside.member.user.home {
        return Err(Refusal::Conflict("nobody bans their own domain"));
    }
    if *domain == facts.server.owner.home {
        return Err(RankDenied::Member.into());
    }
    let rank = inside.rank();
    // Whoever has no role ranks above nobody.
    if rank == Rank::Everyone && !backend.store.members_of_domain(&facts.server.id, domain, 1).await?.is_empty() {
        return Err(RankDenied::Member.into());
    }
    let roles = facts.roles.values().filter(|role| !role.everyone);
    let ranked: Vec<_> =
        roles.filter(|role| hierarchy::act_on_role(rank, role.rank()).is_err()).map(|role| role.id).collect();
    if backend.store.domain_holds(&facts.server.id, domain, &ranked).await? {
        return Err(RankDenied::Member.into());
    }
    Ok(ranked)
}

/// Adds the removal of the next members of a banned domain, with events, and of what invitations they made or got; keeps in
/// the ban whether more may be left.
async fn remove_some(
    backend: &Backend,
    server: &Space,
    ban: DomainBan,
    mut change: Change,
) -> Result<(Change, DomainBan), StoreError> {
    let mut members = backend.store.members_of_domain(&server.id, &ban.domain, AT_ONCE + 1).await?;
    let removing = members.len() > AT_ONCE as usize;
    members.truncate(AT_ONCE as usize);
    for member in &members {
        let banned = EventBody::MemberBanned { server: server.id.clone(), user: member.user.clone() };
        change = change.guard(as_known(member)).remove::<Member>((server.id.clone(), member.user.clone())).event(
            Stream::Space(server.id.clone()),
            joined_scopes(server, &member.user),
            banned,
        );
    }
    let theirs = |invitation: &Invitation| {
        invitation.inviter.home == ban.domain || invitation.user().is_some_and(|user| user.home == ban.domain)
    };
    let change = invitations::withdraw(backend, &server.id, change, theirs).await?;
    let ban = DomainBan { removing, ..ban };
    Ok((change.put(ban.clone()), ban))
}

/// How many members one step removes.
pub const AT_ONCE: u32 = 100;

/// The most domain bans of a server.
pub const MOST: u32 = 1_000;
