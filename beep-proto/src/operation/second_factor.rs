//! The second factor of the caller: codes of an authenticator app, and recovery codes.

use super::operation;
use crate::text::Secret;
use crate::view::{RecoveryCodes, SecondFactorSetup};

operation! {
    /// Begins to set up a second factor: gives what an authenticator app reads. It is on once `second_factor.confirm` has its
    /// first code, from the same session and within 15 minutes.
    ///
    /// A newer begin replaces this one. Refuses with `conflict` if the account has a second factor. A wrong password answers
    /// `invalid_credentials`.
    Post "/self/2fa" => 200 SecondFactorSetup, idempotent = not, rate = Credentials;
    Begin {
        /// The password of the caller.
        password: Secret,
    } + {}
}

operation! {
    /// Has the second factor be on, and gives the recovery codes, each of which is good once in place of a code of the app.
    /// The caller is told by mail.
    ///
    /// A wrong code answers `invalid_credentials`, and so does any where nothing was begun in this session in time.
    Post "/self/2fa/confirm" => 200 RecoveryCodes, idempotent = not, rate = Credentials;
    Confirm {
        /// The six digits that the app shows.
        code: Secret,
    } + {}
}

operation! {
    /// Makes new recovery codes in place of those that are left. The caller is told by mail.
    ///
    /// A wrong password or code answers `invalid_credentials`, and an account without a second factor `not_found`.
    Post "/self/2fa/recovery-codes" => 200 RecoveryCodes, idempotent = not, rate = Credentials;
    RenewRecoveryCodes {
        /// The password of the caller.
        password: Secret,
        /// A code of the app, or a recovery code.
        code: Secret,
    } + {}
}

operation! {
    /// Takes the second factor away. The caller is told by mail.
    ///
    /// A wrong password or code answers `invalid_credentials`, and an account without a second factor `not_found`.
    Delete "/self/2fa" => 204 (), idempotent = by_key, rate = Credentials;
    Remove {
        /// The password of the caller.
        password: Secret,
        /// A code of the app, or a recovery code.
        code: Secret,
    } + {}
}
