//! Signing in, refreshing, and signing out.

use beep_core::id::SessionId;

use super::operation;
use crate::id::Bare;
use crate::page::Page;
use crate::text::Secret;
use crate::view::{Session, SignedIn};

operation! {
    /// Signs in with a password.
    ///
    /// Also sets the `zuid` cookie. The answer does not reveal whether login or password is wrong; too many failures
    /// for one account or from one address answer `rate_limited`.
    ///
    /// Of an account with a second factor the answer to the right password is `otp_required` without `otp`, and
    /// `otp_invalid` if that is wrong or was used before.
    Post "/login" => 200 SignedIn, idempotent = not, access = Public, rate = Credentials;
    Login {
        /// A username or a mail address.
        login: String,
        /// The password.
        password: Secret,
    } + {
        /// A code of the second factor, if the account has one: six digits of the app, or a recovery code.
        otp: Secret,
        /// The name of the session in the list of sessions.
        label: String,
        /// Whether the cookie outlives the browser; false if left out.
        persist: bool,
    }
}

operation! {
    /// Gives a new access token, and replaces the refresh token.
    ///
    /// The refresh token is the `zuid` cookie, or `refresh_token` for a client without cookies; the answer to a cookie
    /// has no `refresh_token`. The cookie counts only in requests of the backend's own pages. A token that was replaced less than a minute ago gives the newest one again. Using it later
    /// ends the session.
    Post "/access" => 200 SignedIn, idempotent = by_nature, access = Credential, rate = Read;
    Refresh {} + {
        /// The refresh token, in place of the cookie.
        refresh_token: Secret,
    }
}

operation! {
    /// Ends the session of the refresh token, or, without one, of the access token.
    ///
    /// An unknown token, or one of an ended session, gets the same answer as a valid one. Without any token the answer
    /// is `unauthenticated`.
    Post "/access/logout" => 204 (), idempotent = by_nature, access = Credential;
    Logout {} + {
        /// The refresh token, in place of the cookie.
        refresh_token: Secret,
    }
}

operation! {
    /// Lists the caller's sessions, newest first.
    Get "/self/sessions" => 200 Page<Session>;
    List {} + {
        /// Sessions in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Ends one of the caller's sessions: closes its gateway connections and revokes its tokens.
    Delete "/self/sessions/{session}" => 204 (), idempotent = by_key;
    Revoke {
        /// Which session.
        session: Bare<SessionId>,
    } + {}
}

operation! {
    /// Ends all of the caller's sessions but the one that asks.
    Delete "/self/sessions" => 204 (), idempotent = by_nature;
    RevokeOthers {} + {}
}
