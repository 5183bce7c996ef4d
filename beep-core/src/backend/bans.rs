//! Kicks and bans.

use std::time::Duration;

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::access::{self, Inside, as_known};
use crate::backend::servers::joined_scopes;
use crate::backend::{Actor, Backend, Refusal, audit, invitations, purges, retry_on_conflict};
use crate::ban::{Ban, Purge};
use crate::event::{EventBody, Stream};
use crate::id::{SpaceKey, UserKey};
use crate::invitation::Invitation;
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::Change;
use crate::record::RecordGuard;
use crate::time::Timestamp;

/// Kicks a member, who may join again. Deletes the invitations that they made.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::Conflict`] for the actor themself; [`Refusal::Rank`] if the
/// member does not rank below the actor; [`Refusal::NotFound`] if they are not a member.
pub async fn kick(backend: &Backend, actor: &Actor, server: &SpaceKey, user: &UserKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?, {
        not_oneself(&inside, user)?;
        let member = access::below(backend, &inside, user).await?;
        let left = EventBody::MemberLeft { server: inside.facts().server.id.clone(), user: user.clone() };
        let change = without_invitations(backend, &inside, user, remove(&inside, &member, left)?).await?;
        let entry = audit::entry(backend, actor, &inside, AuditAction::MemberKick, user, AuditChanges::new());
        backend.commit(actor, change.write(entry)).await?;
    })
}

/// Lists the bans of a server, after `after`.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Ban>, Refusal> {
    access::server_to_see(backend, actor, server, Permissions::MANAGE_MEMBERS).await?;
    Ok(backend.store.bans(server, after, limit).await?)
}

/// The options of a ban.
#[derive(Clone, Debug, Default)]
pub struct NewBan {
    /// Deletes what the user sent to the server since this time.
    pub delete_messages_since: Option<Timestamp>,
}

/// Bans a user from a server, removes them if they are a member, and deletes the invitations that they made. Replaces
/// an earlier ban. Of many messages only the first are deleted with it: [`purges::go_on`] deletes the others.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::Conflict`] for the actor themself; [`Refusal::Rank`] if a
/// member does not rank below the actor; [`Refusal::NotFound`] if there is no such user.
pub async fn put(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    new: NewBan,
) -> Result<Ban, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?, {
        not_oneself(&inside, user)?;
        let id = inside.facts().server.id.clone();
        let mut change = match access::below(backend, &inside, user).await {
            Ok(member) => {
                remove(&inside, &member, EventBody::MemberBanned { server: id.clone(), user: user.clone() })?
            }
            Err(Refusal::NotFound) => {
                exists(backend, user).await?;
                // Who joins meanwhile is to be removed as well.
                inside.changing()?.guard(RecordGuard::<Member>::Absent((id.clone(), user.clone())))
            }
            Err(other) => return Err(other.into()),
        };
        change = without_invitations(backend, &inside, user, change).await?;
        if let Some(since) = new.delete_messages_since {
            // What is on its way while they are banned is of this moment as well.
            let until = backend.now().after(ON_ITS_WAY);
            let purge = Purge { server: id.clone(), author: user.clone(), since, until, reached: None };
            change = purges::begin(backend, purge, change).await?;
        }
        let ban = Ban {
            server: id,
            user: user.clone(),
            reason: actor.reason.clone(),
            by: inside.member.user.clone(),
            created_at: backend.now(),
        };
        let since = new.delete_messages_since;
        let changes = AuditChanges::new().field("delete_messages_since", None, since);
        let entry = audit::entry(backend, actor, &inside, AuditAction::BanPut, user, changes);
        backend.commit(actor, change.put(ban.clone()).write(entry)).await?;
        ban
    })
}

/// Lifts a ban.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::NotFound`] if the user is not banned.
pub async fn lift(backend: &Backend, actor: &Actor, server: &SpaceKey, user: &UserKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?, {
        backend.store.ban(server, user).await?.ok_or(Refusal::NotFound)?;
        let change = inside.changing()?.remove::<Ban>((server.clone(), user.clone()));
        let entry = audit::entry(backend, actor, &inside, AuditAction::BanDelete, user, AuditChanges::new());
        backend.commit(actor, change.write(entry)).await?;
    })
}

fn not_oneself(inside: &Inside, user: &UserKey) -> Result<(), Refusal> {
    if *user == inside.member.user {
        return Err(Refusal::Conflict("nobody kicks or bans themself"));
    }
    Ok(())
}

/// A change that removes a member, with an event for the other members and for them.
fn remove(inside: &Inside, member: &Member, event: EventBody) -> Result<Change, Refusal> {
    let (server, user) = (&inside.facts().server, &member.user);
    let change = inside.changing()?.guard(as_known(member)).remove::<Member>((server.id.clone(), user.clone()));
    Ok(change.event(Stream::Space(server.id.clone()), joined_scopes(server, user), event))
}

/// Adds the deletion of the invitations that a user made or got.
pub(super) async fn without_invitations(
    backend: &Backend,
    inside: &Inside,
    user: &UserKey,
    change: Change,
) -> Result<Change, Refusal> {
    let theirs = |invitation: &Invitation| invitation.inviter == *user || invitation.user() == Some(user);
    Ok(invitations::withdraw(backend, &inside.facts().server.id, change, theirs).await?)
}

/// Whether such a user may exist: for users of other backends only their home knows.
async fn exists(backend: &Backend, user: &UserKey) -> Result<(), Refusal> {
    if user.home != backend.domain || backend.store.account(user.id).await?.is_some() {
        return Ok(());
    }
    Err(Refusal::NotFound)
}

/// How long a message takes at most from its decision to the store.
const ON_ITS_WAY: Duration = Duration::from_secs(60);
