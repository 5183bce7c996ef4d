//! Private conversations: direct ones of two users, and groups.
//!
//! Each is a space with one channel, whose members are its participants. What they may do there follows from its kind: all
//! may write and name a group, nobody manages what others wrote. Rules: contract "client API", "Channels".

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::backend::access::{self, InChannel, Inside};
use crate::backend::servers::{self, joined_scopes};
use crate::backend::{Actor, Backend, Refusal, contact, retry_on_conflict, users};
use crate::channel::Channel;
use crate::direct::DirectKey;
use crate::domain::Domain;
use crate::event::{EventBody, Scope};
use crate::facts::{self, MOST_PARTICIPANTS, SpaceFacts};
use crate::hierarchy::RankDenied;
use crate::id::{ChannelKey, Qualified, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{Change, SpaceWrite, StoreError};
use crate::record::RecordGuard;
use crate::role::Role;
use crate::space::{Space, SpaceKind, Visibility};
use crate::text::{ChannelName, Description, ServerName};

/// What came of opening a direct conversation.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its channel, with who takes part.
    pub channel: Channel,
    /// Whether it was made now, and not there before.
    pub is_new: bool,
}

/// Opens the direct conversation of the actor with another user: makes it, or gives the one that exists.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such user, or when the home of the other owns the conversation: see
/// [`remote::open_direct`](crate::backend::remote::open_direct); [`Refusal::Invalid`] for oneself;
/// [`Refusal::ContactDenied`] when the other takes no direct messages of the actor; [`Refusal::Remote`].
pub async fn open_direct(backend: &Backend, actor: &Actor, other: &UserKey) -> Result<Opened, Refusal> {
    let user = actor.as_user()?;
    let key = direct_key(user, other)?;
    if *key.home() != backend.domain {
        return Err(Refusal::NotFound);
    }
    if backend.store.member(&key.space, user).await?.is_none() {
        may_be_in(backend, actor, other).await?;
        users::meet(backend, user).await?;
    }
    retry_on_conflict!(backend, {
        if let Some(channel) = only_channel(backend, &key.space).await? {
            return Ok(Opened { channel, is_new: false });
        }
        let (channel, change) = direct(backend, &key, user, other);
        backend.commit(actor, change).await?;
        Opened { channel, is_new: true }
    })
}

/// Lists the private conversations that the actor takes part in, those of other backends too, by id, after `after`.
///
/// # Errors
/// Only when the store fails.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    after: Option<&ChannelKey>,
    limit: u32,
) -> Result<Vec<Channel>, Refusal> {
    Ok(backend.store.conversations_of(actor.as_user()?, after, limit).await?)
}

/// The backend that owns the direct conversation of the actor with another user.
///
/// # Errors
/// [`Refusal::Invalid`] for oneself.
pub fn home(actor: &Actor, other: &UserKey) -> Result<Domain, Refusal> {
    Ok(direct_key(actor.as_user()?, other)?.home().clone())
}

