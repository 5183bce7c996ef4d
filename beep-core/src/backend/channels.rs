//! The channels of a server, their categories and their overrides.
//!
//! Who does not see a category is told of its channels as of channels in none, and has them in none as well: what they set to
//! none stays where it is.

use std::collections::BTreeSet;

use crate::audit::AuditAction;
use crate::backend::access::{self, InChannel, Inside, as_known};
use crate::backend::{Actor, Backend, Current, Refusal, Uncommitted, audit, retry_on_conflict};
use crate::channel::{Channel, ChannelKind, MAX_SLOW_MODE_S};
use crate::event::EventBody;
use crate::facts::SpaceFacts;
use crate::hierarchy::{self, Rank};
use crate::id::{ChannelId, ChannelKey, Qualified, RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::{Override, Overrides, Permissions, Target};
use crate::port::Change;
use crate::record::RecordGuard;
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
    Ok(channels.into_iter().map(|channel| channel.told_among(&visible)).collect())
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
    let channel = channels.into_iter().find(|channel| channel.id == found.channel.id);
    channel.map(|channel| told(&found.inside, channel)).ok_or(Refusal::NotFound)
}

/// A channel as the actor is told of it.
fn told(inside: &Inside, channel: Channel) -> Channel {
    let category = channel.parent.filter(|category| inside.sees(*category));
    channel.told_among(&category.into_iter().collect())
}

/// The data of a new channel.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// The name.
    pub name: ChannelName,
    /// The kind: of text, or a category.
    pub kind: ChannelKind,
    /// The category that it is in; it does not follow it.
    pub parent: Option<ChannelKey>,
    /// The topic.
    pub topic: Topic,
    /// The position; the end if `None`.
    pub position: Option<i32>,
    /// Slow mode: seconds between two messages of a member.
    pub slow_mode_s: u32,
    /// Whom it is for alone; everybody if `None`.
    pub private_to: Option<Audience>,
}

impl NewChannel {
    /// A channel of text at the end, in no category and for everybody.
    pub fn new(name: ChannelName) -> Self {
        let topic = Topic::parse("").expect("an empty topic fits");
        Self { name, kind: ChannelKind::Text, parent: None, topic, position: None, slow_mode_s: 0, private_to: None }
    }
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
/// channels, or the channel that of overrides; those of [`set_override`] for whom it is hidden from and whom it is for;
/// [`Refusal::Invalid`] for a kind that a server has none of, a parent that is no category that the actor sees, and a category
/// that is in another, or has a topic or slow mode.
pub async fn create(backend: &Backend, actor: &Actor, server: &SpaceKey, new: NewChannel) -> Result<Channel, Refusal> {
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_CHANNELS).await?, {
        check_slow_mode(new.slow_mode_s)?;
        if new.kind.is_private() {
            return Err(Refusal::invalid("kind", "unknown", "must be `text` or `category`").into());
        }
        let parent = category(&inside, new.kind, None, new.parent.as_ref())?;
        let channels = &inside.facts().channels;
        if channels.len() >= backend.policy.channels_per_server as usize {
            return Err(Refusal::Conflict("the server has reached the limit of channels").into());
        }
        let end = || channels.values().map(|channel| channel.position).max().map_or(0, |last| last.saturating_add(1));
        let id = Qualified::new(backend.id(), backend.domain.clone());
        let mut channel = Channel {
            kind: new.kind,
            parent,
            topic: new.topic.clone(),
            position: new.position.unwrap_or_else(end),
            slow_mode_s: new.slow_mode_s,
            ..Channel::new(id, server.id, new.name.clone())
        };
        check_category(&channel)?;
        let mut change = inside.changing()?;
        if let Some(audience) = &new.private_to {
            let subjects = hide(backend, &inside, &mut channel, audience).await?;
            check_number(backend, inside.facts(), std::slice::from_ref(&channel))?;
            change = subjects.into_iter().fold(change, Change::guard);
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

/// Hides a new channel from everybody but some; gives what was looked at of members.
async fn hide(
    backend: &Backend,
    inside: &Inside,
    channel: &mut Channel,
    audience: &Audience,
) -> Result<Vec<RecordGuard<Member>>, Refusal> {
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
    /// The category that it is in; an inner `None` takes it out of the one that the actor sees it in.
    pub parent: Option<Option<ChannelKey>>,
    /// The position.
    pub position: Option<i32>,
    /// Slow mode: seconds between two messages of a member.
    pub slow_mode_s: Option<u32>,
    /// The version that the change is based on.
    pub version: Option<u64>,
}

/// Changes a channel; if nothing differs, the version stays too. In another category or in none, it follows none.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there; [`Refusal::Changed`] if `version` is not the current one;
/// [`Refusal::Invalid`] as for [`create`].
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
        let parent = match &with.parent {
            Some(parent) => category(&found.inside, before.kind, before.parent, parent.as_ref())?,
            None => before.parent,
        };
        let channel = Channel {
            name: with.name.clone().or_else(|| before.name.clone()),
            topic: with.topic.clone().unwrap_or_else(|| before.topic.clone()),
            position: with.position.unwrap_or(before.position),
            slow_mode_s: with.slow_mode_s.unwrap_or(before.slow_mode_s),
            version: before.version + 1,
            ..(**before).clone().moved_to(parent)
        };
        check_category(&channel)?;
        if (Channel { version: before.version, ..channel.clone() }) == **before {
            return Ok(now(backend, &found).await?);
        }
        replace(backend, actor, &found, vec![channel], found.inside.changing()?, AuditAction::ChannelUpdate).await?
    })
}

