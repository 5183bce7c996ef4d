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

/// What a call that was let through tells of the remote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It answered, whatever it said.
    Answered,
    /// It was not there, or not who it should be.
    Failed,
    /// Nobody asked it.
    Unknown,
}

/// The circuit of one remote.
#[derive(Debug, Default)]
pub struct Circuit {
    failures: u32,
    open: Option<Timestamp>,
    probing: bool,
}

impl Circuit {
    /// What it says at the moment.
    pub fn state(&self) -> CircuitState {
        match self.open {
            None => CircuitState::Closed,
            Some(_) if self.probing => CircuitState::Probing,
            Some(until) => CircuitState::Open { until },
        }
    }

    /// Whether a call may be tried now; if so, its verdict must follow.
    pub fn admits(&mut self, now: Timestamp) -> bool {
        match self.open {
            None => true,
            Some(until) if until <= now && !self.probing => {
                self.probing = true;
                true
            }
            Some(_) => false,
        }
    }

    /// Takes the verdict of a call that was let through; `random` spreads the probes.
    pub fn settle(&mut self, verdict: Verdict, now: Timestamp, random: impl FnOnce() -> u64) {
        match verdict {
            Verdict::Answered => self.succeeded(),
            Verdict::Failed => self.failed(now, random()),
            Verdict::Unknown => self.abandoned(),
        }
    }

    /// Takes that the remote answered.
    fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Takes that the remote did not answer; `random` spreads the probes.
    fn failed(&mut self, now: Timestamp, random: u64) {
        // Calls that were under way as it opened say nothing new.
        if self.open.is_some() && !self.probing {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        if self.failures >= FAILURES {
            let doublings = (self.failures - FAILURES).min(6);
            let wait = (FIRST * 2u32.pow(doublings)).min(LONGEST);
            let jitter = Duration::from_millis(random % (u64::try_from(wait.as_millis()).unwrap_or(0) / 4 + 1));
            self.open = Some(now.after(wait - jitter));
        }
    }

    /// Takes that the remote was heard of: whether it can be reached as well is found out by the next call.
    pub fn heard(&mut self, now: Timestamp) {
        self.open = self.open.map(|until| until.min(now));
    }

    /// The call that was tried was given up.
    fn abandoned(&mut self) {
        self.probing = false;
    }
}

const FAILURES: u32 = 5;
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn who_is_heard_of_is_tried_at_once_and_by_one_call() {
        let mut circuit = Circuit::default();
        circuit.heard(at(0));
        assert_eq!(circuit.state(), CircuitState::Closed);
        (0..9).for_each(|_| circuit.failed(at(0), 0));
        assert_eq!(circuit.state(), CircuitState::Open { until: at(1_000) }, "the late ones say nothing new");
        assert!(!circuit.admits(at(10)));
        circuit.heard(at(10));
        assert!(circuit.admits(at(10)));
        assert!(!circuit.admits(at(10)), "one is enough to see");
        circuit.failed(at(11), 0);
        assert!(!circuit.admits(at(12)), "it is as it was");
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_probe_decides() {
        let mut circuit = Circuit::default();
        for _ in 0..4 {
            circuit.failed(at(0), 0);
        }
        circuit.succeeded();
        for _ in 0..4 {
            circuit.failed(at(0), 0);
            assert!(circuit.admits(at(0)));
        }
        circuit.failed(at(0), 0);
        assert_eq!(circuit.state(), CircuitState::Open { until: at(1_000) });
        assert!(!circuit.admits(at(999)));
        assert!(circuit.admits(at(1_000)), "one probe");
        assert_eq!(circuit.state(), CircuitState::Probing);
        assert!(!circuit.admits(at(1_000)), "and no other");
        circuit.abandoned();
        assert!(circuit.admits(at(1_000)), "a probe that was given up tells nothing");
        circuit.failed(at(1_000), 0);
        assert_eq!(circuit.state(), CircuitState::Open { until: at(3_000) });
        assert!(circuit.admits(at(3_000)));
        circuit.succeeded();
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    proptest! {
        /// Against a model that counts failures since the last success and works the wait out afresh.
        #[test]
        fn it_does_as_the_model_says(steps in prop::collection::vec((0u8..4, 0i64..70_000, any::<u64>()), 0..200)) {
            let mut circuit = Circuit::default();
            let (mut row, mut until, mut probe, mut now) = (0u32, 0i64, false, 0i64);
            for (step, pass, random) in steps {
                match step {
                    0 => {
                        now += pass;
                        let expected = row < 5 || (!probe && now >= until);
                        prop_assert_eq!(circuit.admits(at(now)), expected);
                        probe = row >= 5 && (probe || expected);
                    }
                    1 if row < 5 || probe => {
                        circuit.succeeded();
                        (row, probe) = (0, false);
                    }
                    // A call from before it opened: nothing changes.
                    2 if row >= 5 && !probe => circuit.failed(at(now), random),
                    2 => {
                        circuit.failed(at(now), random);
                        row += 1;
                        probe = false;
                        if row >= 5 {
                            let most = [1, 2, 4, 8, 16, 32, 60][(row as usize - 5).min(6)] * 1_000;
                            let CircuitState::Open { until: end } = circuit.state() else {
                                return Err(TestCaseError::fail("is open"));
                            };
                            until = end.millis();
                            prop_assert!((most * 3 / 4..=most).contains(&(until - now)), "{}", until - now);
                        }
                    }
                    3 => {
                        circuit.abandoned();
                        probe = false;
                    }
                    _ => {}
                }
                let expected = match () {
                    () if row < 5 => CircuitState::Closed,
                    () if probe => CircuitState::Probing,
                    () => CircuitState::Open { until: at(until) },
                };
                prop_assert_eq!(circuit.state(), expected);
            }
        }
    }
}
