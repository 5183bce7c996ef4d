//! Invitations to servers: codes, and invitations of one user.
//!
//! For a user who is not a member, expired, used up, revoked and unknown invitations look alike (rule 10). Whether its
//! maker may still invite is checked when an invitation is used (rule 9). Making an invitation is a change of the
//! server's facts, so a change that deletes all invitations of a user misses none.

use crate::audit::AuditAction;
use crate::backend::access::{self, Inside};
use crate::backend::{
    Actor, Backend, Failure, Refusal, Uncommitted, audit, retry_on_conflict, servers, suspensions, users,
};
use crate::event::EventBody;
use crate::id::{Id, InvitationId, InvitationKey, SpaceKey, UserKey};
use crate::invitation::{Admits, CODE_ALPHABET, CODE_LENGTH, Invitation, Invited, Spent};
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{Change, CommitError, InvitationGuard, InvitationWrite, StoreError, Unique};
use crate::record::RecordGuard;
use crate::registration::InvitationSeat;
use crate::space::Space;
use crate::suspension::Suspension;
use crate::time::Timestamp;

/// Lists the invitations of a server, after `after`.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_invitations`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    after: Option<InvitationId>,
    limit: u32,
) -> Result<(Space, Vec<Invitation>), Refusal> {
    access::server_to_see(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?;
    let found = backend.store.server(server).await?.ok_or(Refusal::NotFound)?;
    Ok((found, backend.store.invitations(server, after, limit).await?))
}

/// Lists the invitations of the actor, after `after`: usable ones of this backend, and those that other backends sent.
///
/// # Errors
/// Only when the store fails.
pub async fn received(
    backend: &Backend,
    actor: &Actor,
    after: Option<InvitationKey>,
    limit: u32,
) -> Result<Vec<Invited>, Refusal> {
    let user = actor.as_user()?;
    let (mut received, mut after) = (Vec::new(), after);
    loop {
        let page = backend.store.invited(user, after.as_ref(), limit).await?;
        after = page.last().map(|invited| invited.invitation.key());
        let is_last = page.len() < limit as usize;
        for invited in page {
            if lets_in(backend, &invited.invitation).await? {
                received.push(invited);
            }
        }
        if is_last || received.len() >= limit as usize {
            received.truncate(limit as usize);
            return Ok(received);
        }
    }
}

/// The data of a new invitation.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The user that it is for; `None` for a code.
    pub user: Option<UserKey>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used.
    pub max_uses: Option<u32>,
}

