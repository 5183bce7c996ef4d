//! The channels of a server and their overrides.

use std::sync::Arc;

use crate::audit::AuditAction;
use crate::backend::access::{self, InChannel, Inside, as_known};
use crate::backend::{Actor, Backend, Current, Refusal, Uncommitted, audit, retry_on_conflict};
use crate::channel::{Channel, MAX_SLOW_MODE_S};
use crate::event::EventBody;
use crate::facts::SpaceFacts;
use crate::hierarchy;
use crate::id::{ChannelKey, Qualified, RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::{Override, Permissions, Target};
use crate::port::Change;
use crate::text::{ChannelName, Topic};

/// Lists the channels that the actor may view, in their order.
///
/// # Errors
/// [`Refusal::NotFound`] or [`Refusal::NotMember`] if the actor is not a member.
pub async fn list(backend: &Backend, actor: &Actor, server: &SpaceKey) -> Result<Vec<Channel>, Refusal> {
    let inside = access::server(backend, actor, server).await?;
    let visible = inside.facts().visible(&inside.member, backend.now());
    let mut channels = backend.store.channels(server).await?;
    channels.retain(|channel| visible.contains(&channel.id.id));
    channels.sort_by_key(|channel| (channel.position, channel.id.id));
    Ok(channels)
}

/// Gives a channel with its current last message.
///
/// # Errors
/// [`Refusal::NotFound`] if the actor may not view it.
pub async fn find(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<Channel, Refusal> {
    now(backend, &access::channel(backend, actor, id).await?).await
}

async fn now(backend: &Backend, found: &InChannel) -> Result<Channel, Refusal> {
    let channels = backend.store.channels(&found.channel.space_key()).await?;
    channels.into_iter().find(|channel| channel.id == found.channel.id).ok_or(Refusal::NotFound)
}

/// The data of a new channel.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// The name.
    pub name: ChannelName,
    /// The topic.
    pub topic: Topic,
    /// The position; the end if `None`.
    pub position: Option<i32>,
    /// Slow mode: seconds between two messages of a member.
    pub slow_mode_s: u32,
    /// Whom it is for alone; everybody if `None`.
    pub private_to: Option<Audience>,
}

/// Whom a channel is for.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// The members with one of these roles.
    pub roles: Vec<RoleId>,
    /// These members.
    pub members: Vec<UserKey>,
}

/// Creates a channel. One that is for some alone is hidden from all others from the start; its maker sees it.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels`; [`Refusal::Conflict`] if the server has reached its limit of
/// channels, or the channel that of overrides; those of [`set_override`] for whom it is hidden from and whom it is for.
pub async fn create(backend: &Backend, actor: &Actor, server: &SpaceKey, new: NewChannel) -> Result<Channel, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_CHANNELS).await?, {
        check_slow_mode(new.slow_mode_s)?;
        let channels = &inside.facts().channels;
        if channels.len() >= backend.policy.channels_per_server as usize {
            return Err(Refusal::Conflict("the server has reached the limit of channels").into());
        }
        let end = || channels.values().map(|channel| channel.position).max().map_or(0, |last| last.saturating_add(1));
        let id = Qualified::new(backend.id(), backend.domain.clone());
        let mut channel = Channel {
            topic: new.topic.clone(),
            position: new.position.unwrap_or_else(end),
            slow_mode_s: new.slow_mode_s,
            ..Channel::new(id, server.id, new.name.clone())
        };
        let mut change = inside.changing();
        if let Some(audience) = &new.private_to {
            let subjects = hide(backend, &inside, &mut channel, audience).await?;
            check_number(backend, inside.facts(), 0, &channel)?;
            change = subjects.iter().fold(change, |change, member| change.guard(as_known(member)));
        }
        let changes = audit::of_channel(None, Some(&channel));
        let change = change
            .put(channel.clone())
            .write(audit::entry(backend, actor, &inside, AuditAction::ChannelCreate, &channel.id, changes))
            .channel_event(&channel, EventBody::ChannelCreated(channel.clone()));
        backend.commit(actor, change).await?;
        channel
    })
}

