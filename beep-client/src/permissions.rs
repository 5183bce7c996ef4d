//! What the caller may do here, and why not.
//!
//! Decides by the permission engine and the ranks of `beep-core` over what a [`Cache`] holds. An answer is data: a view
//! finds its own words. The backend decides in the end; this only spares the user a refusal.
//!
//! ```
//! use beep_client::permissions::{Action, Denied, Permissions};
//! use beep_client::{Cache, ChannelId, Full, Timestamp};
//!
//! fn hint(cache: &Cache, channel: &Full<ChannelId>, now: Timestamp) -> &'static str {
//!     match Permissions::new(cache, now).may(&Action::Send { channel: channel.clone() }) {
//!         Ok(()) => "",
//!         Err(Denied::Muted { .. }) => "You are muted.",
//!         Err(Denied::SlowMode { .. }) => "Wait a moment.",
//!         Err(_) => "You may only read here.",
//!     }
//! }
//! ```

mod action_json;
mod context;
mod slow_mode;
#[cfg(test)]
mod tests;

use beep_core::hierarchy::{self, Rank, RankDenied, RoleRank};
use beep_core::id::{ChannelId, RoleId, SpaceId, UserId};
use beep_core::permission::Permissions as Set;
use beep_core::time::Timestamp;
use beep_proto::id::{Bare, Full};
use beep_proto::time::Time;
use beep_proto::view::{self, Channel, ChannelKind, Override};
use serde::{Deserialize, Serialize};

use self::context::Context;
pub(crate) use self::context::rank_of;
pub use self::slow_mode::SlowModes;
use crate::cache::{Cache, CachedServer};

/// Something that an app offers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are what the action is about")]
pub enum Action {
    /// See and read a channel.
    View { channel: Full<ChannelId> },
    /// Send a message.
    Send { channel: Full<ChannelId> },
    /// Send a message with files.
    Attach { channel: Full<ChannelId> },
    /// Mention all members of a channel so that they are told.
    MentionEveryone { channel: Full<ChannelId> },
    /// Edit a message of this author; `None` where it was no user.
    EditMessage { channel: Full<ChannelId>, author: Option<Full<UserId>> },
    /// Delete a message of this author.
    DeleteMessage { channel: Full<ChannelId>, author: Option<Full<UserId>> },
    /// Pin or unpin a message.
    Pin { channel: Full<ChannelId> },
    /// React to a message, or take that back.
    React { channel: Full<ChannelId> },
    /// Remove all reactions to a message with one emoji.
    ClearReactions { channel: Full<ChannelId> },
    /// Create a channel.
    CreateChannel { server: Full<SpaceId> },
    /// Change or delete a channel; rename a group.
    ManageChannel { channel: Full<ChannelId> },
    /// Change an override of a channel; what is not given is empty.
    SetOverride { channel: Full<ChannelId>, target: Target, before: Override, after: Override },
    /// Change a server.
    ManageServer { server: Full<SpaceId> },
    /// Delete a server.
    DeleteServer { server: Full<SpaceId> },
    /// Leave a server.
    LeaveServer { server: Full<SpaceId> },
    /// Make somebody else the owner of a server.
    TransferServer { server: Full<SpaceId> },
    /// Create a role.
    CreateRole { server: Full<SpaceId> },
    /// Change a role, and move it where a position is given.
    EditRole { server: Full<SpaceId>, role: Bare<RoleId>, position: Option<i32> },
    /// Delete a role.
    DeleteRole { server: Full<SpaceId>, role: Bare<RoleId> },
    /// Let a role grant more than before.
    Grant { server: Full<SpaceId>, before: view::Permissions, after: view::Permissions },
    /// Give a role to a member.
    AssignRole { server: Full<SpaceId>, role: Bare<RoleId>, member: Subject },
    /// Take a role from a member.
    RemoveRole { server: Full<SpaceId>, role: Bare<RoleId>, member: Subject },
    /// Change the nickname of a member, or one's own.
    Rename { server: Full<SpaceId>, member: Subject },
    /// Mute a member, or end it.
    Mute { server: Full<SpaceId>, member: Subject },
    /// Kick a member.
    Kick { server: Full<SpaceId>, member: Subject },
    /// Ban a member, or a user who is none: without roles.
    Ban { server: Full<SpaceId>, member: Subject },
    /// See bans and lift them.
    Unban { server: Full<SpaceId> },
    /// Invite people, and revoke invitations.
    Invite { server: Full<SpaceId> },
    /// Create, change and delete webhooks.
    ManageWebhooks { server: Full<SpaceId> },
}

