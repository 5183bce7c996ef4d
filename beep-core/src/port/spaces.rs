//! Spaces with their roles, channels, members and bans.

use async_trait::async_trait;

use crate::ban::{Ban, DomainBan, Purge};
use crate::channel::Channel;
use crate::domain::Domain;
use crate::facts::SpaceFacts;
use crate::id::{ChannelKey, RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::mute::Mute;
use crate::port::StoreError;
use crate::record::Record;
use crate::replica::Replica;
use crate::role::Role;
use crate::space::{FoundPlace, FoundServer, Space};
use crate::time::Timestamp;

/// Spaces with their roles, channels and members.
#[async_trait]
pub trait Spaces {
    /// The server, with its current member count.
    async fn server(&self, id: &SpaceKey) -> Result<Option<Space>, StoreError>;
    /// The server's facts at their revision.
    async fn space_facts(&self, id: &SpaceKey) -> Result<Option<SpaceFacts>, StoreError>;
    /// The server that a channel belongs to.
    async fn space_of_channel(&self, id: &ChannelKey) -> Result<Option<SpaceKey>, StoreError>;
    /// The channels of a server with their current last messages.
    async fn channels(&self, server: &SpaceKey) -> Result<Vec<Channel>, StoreError>;
    /// The servers that a user is a member of, by id, after `after`: no private spaces.
    async fn servers_of(&self, user: &UserKey, after: Option<&SpaceKey>, limit: u32) -> Result<Vec<Space>, StoreError>;
    /// The spaces of all kinds that a user is a member of, by id, after `after`.
    async fn spaces_of(
        &self,
        user: &UserKey,
        after: Option<&SpaceKey>,
        limit: u32,
    ) -> Result<Vec<SpaceKey>, StoreError>;
    /// The channels of the private spaces that a user takes part in, by id, after `after`.
    async fn conversations_of(
        &self,
        user: &UserKey,
        after: Option<&ChannelKey>,
        limit: u32,
    ) -> Result<Vec<Channel>, StoreError>;
    /// How many servers a user owns.
    async fn owned_servers(&self, user: &UserKey) -> Result<u32, StoreError>;
    /// The public servers of this backend whose name or description contains each word of `query`, case folded (all if it has none),
    /// after `after`. A name fits better than a description, and what begins with a word better than what contains it.
    async fn public_servers(
        &self,
        query: &str,
        after: Option<FoundPlace>,
        limit: u32,
    ) -> Result<Vec<FoundServer>, StoreError>;
    /// One membership.
    async fn member(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Member>, StoreError>;
    /// Members of whose nickname, handle or display name `query` is a part, case folded (all if it is empty), by user, after
    /// `after`. The handle of a user of this backend has no domain; with that of this backend `query` is the part before it.
    async fn members(
        &self,
        server: &SpaceKey,
        query: &str,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError>;
    /// The users at some places in the list of all members: from the place `from` on, at most `limit`.
    async fn members_at(&self, server: &SpaceKey, from: u32, limit: u32) -> Result<Vec<UserKey>, StoreError>;
    /// Whether two users are in one community: both are known as its members, or one is and the other's home owns it, which alone
    /// knows who of its users are.
    async fn share_server(&self, user: &UserKey, other: &UserKey) -> Result<bool, StoreError>;
    /// Whether a user is in a community of another backend, or in one of this backend with a user of the other.
    async fn shares_server_with(&self, user: &UserKey, backend: &Domain) -> Result<bool, StoreError>;
    /// The ban of a user.
    async fn ban(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Ban>, StoreError>;
    /// The mute of a user, which may have ended.
    async fn mute(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Mute>, StoreError>;
    /// The bans of a server, by user, after `after`.
    async fn bans(&self, server: &SpaceKey, after: Option<&UserKey>, limit: u32) -> Result<Vec<Ban>, StoreError>;
    /// The ban of a domain.
    async fn domain_ban(&self, server: &SpaceKey, domain: &Domain) -> Result<Option<DomainBan>, StoreError>;
    /// The domain bans of a server, by domain, after `after`.
    async fn domain_bans(
        &self,
        server: &SpaceKey,
        after: Option<&Domain>,
        limit: u32,
    ) -> Result<Vec<DomainBan>, StoreError>;
    /// Some domain ban of which members may be left to remove.
    async fn removing_domain_ban(&self) -> Result<Option<DomainBan>, StoreError>;
    /// The members of a server who are users of another backend, by id.
    async fn members_of_domain(
        &self,
        server: &SpaceKey,
        domain: &Domain,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError>;
    /// Whether some user of another backend holds one of these roles in a server.
    async fn domain_holds(&self, server: &SpaceKey, domain: &Domain, roles: &[RoleId]) -> Result<bool, StoreError>;
}

/// What is written of a space.
#[derive(Clone, Debug, PartialEq)]
pub enum SpaceWrite {
    /// Makes a space, or replaces all of it but `member_count`, which follows the members.
    Put(Space),
    /// Removes a space with all that is in it; its events stay in the log.
    Remove(SpaceKey),
    /// Counts its revision up.
    Revise(SpaceKey),
    /// Adds to its members those that are not kept here; below zero takes away.
    CountMembers(SpaceKey, i64),
    /// Makes or replaces a space of another backend whole, with the members that this one has in it and where its
    /// streams are.
    Replicate(Box<Replica>),
}

/// What a decision rested on about spaces.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SpaceGuard {
    /// The space is there and its facts are those of this revision.
    At {
        /// Which space.
        id: SpaceKey,
        /// The revision that was read.
        revision: u64,
    },
    /// No user of another backend holds one of these roles.
    DomainHolds {
        /// In which space.
        id: SpaceKey,
        /// The domain of the backend.
        domain: Domain,
        /// None of which roles.
        none_of: Vec<RoleId>,
    },
    /// The user owns fewer servers than this.
    OwnsFewer {
        /// Who.
        user: UserKey,
        /// How many are too many.
        than: u32,
    },
}

/// Removed, a role is gone from overrides as well. Members keep it, and it grants them nothing: see
/// [`SpaceFacts::current`].
impl Record for Role {
    type Key = (SpaceKey, RoleId);
}

/// All of a channel but `last_message`, which follows the messages. Its messages are removed with it.
impl Record for Channel {
    type Key = ChannelKey;
}

/// A membership with its roles.
impl Record for Member {
    type Key = (SpaceKey, UserKey);
}

impl Record for Ban {
    type Key = (SpaceKey, UserKey);
}

impl Record for DomainBan {
    type Key = (SpaceKey, Domain);
}

impl Record for Mute {
    type Key = (SpaceKey, UserKey);
}

/// By server and author.
impl Record for Purge {
    type Key = (SpaceKey, UserKey, Timestamp, Timestamp);
}