/// Where a channel is to be.
#[derive(Clone, Debug)]
pub struct ChannelPlace {
    /// Which channel.
    pub channel: ChannelKey,
    /// The category that it is in.
    pub parent: Option<ChannelKey>,
    /// Its position.
    pub position: i32,
}

/// Puts channels into categories and in order, all or none; those that are not named stay where they are.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` in the server and in each channel that is moved; [`Refusal::NotFound`] if the
/// actor may not view one of them; [`Refusal::Invalid`] for a channel that is named twice, and as for [`create`].
pub async fn order(
    backend: &Backend,
    actor: &Actor,
    server: &SpaceKey,
    places: &[ChannelPlace],
) -> Result<(), Refusal> {
    let named: BTreeSet<&ChannelKey> = places.iter().map(|place| &place.channel).collect();
    if named.len() < places.len() {
        return Err(Refusal::invalid("channels", "malformed", "must name each channel once"));
    }
    retry_on_conflict!(backend, changing server,
        inside = access::server_with(backend, actor, server, Permissions::MANAGE_CHANNELS).await?, {
        let mut change = inside.changing()?;
        for place in places {
            let before = &**inside.channel(&place.channel)?;
            let parent = category(&inside, before.kind, before.parent, place.parent.as_ref())?;
            if (before.parent, before.position) == (parent, place.position) {
                continue;
            }
            inside.require_in(before.id.id, Permissions::MANAGE_CHANNELS)?;
            let moved = before.clone().moved_to(parent);
            let after = Channel { position: place.position, version: before.version + 1, ..moved };
            let changes = audit::of_channel(Some(before), Some(&after));
            let entry = audit::entry(backend, actor, &inside, AuditAction::ChannelOrder, &before.id, changes);
            change = updated(change, before, after).write(entry);
        }
        if change.events.is_empty() {
            return Ok(());
        }
        backend.commit(actor, change).await?;
    })
}

/// Deletes a channel with its messages; the channels of a category stay, in none.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there.
pub async fn delete(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<(), Refusal> {
    let space = access::space_of(backend, id).await?;
    retry_on_conflict!(backend, changing & space, found = managed(backend, actor, id).await?, {
        let before = (*found.channel).clone();
        let children = found.inside.facts().children(id.id);
        let change = children.fold(found.inside.changing()?, |change, child| {
            let after = Channel { version: child.version + 1, ..(**child).clone().moved_to(None) };
            updated(change, child, after)
        });
        let changes = audit::of_channel(Some(&before), None);
        let change = change
            .remove::<Channel>(id.clone())
            .write(audit::entry(backend, actor, &found.inside, AuditAction::ChannelDelete, id, changes))
            .channel_event(&found.channel, EventBody::ChannelDeleted { before });
        backend.commit(actor, change).await?;
    })
}

/// Sets the override of a role or a member in a channel; `None` removes it. Those that follow a category are changed with it, and
/// one that is changed itself follows no more.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there, or without a permission that is newly allowed or no longer
/// denied, there or in a channel that follows; [`Refusal::Rank`] if the role or member does not rank below the actor;
/// [`Refusal::NotFound`] if there is no such role or member; [`Refusal::Conflict`] if there are as many overrides as there may be;
/// [`Refusal::Invalid`] for `administrator`, or a permission that is both allowed and denied.
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
        if found.channel.overrides.get(target) == to {
            return Ok(now(backend, &found).await?);
        }
        let itself = Channel { follows_parent: false, ..(*found.channel).clone() };
        let followers = found.inside.facts().children(id.id).filter(|channel| channel.follows_parent);
        let mut channels: Vec<Channel> =
            std::iter::once(itself).chain(followers.map(|channel| (**channel).clone())).collect();
        for channel in &mut channels {
            let was = channel.overrides.get(target);
            check_granted(found.inside.permissions_in(channel.id.id), was, to)?;
            channel.version += 1;
            channel.overrides.set(target, to);
        }
        check_number(backend, found.inside.facts(), &channels)?;
        let change = subject.into_iter().fold(found.inside.changing()?, Change::guard);
        let action = match (target, to) {
            (Target::Role(_), Some(_)) => AuditAction::RoleOverridePut,
            (Target::Role(_), None) => AuditAction::RoleOverrideDelete,
            (Target::Member(_), Some(_)) => AuditAction::MemberOverridePut,
            (Target::Member(_), None) => AuditAction::MemberOverrideDelete,
        };
        replace(backend, actor, &found, channels, change, action).await?
    })
}

