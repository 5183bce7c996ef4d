//! Who stands where: the members, servers and channels that an actor may see, and what they hold there.
//!
//! A server that the actor is no member of is absent, unless it is public: then it is there and they hold nothing.
//! A channel that the actor may not view is absent, whatever else; in a category there are no messages. A private space is no server: where one is asked for it is
//! absent, and in it [`conversation`] alone finds what is to be changed.

use std::sync::Arc;

use crate::backend::facts_cache::Known;
use crate::backend::{Actor, Backend, Refusal};
use crate::channel::{Channel, ChannelKind};
use crate::facts::SpaceFacts;
use crate::hierarchy::{self, Rank};
use crate::id::{ChannelId, ChannelKey, MessageId, SpaceKey, UserKey};
use crate::member::Member;
use crate::message::Message;
use crate::permission::{self, MemberContext, Permissions};
use crate::port::{Change, SpaceWrite};
use crate::record::RecordGuard;
use crate::role::Role;
use crate::space::Visibility;
use crate::time::Timestamp;

/// An actor inside a server that they are a member of.
pub struct Inside {
    known: Arc<Known>,
    /// Their membership.
    pub member: Arc<Member>,
    now: Timestamp,
}

impl Inside {
    /// The facts of the server.
    pub fn facts(&self) -> &SpaceFacts {
        &self.known.facts
    }

    /// A change that rests on what decides about the actor: the facts of the server and their own membership.
    ///
    /// # Errors
    /// [`Refusal::ServerSuspended`], as nothing is changed in a suspended server but by [`Self::in_any_case`].
    pub(super) fn reading(&self) -> Result<Change, Refusal> {
        self.not_suspended()?;
        Ok(self.in_any_case())
    }

    /// The same in a suspended server too: for leaving it, and for deleting it.
    pub(super) fn in_any_case(&self) -> Change {
        Change::reading(&self.facts().server.id, self.facts().revision).guard(as_known(&self.member))
    }

    /// A change that rests on the same, and changes the facts.
    ///
    /// # Errors
    /// Those of [`Self::reading`].
    pub(super) fn changing(&self) -> Result<Change, Refusal> {
        self.not_suspended()?;
        Ok(self.revising())
    }

    /// The same in a suspended server too: for leaving it.
    pub(super) fn revising(&self) -> Change {
        self.in_any_case().write(SpaceWrite::Revise(self.facts().server.id.clone()))
    }

    fn not_suspended(&self) -> Result<(), Refusal> {
        match self.facts().server.suspension(self.now) {
            Some(until) => Err(Refusal::ServerSuspended { until }),
            None => Ok(()),
        }
    }

    /// Whether the actor owns the server.
    pub(super) fn is_owner(&self) -> bool {
        self.facts().holds_everything(&self.member.user)
    }

    /// What the actor may do in the server.
    pub fn permissions(&self) -> Permissions {
        self.facts().permissions(&self.member, self.now)
    }

    /// What the actor may do in a channel.
    pub fn permissions_in(&self, channel: ChannelId) -> Permissions {
        self.facts().permissions_in(&self.member, channel, self.now)
    }

    /// Whether the actor may view a channel.
    pub fn sees(&self, channel: ChannelId) -> bool {
        self.permissions_in(channel).contains(Permissions::VIEW_CHANNELS)
    }

    /// A channel that the actor may view.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for every other.
    pub fn channel(&self, id: &ChannelKey) -> Result<&Arc<Channel>, Refusal> {
        let channel = self.facts().channels.get(&id.id).filter(|channel| channel.id == *id && self.sees(id.id));
        channel.ok_or(Refusal::NotFound)
    }

    /// Asks for permissions in a channel.
    ///
    /// # Errors
    /// [`Refusal::Missing`], or what takes it away: [`Refusal::ServerSuspended`], [`Refusal::Restricted`] or [`Refusal::Muted`].
    pub fn require_in(&self, channel: ChannelId, needed: Permissions) -> Result<(), Refusal> {
        self.hold(Some(channel), self.permissions_in(channel), needed)
    }

