//! Invitations: codes that let people into a server while they last.
//!
//! To somebody who is no member, an expired, used up, revoked and unknown code look alike (rule 10). Whether the one
//! who made it may still invite is asked when it is used (rule 9).

use crate::backend::access::{self, Inside};
use crate::backend::{Actor, Backend, Refusal, servers, settle, users};
use crate::id::{InvitationId, ServerId, UserKey};
use crate::invitation::{CODE_ALPHABET, CODE_LENGTH, Invitation, Spent};
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{Change, CommitError, Guard, Unique, Write};
use crate::server::Server;
use crate::time::Timestamp;

/// Lists the invitations of a server, after `after`.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_invitations`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    server: ServerId,
    after: Option<InvitationId>,
    limit: u32,
) -> Result<(Server, Vec<Invitation>), Refusal> {
    access::server_with(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?;
    let found = backend.store.server(server).await?.ok_or(Refusal::NotFound)?;
    Ok((found, backend.store.invitations(server, after, limit).await?))
}

/// What somebody makes an invitation from.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The one person that it is for.
    pub user: Option<UserKey>,
    /// From when on it lets nobody in.
    pub expires_at: Option<Timestamp>,
    /// How many it lets in.
    pub max_uses: Option<u32>,
}

/// Makes a code.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_invitations`; [`Refusal::Invalid`] for an end in the past, no use at all, or one
/// person: a code would let in everybody; [`Refusal::Conflict`] when the server has as many as it may.
pub async fn create(
    backend: &Backend,
    actor: &Actor,
    server: ServerId,
    new: NewInvitation,
) -> Result<(Server, Invitation), Refusal> {
    let NewInvitation { user, expires_at, max_uses } = new;
    let most = backend.policy.invitations_per_server;
    settle!({
        let inside = access::server_with(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?;
        if user.is_some() {
            return Err(
                Refusal::invalid("user", "unknown", "this backend makes no invitation for one person yet").into()
            );
        }
        let kept = backend.store.invitations(server, None, most).await?;
        let now = backend.now();
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Refusal::invalid("expires_at", "out_of_range", "lies ahead").into());
        }
        if max_uses == Some(0) {
            return Err(Refusal::invalid("max_uses", "out_of_range", "is at least 1").into());
        }
        let invitation = Invitation {
            id: backend.id(),
            code: new_code(backend),
            server: inside.facts().server.id.clone(),
            inviter: actor.user.clone(),
            expires_at,
            max_uses,
            uses: 0,
            created_at: now,
        };
        let mut change = rest(&inside);
        if kept.len() >= most as usize {
            // Those that let nobody in make room.
            let spent: Vec<_> = kept.iter().filter(|invitation| invitation.usable(now).is_err()).collect();
            if spent.is_empty() {
                return Err(Refusal::Conflict("the server has as many invitations as `limits` allows").into());
            }
            change = spent.iter().fold(change, |change, spent| change.write(Write::RemoveInvitation(spent.id)));
        }
        let change = change.write(Write::PutInvitation(invitation.clone()));
        match backend.commit(actor.claims(change)).await {
            Err(CommitError::Taken(Unique::InvitationCode)) => Err(CommitError::Stale)?,
            done => done?,
        };
        let server = backend.store.server(server).await?.ok_or(Refusal::NotFound)?;
        (server, invitation)
    })
}

/// Revokes an invitation.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_invitations`; [`Refusal::NotFound`] when the server has none such.
pub async fn revoke(backend: &Backend, actor: &Actor, server: ServerId, id: InvitationId) -> Result<(), Refusal> {
    settle!({
        let inside = access::server_with(backend, actor, server, Permissions::MANAGE_INVITATIONS).await?;
        let invitation = backend.store.invitation(id).await?.filter(|found| found.server.id == server);
        invitation.ok_or(Refusal::NotFound)?;
        backend.commit(actor.claims(rest(&inside).write(Write::RemoveInvitation(id)))).await?;
    })
}

/// Shows where a code leads.
///
/// # Errors
/// [`Refusal::NotFound`] for every code that lets nobody in.
pub async fn preview(backend: &Backend, code: &str) -> Result<(Server, Invitation), Refusal> {
    let (invitation, _) = live(backend, code).await?;
    let server = backend.store.server(invitation.server.id).await?.ok_or(Refusal::NotFound)?;
    invitation.usable(backend.now()).map_err(|_| Refusal::NotFound)?;
    Ok((server, invitation))
}

/// Joins a server by code.
///
/// # Errors
/// [`Refusal::NotFound`] for every code that lets nobody in; to members [`Refusal::AlreadyMember`], or why the code
/// lets nobody in any more.
pub async fn accept(backend: &Backend, actor: &Actor, code: &str) -> Result<Member, Refusal> {
    users::meet(backend, &actor.user).await?;
    settle!({
        let (invitation, inviter) = live(backend, code).await?;
        let now = backend.now();
        let facts = inviter.facts();
        let server = facts.server.clone();
        if backend.store.member(server.id.id, &actor.user).await?.is_some() {
            Err(match invitation.usable(now) {
                Ok(()) => Refusal::AlreadyMember,
                Err(Spent::Expired) => Refusal::InvitationExpired,
                Err(Spent::Exhausted) => Refusal::InvitationExhausted,
            })?;
        }
        let change = rest(&inviter)
            .guard(Guard::InvitationUsable { id: invitation.id, now })
            .write(Write::UseInvitation(invitation.id));
        servers::admit(backend, &server, &actor.user, actor.claims(change)).await?
    })
}

/// An invitation whose maker may still invite, and the maker; by its code, with the domain of the backend or without.
async fn live(backend: &Backend, code: &str) -> Result<(Invitation, Inside), Refusal> {
    let code = match code.split_once('@') {
        Some((code, home)) if home.eq_ignore_ascii_case(backend.domain.as_str()) => code,
        Some(_) => return Err(Refusal::NotFound),
        None => code,
    };
    let invitation = backend.store.invitation_by_code(code).await?.ok_or(Refusal::NotFound)?;
    let inviter = Actor::user(invitation.inviter.clone());
    let inside = access::server(backend, &inviter, invitation.server.id).await.map_err(|_| Refusal::NotFound)?;
    inside.require(Permissions::MANAGE_INVITATIONS).map_err(|_| Refusal::NotFound)?;
    Ok((invitation, inside))
}

/// A change that rests on the facts by which somebody may invite.
fn rest(inside: &Inside) -> Change {
    Change::resting_on(inside.facts().server.id.id, inside.facts().revision)
}

fn new_code(backend: &Backend) -> String {
    let octets: [u8; CODE_LENGTH] = backend.entropy.octets();
    octets.iter().map(|octet| char::from(CODE_ALPHABET[usize::from(octet % 32)])).collect()
}
