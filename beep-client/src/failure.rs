//! Why something did not work, as the objects of a chat tell and store it, and whether trying again may help.

use std::fmt;
use std::time::Duration;

use beep_proto::problem::ErrorCode;
use beep_proto::time::Time;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Why something did not work.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Failure {
    /// The backend's code; `None` if there was no answer or not a valid one.
    pub code: Option<ErrorCode>,
    /// What happened, for a log. A view has texts of its own, by the code.
    pub detail: String,
    /// With `permission_denied`: the permissions that are needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// When it ends: slow mode (`rate_limited`), `muted`, `restricted`, `account_suspended`, `server_suspended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        match error.problem() {
            Some(problem) => Self {
                code: Some(problem.code),
                detail: shortened(&problem.detail),
                missing: problem.missing.iter().take(MAX_MISSING).map(|name| shortened(name)).collect(),
                until: problem.until,
            },
            None => Self { code: None, detail: shortened(&error.to_string()), missing: Vec::new(), until: None },
        }
    }
}

/// What a failed call is followed by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outlook {
    /// It is tried again after a while, which ends at once when the network or the other backend is back.
    Transient,
    /// It is tried again after this time, which the backend asked for.
    Limited(Duration),
    /// It waits for a session.
    SignedOut,
    /// The same call fails again.
    Lasting,
}

impl Outlook {
    /// What an error is followed by.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Transport(_) | Error::Decode { .. } => Self::Transient,
            Error::NotSignedIn => Self::SignedOut,
            Error::Configuration(_) => Self::Lasting,
            Error::Refused(_) if error.rejects_token() => Self::SignedOut,
            Error::Refused(refusal) => match (refusal.problem.status, refusal.problem.until) {
                // Slow mode: who wrote decides whether it is still worth saying then.
                (429, Some(_)) => Self::Lasting,
                (429, None) => {
                    Self::Limited(Duration::from_secs(refusal.problem.retry_after.unwrap_or(1).min(MAX_PAUSE_S)))
                }
                (500.., _) => Self::Transient,
                _ => Self::Lasting,
            },
        }
    }
}

/// The first part of a text of any length.
fn shortened(text: &str) -> String {
    text.chars().take(MAX_DETAIL_LEN).collect()
}

const MAX_DETAIL_LEN: usize = 500;
const MAX_MISSING: usize = 32;
/// The longest pause that is believed.
const MAX_PAUSE_S: u64 = 3600;

#[cfg(test)]
mod tests {
    use beep_core::time::Timestamp;
    use beep_proto::problem::Problem;

    use super::*;
    use crate::error::Refusal;
    use crate::transport::TransportError;

    fn refused(problem: Problem) -> Error {
        Error::Refused(Box::new(Refusal { operation: "test", problem, request_id: None }))
    }

    #[test]
    fn an_outage_passes_and_a_refusal_stays() {
        let of = |code| Outlook::of(&refused(Problem::new(code, "")));
        assert_eq!(Outlook::of(&TransportError::interrupted("lost").into()), Outlook::Transient);
        for code in [ErrorCode::Internal, ErrorCode::RemoteUnavailable, ErrorCode::DiscoveryFailure] {
            assert_eq!(of(code), Outlook::Transient, "{code:?}");
        }
        for code in [ErrorCode::PermissionDenied, ErrorCode::InvalidRequest, ErrorCode::Muted, ErrorCode::NotFound] {
            assert_eq!(of(code), Outlook::Lasting, "{code:?}");
        }
        assert_eq!(of(ErrorCode::TokenExpired), Outlook::SignedOut);
        assert_eq!(Outlook::of(&Error::NotSignedIn), Outlook::SignedOut);
    }

    #[test]
    fn slow_mode_is_not_a_rate_limit() {
        let limited = Problem { retry_after: Some(7), ..Problem::new(ErrorCode::RateLimited, "") };
        assert_eq!(Outlook::of(&refused(limited.clone())), Outlook::Limited(Duration::from_secs(7)));
        let until = Some(Time(Timestamp::from_millis(5)));
        let slow = refused(Problem { until, ..limited });
        assert_eq!(Outlook::of(&slow), Outlook::Lasting);
        assert_eq!(Failure::from(&slow).until, until);
    }
}