    /// What the actor could do somewhere, in the server or in a channel, that they may not do now, if they were `other`.
    pub fn gains(&self, other: &Member) -> Permissions {
        let facts = self.facts();
        let channels = facts.channels.keys();
        let in_channels =
            channels.map(|channel| facts.permissions_in(other, *channel, self.now) - self.permissions_in(*channel));
        let in_server = facts.permissions(other, self.now) - self.permissions();
        in_channels.fold(in_server, |all, gained| all | gained)
    }

    /// How high the actor stands.
    pub fn rank(&self) -> Rank {
        self.facts().rank(&self.member)
    }

    /// Whether a member is the actor or ranks below them.
    ///
    /// # Errors
    /// [`Refusal::Rank`] for everybody else.
    pub(super) fn outranks(&self, other: &Member) -> Result<(), Refusal> {
        if other.user != self.member.user {
            hierarchy::act_on_member(self.rank(), self.facts().rank(other))?;
        }
        Ok(())
    }

    /// Asks for permissions in the server.
    ///
    /// # Errors
    /// [`Refusal::Missing`], or what takes it away: [`Refusal::ServerSuspended`], [`Refusal::Restricted`] or [`Refusal::Muted`].
    pub fn require(&self, needed: Permissions) -> Result<(), Refusal> {
        self.hold(None, self.permissions(), needed)
    }

    /// Asks for permissions to look at what is there. In a suspended server it is still there to see, and the owner sees it
    /// whatever was decided about them.
    fn require_to_see(&self, needed: Permissions) -> Result<(), Refusal> {
        let restriction = self.facts().restriction(&self.member, None, self.now);
        let grants = self.facts().grants(&self.member);
        let member_context = self.facts().member_context(&self.member, &grants);
        let restricted_until = restriction.filter(|_| !self.is_owner());
        let held = permission::in_server(&MemberContext { restricted_until, ..member_context }, self.now);
        if held.contains(needed) { Ok(()) } else { Err(self.lacks(None, needed - held)) }
    }

    /// Asks for at least one of several permissions in the server.
    ///
    /// # Errors
    /// Those of [`Self::require`], naming all of them.
    pub fn require_any(&self, needed: Permissions) -> Result<(), Refusal> {
        if self.permissions().intersects(needed) { Ok(()) } else { self.hold(None, Permissions::empty(), needed) }
    }

    /// Says why something is not held in the server or a channel: what takes it from everybody or from the actor, or that it is
    /// missing.
    fn hold(&self, channel: Option<ChannelId>, held: Permissions, needed: Permissions) -> Result<(), Refusal> {
        let missing = needed - held;
        if missing.is_empty() {
            return Ok(());
        }
        self.not_suspended()?;
        Err(self.lacks(channel, missing))
    }

    /// Why the actor themself does not hold something.
    fn lacks(&self, channel: Option<ChannelId>, missing: Permissions) -> Refusal {
        if let Some(until) = self.facts().restriction(&self.member, channel, self.now) {
            return Refusal::Restricted { until };
        }
        let muted = self.member.muted_until.filter(|until| self.now < *until);
        match muted {
            Some(until) if !self.is_owner() => Refusal::Muted { until },
            _ => Refusal::Missing(missing),
        }
    }

    /// The role, or that there is none.
    pub fn role(&self, id: crate::id::RoleId) -> Result<&Arc<Role>, Refusal> {
        self.facts().roles.get(&id).ok_or(Refusal::NotFound)
    }
}

/// An actor inside a channel that they may view.
pub struct InChannel {
    /// The server around it.
    pub inside: Inside,
    /// The channel.
    pub channel: Arc<Channel>,
    /// What the actor may do there; `view_channels` is among it.
    pub held: Permissions,
}

