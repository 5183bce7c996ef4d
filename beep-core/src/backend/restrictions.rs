//! Restrictions, by moderators of the backend: who may only read in a server, or in one of its channels, for a while.
//!
//! A restriction is as a mute, and applies to the owner and to administrators of the server as well. It holds for who leaves and
//! comes back, and ends exactly at its time with nobody's help.

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::access::as_known;
use crate::backend::admin::{self, Moderator};
use crate::backend::suspensions::{community, end, modifying, reading};
use crate::backend::{Actor, Backend, Failure, Refusal, access, audit, retry_on_conflict};
use crate::channel::{Channel, MOST_RESTRICTED};
use crate::event::EventBody;
use crate::global_role::GlobalRole;
use crate::id::{ChannelKey, SpaceKey, UserKey};
use crate::member::Member;
use crate::record::RecordGuard;
use crate::restriction::Restriction;
use crate::time::Timestamp;

/// Restricts a user in a server, member or not, until a time or without an end. Replaces an earlier restriction.
///
/// # Errors
/// [`Refusal::NotGlobal`] if the actor is no server moderator; [`Refusal::Conflict`] for themself; [`Refusal::Rank`] for somebody
/// with a global role, unless the actor is an administrator; [`Refusal::NotFound`] if there is no such server of this backend or
/// no such user; [`Refusal::Invalid`] for a time that is over.
pub async fn in_server(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
    until: Option<Timestamp>,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::ServerModerator).await?;
        let until = end(backend, until)?;
        set_in_server(backend, actor, &moderator, server, user, Some(until)).await?;
    })
}

/// Ends the restriction of a user in a server.
///
/// # Errors
/// As [`in_server`]; [`Refusal::NotFound`] if they are not restricted in it.
pub async fn lift_in_server(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    user: &UserKey,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::ServerModerator).await?;
        let kept = backend.store.restriction(server, user).await?.filter(|kept| backend.now() < kept.until);
        kept.ok_or(Refusal::NotFound)?;
        set_in_server(backend, actor, &moderator, server, user, None).await?;
    })
}

async fn set_in_server(
    backend: &Backend,
    actor: &Actor,
    moderator: &Moderator,
    server: &SpaceKey,
    user: &UserKey,
    until: Option<Timestamp>,
) -> Result<(), Failure> {
    moderator.outranks(backend, user).await?;
    let known = community(backend, server).await?;
    let id = &known.facts.server.id;
    let change = match known.member(&*backend.store, user).await? {
        Some(before) => {
            let member = Member { restricted_until: until, ..known.facts.current(&before) };
            let event = EventBody::MemberUpdated { member: member.clone(), before: (*before).clone() };
            let change = reading(&known, moderator).guard(as_known(&before)).put(member);
            change.space_event(&known.facts.server, event)
        }
        // Who joins meanwhile is to find it so.
        None => modifying(&known, moderator).guard(RecordGuard::<Member>::Absent((id.clone(), user.clone()))),
    };
    let before = backend.store.restriction(id, user).await?.map(|before| before.until);
    let before = before.filter(|before| backend.now() < *before);
    let server_id = Some(id.to_string());
    let changes = AuditChanges::new().field("server_id", None, server_id).field("restricted_until", before, until);
    let change = match until {
        Some(until) => change.put(Restriction { server: id.clone(), user: user.clone(), until }),
        None => change.remove::<Restriction>((id.clone(), user.clone())),
    };
    let action = if until.is_some() { AuditAction::RestrictInServer } else { AuditAction::UnrestrictInServer };
    let what = (action, user.into(), changes);
    backend.commit(actor, audit::by_moderator(backend, actor, moderator, Some(id), what, change)).await?;
    Ok(())
}

/// Restricts a user in a channel of a server, member or not, until a time or without an end. Replaces an earlier restriction.
///
/// # Errors
/// As [`in_server`]; [`Refusal::NotFound`] for a private conversation too; [`Refusal::Conflict`] if as many are restricted there as
/// may be.
pub async fn in_channel(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    user: &UserKey,
    until: Option<Timestamp>,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::ServerModerator).await?;
        let until = end(backend, until)?;
        set_in_channel(backend, actor, &moderator, channel, user, Some(until)).await?;
    })
}

/// Ends the restriction of a user in a channel.
///
/// # Errors
/// As [`in_channel`]; [`Refusal::NotFound`] if they are not restricted in it.
pub async fn lift_in_channel(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    user: &UserKey,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let moderator = admin::require(backend, actor, GlobalRole::ServerModerator).await?;
        set_in_channel(backend, actor, &moderator, channel, user, None).await?;
    })
}

async fn set_in_channel(
    backend: &Backend,
    actor: &Actor,
    moderator: &Moderator,
    id: &ChannelKey,
    user: &UserKey,
    until: Option<Timestamp>,
) -> Result<(), Failure> {
    moderator.outranks(backend, user).await?;
    let now = backend.now();
    let known = community(backend, &access::space_of(backend, id).await?).await?;
    let before = known.facts.channels.get(&id.id).ok_or(Refusal::NotFound)?;
    let was = before.restricted.get(user).copied().filter(|was| now < *was);
    let mut restricted = before.restricted.clone();
    restricted.retain(|_, until| now < *until);
    match until {
        Some(until) => restricted.insert(user.clone(), until),
        None => Some(restricted.remove(user).ok_or(Refusal::NotFound)?),
    };
    if restricted.len() > MOST_RESTRICTED {
        return Err(Refusal::Conflict("as many are restricted in the channel as may be").into());
    }
    let after = Channel { restricted, ..(**before).clone() };
    let event = EventBody::ChannelUpdated { channel: after.clone(), before: (**before).clone() };
    let channel_id = Some(before.id.to_string());
    let changes = AuditChanges::new().field("channel_id", None, channel_id).field("restricted_until", was, until);
    let action = if until.is_some() { AuditAction::RestrictInChannel } else { AuditAction::UnrestrictInChannel };
    let change = modifying(&known, moderator).put(after).channel_event(before, event);
    let (server, what) = (&known.facts.server.id, (action, user.into(), changes));
    backend.commit(actor, audit::by_moderator(backend, actor, moderator, Some(server), what, change)).await?;
    Ok(())
}
