//! Signing up.

use super::operation;
use crate::text::Secret;
use crate::view::{self, SignedIn};

operation! {
    /// Makes an account.
    ///
    /// A six-digit code goes to the address; `accounts.activate` takes it. Refuses with `username_taken`,
    /// `email_taken`, and `permission_denied` where registration is closed.
    Post "/register" => 201 Registered, idempotent = not, access = Public, rate = Credentials;
    Register {
        /// Where mail goes; unique on the backend.
        #[sample = "sample@mail.example"]
        email: String,
        /// 8 to 1,024 characters, not one of the most common.
        password: Secret,
        /// 2 to 32 of `[a-z0-9_.-]`, kept in lower case; unique on the backend.
        username: String,
    } + {
        /// What to be shown as.
        display_name: String,
        /// The code of an invitation to a server, where registration is by invitation.
        invitation: Secret,
    }
}

/// An account that waits for its code.
#[derive(Clone, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registered {
    /// The user.
    pub user: view::SelfUser,
    /// What it waits for.
    pub activation: Activation,
}

/// What a new account waits for.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Activation {
    /// For the mailed code.
    Pending,
}

operation! {
    /// Activates an account with the mailed code, and signs in.
    ///
    /// The code is good for 15 minutes and 5 attempts. A wrong, spent or unknown one, and an address without an
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
    /// Mails a new code; the answer is the same whether there is such an account or not.
    Post "/activate/resend" => 202 (), idempotent = not, access = Public, rate = Credentials;
    ResendActivation {
        /// The address of the account.
        #[sample = "sample@mail.example"]
        email: String,
    } + {}
}
