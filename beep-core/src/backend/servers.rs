//! Servers: creating, finding, changing, joining and leaving them.

use crate::audit::AuditAction;
use crate::backend::access::{self, Inside};
use crate::backend::sessions::Confirmed;
use crate::backend::{
    Actor, Backend, Current, Failure, Refusal, Uncommitted, audit, conversations, invitations, retry_on_conflict,
    suspensions, users,
};
use crate::channel::Channel;
use crate::event::{EventBody, Scope, Stream};
use crate::facts;
use crate::hierarchy::RankDenied;
use crate::id::{ChannelId, Qualified, RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::{self, Permissions, Reason};
use crate::port::{AccountGuard, Change, SpaceGuard, SpaceWrite};
use crate::record::RecordGuard;
use crate::role::Role;
use crate::space::{Space, SpaceKind, Template, Visibility};
use crate::text::{ChannelName, Description, ServerName};

/// The data of a new server.
#[derive(Clone, Debug)]
pub struct NewServer {
    /// The name.
    pub name: ServerName,
    /// The description.
    pub description: Description,
    /// Who may find and join it.
    pub visibility: Visibility,
    /// The template.
    pub template: Template,
}

/// Creates a server, owned by the actor.
///
/// # Errors
/// [`Refusal::Conflict`] if the actor has reached the limit of servers.
pub async fn create(backend: &Backend, actor: &Actor, new: NewServer) -> Result<Space, Refusal> {
    let (user, most) = (actor.as_user()?, backend.policy.servers_per_user);
    let now = backend.now();
    let id: SpaceKey = Qualified::new(backend.id(), backend.domain.clone());
    let server = Space {
        id: id.clone(),
        kind: SpaceKind::Community,
        name: new.name,
        description: new.description,
        visibility: new.visibility,
        owner: user.clone(),
        member_count: 1,
        created_at: now,
        version: 1,
        suspended_until: None,
    };
    let community = new.template == Template::Community;
    let permissions = if community { Permissions::community() } else { Permissions::empty() };
    let everyone = Role::everyone(backend.id(), id.clone(), permissions);
    let owner = Member::joining(id.clone(), user.clone(), now);
    let mut change = Change::default()
        .guard(AccountGuard::NotDeleted(user.id))
        .guard(SpaceGuard::OwnsFewer { user: user.clone(), than: most })
        .write(SpaceWrite::Put(server.clone()))
        .put(everyone)
        .put(owner.clone());
    if community {
        let name = ChannelName::parse("general").expect("it fits the rules of a channel's name");
        let channel = Qualified::new(backend.id(), backend.domain.clone());
        change = change.put(Channel::new(channel, id.id, name));
    }
    let change = change.event(Stream::Space(id), joined_scopes(&server, user), EventBody::MemberJoined(owner));
    retry_on_conflict!(backend, {
        if backend.store.account(user.id).await?.is_some_and(|account| account.user.deleted) {
            return Err(Refusal::Unauthenticated.into());
        }
        if backend.store.owned_servers(user).await? >= most {
            return Err(Refusal::Conflict("nobody owns more servers than `limits` allows").into());
        }
        backend.commit(actor, change.clone()).await?;
        server.clone()
    })
}

/// Gives a server to its members, or to everybody if it is public.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn find(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Space, Refusal> {
    let server = backend.store.server(id).await?.filter(|server| server.id.home == backend.domain);
    let server = server.ok_or(Refusal::NotFound)?;
    if server.visibility == Visibility::Private {
        access::server(backend, actor, id).await?;
    }
    Ok(server)
}

/// A change of a server; `None` keeps a field.
#[derive(Clone, Debug, Default)]
pub struct ServerChange {
    /// The name.
    pub name: Option<ServerName>,
    /// The description.
    pub description: Option<Description>,
    /// Who may find and join it.
    pub visibility: Option<Visibility>,
    /// The version that the change is based on.
    pub version: Option<u64>,
}

