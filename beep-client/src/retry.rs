//! Whether a failed request is retried, and when.
//!
//! Pure: a failure goes in, a delay comes out. A request is retried only if that cannot act twice: each operation says
//! what makes it [`Idempotent`].

use std::time::Duration;

use beep_proto::operation::Idempotent;
use beep_proto::problem::ErrorCode;

use crate::backoff::{Backoff, jitter};
use crate::error::Error;
use crate::transport::TransportErrorKind;

/// How often and how long a request is tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// The total number of tries, at least 1.
    pub(crate) tries: u32,
    /// The longest total time spent waiting between tries.
    pub(crate) patience: Duration,
}

/// The tries of one request so far.
#[derive(Debug)]
pub(crate) struct Tries {
    limits: Limits,
    idempotent: Idempotent,
    failures: u32,
    waited: Duration,
}

impl Tries {
    /// Starts counting the tries of a request.
    pub(crate) fn new(limits: Limits, idempotent: Idempotent) -> Self {
        Self { limits, idempotent, failures: 0, waited: Duration::ZERO }
    }

    /// How long to wait before the next try after this failure; `None` to give up. `retry_after` comes from the answer.
    pub(crate) fn failed(
        &mut self,
        error: &Error,
        status: u16,
        retry_after: Option<u64>,
        random: u64,
    ) -> Option<Duration> {
        self.failures += 1;
        if self.failures >= self.limits.tries || !self.repeatable(error, status) {
            return None;
        }
        let delay = match retry_after {
            // The jitter keeps those who were told the same second apart.
            Some(seconds) => Duration::from_secs(seconds).saturating_add(jitter(SPREAD, random)),
            None => BACKOFF.delay(self.failures, random),
        };
        self.waited = self.waited.saturating_add(delay);
        (self.waited <= self.limits.patience).then_some(delay)
    }

    fn repeatable(&self, error: &Error, status: u16) -> bool {
        match error {
            Error::Transport(error) => {
                self.idempotent != Idempotent::Not || error.kind == TransportErrorKind::Unreached
            }
            Error::Refused(refusal) => match refusal.problem.code {
                ErrorCode::RateLimited => true,
                // What another backend is or says does not change within seconds.
                ErrorCode::DiscoveryFailure
                | ErrorCode::AuthenticationFailure
                | ErrorCode::ValidationError
                | ErrorCode::RemoteError => false,
                _ => self.transient(status),
            },
            Error::Decode { .. } => self.transient(status),
            _ => false,
        }
    }

    fn transient(&self, status: u16) -> bool {
        match status {
            429 => true,
            500 | 502 | 503 | 504 => self.idempotent != Idempotent::Not,
            _ => false,
        }
    }
}

const BACKOFF: Backoff = Backoff { base: Duration::from_millis(200), cap: Duration::from_secs(10) };
const SPREAD: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Refusal;
    use crate::transport::TransportError;
    use beep_proto::problem::Problem;

    const LIMITS: Limits = Limits { tries: 4, patience: Duration::from_secs(30) };

    fn refused(code: ErrorCode) -> Error {
        let refusal = Refusal { operation: "test", problem: Problem::new(code, ""), request_id: None };
        Error::Refused(Box::new(refusal))
    }

    fn lost() -> Error {
        TransportError::interrupted("lost").into()
    }

    #[test]
    fn tries_are_bounded() {
        let mut tries = Tries::new(LIMITS, Idempotent::ByNature);
        for _ in 0..3 {
            assert!(tries.failed(&lost(), 0, None, 7).is_some());
        }
        assert_eq!(tries.failed(&lost(), 0, None, 7), None);
    }

    #[test]
    fn a_named_delay_is_kept_within_the_patience() {
        let limited = refused(ErrorCode::RateLimited);
        let mut tries = Tries::new(LIMITS, Idempotent::Not);
        let delay = tries.failed(&limited, 429, Some(20), 100).expect("within the patience");
        assert_eq!(delay, Duration::from_millis(20_100));
        assert_eq!(tries.failed(&limited, 429, Some(20), 100), None);
    }

    #[test]
    fn no_answer_names_a_delay_that_cannot_be_counted() {
        let limited = refused(ErrorCode::RateLimited);
        let mut tries = Tries::new(LIMITS, Idempotent::Not);
        assert!(tries.failed(&limited, 429, Some(1), u64::MAX).is_some());
        assert_eq!(tries.failed(&limited, 429, Some(u64::MAX), u64::MAX), None);
        assert_eq!(tries.failed(&limited, 429, Some(u64::MAX), u64::MAX), None);
    }

    #[test]
    fn what_may_have_happened_is_not_repeated_without_protection() {
        let once =
            |error: &Error, status, idempotent| Tries::new(LIMITS, idempotent).failed(error, status, None, 0).is_some();
        assert!(!once(&lost(), 0, Idempotent::Not));
        assert!(once(&TransportError::unreached("refused").into(), 0, Idempotent::Not));
        assert!(once(&lost(), 0, Idempotent::ByKey));
        assert!(!once(&refused(ErrorCode::Internal), 500, Idempotent::Not));
        assert!(once(&refused(ErrorCode::Internal), 500, Idempotent::ByKey));
        assert!(once(&refused(ErrorCode::RemoteUnavailable), 503, Idempotent::ByNonce("nonce")));
    }

    #[test]
    fn refusals_that_stay_are_not_repeated() {
        for code in [ErrorCode::NotFound, ErrorCode::PermissionDenied, ErrorCode::DiscoveryFailure, ErrorCode::Conflict]
        {
            let mut tries = Tries::new(LIMITS, Idempotent::ByNature);
            assert_eq!(tries.failed(&refused(code), code.status(), None, 0), None, "{code:?}");
        }
    }
}