/// Hides a new channel from everybody but some; gives the members whose rank was looked at.
async fn hide(
    backend: &Backend,
    inside: &Inside,
    channel: &mut Channel,
    audience: &Audience,
) -> Result<Vec<Arc<Member>>, Refusal> {
    let view = Permissions::VIEW_CHANNELS;
    let everyone = Target::Role(inside.facts().everyone());
    let roles = audience.roles.iter().copied().map(Target::Role).filter(|role| *role != everyone);
    let members = audience.members.iter().cloned().map(Target::Member);
    let mut targets: Vec<_> = roles.chain(members).collect();
    // Who holds everything sees it without an override.
    if !inside.permissions().contains(Permissions::ADMINISTRATOR) {
        targets.push(Target::Member(inside.member.user.clone()));
    }
    let mut looked_at = Vec::new();
    let hidden = (everyone, Override { allow: Permissions::empty(), deny: view });
    let shown = targets.into_iter().map(|target| (target, Override { allow: view, deny: Permissions::empty() }));
    for (target, to) in std::iter::once(hidden).chain(shown) {
        looked_at.extend(outranks(backend, inside, &target).await?);
        let beyond = hierarchy::beyond(inside.permissions(), Permissions::empty(), to.allow);
        if !beyond.is_empty() {
            return Err(Refusal::Missing(beyond));
        }
        channel.overrides.set(&target, Some(to));
    }
    Ok(looked_at)
}

/// A change of a channel; `None` keeps a field.
#[derive(Clone, Debug, Default)]
pub struct ChannelChange {
    /// The name.
    pub name: Option<ChannelName>,
    /// The topic.
    pub topic: Option<Topic>,
    /// The position.
    pub position: Option<i32>,
    /// Slow mode: seconds between two messages of a member.
    pub slow_mode_s: Option<u32>,
    /// The version that the change is based on.
    pub version: Option<u64>,
}

/// Changes a channel; if nothing differs, the version stays too.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there; [`Refusal::Changed`] if `version` is not the current one.
pub async fn update(
    backend: &Backend,
    actor: &Actor,
    id: &ChannelKey,
    with: ChannelChange,
) -> Result<Channel, Refusal> {
    let space = access::space_of(backend, id).await?;
    retry_on_conflict!(backend, changing & space, found = managed(backend, actor, id).await?, {
        if let Some(seconds) = with.slow_mode_s {
            check_slow_mode(seconds)?;
        }
        check_version(&found, with.version)?;
        let before = &found.channel;
        let channel = Channel {
            name: with.name.clone().or_else(|| before.name.clone()),
            topic: with.topic.clone().unwrap_or_else(|| before.topic.clone()),
            position: with.position.unwrap_or(before.position),
            slow_mode_s: with.slow_mode_s.unwrap_or(before.slow_mode_s),
            version: before.version + 1,
            ..(**before).clone()
        };
        if (Channel { version: before.version, ..channel.clone() }) == **before {
            return Ok(now(backend, &found).await?);
        }
        replace(backend, actor, &found, channel, found.inside.changing(), AuditAction::ChannelUpdate).await?
    })
}

