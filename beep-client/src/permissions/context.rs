//! A user in a server, as the permission engine takes them.

use beep_core::hierarchy::{Rank, RoleRank};
use beep_core::id::{RoleId, UserKey};
use beep_core::permission::{self, MemberContext, Overrides, Permissions as Set};
use beep_core::time::Timestamp;
use beep_proto::id::Bare;
use beep_proto::view::{Channel, Role};

use super::{Subject, Target};
use crate::cache::{self, CachedServer};

/// A user in a server.
#[derive(Clone)]
pub(super) struct Context<'a> {
    pub(super) held: &'a CachedServer,
    pub(super) muted_until: Option<Timestamp>,
    /// When what restricts them in the server, or everybody, ends.
    restricted_until: Option<Timestamp>,
    user: UserKey,
    owner: bool,
    everyone: (RoleId, Set),
    grants: Vec<(RoleId, Set)>,
    rank: Rank,
    /// Whether it is nobody in particular, whom no override for a member concerns.
    is_nobody: bool,
}

impl<'a> Context<'a> {
    /// The caller; `None` without the role `everyone`, which every server has.
    pub(super) fn of_caller(held: &'a CachedServer, me: &UserKey) -> Option<Self> {
        let muted_until = held.member.muted_until.map(|until| until.0);
        let restricted_until = held.member.restricted_until.max(held.server.suspended_until).map(|until| until.0);
        Some(Self {
            muted_until,
            restricted_until,
            ..Self::new(held, me, &held.member.roles, held.server.owner.0 == *me)?
        })
    }

    /// Nobody in particular, with these roles. `user` is anybody.
    pub(super) fn of_roles(held: &'a CachedServer, user: &UserKey, roles: &[Bare<RoleId>]) -> Option<Self> {
        Some(Self { is_nobody: true, ..Self::new(held, user, roles, false)? })
    }

    /// A member of whom no mute is known.
    pub(super) fn of_member(held: &'a CachedServer, member: &Subject) -> Option<Self> {
        Self::new(held, &member.user.0, &member.roles, held.server.owner == member.user)
    }

    fn new(held: &'a CachedServer, user: &UserKey, roles: &[Bare<RoleId>], owner: bool) -> Option<Self> {
        let everyone = held.everyone()?;
        let own = roles.iter().filter(|role| **role != everyone.id).filter_map(|role| held.roles.get(role));
        Some(Self {
            held,
            muted_until: None,
            restricted_until: held.server.suspended_until.map(|until| until.0),
            user: user.clone(),
            owner,
            everyone: (everyone.id.0, everyone.permissions.0),
            grants: own.map(|role| (role.id.0, role.permissions.0)).collect(),
            rank: rank(held, roles, owner),
            is_nobody: false,
        })
    }

    /// The same without a mute.
    pub(super) fn unmuted(&self) -> Self {
        Self { muted_until: None, ..self.clone() }
    }

    /// When the suspension of the server that is in force ends.
    pub(super) fn suspension(&self, now: Timestamp) -> Option<Timestamp> {
        self.held.server.suspended_until.map(|until| until.0).filter(|until| now < *until)
    }

    /// Whether the member themself is restricted in the server.
    pub(super) fn is_restricted(&self, now: Timestamp) -> bool {
        self.held.member.restricted_until.is_some_and(|until| now < until.0)
    }

    /// When the restriction in the server, or in a channel of it, that is in force ends.
    pub(super) fn restriction(&self, channel: Option<&Channel>, now: Timestamp) -> Option<Timestamp> {
        let here = channel.and_then(|channel| self.restricted_in(channel));
        self.restricted_until.max(here).filter(|until| now < *until)
    }

    fn restricted_in(&self, channel: &Channel) -> Option<Timestamp> {
        let restricted = channel.restricted.get(&self.user.to_string()).map(|until| until.0);
        restricted.filter(|_| !self.is_nobody)
    }

    pub(super) fn rank(&self) -> Rank {
        self.rank
    }

    /// The rank of a member.
    pub(super) fn rank_in(held: &CachedServer, member: &Subject) -> Rank {
        rank(held, &member.roles, held.server.owner == member.user)
    }

    pub(super) fn in_server(&self, now: Timestamp) -> Set {
        permission::in_server(&self.member(), now)
    }

    pub(super) fn in_channel(&self, channel: &Channel, now: Timestamp) -> Set {
        permission::in_channel(&self.member_in(channel), &self.overrides(channel), now)
    }

    /// What is held in a channel without one of its overrides.
    pub(super) fn without_override(&self, channel: &Channel, target: &Target, now: Timestamp) -> Set {
        let mut overrides = self.overrides(channel);
        overrides.set(
            &match target {
                Target::Role { id } => permission::Target::Role(id.0),
                Target::Member(member) => permission::Target::Member(member.user.0.clone()),
            },
            None,
        );
        permission::in_channel(&self.member_in(channel), &overrides, now)
    }

    fn overrides(&self, channel: &Channel) -> Overrides {
        let mut overrides = cache::overrides(&channel.overrides);
        if self.is_nobody {
            overrides.set(&permission::Target::Member(self.user.clone()), None);
        }
        overrides
    }

    fn member(&self) -> MemberContext<'_> {
        MemberContext {
            user: &self.user,
            member: true,
            owner: self.owner,
            everyone: self.everyone,
            roles: &self.grants,
            muted_until: self.muted_until,
            restricted_until: self.restricted_until,
        }
    }

    fn member_in(&self, channel: &Channel) -> MemberContext<'_> {
        let restricted_until = self.restricted_until.max(self.restricted_in(channel));
        MemberContext { restricted_until, ..self.member() }
    }
}

fn rank(held: &CachedServer, roles: &[Bare<RoleId>], owner: bool) -> Rank {
    let own = roles.iter().filter_map(|role| held.roles.get(role)).filter(|role| !role.everyone);
    if owner { Rank::Owner } else { own.map(rank_of).max().map_or(Rank::Everyone, Rank::Role) }
}

/// The rank of a role.
pub(crate) fn rank_of(role: &Role) -> RoleRank {
    RoleRank { position: role.position, role: role.id.0 }
}
