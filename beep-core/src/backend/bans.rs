//! Kicks and bans.

use crate::backend::access::{self, Inside, as_known};
use crate::backend::servers::joined_scopes;
use crate::backend::{Actor, Backend, Refusal, invitations, retry_on_conflict};
use crate::ban::{Ban, Sent};
use crate::event::{EventBody, Stream};
use crate::hierarchy::{self, RankDenied};
use crate::id::{SpaceKey, UserKey};
use crate::invitation::Invitation;
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{Change, MessageGuard, MessageWrite};
use crate::record::RecordGuard;
use crate::text::Reason;
use crate::time::Timestamp;

/// Kicks a member, who may join again. Deletes the invitations that they made.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::Rank`] if the member does not rank below the actor, and
/// for the actor themself; [`Refusal::NotFound`] if they are not a member.
pub async fn kick(backend: &Backend, actor: &Actor, server: &SpaceKey, user: &UserKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?, {
        let member = access::member(backend, &inside, user).await?;
        hierarchy::act_on_member(inside.rank(), inside.facts().rank(&member))?;
        let left = EventBody::MemberLeft { server: inside.facts().server.id.clone(), user: user.clone() };
        let change = without_invitations(backend, &inside, user, remove(&inside, &member, left)).await?;
        backend.commit(actor, change).await?;
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
    access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?;
    Ok(backend.store.bans(server, after, limit).await?)
}

/// The options of a ban.
#[derive(Clone, Debug, Default)]
pub struct NewBan {
    /// Why.
    pub reason: Option<Reason>,
    /// Deletes what the user sent to the server since this time.
    pub delete_messages_since: Option<Timestamp>,
}

/// Bans a user from a server, removes them if they are a member, and deletes the invitations that they made. Replaces
/// an earlier ban.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_members`; [`Refusal::Rank`] if a member does not rank below the actor, and for
/// the actor themself; [`Refusal::NotFound`] if there is no such user.
pub async fn put(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    new: NewBan,
) -> Result<Ban, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_MEMBERS).await?, {
        if *user == inside.member.user {
            return Err(RankDenied::Member.into());
        }
        let id = inside.facts().server.id.clone();
        let mut change = match access::member(backend, &inside, user).await {
            Ok(member) => {
                hierarchy::act_on_member(inside.rank(), inside.facts().rank(&member))?;
                remove(&inside, &member, EventBody::MemberBanned { server: id.clone(), user: user.clone() })
            }
            Err(Refusal::NotFound) => {
                exists(backend, user).await?;
                // Who joins meanwhile is to be removed as well.
                inside.changing().guard(RecordGuard::<Member>::Absent((id.clone(), user.clone())))
            }
            Err(other) => return Err(other.into()),
        };
        change = without_invitations(backend, &inside, user, change).await?;
        if let Some(since) = new.delete_messages_since {
            change = delete_sent(backend, &id, user, since, change).await?;
        }
        let ban = Ban {
            server: id,
            user: user.clone(),
            reason: new.reason.clone(),
            by: inside.member.user.clone(),
            created_at: backend.now(),
        };
        backend.commit(actor, change.put(ban.clone())).await?;
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
        backend.commit(actor, inside.changing().remove::<Ban>((server.clone(), user.clone()))).await?;
    })
}

/// A change that removes a member, with an event for the other members and for them.
fn remove(inside: &Inside, member: &Member, event: EventBody) -> Change {
    let (server, user) = (&inside.facts().server, &member.user);
    let change = inside.changing().guard(as_known(member)).remove::<Member>((server.id.clone(), user.clone()));
    change.event(Stream::Space(server.id.clone()), joined_scopes(server, user), event)
}

/// Adds the deletion of the invitations that a user made or got.
async fn without_invitations(
    backend: &Backend,
    inside: &Inside,
    user: &UserKey,
    change: Change,
) -> Result<Change, Refusal> {
    let theirs = |invitation: &Invitation| invitation.inviter == *user || invitation.user() == Some(user);
    Ok(invitations::withdraw(backend, &inside.facts().server.id, change, theirs).await?)
}

/// Adds the deletion of everything that a user sent since a given time.
async fn delete_sent(
    backend: &Backend,
    server: &SpaceKey,
    author: &UserKey,
    since: Timestamp,
    mut change: Change,
) -> Result<Change, Refusal> {
    let messages = backend.store.sent_by(server, author, since).await?;
    for (channel, id) in &messages {
        let stream = Stream::Channel { id: channel.clone(), server: server.id };
        let scopes = vec![crate::event::Scope::Space(server.clone())];
        change = change.write(MessageWrite::Remove(channel.clone(), *id)).event(
            stream,
            scopes,
            EventBody::MessageDeleted { channel: channel.clone(), id: *id },
        );
    }
    Ok(change.guard(MessageGuard::AllSent(Sent { server: server.clone(), author: author.clone(), since, messages })))
}

/// Whether such a user may exist: for users of other backends only their home knows.
async fn exists(backend: &Backend, user: &UserKey) -> Result<(), Refusal> {
    if user.home != backend.domain || backend.store.account(user.id).await?.is_some() {
        return Ok(());
    }
    Err(Refusal::NotFound)
}
