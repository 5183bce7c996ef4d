//! The time and the randomness that an input of a pure machine comes with.

use std::time::Duration;

use beep_core::time::Timestamp;
use beep_proto::time::Time;

use crate::backoff::Backoff;

/// When an input came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The time since a fixed moment, for everything that waits.
    pub(crate) uptime: Duration,
    /// The time of day, for what people read.
    pub(crate) at: Timestamp,
    /// A random number.
    pub(crate) random: u64,
}

impl Moment {
    /// The time of day after a while.
    pub(crate) fn after(&self, time: Duration) -> Time {
        Time(self.at.after(time))
    }
}

/// Failures in a row, and when the next attempt is due.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Attempts {
    failures: u32,
    due: Option<Duration>,
    /// Whether the backend asked for the pause.
    is_asked: bool,
}

impl Attempts {
    /// Whether an attempt may be made.
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.due.is_none_or(|due| due <= now.uptime)
    }

    /// When the next attempt is due; `None` if it may be made at any time.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Counts a failure; gives the time until the next attempt.
    pub(crate) fn failed(&mut self, pause: Option<Duration>, now: Moment) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let delay = BACKOFF.delay(self.failures, now.random);
        // Those who were told the same pause come apart.
        let delay = pause.map_or(delay, |pause| pause + delay.min(SPREAD));
        self.due = Some(now.uptime + delay);
        self.is_asked = pause.is_some();
        delay
    }

    /// Ends the waiting, unless the backend asked for it.
    pub(crate) fn hurry(&mut self) {
        if !self.is_asked {
            self.due = None;
        }
    }

    /// An attempt succeeded.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(60) };
const SPREAD: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment { uptime: Duration::from_millis(millis), at: Timestamp::from_millis(0), random: 999 }
    }

    #[test]
    fn waiting_ends_at_once_unless_the_backend_asked_for_it() {
        let mut attempts = Attempts::default();
        attempts.failed(None, at(0));
        assert!(!attempts.is_due(at(998)) && attempts.is_due(at(999)));
        attempts.hurry();
        assert!(attempts.is_due(at(0)));
        attempts.failed(Some(Duration::from_secs(7)), at(0));
        attempts.hurry();
        assert!(!attempts.is_due(at(7_000)) && attempts.is_due(at(7_500)));
        attempts.succeeded();
        assert_eq!(attempts.failed(None, at(0)), Duration::from_millis(999));
    }
}
