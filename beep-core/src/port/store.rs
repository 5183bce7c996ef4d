//! Storage: one trait for each concept, joined in [`Store`].
//!
//! A read sees every commit that was answered before it began. Lookups give `None` for things that do not exist.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::{Account, CodePurpose, MailCode};
use crate::ban::Ban;
use crate::channel::Channel;
use crate::domain::Domain;
use crate::event::{Event, Position};
use crate::facts::SpaceFacts;
use crate::global_role::GlobalRole;
use crate::id::{ChannelId, ChannelKey, InvitationId, InvitationKey, MessageId, SessionId, SpaceKey, UserId, UserKey};
use crate::invitation::{Invitation, Invited};
use crate::member::Member;
use crate::message::Message;
use crate::port::{Answered, Change, CommitError, Committed, Federation, IdempotencyKey};
use crate::session::Session;
use crate::space::Space;
use crate::text::{Email, Nonce, Username};
use crate::time::Timestamp;

/// Everything that a backend stores.
#[async_trait]
pub trait Store:
    Accounts + Sessions + Keys + Spaces + Invitations + Messages + Events + Federation + Send + Sync
{
    /// Commits a change: guards, writes, events and claim in one transaction, durable when it returns.
    /// Events are published in order before it returns.
    ///
    /// # Errors
    /// [`CommitError`]; then nothing was changed.
    async fn commit(&self, change: Change) -> Result<Committed, CommitError>;

    /// Whether the store answers; for the readiness check.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The first answer to a request with an idempotency key: `None` if it was never carried out, `Some(None)` if it
    /// was and the answer was lost in a crash. Keys older than a day may have been removed.
    async fn answer(&self, claim: &IdempotencyKey) -> Result<Option<Option<Answered>>, StoreError>;

    /// Waits for the work in progress, and closes the store.
    async fn close(&self);
}

