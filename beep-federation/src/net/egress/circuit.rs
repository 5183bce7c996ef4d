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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_closes_it() {
        let mut circuit = Circuit::default();
        for _ in 0..4 {
            circuit.failed(NOW, 0);
        }
        circuit.succeeded();
        for _ in 0..4 {
            circuit.failed(NOW, 0);
            assert_eq!(circuit.state(), CircuitState::Closed);
        }
        circuit.failed(NOW, 0);
        let until = NOW.after(FIRST);
        assert_eq!(circuit.state(), CircuitState::Open { until });
        assert!(!circuit.admits(until.before(Duration::from_millis(1))));
        assert!(circuit.admits(until));
        assert_eq!(circuit.state(), CircuitState::Probing);
        assert!(!circuit.admits(until), "one is enough to see");
        circuit.succeeded();
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[test]
    fn waits_double_up_to_a_minute_and_are_spread() {
        for random in [0, 12_345, u64::MAX] {
            let mut circuit = Circuit::default();
            for _ in 0..4 {
                circuit.failed(NOW, random);
            }
            for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
                circuit.failed(NOW, random);
                let CircuitState::Open { until } = circuit.state() else { panic!("it is open") };
                let (wait, most) = (until.since(NOW), Duration::from_secs(seconds));
                assert!(wait <= most && wait >= most.mul_f64(0.75), "{wait:?} of {most:?}");
            }
        }
    }

    #[test]
    fn a_probe_that_is_given_up_makes_way_for_the_next() {
        let mut circuit = Circuit::default();
        for _ in 0..5 {
            circuit.failed(NOW, 0);
        }
        let later = NOW.after(FIRST);
        assert!(circuit.admits(later));
        circuit.abandoned();
        assert!(circuit.admits(later));
    }
}