/// Finds a server that the actor may change so.
async fn may_update(backend: &Backend, actor: &Actor, id: &SpaceKey, with: &ServerChange) -> Result<Inside, Refusal> {
    let inside = access::server_for(backend, actor, id, Permissions::MANAGE_SERVER).await?;
    let is_private = inside.facts().server.visibility == Visibility::Private;
    let opens = with.visibility == Some(Visibility::Public) && is_private;
    let also = if opens { Permissions::MANAGE_INVITATIONS } else { Permissions::empty() };
    inside.require(Permissions::MANAGE_SERVER | also)?;
    Ok(inside)
}

/// Changes a server; what is so already stays as it is, version included.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_server`, or without `manage_invitations` to make a private one public;
/// [`Refusal::Changed`] when `version` is not what it is.
pub async fn update(backend: &Backend, actor: &Actor, id: &SpaceKey, with: ServerChange) -> Result<Space, Refusal> {
    retry_on_conflict!(backend, changing id, inside = may_update(backend, actor, id, &with).await?, {
        let before = inside.facts().server.clone();
        if with.version.is_some_and(|version| version != before.version) {
            return Err(Refusal::Changed(Box::new(Current::Space(before.clone()))).into());
        }
        let server = Space {
            name: with.name.clone().unwrap_or_else(|| before.name.clone()),
            description: with.description.clone().unwrap_or_else(|| before.description.clone()),
            visibility: with.visibility.unwrap_or(before.visibility),
            version: before.version + 1,
            ..before.clone()
        };
        if (Space { version: before.version, ..server.clone() }) == before {
            return Ok(backend.store.server(id).await?.ok_or(Refusal::NotFound)?);
        }
        let changes = audit::of_server(&before, &server);
        let change = inside.changing()?
            .write(SpaceWrite::Put(server.clone()))
            .write(audit::entry(backend, actor, &inside, AuditAction::ServerUpdate, &server.id, changes))
            .space_event(&server, EventBody::SpaceUpdated { server: server.clone(), before });
        updated(backend, actor, change, server).await?
    })
}

/// Finds a server that the actor may delete: its owner may also while it is suspended.
async fn may_delete(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Inside, Refusal> {
    let inside = access::server_for(backend, actor, id, Permissions::ADMINISTRATOR).await?;
    let suspended = inside.facts().server.suspension(backend.now()).is_some();
    let restricted = inside.facts().restriction(&inside.member, None, backend.now()).is_some();
    if !suspended || restricted || !inside.is_owner() {
        inside.require(Permissions::ADMINISTRATOR)?;
    }
    Ok(inside)
}

/// Deletes a server with everything in it.
///
/// # Errors
/// [`Refusal::Missing`] without `administrator`; [`Refusal::ServerSuspended`] for everybody but the owner.
pub async fn delete(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing id,
        inside = may_delete(backend, actor, id).await?, {
        let server = inside.facts().server.id.clone();
        let change = inside.in_any_case();
        let change = invitations::withdraw(backend, id, change, |invitation| invitation.user().is_some())
            .await?
            .write(SpaceWrite::Remove(id.clone()))
            .event(
                Stream::Space(server.clone()),
                vec![Scope::MembersOf(id.clone())],
                EventBody::SpaceDeleted { id: server },
            );
        backend.commit(actor, change).await?;
    })
}

