//! What the engine needs to know of a server to decide for anybody in it, and how events change it.
//!
//! Facts are a value with the revision at which they were true; a change commits only if that revision
//! still stands. [`SpaceFacts::apply`] and [`SpaceFacts::rewind`] walk them along the log, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::channel::{Channel, ChannelKind};
use crate::event::{EventBody, content_events, person_events};
use crate::hierarchy::Rank;
use crate::id::{ChannelId, RoleId, UserKey};
use crate::member::Member;
use crate::permission::{self, MemberContext, Overrides, Permissions, Target};
use crate::role::Role;
use crate::sorted_lookup::SortedLookup;
use crate::space::{Space, SpaceKind, Visibility};
use crate::time::Timestamp;

/// What leaves the facts of a space as they are: members of a server come and go beside them, and what is not of the facts
/// class changes nothing here.
macro_rules! no_facts {
    () => {
        EventBody::SpaceDeleted { .. }
            | EventBody::MemberJoined(_)
            | EventBody::Reopened(_)
            | EventBody::MemberUpdated { .. }
            | EventBody::MemberLeft { .. }
            | EventBody::MemberBanned { .. }
            | EventBody::Unknown { .. }
            | EventBody::Unreadable { .. }
            | content_events!()
            | person_events!()
    };
}

/// A server with its roles and channels at one revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpaceFacts {
    /// The server; its `member_count` and the channels' `last_message` may lag behind.
    pub server: Space,
    /// Counts every change of what decides.
    pub revision: u64,
    /// The roles by id, `everyone` among them.
    pub roles: BTreeMap<RoleId, Arc<Role>>,
    /// The channels by id.
    pub channels: BTreeMap<ChannelId, Arc<Channel>>,
    everyone: (RoleId, Permissions),
    /// What each role but `everyone` grants, sorted: a decision reads this instead of the roles themselves.
    grants: Vec<(RoleId, Permissions)>,
}

impl SpaceFacts {
    /// Gathers the facts of a server; `None` if there is no `everyone` role among `roles`.
    pub fn new(
        server: Space,
        revision: u64,
        roles: impl IntoIterator<Item = Role>,
        channels: impl IntoIterator<Item = Channel>,
    ) -> Option<Self> {
        let roles: BTreeMap<_, _> = roles.into_iter().map(|role| (role.id, Arc::new(role))).collect();
        let channels = channels.into_iter().map(|channel| (channel.id.id, Arc::new(channel))).collect();
        let everyone = roles.values().find(|role| role.everyone)?;
        let everyone = (everyone.id, everyone.permissions);
        let grants = roles.values().filter(|role| !role.everyone).map(|role| (role.id, role.permissions)).collect();
        Some(Self { server, revision, roles, channels, everyone, grants })
    }

    /// The role that every member has.
    pub fn everyone(&self) -> RoleId {
        self.everyone.0
    }

    /// The member with those of their roles alone that are there: a role that is deleted stays with who had it, so that
    /// the log can be walked back, and grants nothing.
    pub fn current(&self, member: &Member) -> Member {
        let mut member = member.clone();
        member.roles.retain(|role| self.roles.contains_key(role));
        member
    }

    /// What the member's own roles grant, ready for [`Self::member_context`]; roles that are not there are left out.
    pub fn grants(&self, member: &Member) -> Vec<(RoleId, Permissions)> {
        self.granted(member).collect()
    }

    /// What a member is here; `grants` are theirs.
    pub fn member_context<'a>(&self, member: &'a Member, grants: &'a [(RoleId, Permissions)]) -> MemberContext<'a> {
        MemberContext {
            user: &member.user,
            member: true,
            owner: self.holds_everything(&member.user),
            everyone: self.everyone,
            roles: grants,
            muted_until: member.muted_until,
            restricted_until: member.restricted_until.max(self.server.suspended_until),
        }
    }