/// A member whom an action is about. Their roles decide their rank.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Subject {
    /// Who.
    pub user: Full<UserId>,
    /// Their roles.
    #[serde(default)]
    pub roles: Vec<Bare<RoleId>>,
}

/// Whom an override is for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Target {
    /// The members with a role; `everyone` is all members.
    Role {
        /// Which role.
        id: Bare<RoleId>,
    },
    /// One member.
    Member(Subject),
}

/// Why something is not allowed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Denied {
    /// The caller does not see the channel, or is no member of the server.
    Unknown,
    /// All of these permissions are missing.
    Missing {
        /// Which permissions.
        permissions: view::Permissions,
    },
    /// One of these permissions would do.
    MissingAny {
        /// Which permissions.
        permissions: view::Permissions,
    },
    /// A moderator of the backend suspended the server.
    Suspended {
        /// Until when.
        until: Time,
    },
    /// A moderator of the backend restricts the caller in the server or the channel.
    Restricted {
        /// Until when.
        until: Time,
    },
    /// The caller is muted.
    Muted {
        /// Until when.
        until: Time,
    },
    /// Slow mode: the caller sent a message a short time ago.
    SlowMode {
        /// From when on they may send again.
        until: Time,
    },
    /// The other member ranks as high as the caller, or higher.
    MemberRank,
    /// The role ranks as high as the highest role of the caller, or higher.
    RoleRank,
    /// Only the owner of the server may.
    OwnerOnly,
    /// The owner of the server cannot.
    OwnerCannot,
    /// The message is of somebody else.
    NotYours,
    /// Nobody does that to themselves.
    Yourself,
    /// The role `everyone` stays as it is.
    EveryoneRole,
    /// There is no such thing in a private conversation.
    Private,
    /// There are no messages in a category.
    Category,
}

/// Decides what the caller may do at a moment.
#[derive(Clone, Debug)]
pub struct Permissions<'a> {
    cache: &'a Cache,
    now: Timestamp,
    slow_modes: Option<&'a SlowModes>,
    /// The server that is viewed as members with these roles see it.
    view_as: Option<(Full<SpaceId>, Vec<Bare<RoleId>>)>,
}

impl<'a> Permissions<'a> {
    /// Decides by what is known at `now`, which decides whether a mute has ended.
    pub fn new(cache: &'a Cache, now: Timestamp) -> Self {
        Self { cache, now, slow_modes: None, view_as: None }
    }

    /// Takes slow mode into account.
    #[must_use]
    pub fn slow_modes(mut self, slow_modes: &'a SlowModes) -> Self {
        self.slow_modes = Some(slow_modes);
        self
    }

    /// Decides as for a member of a server with these roles and nothing else, to see what they see.
    #[must_use]
    pub fn view_as(mut self, server: Full<SpaceId>, roles: Vec<Bare<RoleId>>) -> Self {
        self.view_as = Some((server, roles));
        self
    }

    /// What the caller may do in a server; `None` if they are no member.
    pub fn in_server(&self, server: &Full<SpaceId>) -> Option<view::Permissions> {
        Some(self.context(self.cache.server(server)?)?.in_server(self.now).into())
    }

    /// What the caller may do in a channel, private ones included; `None` if it is not known. Who may not see it holds
    /// nothing.
    pub fn in_channel(&self, channel: &Full<ChannelId>) -> Option<view::Permissions> {
        let channel = self.cache.channel(channel)?;
        match self.server_of(channel) {
            Some(held) => Some(self.context(held)?.in_channel(channel, self.now).into()),
            None => Some(Set::participant().into()),
        }
    }

    /// What the target of an override holds in a channel without that override: what "inherit" stands for, for each
    /// permission. Mutes do not count. `None` if the channel is not known or private.
    pub fn inherited(&self, channel: &Full<ChannelId>, target: &Target) -> Option<view::Permissions> {
        let channel = self.cache.channel(channel)?;
        let held = self.server_of(channel)?;
        let context = match target {
            Target::Role { id } => Context::of_roles(held, &self.cache.me().id.0, std::slice::from_ref(id))?,
            Target::Member(subject) => Context::of_member(held, subject)?,
        };
        Some(context.without_override(channel, target, self.now).into())
    }

