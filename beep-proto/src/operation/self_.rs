//! The caller's account.

use super::operation;
use crate::text::{Nullable, Secret};
use crate::view::{DirectFrom, SelfUser};

operation! {
    /// Gives the caller's account.
    Get "/self" => 200 SelfUser;
    Get {} + {}
}

operation! {
    /// Changes the caller's account; fields that are left out keep their value.
    Patch "/self" => 200 SelfUser, idempotent = by_key;
    Update {} + {
        /// The name in mentions; refused with `username_taken` if another user has it.
        username: String,
        /// The display name.
        #[serde(deserialize_with = "Nullable::field")]
        display_name: Nullable<String>,
        /// First name, private.
        #[serde(deserialize_with = "Nullable::field")]
        first_name: Nullable<String>,
        /// Last name, private.
        #[serde(deserialize_with = "Nullable::field")]
        last_name: Nullable<String>,
        /// The avatar, as an asset; refused with `unknown` by a backend without assets.
        #[serde(deserialize_with = "Nullable::field")]
        avatar: Nullable<String>,
        /// A few words about the user.
        #[serde(deserialize_with = "Nullable::field")]
        bio: Nullable<String>,
        /// Who may write to the caller directly, and add them to groups; friends always may.
        direct_from: DirectFrom,
    }
}

operation! {
    /// Changes the caller's password, and ends their other sessions; they are told by mail.
    ///
    /// A wrong password answers `invalid_credentials`.
    Put "/self/password" => 204 (), idempotent = by_key, rate = Credentials;
    ChangePassword {
        /// The password that the account has.
        current: Secret,
        /// The new one: 8 to 1,024 characters, not one of the most common.
        new: Secret,
    } + {
        /// A code of the second factor, if the account has one; without it the answer is `otp_required`.
        otp: Secret,
    }
}

operation! {
    /// Mails a code to another address, which becomes that of the account when the code is passed to `accounts.activate`.
    ///
    /// The answer does not reveal whether the address has an account; its owner is told by mail. A newer change replaces
    /// this one. Once the address has changed, the former one is told. A wrong password answers `invalid_credentials`.
    Put "/self/email" => 202 (), idempotent = by_key, rate = Credentials;
    ChangeEmail {
        /// The new mail address.
        #[sample = "sample@mail.example"]
        email: String,
        /// The password of the caller.
        password: Secret,
    } + {
        /// A code of the second factor, if the account has one; without it the answer is `otp_required`.
        otp: Secret,
    }
}

operation! {
    /// Deletes the caller's account: signs out everywhere, erases what is kept of the person, and leaves all servers and
    /// groups.
    ///
    /// Their messages stay and are shown as by a deleted user. The username is free after 30 days. Refuses with `conflict`
    /// while the caller owns a server, and with `last_administrator` for the last administrator who is not suspended. A
    /// wrong password answers `invalid_credentials`.
    Delete "/self" => 204 (), idempotent = by_nature, rate = Credentials;
    Delete {
        /// The password of the caller.
        password: Secret,
    } + {
        /// A code of the second factor, if the account has one; without it the answer is `otp_required`.
        otp: Secret,
    }
}
