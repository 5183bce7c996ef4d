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

impl User {
    /// A user of whom nothing is known any more.
    pub fn gone(key: UserKey) -> Self {
        Self {
            key,
            username: Self::no_username(),
            display_name: None,
            bio: None,
            created_at: Timestamp::from_millis(0),
            deleted: true,
        }
    }

    /// In place of the username of a deleted account.
    pub fn no_username() -> Username {
        Username::parse("deleted").expect("it fits the rules of a username")
    }
}

/// Who may write to a user directly, and add them to groups. Friends always may.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DirectFrom {
    /// Anybody.
    Everyone,
    /// Members of servers that both are in.
    #[default]
    Servers,
    /// Friends alone.
    Friends,
}

impl DirectFrom {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Everyone, Self::Servers, Self::Friends];

    /// Its name in the API and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Servers => "servers",
            Self::Friends => "friends",
        }
    }

    /// The one with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
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
    /// Who may write to them directly.
    pub direct_from: DirectFrom,
    /// Whether it asks for a second factor.
    pub two_factor: bool,
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

    /// What is left of it once it is deleted: that there was one.
    pub fn erased(&self) -> Self {
        Self {
            user: User { created_at: self.user.created_at, ..User::gone(self.user.key.clone()) },
            email: Self::no_email(),
            first_name: None,
            last_name: None,
            password_hash: String::new(),
            direct_from: DirectFrom::Friends,
            two_factor: false,
            global_roles: Vec::new(),
            revision: self.revision,
        }
    }

    /// In place of the address of a deleted account: one that nobody has (RFC 2606, 2).
    pub fn no_email() -> Email {
        Email::parse("deleted@deleted.invalid").expect("it fits the rules of an address")
    }

    /// The backend that owns it.
    pub fn home(&self) -> &Domain {
        &self.user.key.home
    }
}
