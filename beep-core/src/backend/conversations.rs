//! Private conversations: direct ones of two users, and groups.
//!
//! Each is a space with one channel, whose members are its participants. What they may do there follows from its kind: all
//! may write and name a group, nobody manages what others wrote. Rules: contract "client API", "Channels".

use std::collections::BTreeSet;

use crate::backend::access::{self, InChannel, Inside};
use crate::backend::servers::{self, joined_scopes};
use crate::backend::{Actor, Backend, Refusal, contact, retry_on_conflict, users};
use crate::channel::Channel;
use crate::direct::DirectKey;
use crate::event::{EventBody, Scope, Stream};
use crate::facts;
use crate::hierarchy::RankDenied;
use crate::id::{ChannelKey, Qualified, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{Change, SpaceWrite, StoreError};
use crate::record::RecordGuard;
use crate::role::Role;
use crate::space::{Space, SpaceKind, Visibility};
use crate::text::{ChannelName, Description, ServerName};

/// A private conversation with all who are in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conversation {
    /// The space.
    pub space: Space,
    /// Its one channel.
    pub channel: Channel,
    /// Who takes part in it, by id.
    pub participants: Vec<UserKey>,
}

/// What came of opening a direct conversation.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The conversation.
    pub conversation: Conversation,
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
        if let Some(space) = backend.store.server(&key.space).await? {
            return Ok(Opened { conversation: conversation(backend, space).await?, is_new: false });
        }
        let (new, change) = direct(backend, &key, user, other);
        backend.commit(actor, change).await?;
        Opened { conversation: new, is_new: true }
    })
}

/// Where the direct conversation of two users is, who are not the same.
pub(super) fn direct_key(one: &UserKey, other: &UserKey) -> Result<DirectKey, Refusal> {
    DirectKey::of(one, other).ok_or_else(|| Refusal::invalid("user", "malformed", "is somebody else"))
}

/// The direct conversation of two users, and the change that makes it.
fn direct(backend: &Backend, key: &DirectKey, one: &UserKey, other: &UserKey) -> (Conversation, Change) {
    // The one who lives where it is owned is its owner and is told of first: then whoever is told of the other knows both.
    let (owner, guest) = match (one.home == *key.home(), other.home == *key.home()) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => (one.min(other), one.max(other)),
    };
    let new = New { space: key.space.clone(), channel: key.channel.clone(), kind: SpaceKind::Direct, name: None };
    let (conversation, change) = new.made(backend, &[owner.clone(), guest.clone()]);
    let change = [owner, guest]
        .into_iter()
        .fold(change, |change, user| change.guard(RecordGuard::<Member>::Absent((key.space.clone(), user.clone()))));
    (conversation, change)
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
) -> Result<Conversation, Refusal> {
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
    let new = New {
        space: Qualified::new(backend.id(), backend.domain.clone()),
        channel: Qualified::new(backend.id(), backend.domain.clone()),
        kind: SpaceKind::Group,
        name,
    };
    let participants: Vec<UserKey> = std::iter::once(creator).chain(others).cloned().collect();
    let (conversation, change) = new.made(backend, &participants);
    backend.commit(actor, change).await?;
    Ok(conversation)
}

