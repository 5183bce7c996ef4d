//! Whether a failed request is tried again, and when.
//!
//! Pure: a failure goes in, a delay comes out. Repeating is only allowed where it cannot do a thing twice: reads
//! and settings by their nature, messages by their nonce, other changes by their idempotency key.

use std::time::Duration;

use beep_proto::operation::{Access, Method, Operation, Spec, messages, sessions};
use beep_proto::problem::ErrorCode;

use crate::backoff::{Backoff, jitter};
use crate::error::Error;
use crate::transport::TransportErrorKind;

/// How often and how long a request is tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// Tries altogether, at least 1.
    pub(crate) tries: u32,
    /// The longest time spent waiting between them altogether.
    pub(crate) patience: Duration,
}

/// What makes it safe to repeat an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeat {
    /// Its nature: it reads, or the second time changes nothing.
    Harmless,
    /// The nonce of a message.
    Nonce,
    /// An idempotency key.
    Key,
    /// Nothing: it is repeated only if it was certainly not carried out.
    Never,
}

impl Repeat {
    /// What makes it safe to repeat an operation.
    pub(crate) fn of(spec: &Spec) -> Self {
        if spec.name == messages::Send::NAME {
            Self::Nonce
        } else if spec.method == Method::Get
            || spec.name == sessions::Refresh::NAME
            || spec.name == sessions::Logout::NAME
        {
            // A refresh token that was replaced is good for another minute, for a lost answer.
            Self::Harmless
        } else if spec.access == Access::Member {
            // A second DELETE would find nothing: with a key it gives the first answer again.
            Self::Key
        } else {
            Self::Never
        }
    }
}

/// The tries of one request so far.
#[derive(Debug)]
pub(crate) struct Tries {
    limits: Limits,
    repeat: Repeat,
    failures: u32,
    waited: Duration,
}

impl Tries {
    /// Begins a request.
    pub(crate) fn new(limits: Limits, repeat: Repeat) -> Self {
        Self { limits, repeat, failures: 0, waited: Duration::ZERO }
    }

    /// How long to wait before the next try after this failure; `None` to give up. `retry_after` is what the
    /// answer asked for.
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
            Some(seconds) => Duration::from_secs(seconds) + jitter(SPREAD, random),
            None => BACKOFF.delay(self.failures, random),
        };
        self.waited += delay;
        (self.waited <= self.limits.patience).then_some(delay)
    }

    fn repeatable(&self, error: &Error, status: u16) -> bool {
        match error {
            Error::Transport(error) => self.repeat != Repeat::Never || error.kind == TransportErrorKind::Unreached,
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
            500 | 502 | 503 | 504 => self.repeat != Repeat::Never,
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
    use beep_proto::operation::{accounts, channels, servers};
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
    fn what_makes_repeating_safe_follows_from_the_operation() {
        assert_eq!(Repeat::of(&Spec::of::<messages::Send>()), Repeat::Nonce);
        assert_eq!(Repeat::of(&Spec::of::<messages::List>()), Repeat::Harmless);
        assert_eq!(Repeat::of(&Spec::of::<sessions::Refresh>()), Repeat::Harmless);
        assert_eq!(Repeat::of(&Spec::of::<channels::PutRoleOverride>()), Repeat::Key);
        assert_eq!(Repeat::of(&Spec::of::<servers::Create>()), Repeat::Key);
        assert_eq!(Repeat::of(&Spec::of::<messages::Delete>()), Repeat::Key);
        assert_eq!(Repeat::of(&Spec::of::<accounts::Register>()), Repeat::Never);
        assert_eq!(Repeat::of(&Spec::of::<sessions::Login>()), Repeat::Never);
    }

    #[test]
    fn tries_are_bounded() {
        let mut tries = Tries::new(LIMITS, Repeat::Harmless);
        for _ in 0..3 {
            assert!(tries.failed(&lost(), 0, None, 7).is_some());
        }
        assert_eq!(tries.failed(&lost(), 0, None, 7), None);
    }

    #[test]
    fn a_named_delay_is_kept_within_the_patience() {
        let limited = refused(ErrorCode::RateLimited);
        let mut tries = Tries::new(LIMITS, Repeat::Never);
        let delay = tries.failed(&limited, 429, Some(20), 100).expect("within the patience");
        assert_eq!(delay, Duration::from_millis(20_100));
        assert_eq!(tries.failed(&limited, 429, Some(20), 100), None);
    }

    #[test]
    fn what_may_have_happened_is_not_repeated_without_protection() {
        let once = |error: &Error, status, repeat| Tries::new(LIMITS, repeat).failed(error, status, None, 0).is_some();
        assert!(!once(&lost(), 0, Repeat::Never));
        assert!(once(&TransportError::unreached("refused").into(), 0, Repeat::Never));
        assert!(once(&lost(), 0, Repeat::Key));
        assert!(!once(&refused(ErrorCode::Internal), 500, Repeat::Never));
        assert!(once(&refused(ErrorCode::Internal), 500, Repeat::Key));
        assert!(once(&refused(ErrorCode::RemoteUnavailable), 503, Repeat::Nonce));
    }

    #[test]
    fn refusals_that_stay_are_not_repeated() {
        for code in [ErrorCode::NotFound, ErrorCode::PermissionDenied, ErrorCode::DiscoveryFailure, ErrorCode::Conflict]
        {
            let mut tries = Tries::new(LIMITS, Repeat::Harmless);
            assert_eq!(tries.failed(&refused(code), code.status(), None, 0), None, "{code:?}");
        }
    }
}