/// Deletes a channel with its messages.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there.
pub async fn delete(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<(), Refusal> {
    let space = access::space_of(backend, id).await?;
    retry_on_conflict!(backend, changing & space, found = managed(backend, actor, id).await?, {
        let before = (*found.channel).clone();
        let changes = audit::of_channel(Some(&before), None);
        let change = found
            .inside
            .changing()
            .remove::<Channel>(id.clone())
            .write(audit::entry(backend, actor, &found.inside, AuditAction::ChannelDelete, id, changes))
            .channel_event(&found.channel, EventBody::ChannelDeleted { before });
        backend.commit(actor, change).await?;
    })
}

/// Sets the override of a role or a member in a channel; `None` removes it.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there, or without a permission that is newly allowed or no longer
/// denied; [`Refusal::Rank`] if the role or member does not rank below the actor; [`Refusal::NotFound`] if there is no
/// such role or member; [`Refusal::Conflict`] if there are as many overrides as there may be; [`Refusal::Invalid`] for `administrator`, or a permission that is both allowed and denied.
pub async fn set_override(
    backend: &Backend,
    actor: &Actor,
    id: &ChannelKey,
    target: &Target,
    to: Option<Override>,
    version: Option<u64>,
) -> Result<Channel, Refusal> {
    let space = access::space_of(backend, id).await?;
    retry_on_conflict!(backend, changing & space, found = managed(backend, actor, id).await?, {
        let subject = outranks(backend, &found.inside, target).await?;
        check_override(to.unwrap_or_default())?;
        check_version(&found, version)?;
        let was = found.channel.overrides.get(target);
        if was == to {
            return Ok(now(backend, &found).await?);
        }
        let (was, will) = (was.unwrap_or_default(), to.unwrap_or_default());
        let allowed = hierarchy::beyond(found.held, was.allow.closure(), will.allow.closure());
        let beyond = allowed | hierarchy::beyond(found.held, will.deny, was.deny);
        if !beyond.is_empty() {
            return Err(Refusal::Missing(beyond).into());
        }
        let mut channel = Channel { version: found.channel.version + 1, ..(*found.channel).clone() };
        channel.overrides.set(target, to);
        check_number(backend, found.inside.facts(), found.channel.overrides.len(), &channel)?;
        let change = found.inside.changing();
        let change = subject.iter().fold(change, |change, member| change.guard(as_known(member)));
        let action = match (target, to) {
            (Target::Role(_), Some(_)) => AuditAction::RoleOverridePut,
            (Target::Role(_), None) => AuditAction::RoleOverrideDelete,
            (Target::Member(_), Some(_)) => AuditAction::MemberOverridePut,
            (Target::Member(_), None) => AuditAction::MemberOverrideDelete,
        };
        replace(backend, actor, &found, channel, change, action).await?
    })
}

/// Whether the role or member that an override is for stands below the actor; gives the other member whose rank it looked at.
async fn outranks(backend: &Backend, inside: &Inside, target: &Target) -> Result<Option<Arc<Member>>, Refusal> {
    match target {
        Target::Role(role) => hierarchy::act_on_role(inside.rank(), inside.role(*role)?.rank())?,
        Target::Member(user) if *user == inside.member.user => {}
        Target::Member(user) => return access::below(backend, inside, user).await.map(Some),
    }
    Ok(None)
}

/// Finds a channel that the actor may change.
async fn managed(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let found = access::server_channel(backend, actor, id).await?;
    found.require(Permissions::MANAGE_CHANNELS)?;
    Ok(found)
}

fn check_override(to: Override) -> Result<(), Refusal> {
    if (to.allow | to.deny).contains(Permissions::ADMINISTRATOR) {
        return Err(Refusal::invalid(
            "allow",
            "malformed",
            "must not contain `administrator`, which only roles can grant",
        ));
    }
    if to.allow.intersects(to.deny) {
        return Err(Refusal::invalid("deny", "malformed", "must not contain a permission that `allow` contains"));
    }
    Ok(())
}

/// Whether there is room for the overrides of a channel, if they are more than the `before` that there were.
fn check_number(backend: &Backend, facts: &SpaceFacts, before: usize, channel: &Channel) -> Result<(), Refusal> {
    let after = channel.overrides.len();
    if after <= before {
        return Ok(());
    }
    if after > backend.policy.overrides_per_channel as usize {
        return Err(Refusal::Conflict("the channel has reached the limit of overrides"));
    }
    let all: usize = facts.channels.values().map(|channel| channel.overrides.len()).sum();
    if all + after - before > backend.policy.overrides_per_server as usize {
        return Err(Refusal::Conflict("the server has reached the limit of overrides"));
    }
    Ok(())
}

fn check_version(found: &InChannel, version: Option<u64>) -> Result<(), Refusal> {
    match version {
        Some(version) if version != found.channel.version => {
            Err(Refusal::Changed(Box::new(Current::Channel((*found.channel).clone()))))
        }
        _ => Ok(()),
    }
}

fn check_slow_mode(seconds: u32) -> Result<(), Refusal> {
    if seconds <= MAX_SLOW_MODE_S {
        return Ok(());
    }
    Err(Refusal::invalid("slow_mode_s", "out_of_range", format!("must be at most {MAX_SLOW_MODE_S}")))
}

/// Commits the new state of a channel with a change that says what it rests on.
async fn replace(
    backend: &Backend,
    actor: &Actor,
    found: &InChannel,
    channel: Channel,
    change: Change,
    action: AuditAction,
) -> Result<Channel, Uncommitted> {
    let changes = audit::of_channel(Some(&found.channel), Some(&channel));
    let entry = audit::entry(backend, actor, &found.inside, action, &channel.id, changes);
    let event =
        EventBody::ChannelUpdated { channel: channel.clone(), before: Arc::unwrap_or_clone(found.channel.clone()) };
    let change = change.put(channel.clone()).write(entry).channel_event(&found.channel, event);
    let committed = backend.commit(actor, change).await?;
    // The store brought the last message up to date.
    Ok(match committed.events.first().map(|event| &event.body) {
        Some(EventBody::ChannelUpdated { channel, .. }) => channel.clone(),
        _ => channel,
    })
}