    /// What a member is in a channel; `grants` are theirs.
    pub fn member_context_in<'a>(
        &self,
        member: &'a Member,
        grants: &'a [(RoleId, Permissions)],
        channel: &Channel,
    ) -> MemberContext<'a> {
        let context = self.member_context(member, grants);
        let restricted_until = context.restricted_until.max(channel.restricted.get(&member.user).copied());
        MemberContext { restricted_until, ..context }
    }

    /// When the restriction of a member that is in force at `now` ends, in the server or in a channel of it.
    pub fn restriction(&self, member: &Member, channel: Option<ChannelId>, now: Timestamp) -> Option<Timestamp> {
        let channel = channel.and_then(|channel| self.channels.get(&channel));
        let here = channel.and_then(|channel| channel.restricted.get(&member.user).copied());
        member.restricted_until.max(here).filter(|until| now < *until)
    }

    /// What a member may do in the server.
    pub fn permissions(&self, member: &Member, now: Timestamp) -> Permissions {
        permission::in_server(&self.member_context(member, &self.grants(member)), now)
    }

    /// What a member may do in a channel; empty when they may not see it or it is not there.
    pub fn permissions_in(&self, member: &Member, channel: ChannelId, now: Timestamp) -> Permissions {
        let Some(channel) = self.channels.get(&channel) else {
            return Permissions::empty();
        };
        let member_context = self.member_context_in(member, &[], channel);
        permission::in_channel_with(&member_context, self.granted(member), &channel.overrides, now)
    }

    /// The channels that a member may see.
    pub fn visible(&self, member: &Member, now: Timestamp) -> BTreeSet<ChannelId> {
        let grants = self.grants(member);
        let member_context = self.member_context(member, &grants);
        let sees = |channel: &&Arc<Channel>| {
            permission::in_channel(&member_context, &channel.overrides, now).contains(Permissions::VIEW_CHANNELS)
        };
        self.channels.values().filter(sees).map(|channel| channel.id.id).collect()
    }

    /// The channels of a category, by id: of one that is not there as well.
    pub fn children(&self, category: ChannelId) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.values().filter(move |channel| channel.parent == Some(category))
    }

    /// Whether a channel is there and a category.
    pub fn is_category(&self, channel: ChannelId) -> bool {
        self.channels.get(&channel).is_some_and(|channel| channel.kind == ChannelKind::Category)
    }

    /// Whether a user holds everything here, with no role at all: the owner does, of a community alone.
    pub fn holds_everything(&self, user: &UserKey) -> bool {
        !self.server.kind.is_private() && self.server.owner == *user
    }

    /// Whether what is in it is what its kind allows. Channels alone are in categories. A private space has one channel with its own id, which is open to all
    /// alike, and one role, which grants what participants may; only there a channel may be without a name.
    pub fn fits_kind(&self) -> bool {
        let fits = |channel: &Arc<Channel>| {
            let may_be_inside = channel.kind == ChannelKind::Text || channel.parent.is_none();
            channel.kind.space() == self.server.kind
                && may_be_inside
                && (!channel.follows_parent || channel.parent.is_some())
        };
        if !self.channels.values().all(fits) {
            return false;
        }
        if !self.server.kind.is_private() {
            return self.channels.values().all(|channel| channel.name.is_some() && channel.participants.is_empty());
        }
        let mut channels = self.channels.values();
        let (Some(channel), None) = (channels.next(), channels.next()) else { return false };
        let distinct: BTreeSet<_> = channel.participants.iter().collect();
        channel.id == Channel::only_of(&self.server.id)
            && channel.participants.len() <= MOST_PARTICIPANTS
            && distinct.len() == channel.participants.len()
            && channel.participants.first().is_none_or(|first| *first == self.server.owner)
            && self.server.visibility == Visibility::Private
            && self.roles.len() == 1
            && self.everyone.1 == Permissions::participant()
            && channel.overrides == Overrides::default()
            && channel.restricted.is_empty()
            && self.server.suspended_until.is_none()
            && channel.slow_mode_s == 0
            && (self.server.kind == SpaceKind::Group || channel.name.is_none())
    }

    /// How high a member stands.
    pub fn rank(&self, member: &Member) -> Rank {
        if self.holds_everything(&member.user) {
            return Rank::Owner;
        }
        self.own_roles(member).map(Role::rank).max().map_or(Rank::Everyone, Rank::Role)
    }

    /// Takes the facts past an event of this server; the revision, which no event carries, stays.
    pub fn apply(&mut self, event: &EventBody) {
        match event {
            EventBody::ChannelCreated(channel) | EventBody::ChannelUpdated { channel, .. } => {
                self.channels.insert(channel.id.id, Arc::new(channel.clone()));
            }
            EventBody::ChannelDeleted { before } => {
                self.channels.remove(&before.id.id);
            }
            EventBody::SpaceUpdated { server, .. } => self.server = server.clone(),
            EventBody::RoleCreated(role) | EventBody::RoleUpdated { role, .. } => self.put_role(role),
            EventBody::RoleDeleted { before, overrides } => {
                self.remove_role(before.id);
                for (channel, _) in overrides {
                    self.set_override(*channel, before.id, None);
                }
            }
            EventBody::MemberJoined(member) if self.server.kind.is_private() => self.take_in(&member.user),
            body if self.server.kind.is_private() && body.removed().is_some() => {
                body.removed().iter().for_each(|user| self.let_go(user))
            }
            no_facts!() => {}
        }
    }

    /// Takes the facts back before an event of this server; the reverse of [`Self::apply`]. Who left a private conversation is
    /// not restored, since their place is not known.
    pub fn rewind(&mut self, event: &EventBody) {
        match event {
            EventBody::ChannelCreated(channel) => {
                self.channels.remove(&channel.id.id);
            }
            EventBody::ChannelUpdated { before, .. } | EventBody::ChannelDeleted { before } => {
                self.channels.insert(before.id.id, Arc::new(before.clone()));
            }
            EventBody::SpaceUpdated { before, .. } => self.server = before.clone(),
            EventBody::RoleCreated(role) => {
                self.remove_role(role.id);
            }
            EventBody::RoleUpdated { before, .. } => self.put_role(before),
            EventBody::RoleDeleted { before, overrides } => {
                self.put_role(before);
                for (channel, was) in overrides {
                    self.set_override(*channel, before.id, Some(*was));
                }
            }
            EventBody::MemberJoined(member) if self.server.kind.is_private() => {
                self.participants(|participants| participants.retain(|user| *user != member.user))
            }
            no_facts!() => {}
        }
    }

    /// What the member's own roles grant, one after the other.
    fn granted<'a>(&'a self, member: &'a Member) -> impl Iterator<Item = (RoleId, Permissions)> + 'a {
        let mut grants = SortedLookup::new(&self.grants);
        member.roles.iter().filter_map(move |role| grants.find(*role).map(|granted| (*role, *granted)))
    }

    /// The roles of a member that are there, without `everyone`, which counts as a layer and a rank of its own.
    fn own_roles<'a>(&'a self, member: &'a Member) -> impl Iterator<Item = &'a Role> {
        let own = member.roles.iter().filter(|role| **role != self.everyone.0);
        own.filter_map(|role| self.roles.get(role)).map(Arc::as_ref)
    }

    /// Has somebody take part in a private conversation, as the last who came.
    fn take_in(&mut self, user: &UserKey) {
        self.participants(|participants| {
            if !participants.contains(user) {
                participants.push(user.clone());
            }
        });
    }

    /// Has somebody take part in a private conversation no more. The place of its owner goes to who is in it longest.
    fn let_go(&mut self, user: &UserKey) {
        self.participants(|participants| participants.retain(|other| other != user));
        let first = self.channels.values().find_map(|channel| channel.participants.first());
        if let Some(first) = first.filter(|_| self.server.owner == *user) {
            self.server = Space { owner: first.clone(), version: self.server.version + 1, ..self.server.clone() };
        }
    }

    fn participants(&mut self, change: impl FnOnce(&mut Vec<UserKey>)) {
        if let Some(channel) = self.channels.values_mut().next() {
            change(&mut Arc::make_mut(channel).participants);
        }
    }

    fn put_role(&mut self, role: &Role) {
        if role.everyone {
            self.everyone = (role.id, role.permissions);
        } else {
            match self.grants.binary_search_by_key(&role.id, |(id, _)| *id) {
                Ok(at) => self.grants[at].1 = role.permissions,
                Err(at) => self.grants.insert(at, (role.id, role.permissions)),
            }
        }
        self.roles.insert(role.id, Arc::new(role.clone()));
    }

    fn remove_role(&mut self, role: RoleId) {
        self.roles.remove(&role);
        self.grants.retain(|(id, _)| *id != role);
    }

    fn set_override(&mut self, channel: ChannelId, role: RoleId, to: Option<permission::Override>) {
        if let Some(channel) = self.channels.get_mut(&channel) {
            Arc::make_mut(channel).overrides.set(&Target::Role(role), to);
        }
    }
}