/// Makes a code, or invites one user, which replaces an earlier invitation of that user.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_invitations`; [`Refusal::Invalid`] if it would expire in the past, allows no
/// use, or sets uses for one user; [`Refusal::NotFound`] if there is no such user; [`Refusal::AlreadyMember`];
/// [`Refusal::Remote`] if their home does not answer; [`Refusal::DomainBanned`] if it is banned; [`Refusal::Conflict`] if
/// they are banned themselves and the actor sees bans, or the server has reached its limit of invitations.
pub async fn create(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    new: NewInvitation,
) -> Result<Invited, Refusal> {
    let NewInvitation { user, expires_at, max_uses } = new;
    let most = backend.policy.invitations_per_server;
    if let Some(user) = &user {
        let inside = access::server_with(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?;
        // Their home may take its time to answer: nobody else waits for it.
        is_outside(backend, &inside, user).await?;
        users::find_active(backend, user).await?;
    }
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?, {
        let found = backend.store.server(server).await?.ok_or(Refusal::NotFound)?;
        let now = backend.now();
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Refusal::invalid("expires_at", "out_of_range", "must be in the future").into());
        }
        if max_uses == Some(0) {
            return Err(Refusal::invalid("max_uses", "out_of_range", "must be at least 1").into());
        }
        let mut change = inside.changing()?;
        let admits = match &user {
            Some(_) if max_uses.is_some() => {
                return Err(Refusal::invalid("max_uses", "out_of_range", "must be absent for a single user").into());
            }
            Some(user) => {
                is_outside(backend, &inside, user).await?;
                change = change.guard(RecordGuard::<Member>::Absent((server.clone(), user.clone())));
                Admits::User(user.clone())
            }
            None => Admits::Code { code: new_code(backend), max_uses },
        };
        let kept = backend.store.invitations(server, None, most).await?;
        let is_full = kept.len() >= most as usize;
        // One person has one, and where there are too many, those that let nobody in make room.
        let goes =
            |it: &&Invitation| (user.is_some() && it.user() == user.as_ref()) || (is_full && it.usable(now).is_err());
        let going: Vec<_> = kept.iter().filter(goes).collect();
        if is_full && going.is_empty() {
            return Err(Refusal::Conflict("the server has reached the limit of invitations").into());
        }
        change = going.into_iter().fold(change, remove);
        let invitation = Invitation {
            id: backend.id(),
            admits,
            server: found.id.clone(),
            inviter: actor.as_user()?.clone(),
            expires_at,
            uses: 0,
            created_at: now,
        };
        let invited = Invited { invitation, server: (&found).into() };
        let (id, changes) = (invited.invitation.id, audit::of_invitation(None, Some(&invited.invitation)));
        change = change
            .write(InvitationWrite::Put(invited.invitation.clone()))
            .write(audit::entry(backend, actor, &inside, AuditAction::InvitationCreate, &id, changes));
        if let Some(user) = &user {
            change = change.user_event(user, EventBody::InvitationReceived(invited.clone()));
        }
        match backend.commit(actor, change).await {
            Err(Uncommitted { error: CommitError::Taken(Unique::InvitationCode), .. }) => Err(CommitError::Stale)?,
            done => done?,
        };
        invited
    })
}

/// Revokes an invitation.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_invitations`; [`Refusal::NotFound`] if the server does not have it.
pub async fn revoke(backend: &Backend, actor: &Actor, server: &SpaceKey, id: InvitationId) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?, {
        let invitation = backend.store.invitation(id).await?.filter(|found| found.server.id == server.id);
        let invitation = invitation.ok_or(Refusal::NotFound)?;
        let changes = audit::of_invitation(Some(&invitation), None);
        let entry = audit::entry(backend, actor, &inside, AuditAction::InvitationRevoke, &id, changes);
        backend.commit(actor, remove(inside.reading()?, &invitation).write(entry)).await?;
    })
}

/// Shows the server of a code.
///
/// # Errors
/// [`Refusal::NotFound`] for every code that cannot be used.
pub async fn preview(backend: &Backend, code: &str) -> Result<(Space, Invitation), Refusal> {
    let (invitation, ..) = live(backend, None, code).await?;
    let server = backend.store.server(&invitation.server).await?.ok_or(Refusal::NotFound)?;
    invitation.usable(backend.now()).map_err(|_| Refusal::NotFound)?;
    Ok((server, invitation))
}

/// Joins a server with a code, or with the id of an invitation of the actor.
///
/// # Errors
/// [`Refusal::NotFound`] if it cannot be used; [`Refusal::ServerSuspended`]. Members get [`Refusal::AlreadyMember`], or why the code can no longer be
/// used.
pub async fn accept(backend: &Backend, actor: &Actor, named: &str) -> Result<Member, Refusal> {
    let user = actor.as_user()?;
    users::meet(backend, user).await?;
    retry_on_conflict!(backend, {
        let (invitation, inviter, active) = live(backend, Some(user), named).await?;
        let now = backend.now();
        let facts = inviter.facts();
        let server = facts.server.clone();
        if backend.store.member(&server.id, user).await?.is_some() {
            Err(match invitation.usable(now) {
                Ok(()) => Refusal::AlreadyMember,
                Err(Spent::Expired) => Refusal::InvitationExpired,
                Err(Spent::Exhausted) => Refusal::InvitationExhausted,
            })?;
        }
        // Who is banned learns no more of it than others who are no members.
        invitation.usable(now).map_err(|_| Refusal::NotFound)?;
        let by = (user.home == backend.domain).then_some(user.id);
        let mut change = inviter.reading()?.guard(active).guard(InvitationGuard::Usable { id: invitation.id, by, now });
        if let Some(id) = by
            && backend.store.invitation_seat(id).await?.is_some_and(|seat| seat.invitation == invitation.id)
        {
            change = change.remove::<InvitationSeat>(id);
        }
        if invitation.code().is_some() {
            change = change.write(InvitationWrite::Use(invitation.id));
        }
        match servers::admit(backend, &server, actor, change).await {
            // What was used up meanwhile may have let in the same person.
            Err(Failure::Refused(Refusal::NotFound)) if backend.store.member(&server.id, user).await?.is_some() => {
                Err(Failure::Stale(None))?
            }
            admitted => admitted?,
        }
    })
}