/// Has a channel take over the overrides of its category, and every later change of them.
///
/// # Errors
/// Those of [`set_override`], for each override that differs; [`Refusal::Conflict`] for a channel that is in no category, or in one
/// that the actor does not see.
pub async fn follow_parent(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<Channel, Refusal> {
    let space = access::space_of(backend, id).await?;
    retry_on_conflict!(backend, changing & space, found = managed(backend, actor, id).await?, {
        let (inside, before) = (&found.inside, &found.channel);
        let parent = before.parent.filter(|parent| inside.sees(*parent) && inside.facts().is_category(*parent));
        let Some(parent) = parent.and_then(|parent| inside.facts().channels.get(&parent)) else {
            return Err(Refusal::Conflict("the channel is in no category").into());
        };
        if before.follows_parent {
            return Ok(now(backend, &found).await?);
        }
        let mut change = inside.changing()?;
        for target in differing(&before.overrides, &parent.overrides) {
            let guard = outranks_or_left(backend, inside, &target).await?;
            change = guard.into_iter().fold(change, Change::guard);
            check_granted(found.held, before.overrides.get(&target), parent.overrides.get(&target))?;
        }
        let (overrides, version) = (parent.overrides.clone(), before.version + 1);
        let channel = Channel { follows_parent: true, overrides, version, ..(**before).clone() };
        check_number(backend, inside.facts(), std::slice::from_ref(&channel))?;
        replace(backend, actor, &found, vec![channel], change, AuditAction::FollowParent).await?
    })
}

/// Has a channel follow its category no more; its overrides stay as they are.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_channels` there.
pub async fn unfollow_parent(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<Channel, Refusal> {
    let space = access::space_of(backend, id).await?;
    retry_on_conflict!(backend, changing & space, found = managed(backend, actor, id).await?, {
        let before = &found.channel;
        if !before.follows_parent {
            return Ok(now(backend, &found).await?);
        }
        let channel = Channel { follows_parent: false, version: before.version + 1, ..(**before).clone() };
        let change = found.inside.changing()?;
        replace(backend, actor, &found, vec![channel], change, AuditAction::UnfollowParent).await?
    })
}

/// Whom two sets of overrides say something different of.
fn differing(one: &Overrides, other: &Overrides) -> BTreeSet<Target> {
    one.targets().chain(other.targets()).filter(|target| one.get(target) != other.get(target)).collect()
}

/// Whether the actor, who holds this in the channel, may set an override (rule 8).
fn check_granted(held: Permissions, was: Option<Override>, to: Option<Override>) -> Result<(), Refusal> {
    let (was, will) = (was.unwrap_or_default(), to.unwrap_or_default());
    let allowed = hierarchy::beyond(held, was.allow.closure(), will.allow.closure());
    let beyond = allowed | hierarchy::beyond(held, will.deny, was.deny);
    if beyond.is_empty() { Ok(()) } else { Err(Refusal::Missing(beyond)) }
}

/// Whether the role or member that an override is for stands below the actor; gives what was looked at of another member.
async fn outranks(backend: &Backend, inside: &Inside, target: &Target) -> Result<Option<RecordGuard<Member>>, Refusal> {
    match target {
        Target::Role(role) => hierarchy::act_on_role(inside.rank(), inside.role(*role)?.rank())?,
        Target::Member(user) if *user == inside.member.user => {}
        Target::Member(user) => {
            return access::below(backend, inside, user).await.map(|member| Some(as_known(&member)));
        }
    }
    Ok(None)
}

/// The same where the override of somebody who has left may stand yet: they rank as whoever has no role.
async fn outranks_or_left(
    backend: &Backend,
    inside: &Inside,
    target: &Target,
) -> Result<Option<RecordGuard<Member>>, Refusal> {
    match (outranks(backend, inside, target).await, target) {
        (Err(Refusal::NotFound), Target::Member(user)) => {
            hierarchy::act_on_member(inside.rank(), Rank::Everyone)?;
            Ok(Some(RecordGuard::Absent((inside.facts().server.id.clone(), user.clone()))))
        }
        (ranks, _) => ranks,
    }
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

/// The category that a channel of a kind, which is in `before`, is to be in: for none, that in which the actor does not see it.
fn category(
    inside: &Inside,
    kind: ChannelKind,
    before: Option<ChannelId>,
    to: Option<&ChannelKey>,
) -> Result<Option<ChannelId>, Refusal> {
    let Some(to) = to else { return Ok(before.filter(|before| !inside.sees(*before))) };
    if kind != ChannelKind::Text {
        return Err(Refusal::invalid("parent_id", "malformed", "must be `null`: a category is in no other"));
    }
    let is_there = to.home == inside.facts().server.id.home && inside.facts().is_category(to.id) && inside.sees(to.id);
    if is_there {
        return Ok(Some(to.id));
    }
    Err(Refusal::invalid("parent_id", "unknown", "must be a category of the server"))
}

/// Whether a category has nothing that is of messages.
fn check_category(channel: &Channel) -> Result<(), Refusal> {
    if channel.kind == ChannelKind::Category && !channel.topic.as_str().is_empty() {
        return Err(Refusal::invalid("topic", "malformed", "must be empty: a category has no topic"));
    }
    if channel.kind == ChannelKind::Category && channel.slow_mode_s > 0 {
        return Err(Refusal::invalid("slow_mode_s", "out_of_range", "must be 0: a category holds no messages"));
    }
    Ok(())
}

/// Whether there is room for the overrides of changed channels, where they become more.
fn check_number(backend: &Backend, facts: &SpaceFacts, changed: &[Channel]) -> Result<(), Refusal> {
    let before = |channel: &Channel| facts.channels.get(&channel.id.id).map_or(0, |before| before.overrides.len());
    let (had, have): (usize, usize) =
        changed.iter().fold((0, 0), |(had, have), channel| (had + before(channel), have + channel.overrides.len()));
    if changed
        .iter()
        .any(|channel| channel.overrides.len() > before(channel).max(backend.policy.overrides_per_channel as usize))
    {
        return Err(Refusal::Conflict("the channel has reached the limit of overrides"));
    }
    let all: usize = facts.channels.values().map(|channel| channel.overrides.len()).sum();
    if have > had && all + have - had > backend.policy.overrides_per_server as usize {
        return Err(Refusal::Conflict("the server has reached the limit of overrides"));
    }
    Ok(())
}

fn check_version(found: &InChannel, version: Option<u64>) -> Result<(), Refusal> {
    match version {
        Some(version) if version != found.channel.version => {
            Err(Refusal::Changed(Box::new(Current::Channel(told(&found.inside, (*found.channel).clone())))))
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

/// Adds to a change that a channel becomes another, and tells so.
fn updated(change: Change, before: &Channel, channel: Channel) -> Change {
    let event = EventBody::ChannelUpdated { channel: channel.clone(), before: before.clone() };
    change.put(channel).channel_event(before, event)
}

/// Commits the new state of channels, that which was found among them, with a change that says what it rests on; gives that one.
async fn replace(
    backend: &Backend,
    actor: &Actor,
    found: &InChannel,
    channels: Vec<Channel>,
    change: Change,
    action: AuditAction,
) -> Result<Channel, Uncommitted> {
    let before = &found.inside.facts().channels;
    let change = channels.iter().fold(change, |change, channel| match before.get(&channel.id.id) {
        Some(before) => updated(change, before, channel.clone()),
        None => change,
    });
    let own = channels.iter().find(|channel| channel.id == found.channel.id);
    let changes = audit::of_channel(Some(&found.channel), own);
    let change = change.write(audit::entry(backend, actor, &found.inside, action, &found.channel.id, changes));
    let committed = backend.commit(actor, change).await?;
    // The store brought the last message up to date.
    let changed = committed.events.iter().find_map(|event| match &event.body {
        EventBody::ChannelUpdated { channel, .. } if channel.id == found.channel.id => Some(channel.clone()),
        _ => None,
    });
    Ok(told(&found.inside, changed.unwrap_or_else(|| (*found.channel).clone())))
}