    /// Whether the caller may do something.
    ///
    /// # Errors
    /// Why not.
    pub fn may(&self, action: &Action) -> Result<(), Denied> {
        match action {
            Action::Send { channel }
            | Action::Attach { channel }
            | Action::EditMessage { channel, .. }
            | Action::DeleteMessage { channel, .. }
            | Action::Pin { channel }
            | Action::React { channel }
            | Action::ClearReactions { channel }
            | Action::MentionEveryone { channel }
                if self.found(channel)?.0.kind == ChannelKind::Category =>
            {
                Err(Denied::Category)
            }
            Action::View { channel } => self.needs_here(channel, Set::VIEW_CHANNELS).map(drop),
            Action::Send { channel } => self.may_send(channel, Set::SEND_MESSAGES),
            Action::Attach { channel } => self.may_send(channel, Set::SEND_MESSAGES | Set::ATTACH_FILES),
            Action::EditMessage { channel, author } => {
                self.needs_here(channel, Set::SEND_MESSAGES)?;
                self.is_own(author).then_some(()).ok_or(Denied::NotYours)
            }
            Action::DeleteMessage { channel, author } if self.is_own(author) => {
                self.needs_here(channel, Set::VIEW_CHANNELS)?;
                self.not_suspended(channel)
            }
            Action::DeleteMessage { channel, .. } => self.needs_managing(channel, Set::MANAGE_MESSAGES),
            Action::Pin { channel } | Action::MentionEveryone { channel } => {
                let (found, held) = self.found(channel)?;
                let needed = if held.is_some() { Set::MANAGE_MESSAGES } else { Set::SEND_MESSAGES };
                self.needs_here(&found.id, needed).map(drop)
            }
            Action::React { channel } => self.needs_here(channel, Set::SEND_MESSAGES).map(drop),
            Action::ClearReactions { channel } => self.needs_managing(channel, Set::MANAGE_MESSAGES),
            Action::ManageChannel { channel } => match self.found(channel)?.0.kind {
                ChannelKind::Group => Ok(()),
                ChannelKind::Direct => Err(Denied::Private),
                ChannelKind::Text | ChannelKind::Category => self.needs_here(channel, Set::MANAGE_CHANNELS).map(drop),
            },
            Action::SetOverride { channel, target, before, after } => {
                self.may_override(channel, target, *before, *after)
            }
            Action::CreateChannel { server } => self.needs(server, Set::MANAGE_CHANNELS).map(drop),
            Action::ManageServer { server } => self.needs(server, Set::MANAGE_SERVER).map(drop),
            Action::DeleteServer { server } => self.may_delete(server),
            Action::LeaveServer { server } => {
                let owner = self.of_server(server)?.rank() == Rank::Owner;
                if owner { Err(Denied::OwnerCannot) } else { Ok(()) }
            }
            Action::TransferServer { server } => {
                let owner = self.of_server(server)?.rank() == Rank::Owner;
                if owner { self.needs(server, Set::ADMINISTRATOR).map(drop) } else { Err(Denied::OwnerOnly) }
            }
            Action::CreateRole { server } => self.needs(server, Set::MANAGE_ROLES).map(drop),
            Action::EditRole { server, role, position } => self.may_edit_role(server, *role, *position),
            Action::DeleteRole { server, role } => {
                let context = self.needs(server, Set::MANAGE_ROLES)?;
                Ok(hierarchy::act_on_role(context.rank(), own_role(context.held, *role)?)?)
            }
            Action::Grant { server, before, after } => {
                let context = self.needs(server, Set::MANAGE_ROLES)?;
                self.grants(&context, before.0, after.0)
            }
            Action::AssignRole { server, role, member } => {
                let context = self.may_move_role(server, *role, member)?;
                let granted = context.held.roles.get(role).map_or(Set::empty(), |role| role.permissions.0);
                self.grants(&context, Set::empty(), granted)
            }
            Action::RemoveRole { server, role, member } => self.may_move_role(server, *role, member).map(drop),
            Action::Rename { server, member } if member.user == self.cache.me().id => {
                self.needs(server, Set::CHANGE_NICKNAME).map(drop)
            }
            Action::Rename { server, member } => self.may_moderate(server, member, Set::MANAGE_NICKNAMES),
            Action::Mute { server, member } | Action::Kick { server, member } | Action::Ban { server, member } => {
                self.may_moderate(server, member, Set::MANAGE_MEMBERS)
            }
            Action::Unban { server } => self.needs(server, Set::MANAGE_MEMBERS).map(drop),
            Action::Invite { server } => self.needs(server, Set::MANAGE_INVITATIONS).map(drop),
            Action::ManageWebhooks { server } => self.needs(server, Set::MANAGE_WEBHOOKS).map(drop),
        }
    }