/// Whether the actor may hand a server over: asked before their password is.
///
/// # Errors
/// [`Refusal::NotFound`] or [`Refusal::NotMember`] if they are not a member; [`Refusal::Rank`] if they do not own it.
pub async fn may_transfer(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<(), Refusal> {
    owned(backend, actor, id).await.map(drop)
}

/// Finds a server that the actor owns.
async fn owned(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Inside, Refusal> {
    let inside = access::server(backend, actor, id).await?;
    if !facts::is_owner(inside.facts(), &inside.member.user) {
        return Err(RankDenied::Member.into());
    }
    // The owner holds everything, unless a moderator of the backend took it away.
    inside.require(Permissions::ADMINISTRATOR)?;
    Ok(inside)
}

/// Makes another member the owner of a server; who was it before stays a member.
///
/// # Errors
/// [`Refusal::Rank`] for everybody but the owner; [`Refusal::NotFound`] if the other is not a member;
/// [`Refusal::Conflict`] for a user of another backend, for one who is suspended, and if the other has reached the limit of
/// servers; [`Refusal::InvalidCredentials`] if the password was changed meanwhile; [`Refusal::OtpRequired`];
/// [`Refusal::OtpInvalid`].
pub async fn transfer(
    backend: &Backend,
    actor: &Actor,
    confirmed: &Confirmed,
    id: &SpaceKey,
    to: &UserKey,
) -> Result<Space, Refusal> {
    let most = backend.policy.servers_per_user;
    retry_on_conflict!(backend, changing id, inside = owned(backend, actor, id).await?, {
        let before = inside.facts().server.clone();
        let member = access::member(backend, &inside, to).await?;
        if before.owner == *to {
            return Ok(backend.store.server(id).await?.ok_or(Refusal::NotFound)?);
        }
        // Whoever owns a server cannot leave it, and nobody else's users are bound so.
        if to.home != backend.domain {
            return Err(Refusal::Conflict("only a user of the server's own backend can own it").into());
        }
        let active = suspensions::active(backend, to).await?;
        let active = active.ok_or(Refusal::Conflict("a user who is suspended cannot own a server"))?;
        if backend.store.owned_servers(to).await? >= most {
            return Err(Refusal::Conflict("nobody owns more servers than `limits` allows").into());
        }
        if backend.store.account(to.id).await?.is_some_and(|account| account.user.deleted) {
            return Err(Refusal::NotFound.into());
        }
        let server = Space { owner: to.clone(), version: before.version + 1, ..before.clone() };
        let changes = audit::of_server(&before, &server);
        let change = confirmed.show(backend, inside.changing()?).await?.change
            .guard(access::as_known(&member))
            .guard(AccountGuard::NotDeleted(to.id))
            .guard(active)
            .guard(SpaceGuard::OwnsFewer { user: to.clone(), than: most })
            .write(SpaceWrite::Put(server.clone()))
            .write(audit::entry(backend, actor, &inside, AuditAction::ServerTransfer, &server.id, changes))
            .space_event(&server, EventBody::SpaceUpdated { server: server.clone(), before });
        updated(backend, actor, change, server).await?
    })
}

/// Commits a change of a server, and gives it as it is then.
async fn updated(backend: &Backend, actor: &Actor, change: Change, server: Space) -> Result<Space, Uncommitted> {
    let committed = backend.commit(actor, change).await?;
    // The store brought the member count up to date.
    Ok(match committed.events.first().map(|event| &event.body) {
        Some(EventBody::SpaceUpdated { server, .. }) => server.clone(),
        _ => server,
    })
}

/// Joins a public server.
///
/// # Errors
/// [`Refusal::NotFound`] if it is private; [`Refusal::AlreadyMember`]; [`Refusal::Banned`];
/// [`Refusal::DomainBanned`]; [`Refusal::ServerSuspended`].
pub async fn join(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Member, Refusal> {
    users::meet(backend, actor.as_user()?).await?;
    retry_on_conflict!(backend, {
        let server = backend.store.server(id).await?.ok_or(Refusal::NotFound)?;
        let facts = match access::server(backend, actor, id).await {
            Ok(_) => Err(Refusal::AlreadyMember)?,
            Err(Refusal::NotMember(_)) => backend.facts.server(&*backend.store, id).await?.ok_or(Refusal::NotFound)?,
            Err(other) => Err(other)?,
        };
        // Resting on the facts: it must still be public when the join is committed.
        let change = Change::reading(id, facts.facts.revision);
        admit(backend, &server, actor, change).await?
    })
}

/// Makes the actor a member as part of a change. The change is based on the server's facts, since bans change these.
pub(super) async fn admit(backend: &Backend, server: &Space, actor: &Actor, change: Change) -> Result<Member, Failure> {
    let (user, now) = (actor.as_user()?, backend.now());
    if let Some(until) = server.suspension(now) {
        return Err(Refusal::ServerSuspended { until }.into());
    }
    if backend.store.ban(&server.id, user).await?.is_some() {
        return Err(Refusal::Banned.into());
    }
    if backend.store.domain_ban(&server.id, &user.home).await?.is_some() {
        return Err(Refusal::DomainBanned.into());
    }
    // Joining by a user of another backend is ordered with all else that happens: from there on their backend is told.
    let change = if user.home == backend.domain { change } else { change.write(SpaceWrite::Revise(server.id.clone())) };
    let mute = backend.store.mute(&server.id, user).await?;
    let muted_until = mute.map(|mute| mute.until).filter(|until| *until > now);
    let restriction = backend.store.restriction(&server.id, user).await?;
    let restricted_until = restriction.map(|restriction| restriction.until).filter(|until| *until > now);
    let member = Member { muted_until, restricted_until, ..Member::joining(server.id.clone(), user.clone(), now) };
    let change = invitations::answered(backend, server, user, change)
        .await?
        .guard(RecordGuard::<Member>::Absent((server.id.clone(), user.clone())))
        .put(member.clone())
        .event(Stream::Space(server.id.clone()), joined_scopes(server, user), EventBody::MemberJoined(member.clone()));
    backend.commit(actor, change).await?;
    Ok(member)
}

/// Leaves a space: a server, or a group.
///
/// # Errors
/// [`Refusal::Conflict`] for the owner of a server, and for a direct conversation; [`Refusal::NotFound`] for who is no
/// member.
pub async fn leave(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    retry_on_conflict!(backend, changing id, inside = access::space(backend, actor, id).await?, {
        facts::may_leave(inside.facts(), user).map_err(Refusal::Conflict)?;
        backend.commit(actor, conversations::without(&inside, user)).await?;
    })
}

/// Gives the permissions of a member in the server or a channel, and the reasons.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_roles` for another member; [`Refusal::NotFound`] for a channel that the actor
/// may not view.
pub async fn explain(
    backend: &Backend,
    actor: &Actor,
    id: &SpaceKey,
    user: Option<&UserKey>,
    channel: Option<ChannelId>,
) -> Result<Vec<(Permissions, bool, Reason)>, Refusal> {
    let inside = access::server(backend, actor, id).await?;
    let member = match user {
        Some(user) if *user != inside.member.user => {
            inside.require(Permissions::MANAGE_ROLES)?;
            access::member(backend, &inside, user).await?
        }
        _ => inside.member.clone(),
    };
    let channel = match channel {
        Some(channel) if inside.sees(channel) => inside.facts().channels.get(&channel),
        Some(_) => return Err(Refusal::NotFound),
        None => None,
    };
    let grants = inside.facts().grants(&member);
    let context = match channel {
        Some(channel) => inside.facts().member_context_in(&member, &grants, channel),
        None => inside.facts().member_context(&member, &grants),
    };
    Ok(permission::explain(&context, channel.map(|channel| &channel.overrides), backend.now()))
}

/// Whom it concerns that somebody joins or leaves: the members, and themselves.
pub(super) fn joined_scopes(server: &Space, user: &UserKey) -> Vec<Scope> {
    vec![Scope::Space(server.id.clone()), Scope::User(user.clone())]
}

/// The `everyone` role is no role to give or take.
pub(super) fn no_everyone(inside: &Inside, role: RoleId) -> Result<(), Refusal> {
    if inside.facts().everyone() == role {
        return Err(Refusal::Conflict("the role `everyone` cannot be given or taken"));
    }
    Ok(())
}
