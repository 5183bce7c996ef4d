//! Invitations.

use async_trait::async_trait;

use crate::domain::Domain;
use crate::id::{InvitationId, InvitationKey, SpaceKey, UserId, UserKey};
use crate::invitation::{Invitation, Invited};
use crate::port::StoreError;
use crate::record::Record;
use crate::time::Timestamp;

/// Invitations.
#[async_trait]
pub trait Invitations {
    /// The invitation with this id.
    async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError>;
    /// The invitation with this code.
    async fn invitation_by_code(&self, code: &str) -> Result<Option<Invitation>, StoreError>;
    /// The invitations of a server, by id, after `after`.
    async fn invitations(
        &self,
        server: &SpaceKey,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError>;
    /// The invitations of single users to a server, oldest first.
    async fn invitations_for(&self, server: &SpaceKey, user: &UserKey) -> Result<Vec<InvitationId>, StoreError>;
    /// The invitations of one user, of this backend and of others, by id, after `after`.
    async fn invited(
        &self,
        user: &UserKey,
        after: Option<&InvitationKey>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError>;
    /// The invitations of this backend that are for users of another, by id, after `after`.
    async fn invitations_to(
        &self,
        home: &Domain,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError>;
}

/// What is written of invitations of this backend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InvitationWrite {
    /// Makes an invitation. [`CommitError::Taken`](crate::port::CommitError::Taken) when the code is in use.
    Put(Invitation),
    /// Counts one use.
    Use(InvitationId),
    /// Removes an invitation.
    Remove(InvitationId),
}

/// What a decision rested on about an invitation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InvitationGuard {
    /// The invitation is there.
    Exists(InvitationId),
    /// The invitation is there and lets this user in, with the seats of others counted as uses; if it does not,
    /// [`CommitError::Spent`](crate::port::CommitError::Spent).
    Usable {
        /// Which invitation.
        id: InvitationId,
        /// Who uses it, if it is a user of this backend: a seat of theirs does not count against them.
        by: Option<UserId>,
        /// At what time.
        now: Timestamp,
    },
}

/// What a user of this backend was told of an invitation by another.
impl Record for Invited {
    type Key = (UserId, InvitationKey);
}
