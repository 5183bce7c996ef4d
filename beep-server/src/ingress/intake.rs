//! How much of other backends' events is taken in: octets, which the log keeps for days, and parts of servers that are told
//! whole, which the writer writes one by one.
//!
//! Counted by the host of a backend, since one host may serve any number of domains. What is too much is refused for now;
//! the sender keeps it and sends it again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::replica_delta::ReplicaDelta;
use beep_core::time::Timestamp;

/// What each host has sent.
#[derive(Debug, Default)]
pub(super) struct Intake(Mutex<HashMap<Domain, Used>>);

/// What part of its allowance a host has used up, in each respect.
#[derive(Clone, Copy, Debug)]
struct Used {
    at: Timestamp,
    octets: u64,
    parts: u64,
}

impl Intake {
    /// Counts what a host has sent; else gives how long it is to wait. What comes at once may go beyond what is left, so
    /// that nothing is too large for ever.
    pub(super) fn take(&self, host: &Domain, octets: u64, parts: u64, now: Timestamp) -> Result<(), Duration> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MOST_HOSTS && !hosts.contains_key(host) {
            hosts.retain(|_, used| {
                let used = used.at(now);
                used.octets > 0 || used.parts > 0
            });
        }
        let used = hosts.entry(host.clone()).or_insert(Used { at: now, octets: 0, parts: 0 });
        *used = used.at(now);
        let wait = over(used.octets, OCTETS, OCTETS_PER_SECOND).max(over(used.parts, PARTS, PARTS_PER_SECOND));
        if !wait.is_zero() {
            return Err(wait);
        }
        used.octets = used.octets.saturating_add(octets);
        used.parts = used.parts.saturating_add(parts);
        Ok(())
    }
}

impl Used {
    /// The same at a later moment. A clock that was set back gives nothing.
    fn at(self, now: Timestamp) -> Self {
        let passed = now.since(self.at).as_secs();
        let left = |used: u64, per_second: u64| used.saturating_sub(passed.saturating_mul(per_second));
        // What is less than a second is not lost.
        let at = self.at.after(Duration::from_secs(passed)).min(now);
        Self { at, octets: left(self.octets, OCTETS_PER_SECOND), parts: left(self.parts, PARTS_PER_SECOND) }
    }
}

/// The parts of a server that a delta tells whole.
pub(super) fn parts(delta: &ReplicaDelta) -> u64 {
    let state = delta.state.as_ref().map_or(0, |state| {
        let facts = &state.facts;
        1 + facts.channels.len() + facts.roles.len() + state.members.len()
    });
    (state + delta.appeared.len() + delta.vanished.len()) as u64
}

/// How long it takes until less than the allowance is used.
fn over(used: u64, most: u64, per_second: u64) -> Duration {
    if used < most { Duration::ZERO } else { Duration::from_secs((used - most) / per_second + 1) }
}

/// The octets of events that one host may send at once, and in a second in the long run.
const OCTETS: u64 = 512 << 20;
const OCTETS_PER_SECOND: u64 = 32 << 10;

/// The same of parts of servers.
const PARTS: u64 = 50_000;
const PARTS_PER_SECOND: u64 = 100;

/// The hosts that are remembered before those are forgotten that have used up nothing.
const MOST_HOSTS: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn a_host_sends_so_much_at_once_and_so_much_a_second() {
        let (intake, host) = (Intake::default(), Domain::parse("federator.b.example.com").expect("a domain"));
        assert_eq!(intake.take(&host, OCTETS - 1, 0, NOW), Ok(()));
        assert_eq!(intake.take(&host, 4 << 20, 0, NOW), Ok(()), "one may go beyond");
        let wait = intake.take(&host, 1, 0, NOW).expect_err("there is nothing left");
        assert_eq!(wait.as_secs(), (4 << 20) / OCTETS_PER_SECOND);
        assert!(intake.take(&host, 1, 0, NOW.after(wait - Duration::from_millis(1))).is_err());
        assert_eq!(intake.take(&host, 1, 0, NOW.after(wait)), Ok(()));
        let other = Domain::parse("federator.c.example.com").expect("a domain");
        assert_eq!(intake.take(&other, 0, PARTS, NOW), Ok(()));
        assert_eq!(intake.take(&other, 1, 1, NOW), Err(Duration::from_secs(1)));
        assert!(intake.take(&other, 1, 1, NOW.before(Duration::from_secs(60))).is_err(), "a clock that is set back");
        assert_eq!(intake.take(&other, 1, 1, NOW.after(Duration::from_secs(2))), Ok(()));
    }

    #[test]
    fn who_has_used_up_nothing_is_forgotten() {
        let intake = Intake::default();
        for number in 0..MOST_HOSTS {
            let host = Domain::parse(&format!("h{number}.example.com")).expect("a domain");
            assert_eq!(intake.take(&host, 1, 0, NOW), Ok(()));
        }
        let last = Domain::parse("last.example.com").expect("a domain");
        assert_eq!(intake.take(&last, 1, 0, NOW.after(Duration::from_secs(5))), Ok(()));
        assert_eq!(intake.0.lock().expect("nobody panicked").len(), 1);
    }
}