/// Declines an invitation of this backend for the actor.
///
/// # Errors
/// [`Refusal::NotFound`] if there is no such invitation.
pub async fn decline(backend: &Backend, actor: &Actor, named: &str) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    retry_on_conflict!(backend, {
        let invitation = find(backend, Some(user), named).await?;
        let invitation = invitation.filter(|it| it.user() == Some(user)).ok_or(Refusal::NotFound)?;
        backend.commit(actor, remove(Change::default(), &invitation)).await?;
    })
}

/// The invitation of another backend for the actor with this name: id and domain, or only the id if no other backend
/// uses the same.
///
/// # Errors
/// Only when the store fails.
pub async fn told(backend: &Backend, actor: &Actor, named: &str) -> Result<Option<Invited>, Refusal> {
    let (named, home) = match named.split_once('@') {
        Some((named, home)) => (named, Some(home)),
        None => (named, None),
    };
    let user = actor.as_user()?;
    let Some(id) = id(named).filter(|_| user.home == backend.domain) else { return Ok(None) };
    let mut found = backend.store.remote_invitations_named(user.id, id).await?;
    if let Some(home) = home {
        found.retain(|found| home.eq_ignore_ascii_case(found.server.id.home.as_str()));
    }
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Forgets an invitation of another backend.
///
/// # Errors
/// Only when the store fails.
pub async fn forget(backend: &Backend, invited: &Invited) -> Result<(), Refusal> {
    backend.store.commit(forgotten(Change::default(), invited)).await?;
    Ok(())
}

/// Adds the deletion of an invitation of another backend.
pub(super) fn forgotten(change: Change, invited: &Invited) -> Change {
    let Invited { invitation, .. } = invited;
    let Some(user) = invitation.user() else { return change };
    change.remove::<Invited>((user.id, invitation.key())).user_event(user, revoked(invitation))
}

/// Adds the deletion of some invitations of a server, with events for the invited users.
pub(super) async fn withdraw(
    backend: &Backend,
    server: &SpaceKey,
    mut change: Change,
    which: impl Fn(&Invitation) -> bool,
) -> Result<Change, StoreError> {
    let mut after = None;
    loop {
        let page = backend.store.invitations(server, after, PAGE).await?;
        change = page.iter().filter(|invitation| which(invitation)).fold(change, remove);
        after = page.last().map(|invitation| invitation.id);
        if page.len() < PAGE as usize {
            return Ok(change);
        }
    }
}

/// Adds the deletion of an invitation that is still there, with an event for the invited user.
pub(super) fn remove(change: Change, invitation: &Invitation) -> Change {
    let change = change.guard(InvitationGuard::Exists(invitation.id)).write(InvitationWrite::Remove(invitation.id));
    match invitation.user() {
        Some(user) => change.user_event(user, revoked(invitation)),
        None => change,
    }
}

fn revoked(invitation: &Invitation) -> EventBody {
    EventBody::InvitationRevoked { id: invitation.id, server: invitation.server.clone() }
}

/// Checks that a user can be invited: not a member, and not banned, themselves or with their backend. Who may not see the
/// bans of users is not told of one: the invitation is made, and does not let the user in.
async fn is_outside(backend: &Backend, inside: &Inside, user: &UserKey) -> Result<(), Refusal> {
    let server = &inside.facts().server.id;
    if backend.store.member(server, user).await?.is_some() {
        return Err(Refusal::AlreadyMember);
    }
    if backend.store.domain_ban(server, &user.home).await?.is_some() {
        return Err(Refusal::DomainBanned);
    }
    let sees_bans = inside.permissions().contains(Permissions::MANAGE_MEMBERS);
    if sees_bans && backend.store.ban(server, user).await?.is_some() {
        return Err(Refusal::Conflict("the user is banned from the server; lift the ban first"));
    }
    Ok(())
}

/// Whether an invitation can be used by its user. For one of another backend only that backend knows.
async fn lets_in(backend: &Backend, invitation: &Invitation) -> Result<bool, Refusal> {
    if invitation.usable(backend.now()).is_err() {
        return Ok(false);
    }
    if invitation.server.home != backend.domain {
        return Ok(true);
    }
    match inviter(backend, invitation).await {
        Ok(_) => Ok(true),
        Err(Refusal::NotFound | Refusal::ServerSuspended { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

/// An invitation whose maker may still invite, the maker, and what that rests on of their account.
async fn live(
    backend: &Backend,
    user: Option<&UserKey>,
    named: &str,
) -> Result<(Invitation, Inside, RecordGuard<Suspension>), Refusal> {
    let invitation = find(backend, user, named).await?.ok_or(Refusal::NotFound)?;
    let (inside, active) = inviter(backend, &invitation).await?;
    Ok((invitation, inside, active))
}

/// Finds an invitation by its code, or by its id if it is for this user; with or without the domain of the backend.
async fn find(backend: &Backend, user: Option<&UserKey>, named: &str) -> Result<Option<Invitation>, Refusal> {
    let named = match named.split_once('@') {
        Some((named, home)) if home.eq_ignore_ascii_case(backend.domain.as_str()) => named,
        Some(_) => return Ok(None),
        None => named,
    };
    Ok(match id(named) {
        Some(id) => {
            let found = backend.store.invitation(id).await?;
            found.filter(|found| user.is_some() && found.user() == user)
        }
        None => backend.store.invitation_by_code(named).await?,
    })
}

/// No code reads as an id.
fn id(named: &str) -> Option<InvitationId> {
    uuid::Uuid::try_parse(named).ok().map(InvitationId::from_uuid)
}

/// The maker of an invitation, if they may still invite, and that they are not suspended.
///
/// # Errors
/// [`Refusal::NotFound`] if they may not; [`Refusal::ServerSuspended`] if nobody is let in.
async fn inviter(backend: &Backend, invitation: &Invitation) -> Result<(Inside, RecordGuard<Suspension>), Refusal> {
    let active = suspensions::active(backend, &invitation.inviter).await?.ok_or(Refusal::NotFound)?;
    let inviter = Actor::user(invitation.inviter.clone());
    let inside = match access::server(backend, &inviter, &invitation.server).await {
        Err(Refusal::Failed(why)) => return Err(Refusal::Failed(why)),
        inside => inside.map_err(|_| Refusal::NotFound)?,
    };
    inside.require(Permissions::MANAGE_INVITATIONS).map_err(|refusal| match refusal {
        suspended @ Refusal::ServerSuspended { .. } => suspended,
        _ => Refusal::NotFound,
    })?;
    Ok((inside, active))
}

fn new_code(backend: &Backend) -> String {
    let octets: [u8; CODE_LENGTH] = backend.entropy.octets();
    octets.iter().map(|octet| char::from(CODE_ALPHABET[usize::from(octet % 32)])).collect()
}

/// Adds the deletion of the invitations of a user who joins.
pub(super) async fn answered(
    backend: &Backend,
    server: &Space,
    user: &UserKey,
    change: Change,
) -> Result<Change, Failure> {
    let ids = backend.store.invitations_for(&server.id, user).await?;
    Ok(ids.into_iter().fold(change, |change, id| {
        let revoked = EventBody::InvitationRevoked { id, server: server.id.clone() };
        change.write(InvitationWrite::Remove(id)).user_event(user, revoked)
    }))
}

/// Invitations that are read at once.
const PAGE: u32 = 1_000;