    /// Whether the author of a message may mention all members of its channel. `roles` are the author's, if they are
    /// known; a member of whom nothing is known holds what all members hold.
    pub fn author_may_mention_everyone(
        &self,
        channel: &Channel,
        author: &Full<UserId>,
        roles: Option<&[Bare<RoleId>]>,
    ) -> bool {
        let Some(held) = self.server_of(channel) else { return true };
        let subject = Subject { user: author.clone(), roles: roles.unwrap_or_default().to_vec() };
        Context::of_member(held, &subject)
            .is_some_and(|context| context.in_channel(channel, self.now).contains(Set::MANAGE_MESSAGES))
    }

    fn may_send(&self, channel: &Full<ChannelId>, needed: Set) -> Result<(), Denied> {
        let held = self.needs_here(channel, needed)?;
        let until = self
            .slow_modes
            .zip(self.cache.channel(channel))
            .filter(|_| !held.intersects(Set::MANAGE_MESSAGES | Set::MANAGE_CHANNELS))
            .and_then(|(slow_modes, channel)| slow_modes.until(channel));
        match until.filter(|until| self.now < *until) {
            Some(until) => Err(Denied::SlowMode { until: until.into() }),
            None => Ok(()),
        }
    }

    /// The owner deletes a server while it is suspended too.
    fn may_delete(&self, server: &Full<SpaceId>) -> Result<(), Denied> {
        let context = self.of_server(server)?;
        let suspended = context.suspension(self.now).is_some();
        if suspended && context.rank() == Rank::Owner && !context.is_restricted(self.now) {
            return Ok(());
        }
        self.needs(server, Set::ADMINISTRATOR).map(drop)
    }

    /// Refuses what takes no permission in the channel of a suspended server.
    fn not_suspended(&self, channel: &Full<ChannelId>) -> Result<(), Denied> {
        match self.found(channel)?.1.and_then(|context| context.suspension(self.now)) {
            Some(until) => Err(Denied::Suspended { until: until.into() }),
            None => Ok(()),
        }
    }

    fn may_override(
        &self,
        channel: &Full<ChannelId>,
        target: &Target,
        before: Override,
        after: Override,
    ) -> Result<(), Denied> {
        let (_, held) = self.found(channel)?;
        let context = held.ok_or(Denied::Private)?;
        let here = self.needs_here(channel, Set::MANAGE_CHANNELS)?;
        match target {
            Target::Role { id } => {
                let role = context.held.roles.get(id).ok_or(Denied::Unknown)?;
                hierarchy::act_on_role(context.rank(), rank_of(role))?;
            }
            Target::Member(member) if member.user == self.cache.me().id => {}
            Target::Member(member) => {
                hierarchy::act_on_member(context.rank(), Context::rank_in(context.held, member))?;
            }
        }
        let beyond = hierarchy::beyond(here, before.allow.0, after.allow.0)
            | hierarchy::beyond(here, after.deny.0, before.deny.0)
            | ((after.deny.0 - before.deny.0) - here);
        if beyond.is_empty() { Ok(()) } else { Err(Denied::Missing { permissions: beyond.into() }) }
    }

    fn may_edit_role(&self, server: &Full<SpaceId>, role: Bare<RoleId>, position: Option<i32>) -> Result<(), Denied> {
        let context = self.needs(server, Set::MANAGE_ROLES)?;
        let before = context.held.roles.get(&role).ok_or(Denied::Unknown)?;
        let from = rank_of(before);
        let to = position.unwrap_or(from.position);
        if before.everyone && to != from.position {
            return Err(Denied::EveryoneRole);
        }
        Ok(hierarchy::move_role(context.rank(), from, RoleRank { position: to, role: role.0 })?)
    }