/// Accounts and their mailed codes.
#[async_trait]
pub trait Accounts {
    /// The account with this id.
    async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError>;
    /// The accounts with these ids, in any order; unknown ids are left out.
    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError>;
    /// The account with this username.
    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError>;
    /// The account with this address.
    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError>;
    /// The users with a global role, by id.
    async fn holders_of(&self, role: GlobalRole) -> Result<Vec<UserId>, StoreError>;
    /// The activated accounts whose username or display name starts with `query`, case folded, by id, after `after`.
    async fn accounts_by_prefix(
        &self,
        query: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError>;
    /// The code that was mailed for a purpose.
    async fn mail_code(&self, user: UserId, purpose: CodePurpose) -> Result<Option<MailCode>, StoreError>;
}

/// Sessions.
#[async_trait]
pub trait Sessions {
    /// The session with this id, alive or not.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// The sessions of a user that are not revoked, newest first.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;
    /// The ids of all sessions that were revoked at or after `since`.
    async fn revoked_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError>;
}

/// Keys of the backend itself.
#[async_trait]
pub trait Keys {
    /// All keys, oldest first.
    async fn secret_keys(&self) -> Result<Vec<SecretKey>, StoreError>;
}

/// A key of the backend.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretKey {
    /// Its id, which is part of what it signs.
    pub id: Uuid,
    /// Its purpose.
    pub purpose: SecretPurpose,
    /// The secret octets.
    pub secret: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("id", &self.id).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SecretPurpose {
    /// Signs access tokens (an Ed25519 seed).
    Access,
    /// Seals refresh tokens.
    Refresh,
    /// Seals cursors.
    Cursor,
}

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
    /// The servers that a user is a member of, by id, after `after`.
    async fn servers_of(&self, user: &UserKey, after: Option<&SpaceKey>, limit: u32) -> Result<Vec<Space>, StoreError>;
    /// How many servers a user owns.
    async fn owned_servers(&self, user: &UserKey) -> Result<u32, StoreError>;
    /// The public servers of this backend whose name or description holds `query`, case folded, by id, after `after`.
    async fn public_servers(&self, query: &str, after: Option<&SpaceKey>, limit: u32)
    -> Result<Vec<Space>, StoreError>;
    /// One membership.
    async fn member(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Member>, StoreError>;
    /// Members whose nickname, username or display name starts with `query`, case folded (all if it is empty),
    /// by user, after `after`.
    async fn members(
        &self,
        server: &SpaceKey,
        query: &str,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError>;
    /// The ban of a user.
    async fn ban(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Ban>, StoreError>;
    /// The bans of a server, by user, after `after`.
    async fn bans(&self, server: &SpaceKey, after: Option<&UserKey>, limit: u32) -> Result<Vec<Ban>, StoreError>;
    /// The members with a role.
    async fn holders(&self, server: &SpaceKey, role: crate::id::RoleId) -> Result<Vec<UserKey>, StoreError>;
}

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

/// Messages.
#[async_trait]
pub trait Messages {
    /// One message.
    async fn message(&self, channel: &ChannelKey, id: MessageId) -> Result<Option<Message>, StoreError>;
    /// The message that an author sent to a channel under a nonce.
    async fn message_by_nonce(
        &self,
        channel: &ChannelKey,
        author: &UserKey,
        nonce: &Nonce,
    ) -> Result<Option<Message>, StoreError>;
    /// A page of the history. Reads one range of an index, so the size of the channel does not matter.
    async fn messages(&self, channel: &ChannelKey, page: MessagePage, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// The messages that a user sent to the channels of a server since `since`, by channel and id.
    async fn sent_by(
        &self,
        server: &SpaceKey,
        author: &UserKey,
        since: Timestamp,
    ) -> Result<Vec<(ChannelKey, MessageId)>, StoreError>;
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessagePage {
    /// The newest messages, newest first.
    Newest,
    /// Those before an id, newest first.
    Before(MessageId),
    /// Those after an id, oldest first.
    After(MessageId),
}

/// The log.
#[async_trait]
pub trait Events {
    /// The id of the log and the positions that it covers.
    async fn log_state(&self) -> Result<LogState, StoreError>;
    /// The events for a user or for the servers that they are a member of, after one position and up to another, in
    /// order, at most `limit`. Visibility within a server is not decided here.
    async fn events_for(
        &self,
        user: &UserKey,
        which: Which,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;
    /// All events after a position, in order, at most `limit`.
    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// The events of a channel after a number, in order, at most `limit`.
    async fn channel_events(&self, channel: &ChannelKey, after_seq: u64, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// What a user can be shown, and the position at which it was so: one consistent reading.
    async fn snapshot(&self, user: &UserKey) -> Result<Snapshot, StoreError>;
    /// Removes events and claims that were made before `before`; gives how many events went. A day later go sessions
    /// that have ended or were not used for [`REFRESH_LIFE`](crate::session::REFRESH_LIFE), and accounts that were never
    /// activated.
    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Which events are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// All.
    All,
    /// Those that change who may see what ([`EventBody::changes_facts`]); a store may add others if it cannot tell. The
    /// messages in between are not read.
    ///
    /// [`EventBody::changes_facts`]: crate::event::EventBody::changes_facts
    Changes,
}

/// The id of the log and the positions that it covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogState {
    /// A random id from when the log was created; positions of different logs cannot be compared.
    pub id: u64,
    /// The position of the last event.
    pub head: Position,
    /// All events after this position are retained.
    pub kept_after: Position,
}

/// The servers of a user at one position of the log.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The position of the last event in it.
    pub position: Position,
    /// The servers that the user is a member of.
    pub servers: Vec<HeldSpace>,
    /// The last number of the user's own stream.
    pub user_seq: u64,
}

/// A server for one of its members.
#[derive(Clone, Debug)]
pub struct HeldSpace {
    /// The facts, with the member count and last messages at that position.
    pub facts: Arc<SpaceFacts>,
    /// The user's membership.
    pub member: Member,
    /// The last number of each stream: the server's own, then those of its channels by id.
    pub seq: u64,
    /// The last number of each channel's stream.
    pub channel_seqs: std::collections::BTreeMap<ChannelId, u64>,
}

/// The store failed. The cause goes to the log, never into an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(pub Arc<str>);

impl StoreError {
    /// Wraps a cause.
    pub fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}
