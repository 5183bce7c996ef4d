//! Signing up.

use super::operation;
use crate::text::Secret;
use crate::view::{self, SignedIn};

operation! {
    /// Creates an account.
    ///
    /// A six-digit code is sent to the address; pass it to `accounts.activate`. Refuses with `username_taken`,
    /// `email_taken`, or `permission_denied` if registration is closed.
    Post "/register" => 201 Registered, idempotent = not, access = Public, rate = Credentials;
    Register {
        /// The mail address; unique on the backend.
        #[sample = "sample@mail.example"]
        email: String,
        /// 8 to 1,024 characters, not one of the most common.
        password: Secret,
        /// 2 to 32 of `[a-z0-9_.-]`, stored in lower case; unique on the backend.
        username: String,
    } + {
        /// The display name.
        display_name: String,
        /// The code of an invitation to a server, if registration needs one.
        invitation: Secret,
    }
}

/// An account that is not activated yet.
#[derive(Clone, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registered {
    /// The user.
    pub user: view::SelfUser,
    /// The missing step.
    pub activation: Activation,
}

/// The missing step of a new account.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Activation {
    /// Entering the mailed code.
    Pending,
}

operation! {
    /// Activates an account with the mailed code, and signs in.
    ///
    /// The code is valid for 15 minutes and 5 attempts. A wrong, used or unknown code, and an address without an
    /// account, all answer `invalid_credentials`.
    Post "/activate" => 200 SignedIn, idempotent = not, access = Public, rate = Credentials;
    Activate {
        /// The address that the code went to.
        #[sample = "sample@mail.example"]
        email: String,
        /// Six digits.
        code: Secret,
    } + {}
}

operation! {
    /// Mails a new code; the answer does not reveal whether the account exists.
    Post "/activate/resend" => 202 (), idempotent = not, access = Public, rate = Credentials;
    ResendActivation {
        /// The address of the account.
        #[sample = "sample@mail.example"]
        email: String,
    } + {}
}