    fn may_move_role(
        &self,
        server: &Full<SpaceId>,
        role: Bare<RoleId>,
        member: &Subject,
    ) -> Result<Context<'a>, Denied> {
        let context = self.of_server(server)?;
        let either = Set::MANAGE_ROLES | Set::MANAGE_MEMBERS;
        if !context.in_server(self.now).intersects(either) {
            self.silenced(&context, None, |context| context.in_server(self.now).intersects(either))?;
            return Err(Denied::MissingAny { permissions: either.into() });
        }
        hierarchy::act_on_role(context.rank(), own_role(context.held, role)?)?;
        if member.user != self.cache.me().id {
            hierarchy::act_on_member(context.rank(), Context::rank_in(context.held, member))?;
        }
        Ok(context)
    }

    fn may_moderate(&self, server: &Full<SpaceId>, member: &Subject, needed: Set) -> Result<(), Denied> {
        let context = self.needs(server, needed)?;
        if member.user == self.cache.me().id {
            return Err(Denied::Yourself);
        }
        Ok(hierarchy::act_on_member(context.rank(), Context::rank_in(context.held, member))?)
    }

    fn grants(&self, context: &Context<'_>, before: Set, after: Set) -> Result<(), Denied> {
        let beyond = hierarchy::beyond(context.in_server(self.now), before.closure(), after.closure());
        if beyond.is_empty() { Ok(()) } else { Err(Denied::Missing { permissions: beyond.into() }) }
    }

    fn needs_managing(&self, channel: &Full<ChannelId>, needed: Set) -> Result<(), Denied> {
        match self.found(channel)? {
            (_, None) => Err(Denied::Private),
            _ => self.needs_here(channel, needed).map(drop),
        }
    }

    /// What the caller holds in a server, if that includes what is needed.
    fn needs(&self, server: &Full<SpaceId>, needed: Set) -> Result<Context<'a>, Denied> {
        let context = self.of_server(server)?;
        let decide = |context: &Context<'_>| context.in_server(self.now);
        self.holds(&context, None, needed, &decide)?;
        Ok(context)
    }

    /// What the caller holds in a channel, if that includes what is needed.
    fn needs_here(&self, channel: &Full<ChannelId>, needed: Set) -> Result<Set, Denied> {
        let (channel, context) = self.found(channel)?;
        let Some(context) = context else {
            let held = Set::participant();
            return if held.contains(needed) { Ok(held) } else { Err(Denied::Private) };
        };
        let decide = |context: &Context<'_>| context.in_channel(channel, self.now);
        self.holds(&context, Some(channel), needed, &decide)
    }

    fn holds(
        &self,
        context: &Context<'_>,
        channel: Option<&Channel>,
        needed: Set,
        decide: &dyn Fn(&Context<'_>) -> Set,
    ) -> Result<Set, Denied> {
        let held = decide(context);
        if held.contains(needed) {
            return Ok(held);
        }
        self.silenced(context, channel, |context| decide(context).contains(needed))?;
        let missing = needed - decide(&context.unmuted());
        Err(Denied::Missing { permissions: missing.into() })
    }

    /// Refuses for what a moderator of the backend decided, and for a mute if that alone is the reason.
    fn silenced(
        &self,
        context: &Context<'_>,
        channel: Option<&Channel>,
        allowed: impl Fn(&Context<'_>) -> bool,
    ) -> Result<(), Denied> {
        if let Some(until) = context.suspension(self.now) {
            return Err(Denied::Suspended { until: until.into() });
        }
        if let Some(until) = context.restriction(channel, self.now) {
            return Err(Denied::Restricted { until: until.into() });
        }
        match context.muted_until.filter(|until| self.now < *until) {
            Some(until) if allowed(&context.unmuted()) => Err(Denied::Muted { until: until.into() }),
            _ => Ok(()),
        }
    }

    fn is_own(&self, author: &Option<Full<UserId>>) -> bool {
        author.as_ref() == Some(&self.cache.me().id)
    }

    fn of_server(&self, server: &Full<SpaceId>) -> Result<Context<'a>, Denied> {
        self.cache.server(server).and_then(|held| self.context(held)).ok_or(Denied::Unknown)
    }

    /// A channel, and the caller in its server; no server for a private one.
    fn found(&self, channel: &Full<ChannelId>) -> Result<(&'a Channel, Option<Context<'a>>), Denied> {
        let channel = self.cache.channel(channel).ok_or(Denied::Unknown)?;
        let Some(server) = &channel.server_id else { return Ok((channel, None)) };
        Ok((channel, Some(self.of_server(server)?)))
    }

    fn server_of(&self, channel: &Channel) -> Option<&'a CachedServer> {
        self.cache.server(channel.server_id.as_ref()?)
    }

    fn context(&self, held: &'a CachedServer) -> Option<Context<'a>> {
        match &self.view_as {
            Some((server, roles)) if *server == held.server.id => Context::of_roles(held, &self.cache.me().id.0, roles),
            _ => Context::of_caller(held, &self.cache.me().id.0),
        }
    }
}

/// The rank of a role other than `everyone`.
fn own_role(held: &CachedServer, role: Bare<RoleId>) -> Result<RoleRank, Denied> {
    let role = held.roles.get(&role).ok_or(Denied::Unknown)?;
    if role.everyone { Err(Denied::EveryoneRole) } else { Ok(rank_of(role)) }
}

impl From<RankDenied> for Denied {
    fn from(denied: RankDenied) -> Self {
        match denied {
            RankDenied::Member => Self::MemberRank,
            RankDenied::Role => Self::RoleRank,
        }
    }
}
