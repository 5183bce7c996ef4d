//! Accounts, registrations, usernames, mailed codes and global roles.

use async_trait::async_trait;

use crate::account::{Account, User};
use crate::account_removal::AccountRemoval;
use crate::email_change::EmailChange;
use crate::global_role::GlobalRole;
use crate::id::UserId;
use crate::mail_code::{CodePurpose, MailCode};
use crate::port::StoreError;
use crate::record::Record;
use crate::registration::{InvitationSeat, Registration, UsernameHold};
use crate::text::{Email, Username};
use crate::time::Timestamp;

/// Accounts, registrations and mailed codes.
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
    /// The registration for this address.
    async fn registration(&self, email: &Email) -> Result<Option<Registration>, StoreError>;
    /// The newest registration with this username.
    async fn registration_by_username(&self, username: &Username) -> Result<Option<Registration>, StoreError>;
    /// How many usernames are held for a user at a time.
    async fn usernames_held(&self, holder: UserId, now: Timestamp) -> Result<u32, StoreError>;
    /// The seat of a user.
    async fn invitation_seat(&self, user: UserId) -> Result<Option<InvitationSeat>, StoreError>;
    /// The accounts whose username or display name starts with `query`, case folded (all if it is empty), by id, after
    /// `after`.
    async fn accounts_by_prefix(
        &self,
        query: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError>;
    /// The last change that was asked for to this address.
    async fn email_change(&self, to: &Email) -> Result<Option<EmailChange>, StoreError>;
    /// Deleted accounts of which something is left to remove, by user, after `after`.
    async fn account_removals(&self, after: Option<UserId>, limit: u32) -> Result<Vec<AccountRemoval>, StoreError>;
    /// The code that was mailed for a purpose.
    async fn mail_code(&self, user: UserId, purpose: CodePurpose) -> Result<Option<MailCode>, StoreError>;
}

/// All of an account but its global roles and its second factor. Of a deleted one neither name nor address is kept. Its stored revision is one more than the one given, and
/// [`CommitError::Taken`](crate::port::CommitError::Taken) says that another has its username or address.
impl Record for Account {
    type Key = UserId;
}

impl Record for Registration {
    type Key = Email;
}

/// Several users may hold a name, of whom all but one gave it up or let their code expire.
impl Record for UsernameHold {
    type Key = (Username, UserId);
}

impl Record for InvitationSeat {
    type Key = UserId;
}

impl Record for EmailChange {
    type Key = UserId;
}

impl Record for MailCode {
    type Key = (UserId, CodePurpose);
}

/// That an account holds a global role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GlobalRoleGrant {
    /// Whose account.
    pub user: UserId,
    /// Which role.
    pub role: GlobalRole,
}

impl Record for GlobalRoleGrant {
    type Key = Self;
}

impl Record for AccountRemoval {
    type Key = UserId;
}

/// What is written of accounts that are deleted.
#[derive(Clone, Debug, PartialEq)]
pub enum RemovalWrite {
    /// Keeps that something is left to remove, and erases what else is kept of the account: which devices its sessions were
    /// of, the answers to its requests, and in the events of its own stream every earlier profile, in place of which this
    /// one is told.
    Begin(AccountRemoval, User),
    /// Nothing is left.
    End(UserId),
}

/// What a decision rested on about accounts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AccountGuard {
    /// The account is there with this revision.
    At {
        /// Whose account.
        id: UserId,
        /// The revision that was read.
        revision: u64,
    },
    /// The account is there with this password.
    Password {
        /// Whose account.
        id: UserId,
        /// Its hash that was read.
        hash: String,
    },
    /// The account was not deleted.
    NotDeleted(UserId),
    /// The account holds the global role.
    Holds(GlobalRoleGrant),
    /// Nobody else has the username, and it is held for nobody else at this time; if not,
    /// [`CommitError::Taken`](crate::port::CommitError::Taken).
    Free {
        /// The username.
        username: Username,
        /// Who wants it.
        by: UserId,
        /// At what time.
        now: Timestamp,
    },
}
