//! Whether a remote is worth trying (contract: federation).

use std::time::Duration;

use beep_core::time::Timestamp;

/// What a circuit says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CircuitState {
    /// Calls go through.
    Closed,
    /// Calls fail at once until then.
    Open {
        /// When one call may see whether the remote is back.
        until: Timestamp,
    },
    /// One call is seeing whether the remote is back.
    Probing,
}

/// The circuit of one remote.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    failures: u32,
    open: Option<Timestamp>,
    probing: bool,
}

impl Circuit {
    pub(super) fn state(&self) -> CircuitState {
        match self.open {
            None => CircuitState::Closed,
            Some(_) if self.probing => CircuitState::Probing,
            Some(until) => CircuitState::Open { until },
        }
    }

    /// Whether a call may be tried now.
    pub(super) fn admits(&mut self, now: Timestamp) -> bool {
        match self.open {
            None => true,
            Some(until) if until <= now && !self.probing => {
                self.probing = true;
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, now: Timestamp, random: u64) {
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        if self.failures >= FAILURES {
            let doublings = (self.failures - FAILURES).min(6);
            let wait = (FIRST * 2u32.pow(doublings)).min(LONGEST);
            let jitter = Duration::from_millis(random % (u64::try_from(wait.as_millis()).unwrap_or(0) / 4 + 1));
            self.open = Some(now.after(wait - jitter));
        }
    }

    /// The call that was tried was given up.
    pub(super) fn abandoned(&mut self) {
        self.probing = false;
    }
}

const FAILURES: u32 = 5;
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