/// Adds somebody to a group: any participant may. They see its whole history.
///
/// # Errors
/// [`Refusal::NotFound`] for who is not in it, and when there is no such user; [`Refusal::Conflict`] for a direct
/// conversation, and for a group that is full; [`Refusal::AlreadyMember`]; [`Refusal::ContactDenied`] when the actor may
/// not add them; [`Refusal::Remote`].
pub async fn add(backend: &Backend, actor: &Actor, id: &ChannelKey, user: &UserKey) -> Result<Conversation, Refusal> {
    let space = group(&access::conversation(backend, actor, id).await?, STAYS_TWO)?;
    may_be_in(backend, actor, user).await?;
    retry_on_conflict!(backend, changing & space, found = access::conversation(backend, actor, id).await?, {
        let participants = participants(backend, &space).await?;
        if participants.iter().any(|member| member.user == *user) {
            return Err(Refusal::AlreadyMember.into());
        }
        if participants.len() >= MOST_PARTICIPANTS {
            return Err(Refusal::Conflict(FULL).into());
        }
        let server = &found.inside.facts().server;
        let member = Member::joining(server.id.clone(), user.clone(), backend.now());
        let change = found
            .inside
            .changing()
            .guard(RecordGuard::<Member>::Absent((server.id.clone(), user.clone())))
            .put(member.clone())
            .event(Stream::Space(space.clone()), joined_scopes(server, user), EventBody::MemberJoined(member));
        backend.commit(actor, change).await?;
        of(backend, &space).await?
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
        backend.commit(actor, without(backend, &found.inside, user).await?).await?;
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
) -> Result<Conversation, Refusal> {
    let space = group(&access::conversation(backend, actor, id).await?, NAMELESS)?;
    retry_on_conflict!(backend, changing & space, found = access::conversation(backend, actor, id).await?, {
        if found.channel.name != name {
            let before = (*found.channel).clone();
            let channel = Channel { name: name.clone(), version: before.version + 1, ..before.clone() };
            let change = found
                .inside
                .changing()
                .put(channel.clone())
                .channel_event(&channel, EventBody::ChannelUpdated { channel: channel.clone(), before });
            backend.commit(actor, change).await?;
        }
        of(backend, &space).await?
    })
}

/// The change by which a member is out of a space of any kind; of a private one also what becomes of it then.
pub(super) async fn without(backend: &Backend, inside: &Inside, user: &UserKey) -> Result<Change, StoreError> {
    let space = &inside.facts().server;
    let left = EventBody::MemberLeft { server: space.id.clone(), user: user.clone() };
    let left = |change: Change| {
        change.remove::<Member>((space.id.clone(), user.clone())).event(
            Stream::Space(space.id.clone()),
            joined_scopes(space, user),
            left,
        )
    };
    if !space.kind.is_private() {
        return Ok(left(inside.changing()));
    }
    let others = participants(backend, &space.id).await?.into_iter().filter(|member| member.user != *user);
    let Some(longest) = others.min_by(|one, other| (one.joined_at, &one.user).cmp(&(other.joined_at, &other.user)))
    else {
        return Ok(inside.reading().write(SpaceWrite::Remove(space.id.clone())).event(
            Stream::Space(space.id.clone()),
            vec![Scope::MembersOf(space.id.clone())],
            EventBody::SpaceDeleted { id: space.id.clone() },
        ));
    };
    let change = left(inside.changing());
    if space.owner != *user {
        return Ok(change);
    }
    // Told after who left: its count is that of the space then.
    let server = Space { owner: longest.user, version: space.version + 1, ..space.clone() };
    let updated = EventBody::SpaceUpdated { server: server.clone(), before: space.clone() };
    Ok(change.write(SpaceWrite::Put(server.clone())).space_event(&server, updated))
}

/// Whether the actor may have somebody in a conversation with themself. Another backend's users make this one ask nobody but
/// their own home.
pub(super) async fn may_be_in(backend: &Backend, actor: &Actor, user: &UserKey) -> Result<(), Refusal> {
    let asking = actor.as_user()?;
    let may_ask = [&asking.home, &backend.domain].contains(&&user.home) || asking.home == backend.domain;
    if may_ask {
        users::find(backend, user).await?;
    } else if backend.store.profiles(std::slice::from_ref(user)).await?.is_empty() {
        return Err(Refusal::NotFound);
    }
    if contact::may_contact(backend, asking, user).await? { Ok(()) } else { Err(Refusal::ContactDenied) }
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

/// A conversation that is to be.
struct New {
    space: SpaceKey,
    channel: ChannelKey,
    kind: SpaceKind,
    name: Option<ChannelName>,
}

impl New {
    /// The conversation with these participants, the first of whom owns it, and the change that makes it.
    fn made(self, backend: &Backend, participants: &[UserKey]) -> (Conversation, Change) {
        let Self { space: id, channel, kind, name } = self;
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
        };
        let everyone = Role::everyone(backend.id(), id.clone(), Permissions::participant());
        let channel = Channel::new(channel, id.id, name);
        let change = Change::default().write(SpaceWrite::Put(space.clone())).put(everyone).put(channel.clone());
        let change = participants.iter().fold(change, |change, user| {
            let member = Member::joining(id.clone(), user.clone(), now);
            let scopes = joined_scopes(&space, user);
            let joined = EventBody::MemberJoined(member.clone());
            change.put(member).event(Stream::Space(id.clone()), scopes, joined)
        });
        let mut participants = participants.to_vec();
        participants.sort();
        (Conversation { space, channel, participants }, change)
    }
}

/// A conversation as it is at this moment.
async fn of(backend: &Backend, space: &SpaceKey) -> Result<Conversation, Refusal> {
    let space = backend.store.server(space).await?.ok_or(Refusal::NotFound)?;
    conversation(backend, space).await
}

async fn conversation(backend: &Backend, space: Space) -> Result<Conversation, Refusal> {
    let channel = backend.store.channels(&space.id).await?.into_iter().next().ok_or(Refusal::NotFound)?;
    let participants = participants(backend, &space.id).await?.into_iter().map(|member| member.user).collect();
    Ok(Conversation { space, channel, participants })
}

/// Everybody in a private space, by id.
async fn participants(backend: &Backend, space: &SpaceKey) -> Result<Vec<Member>, StoreError> {
    backend.store.members(space, "", None, MOST_PARTICIPANTS as u32).await
}

/// The most participants of a group (contract: client API, "Channels").
pub const MOST_PARTICIPANTS: usize = 50;

const FULL: &str = "a group has at most 50 participants";
const STAYS_TWO: &str = "a direct conversation stays that of its two";
const NAMELESS: &str = "a direct conversation has no name of its own";
