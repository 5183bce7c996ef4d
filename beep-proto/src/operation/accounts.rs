//! Signing up, confirming addresses, and forgotten passwords.

use super::operation;
use crate::text::Secret;
use crate::view::SignedIn;

operation! {
    /// Registers an account.
    ///
    /// A six-digit code is sent to the address; pass it to `accounts.activate`. The username is held while the code is
    /// valid. A newer registration for the address replaces this one, with its password and username. To an address that
    /// has an account a mail is sent that says so; the answer is the same. Refuses with `username_taken`, or
    /// `permission_denied` if registration is closed. An invitation that registration needs is used up by this.
    Post "/register" => 201 Registered, idempotent = not, access = Public, rate = Credentials;
    Register {
        /// The mail address.
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

/// A registration that waits for its code.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registered {
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
    /// Activates an account with the mailed code, or confirms its new address, and signs in.
    ///
    /// The code is valid for 15 minutes and 5 attempts from each network. A wrong, used or unknown code, and an address without an
    /// account, all answer `invalid_credentials`. Of an account with a second factor the answer to the right code is
    /// `otp_required` without `otp`, and `otp_invalid` if that is wrong.
    Post "/activate" => 200 SignedIn, idempotent = not, access = Public, rate = Credentials;
    Activate {
        /// The address that the code went to.
        #[sample = "sample@mail.example"]
        email: String,
        /// Six digits.
        code: Secret,
    } + {
        /// A code of the second factor, if the account has one.
        otp: Secret,
        /// The name of the session in the list of sessions.
        label: String,
        /// Whether the cookie outlives the browser; false if left out.
        persist: bool,
    }
}

operation! {
    /// Mails a new code; the answer does not reveal whether there is a registration.
    Post "/activate/resend" => 202 (), idempotent = not, access = Public, rate = Credentials;
    ResendActivation {
        /// The address of the registration.
        #[sample = "sample@mail.example"]
        email: String,
    } + {}
}

operation! {
    /// Mails a code for a new password; the answer does not reveal whether the address has an account.
    Post "/password-reset" => 202 (), idempotent = not, access = Public, rate = Credentials;
    RequestPasswordReset {
        /// The address of the account.
        #[sample = "sample@mail.example"]
        email: String,
    } + {}
}

operation! {
    /// Replaces a forgotten password with the mailed code, and ends every session of the account.
    ///
    /// The code is valid for 15 minutes and 5 attempts from each network. A wrong, used or unknown code, and an address
    /// without an account, all answer `invalid_credentials`. The owner is told by mail.
    Post "/password-reset/complete" => 204 (), idempotent = not, access = Public, rate = Credentials;
    CompletePasswordReset {
        /// The address that the code went to.
        #[sample = "sample@mail.example"]
        email: String,
        /// Six digits.
        code: Secret,
        /// 8 to 1,024 characters, not one of the most common.
        password: Secret,
    } + {}
}