/// Whether a channel is that of a private conversation that the actor takes part in.
///
/// # Errors
/// Only when the store fails.
pub async fn takes_part(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<bool, Refusal> {
    match access::conversation(backend, actor, id).await {
        Ok(_) => Ok(true),
        Err(Refusal::NotFound) => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

/// Where the direct conversation of two users is, who are not the same.
pub(super) fn direct_key(one: &UserKey, other: &UserKey) -> Result<DirectKey, Refusal> {
    DirectKey::of(one, other).ok_or_else(|| Refusal::invalid("user", "malformed", "is somebody else"))
}

/// The direct conversation of two users, and the change that makes it.
fn direct(backend: &Backend, key: &DirectKey, one: &UserKey, other: &UserKey) -> (Channel, Change) {
    // The one who lives where it is owned is its owner and is told of first: then whoever is told of the other knows both.
    let (owner, guest) = match (one.home == *key.home(), other.home == *key.home()) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => (one.min(other), one.max(other)),
    };
    let (channel, change) = new(backend, &key.space, SpaceKind::Direct, vec![owner.clone(), guest.clone()], None);
    let change = [owner, guest]
        .into_iter()
        .fold(change, |change, user| change.guard(RecordGuard::<Member>::Absent((key.space.clone(), user.clone()))));
    (channel, change)
}

/// Makes a group of the actor and others; the backend of the actor owns it, for ever.
///
/// # Errors
/// [`Refusal::Invalid`] for fewer than 2 or more than 50 participants, the actor among them; [`Refusal::NotFound`] when
/// there is no such user, and for users of other backends, who make groups at home; [`Refusal::ContactDenied`] when the actor may not add one of them; [`Refusal::Remote`].
pub async fn create_group(
    backend: &Backend,
    actor: &Actor,
    name: Option<ChannelName>,
    users: &[UserKey],
) -> Result<Channel, Refusal> {
    let creator = actor.as_user()?;
    if creator.home != backend.domain {
        return Err(Refusal::NotFound);
    }
    let others: BTreeSet<&UserKey> = users.iter().filter(|user| *user != creator).collect();
    if others.is_empty() {
        return Err(Refusal::invalid("users", "too_short", "names somebody else"));
    }
    if others.len() >= MOST_PARTICIPANTS {
        return Err(Refusal::invalid("users", "too_long", FULL));
    }
    for user in &others {
        may_be_in(backend, actor, user).await?;
    }
    let participants: Vec<UserKey> = std::iter::once(creator).chain(others).cloned().collect();
    let space = Qualified::new(backend.id(), backend.domain.clone());
    let (channel, change) = new(backend, &space, SpaceKind::Group, participants, name);
    backend.commit(actor, change).await?;
    Ok(channel)
}

/// Adds somebody to a group: any participant may. They see its whole history.
///
/// # Errors
/// [`Refusal::NotFound`] for who is not in it, and when there is no such user; [`Refusal::Conflict`] for a direct
/// conversation, and for a group that is full; [`Refusal::AlreadyMember`]; [`Refusal::ContactDenied`] when the actor may
/// not add them; [`Refusal::Remote`].
pub async fn add(backend: &Backend, actor: &Actor, id: &ChannelKey, user: &UserKey) -> Result<Channel, Refusal> {
    let space = group(&access::conversation(backend, actor, id).await?, STAYS_TWO)?;
    may_be_in(backend, actor, user).await?;
    retry_on_conflict!(backend, changing & space, found = access::conversation(backend, actor, id).await?, {
        let before = &*found.channel;
        if before.participants.contains(user) {
            return Err(Refusal::AlreadyMember.into());
        }
        if before.participants.len() >= MOST_PARTICIPANTS {
            return Err(Refusal::Conflict(FULL).into());
        }
        let server = &found.inside.facts().server;
        let member = Member::joining(server.id.clone(), user.clone(), backend.now());
        let joined = EventBody::MemberJoined(member.clone());
        let (_, channel) = after(found.inside.facts(), &joined).ok_or(Refusal::NotFound)?;
        let change = found
            .inside
            .changing()?
            .guard(RecordGuard::<Member>::Absent((server.id.clone(), user.clone())))
            .put(member)
            .put(channel.clone())
            .event(server.stream(), joined_scopes(server, user), joined);
        backend.commit(actor, change).await?;
        now(backend, channel).await?
    })
}

/// Removes somebody from a group: only who made it may, or has their place. Of oneself it is leaving.
///
/// # Errors
/// [`Refusal::NotFound`] for who is not in it, and when the other is not; [`Refusal::Conflict`] for a direct conversation;
/// [`Refusal::Rank`] for everybody else.
pub async fn remove(backend: &Backend, actor: &Actor, id: &ChannelKey, user: &UserKey) -> Result<(), Refusal> {
    if user == actor.as_user()? {
        return leave(backend, actor, id).await;
    }
    let space = group(&access::conversation(backend, actor, id).await?, STAYS_TWO)?;
    retry_on_conflict!(backend, changing & space, found = owned(backend, actor, id).await?, {
        access::member(backend, &found.inside, user).await?;
        backend.commit(actor, without(&found.inside, user)).await?;
    })
}

/// Leaves a group. The place of who made it goes to who is in it longest; with the last participant the group goes.
///
/// # Errors
/// [`Refusal::NotFound`] for who is not in it; [`Refusal::Conflict`] for a direct conversation.
pub async fn leave(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<(), Refusal> {
    let found = access::conversation(backend, actor, id).await?;
    servers::leave(backend, actor, &found.channel.space_key()).await
}

/// Gives a group a name, or takes it away: any participant may.
///
/// # Errors
/// [`Refusal::NotFound`] for who is not in it; [`Refusal::Conflict`] for a direct conversation.
pub async fn rename(
    backend: &Backend,
    actor: &Actor,
    id: &ChannelKey,
    name: Option<ChannelName>,
) -> Result<Channel, Refusal> {
    let space = group(&access::conversation(backend, actor, id).await?, NAMELESS)?;
    retry_on_conflict!(backend, changing & space, found = access::conversation(backend, actor, id).await?, {
        if found.channel.name != name {
            let before = (*found.channel).clone();
            let channel = Channel { name: name.clone(), version: before.version + 1, ..before.clone() };
            let change = found
                .inside
                .changing()?
                .put(channel.clone())
                .channel_event(&channel, EventBody::ChannelUpdated { channel: channel.clone(), before });
            backend.commit(actor, change).await?;
            return Ok(now(backend, channel).await?);
        }
        now(backend, (*found.channel).clone()).await?
    })
}

/// The change by which a member is out of a space of any kind; of a private one also what becomes of it then.
pub(super) fn without(inside: &Inside, user: &UserKey) -> Change {
    let space = &inside.facts().server;
    let left = EventBody::MemberLeft { server: space.id.clone(), user: user.clone() };
    let mut change = inside.revising();
    if space.kind.is_private() {
        let Some((after, channel)) = after(inside.facts(), &left).filter(|(_, left)| !left.participants.is_empty())
        else {
            return removed(inside);
        };
        change = change.put(channel).write(SpaceWrite::Put(after));
    }
    change.remove::<Member>((space.id.clone(), user.clone())).event(space.stream(), joined_scopes(space, user), left)
}

/// The change by which a private space goes, with all that is in it.
pub(super) fn removed(inside: &Inside) -> Change {
    let space = &inside.facts().server;
    inside.in_any_case().write(SpaceWrite::Remove(space.id.clone())).event(
        space.stream(),
        vec![Scope::MembersOf(space.id.clone())],
        EventBody::SpaceDeleted { id: space.id.clone() },
    )
}

/// Whether everybody who takes part in a private space has deleted their account, as far as this backend knows.
pub(super) async fn is_abandoned(backend: &Backend, facts: &SpaceFacts) -> Result<bool, Refusal> {
    let participants = facts.channels.values().flat_map(|channel| &channel.participants);
    let profiles = users::profiles(backend, participants.clone()).await?;
    Ok(participants.clone().all(|user| profiles.get(user).is_some_and(|profile| profile.deleted)))
}

/// Whether the actor may have somebody in a conversation with themself. Another backend's users make this one ask nobody but
/// their own home.
pub(super) async fn may_be_in(backend: &Backend, actor: &Actor, user: &UserKey) -> Result<(), Refusal> {
    let asking = actor.as_user()?;
    let may_ask = [&asking.home, &backend.domain].contains(&&user.home) || asking.home == backend.domain;
    if may_ask {
        users::find_active(backend, user).await?;
    } else if backend.store.profiles(std::slice::from_ref(user)).await?.is_empty() {
        return Err(Refusal::NotFound);
    }
    if contact::may_contact(backend, asking, user).await? { Ok(()) } else { Err(Refusal::ContactDenied) }
}

/// Whether the other side of a direct conversation still takes direct messages of a user, as when it was opened; elsewhere
/// all may be written that permissions allow.
pub(super) async fn is_written_to(backend: &Backend, user: &UserKey, found: &InChannel) -> Result<bool, StoreError> {
    if found.inside.facts().server.kind != SpaceKind::Direct {
        return Ok(true);
    }
    match found.channel.participants.iter().find(|other| *other != user) {
        Some(other) => contact::may_contact(backend, user, other).await,
        None => Ok(true),
    }
}

/// Whether participants of a space add others to it.
pub(super) fn takes_others(kind: SpaceKind) -> Result<(), Refusal> {
    match kind {
        SpaceKind::Community => Err(Refusal::NotFound),
        SpaceKind::Direct => Err(Refusal::Conflict(STAYS_TWO)),
        SpaceKind::Group => Ok(()),
    }
}

/// Finds the channel of a conversation that the actor owns.
async fn owned(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let found = access::conversation(backend, actor, id).await?;
    if facts::is_owner(found.inside.facts(), actor.as_user()?) { Ok(found) } else { Err(RankDenied::Member.into()) }
}

/// The space of a group; of a direct conversation says why not.
fn group(found: &InChannel, why_not: &'static str) -> Result<SpaceKey, Refusal> {
    match found.inside.facts().server.kind {
        SpaceKind::Direct => Err(Refusal::Conflict(why_not)),
        SpaceKind::Community | SpaceKind::Group => Ok(found.channel.space_key()),
    }
}

/// A conversation with these participants, the first of whom owns it, and the change that makes it.
fn new(
    backend: &Backend,
    id: &SpaceKey,
    kind: SpaceKind,
    participants: Vec<UserKey>,
    name: Option<ChannelName>,
) -> (Channel, Change) {
    let now = backend.now();
    let space = Space {
        id: id.clone(),
        kind,
        name: ServerName::parse("conversation").expect("it fits the rules of a name"),
        description: Description::parse("").expect("an empty description fits"),
        visibility: Visibility::Private,
        owner: participants[0].clone(),
        member_count: participants.len() as u64,
        created_at: now,
        version: 1,
        suspended_until: None,
    };
    let everyone = Role::everyone(backend.id(), id.clone(), Permissions::participant());
    let channel = Channel::of_conversation(id, kind, participants, name);
    let change = Change::default().write(SpaceWrite::Put(space.clone())).put(everyone).put(channel.clone());
    let change = channel.participants.iter().fold(change, |change, user| {
        let member = Member::joining(id.clone(), user.clone(), now);
        let joined = EventBody::MemberJoined(member.clone());
        change.put(member).event(space.stream(), joined_scopes(&space, user), joined)
    });
    (channel, change)
}

/// A private space and its channel after somebody came or went.
pub(super) fn after(facts: &SpaceFacts, event: &EventBody) -> Option<(Space, Channel)> {
    let mut after = facts.clone();
    after.apply(event);
    Some((after.server, Arc::unwrap_or_clone(after.channels.into_values().next()?)))
}

/// The channel of a private space; `None` if there is no such space.
async fn only_channel(backend: &Backend, space: &SpaceKey) -> Result<Option<Channel>, StoreError> {
    Ok(backend.store.channels(space).await?.into_iter().next())
}

/// A channel with its newest message as it is now, of which the facts say nothing sure.
async fn now(backend: &Backend, channel: Channel) -> Result<Channel, StoreError> {
    let now = only_channel(backend, &channel.space_key()).await?;
    Ok(Channel { last_message: now.and_then(|now| now.last_message), ..channel })
}

const FULL: &str = "a group has at most 50 participants";
const STAYS_TWO: &str = "a direct conversation stays that of its two";
const NAMELESS: &str = "a direct conversation has no name of its own";
