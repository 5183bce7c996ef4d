//! An account: a user of this backend, with their private data.

use crate::domain::Domain;
use crate::global_role::GlobalRole;
use crate::id::{UserId, UserKey};
use crate::text::{Bio, DisplayName, Email, PersonName, Username};
use crate::time::Timestamp;

/// The public profile of a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// The id, with the home of the user.
    pub key: UserKey,
    /// The name at that home.
    pub username: Username,
    /// The display name.
    pub display_name: Option<DisplayName>,
    /// A few words about the user.
    pub bio: Option<Bio>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Whether the account was deleted and only its messages remain.
    pub deleted: bool,
}

/// A user of this backend with the private part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The public part.
    pub user: User,
    /// The mail address; unique on the backend.
    pub email: Email,
    /// First name, private.
    pub first_name: Option<PersonName>,
    /// Last name, private.
    pub last_name: Option<PersonName>,
    /// The password as argon2id in PHC format.
    pub password_hash: String,
    /// Its global roles, in their order.
    pub global_roles: Vec<GlobalRole>,
    /// The number of changes: a change commits only if the account is still at the revision that it read.
    pub revision: u64,
}

impl Account {
    /// The bare id.
    pub fn id(&self) -> UserId {
        self.user.key.id
    }

    /// The backend that owns it.
    pub fn home(&self) -> &Domain {
        &self.user.key.home
    }
}