impl InChannel {
    /// Asks for permissions in the channel.
    ///
    /// # Errors
    /// Those of [`Inside::require_in`].
    pub fn require(&self, needed: Permissions) -> Result<(), Refusal> {
        self.inside.hold(Some(self.channel.id.id), self.held, needed)
    }
}

/// Finds a server and the actor's membership in it.
///
/// # Errors
/// [`Refusal::NotFound`] for who is no member; [`Refusal::NotMember`] if the server is public, since they see it.
pub async fn server(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Inside, Refusal> {
    let user = actor.as_user()?;
    let known = own(backend, id).await?;
    if known.facts.server.kind.is_private() {
        return Err(Refusal::NotFound);
    }
    match known.member(&*backend.store, user).await? {
        Some(member) => Ok(Inside { known, member, now: backend.now() }),
        None if known.facts.server.visibility == Visibility::Public => Err(Refusal::NotMember(Permissions::empty())),
        None => Err(Refusal::NotFound),
    }
}

/// Finds a space of any kind that the actor is a member of.
///
/// # Errors
/// [`Refusal::NotFound`] for who is no member, whether it is public or not.
pub(super) async fn space(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Inside, Refusal> {
    inside(backend, actor, own(backend, id).await?).await
}

/// Finds a space of any kind, of this or another backend, that the actor is a member of: for what this backend keeps of them,
/// since on a space of another its owner alone decides.
///
/// # Errors
/// [`Refusal::NotFound`] for who is no member, whether it is public or not.
pub(super) async fn known_space(backend: &Backend, actor: &Actor, id: &SpaceKey) -> Result<Inside, Refusal> {
    let known = backend.facts.server(&*backend.store, id).await?.ok_or(Refusal::NotFound)?;
    inside(backend, actor, known).await
}

async fn inside(backend: &Backend, actor: &Actor, known: Arc<Known>) -> Result<Inside, Refusal> {
    let member = known.member(&*backend.store, actor.as_user()?).await?.ok_or(Refusal::NotFound)?;
    Ok(Inside { known, member, now: backend.now() })
}

/// The facts of a space of this backend: on one of another its owner alone decides.
async fn own(backend: &Backend, id: &SpaceKey) -> Result<Arc<Known>, Refusal> {
    if id.home != backend.domain {
        return Err(Refusal::NotFound);
    }
    backend.facts.server(&*backend.store, id).await?.ok_or(Refusal::NotFound)
}

/// Finds a server where something is to be done that takes `needed`: who is no member hears what.
///
/// # Errors
/// Those of [`server`].
pub async fn server_for(
    backend: &Backend,
    actor: &Actor,
    id: &SpaceKey,
    needed: Permissions,
) -> Result<Inside, Refusal> {
    server(backend, actor, id).await.map_err(|refusal| match refusal {
        Refusal::NotMember(_) => Refusal::NotMember(needed),
        other => other,
    })
}

/// Finds a server, and asks for permissions in it.
///
/// # Errors
/// Those of [`server`] and of [`Inside::require`].
pub async fn server_with(
    backend: &Backend,
    actor: &Actor,
    id: &SpaceKey,
    needed: Permissions,
) -> Result<Inside, Refusal> {
    let inside = server_for(backend, actor, id, needed).await?;
    inside.require(needed)?;
    Ok(inside)
}

/// Finds a server, and asks for permissions to look at what is there, also where it is suspended.
///
/// # Errors
/// Those of [`server`] and of [`Inside::require`].
pub async fn server_to_see(
    backend: &Backend,
    actor: &Actor,
    id: &SpaceKey,
    needed: Permissions,
) -> Result<Inside, Refusal> {
    let inside = server_for(backend, actor, id, needed).await?;
    inside.require_to_see(needed)?;
    Ok(inside)
}

/// The space of a channel, whoever may view it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such channel.
pub(super) async fn space_of(backend: &Backend, channel: &ChannelKey) -> Result<SpaceKey, Refusal> {
    backend.facts.server_of(&*backend.store, channel).await?.ok_or(Refusal::NotFound)
}

/// Finds a channel of a server that the actor may view.
///
/// # Errors
/// [`Refusal::NotFound`] for everybody else.
pub async fn server_channel(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let found = channel(backend, actor, id).await?;
    if found.inside.facts().server.kind.is_private() { Err(Refusal::NotFound) } else { Ok(found) }
}

/// Finds the channel of a private conversation that the actor takes part in.
///
/// # Errors
/// [`Refusal::NotFound`] for everybody else.
pub async fn conversation(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let found = channel(backend, actor, id).await?;
    if found.inside.facts().server.kind.is_private() { Ok(found) } else { Err(Refusal::NotFound) }
}

/// Finds a channel of any space that the actor may view: what is done with its messages is the same everywhere.
///
/// # Errors
/// [`Refusal::NotFound`] for everybody else.
pub async fn channel(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let inside = space(backend, actor, &space_of(backend, id).await?).await?;
    in_channel(inside, id)
}

fn in_channel(inside: Inside, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let held = inside.permissions_in(id.id);
    let channel = inside.facts().channels.get(&id.id).filter(|_| held.contains(Permissions::VIEW_CHANNELS));
    let channel = channel.ok_or(Refusal::NotFound)?.clone();
    Ok(InChannel { inside, channel, held })
}

/// Finds a channel with messages, of this or another backend, that the actor may view: for what this backend keeps of them.
///
/// # Errors
/// Those of [`with_messages`].
pub(super) async fn known_with_messages(
    backend: &Backend,
    actor: &Actor,
    id: &ChannelKey,
) -> Result<InChannel, Refusal> {
    let inside = known_space(backend, actor, &space_of(backend, id).await?).await?;
    messages_in(inside, id)
}

/// Finds a channel with messages that the actor may view.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not view it; [`Refusal::Invalid`] for a category, which holds none.
pub async fn with_messages(backend: &Backend, actor: &Actor, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let inside = space(backend, actor, &space_of(backend, id).await?).await?;
    messages_in(inside, id)
}

fn messages_in(inside: Inside, id: &ChannelKey) -> Result<InChannel, Refusal> {
    let found = in_channel(inside, id)?;
    if found.channel.kind == ChannelKind::Category {
        return Err(Refusal::invalid("channel", "malformed", "must not be a category, which holds no messages"));
    }
    Ok(found)
}

/// Finds a message that the actor may see, with its channel.
///
/// # Errors
/// Those of [`with_messages`]; [`Refusal::NotFound`] if there is no such message.
pub async fn message(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
) -> Result<(InChannel, Message), Refusal> {
    let found = with_messages(backend, actor, channel).await?;
    let message = backend.store.message(channel, id).await?.ok_or(Refusal::NotFound)?;
    Ok((found, message))
}

/// Finds another member of a server.
///
/// # Errors
/// [`Refusal::NotFound`] if they are none.
pub async fn member(backend: &Backend, inside: &Inside, user: &UserKey) -> Result<Arc<Member>, Refusal> {
    inside.known.member(&*backend.store, user).await?.ok_or(Refusal::NotFound)
}

/// Finds a member who is the actor or ranks below them.
///
/// # Errors
/// [`Refusal::NotFound`] if they are none; [`Refusal::Rank`].
pub(super) async fn below(backend: &Backend, inside: &Inside, user: &UserKey) -> Result<Arc<Member>, Refusal> {
    let found = member(backend, inside, user).await?;
    inside.outranks(&found)?;
    Ok(found)
}

/// That a member is as they were when something was decided about them. Their roles do not count as facts of the server, so
/// a decision that looks at a member's rank or permissions names the member as well.
pub(super) fn as_known(member: &Member) -> RecordGuard<Member> {
    RecordGuard::Is(member.clone())
}