/// Takes a member's own facts past an event.
pub fn apply_to_member(member: &mut Member, event: &EventBody) {
    match event {
        EventBody::MemberUpdated { member: after, .. } | EventBody::Reopened(after) if after.user == member.user => {
            *member = after.clone()
        }
        _ => {}
    }
}

/// Takes a member's own facts back before an event; the reverse of [`apply_to_member`].
pub fn rewind_member(member: &mut Member, event: &EventBody) {
    if let EventBody::MemberUpdated { before, .. } = event
        && before.user == member.user
    {
        *member = before.clone();
    }
}

/// Adds a role to a member, keeping the order; does nothing if they have it.
pub fn give_role(member: &mut Member, role: RoleId) {
    if let Err(at) = member.roles.binary_search(&role) {
        member.roles.insert(at, role);
    }
}

/// Whether a user owns the space.
pub fn is_owner(facts: &SpaceFacts, user: &UserKey) -> bool {
    facts.server.owner == *user
}

/// Whether a member may leave the space at all.
///
/// # Errors
/// Says why not.
pub fn may_leave(facts: &SpaceFacts, user: &UserKey) -> Result<(), &'static str> {
    match facts.server.kind {
        SpaceKind::Community if is_owner(facts, user) => Err("the owner cannot leave; pass the server on or delete it"),
        SpaceKind::Direct => Err("a direct conversation stays that of its two"),
        SpaceKind::Community | SpaceKind::Group => Ok(()),
    }
}

/// The most participants of a group (contract: client API, "Channels").
pub const MOST_PARTICIPANTS: usize = 50;
