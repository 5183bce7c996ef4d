//! What is kept: one trait for each concept, joined in [`Store`].
//!
//! Reads see every commit that was answered before they began. Lookups give `None` for what is not there.

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

/// Everything that a backend keeps.
#[async_trait]
pub trait Store:
    Accounts + Sessions + Keys + Spaces + Invitations + Messages + Events + Federation + Send + Sync
{
    /// Commits a change: guards, writes, events and claim in one transaction, durable when it returns.
    /// Events are published in order before it returns.
    ///
    /// # Errors
    /// [`CommitError`]; then nothing of the change was made.
    async fn commit(&self, change: Change) -> Result<Committed, CommitError>;

    /// Whether the store answers; for readiness.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The first answer to a claimed request: `None` if it was never carried out, `Some(None)` if it was and
    /// its answer was lost in a crash. Claims older than a day may be gone.
    async fn answer(&self, claim: &IdempotencyKey) -> Result<Option<Option<Answered>>, StoreError>;

    /// Waits for what is under way and lets go of everything.
    async fn close(&self);
}

/// Accounts and their mailed codes.
#[async_trait]
pub trait Accounts {
    /// The account with this id.
    async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError>;
    /// The accounts with these ids, in no order; ids of none are left out.
    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError>;
    /// The account with this username.
    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError>;
    /// The account with this address.
    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError>;
    /// Who holds a global role, by id.
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
    /// The sessions of a user that are not revoked, youngest first.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;
    /// The ids of all sessions that were revoked at or after `since`.
    async fn revoked_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError>;
}

/// Keys of the backend itself.
#[async_trait]
pub trait Keys {
    /// All keys that are kept, oldest first.
    async fn secret_keys(&self) -> Result<Vec<SecretKey>, StoreError>;
}

/// A key of the backend.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretKey {
    /// Its id, which travels with what it signs.
    pub id: Uuid,
    /// What it is for.
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
    /// Seals refresh credentials.
    Refresh,
    /// Seals cursors.
    Cursor,
}

/// Spaces with their roles, channels and members.
#[async_trait]
pub trait Spaces {
    /// The server itself, with its member count of this moment.
    async fn server(&self, id: &SpaceKey) -> Result<Option<Space>, StoreError>;
    /// The server's facts at their revision.
    async fn space_facts(&self, id: &SpaceKey) -> Result<Option<SpaceFacts>, StoreError>;
    /// The server that a channel belongs to.
    async fn space_of_channel(&self, id: &ChannelKey) -> Result<Option<SpaceKey>, StoreError>;
    /// The channels of a server with their last messages of this moment.
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
    /// Everybody who has a role.
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
    /// The invitations to a server that are for one person, oldest first.
    async fn invitations_for(&self, server: &SpaceKey, user: &UserKey) -> Result<Vec<InvitationId>, StoreError>;
    /// The invitations that are for one person, of this backend and told by others, by id, after `after`.
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
    /// Part of the history: one range of an index, whatever the size of the channel.
    async fn messages(&self, channel: &ChannelKey, page: MessagePage, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// What somebody sent to the channels of a server from `since` on, by channel and id.
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
    /// The youngest, newest first.
    Newest,
    /// Those before an id, newest first.
    Before(MessageId),
    /// Those after an id, oldest first.
    After(MessageId),
}

/// The log.
#[async_trait]
pub trait Events {
    /// Which log this is and how far it reaches.
    async fn log_state(&self) -> Result<LogState, StoreError>;
    /// Events kept for a user, or for the servers they are a member of, after one position and up to another,
    /// in order, at most `limit`. Visibility within a server is not decided here.
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
    /// What a user can be shown, and the position at which it was so: one consistent reading. Of private spaces those in
    /// which something happened last, [`MOST_PRIVATE_SPACES`] at most, and with `since` all in which something happened after
    /// that position, since of each of them there is something to tell.
    async fn snapshot(&self, user: &UserKey, since: Option<Position>) -> Result<Snapshot, StoreError>;
    /// Removes events and claims that were made before `before`; gives how many events went. A day later go sessions
    /// that have ended or were not used for [`REFRESH_LIFE`](crate::session::REFRESH_LIFE), and accounts that were never
    /// activated.
    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Which of the events that are kept for somebody are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// All.
    All,
    /// Those that change who may see what ([`EventBody::changes_facts`]); a store may add others that it does not know to
    /// change nothing. Costs nothing for the messages in between.
    ///
    /// [`EventBody::changes_facts`]: crate::event::EventBody::changes_facts
    Changes,
}

/// Which log this is and how far it reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogState {
    /// Drawn when the log was begun; a position means nothing in another log.
    pub id: u64,
    /// The last event.
    pub head: Position,
    /// Everything after this position is still kept.
    pub kept_after: Position,
}

/// The most private spaces in a snapshot: what a list of conversations shows before anybody scrolls, so that connecting
/// costs as much for who has ten as for who has ten thousand.
pub const MOST_PRIVATE_SPACES: u32 = 50;

/// The spaces of a user at one position of the log.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The last event that is in it.
    pub position: Position,
    /// The servers that the user is a member of, and their private spaces of late.
    pub servers: Vec<HeldSpace>,
    /// The last number of the user's own stream.
    pub user_seq: u64,
}

/// A server as one of its members holds it.
#[derive(Clone, Debug)]
pub struct HeldSpace {
    /// The facts, with the member count and last messages of that position.
    pub facts: Arc<SpaceFacts>,
    /// The user's membership.
    pub member: Member,
    /// The last number of each stream: the server's own, then those of its channels by id.
    pub seq: u64,
    /// The last number of each channel's stream.
    pub channel_seqs: std::collections::BTreeMap<ChannelId, u64>,
}

/// The store failed; the cause is for the log, never for an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(pub Arc<str>);

impl StoreError {
    /// Wraps a cause.
    pub fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}
