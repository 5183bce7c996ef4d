//! Signing in, staying so, and signing out.

use beep_core::id::SessionId;

use super::operation;
use crate::id::Bare;
use crate::page::Page;
use crate::text::Secret;
use crate::view::{Session, SignedIn};

operation! {
    /// Signs in with a password.
    ///
    /// Sets the `zuid` cookie as well. An unknown login and a wrong password answer alike; too many failures for
    /// one account or from one address answer `rate_limited`.
    Post "/login" => 200 SignedIn, idempotent = not, access = Public, rate = Credentials;
    Login {
        /// A username or a mail address.
        login: String,
        /// The password.
        password: Secret,
    } + {
        /// The second factor, where the account asks for one.
        otp: Secret,
        /// What to call the session in the list of sessions.
        label: String,
        /// Whether the cookie outlives the browser; it does not unless asked for.
        persist: bool,
    }
}

operation! {
    /// Gives a new access token for the refresh credential, which is replaced.
    ///
    /// The credential is the `zuid` cookie, or `refresh_token` for a client without a cookie jar. One that was
    /// replaced over a minute ago ends the session.
    Post "/access" => 200 SignedIn, idempotent = by_nature, access = Credential, rate = Read;
    Refresh {} + {
        /// The refresh credential, in place of the cookie.
        refresh_token: Secret,
    }
}

operation! {
    /// Ends the session of the refresh credential; without one, that of the access token.
    ///
    /// One that is not known, or whose session has ended, answers as one that is. No credential at all answers
    /// `unauthenticated`.
    Post "/access/logout" => 204 (), idempotent = by_nature, access = Credential;
    Logout {} + {
        /// The refresh credential, in place of the cookie.
        refresh_token: Secret,
    }
}

operation! {
    /// Lists the caller's sessions, youngest first.
    Get "/self/sessions" => 200 Page<Session>;
    List {} + {
        /// Sessions in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}

operation! {
    /// Ends one of the caller's sessions: its gateways close, its tokens are refused.
    Delete "/self/sessions/{session}" => 204 (), idempotent = by_key;
    Revoke {
        /// Which session.
        session: Bare<SessionId>,
    } + {}
}
