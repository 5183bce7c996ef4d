//! How much of other backends' events is taken in: octets, which the log keeps for days, and parts of servers that are told
//! whole, which the writer writes one by one.
//!
//! Counted for each share that a request is counted for: domains and names of hosts are free. What is too much is refused for
//! now; the sender keeps it and sends it again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use beep_core::replica_delta::ReplicaDelta;
use beep_core::time::Timestamp;
use beep_federation::Share;

/// What each share has sent.
#[derive(Debug, Default)]
pub(super) struct Intake(Mutex<HashMap<Share, Used>>);

/// What part of its allowance a share has used up, in each respect.
#[derive(Clone, Copy, Debug)]
struct Used {
    at: Timestamp,
    octets: u64,
    parts: u64,
}

impl Intake {
    /// Counts what was sent, for each of these; else gives how long its sender is to wait. What comes at once may go beyond
    /// what is left, so that nothing is too large for ever.
    pub(super) fn take(&self, shares: &[Share], octets: u64, parts: u64, now: Timestamp) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_SHARES && !shares.iter().all(|share| all.contains_key(share)) {
            all.retain(|_, used| {
                let used = used.at(now);
                used.octets > 0 || used.parts > 0
            });
        }
        let used = |share| all.get(share).map_or(Used { at: now, octets: 0, parts: 0 }, |used: &Used| used.at(now));
        let used: Vec<_> = shares.iter().map(used).collect();
        let wait = used.iter().map(|used| used.wait()).max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        for (share, used) in shares.iter().zip(used) {
            all.insert(share.clone(), used.and(octets, parts));
        }
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

    /// The same with more.
    fn and(self, octets: u64, parts: u64) -> Self {
        Self { at: self.at, octets: self.octets.saturating_add(octets), parts: self.parts.saturating_add(parts) }
    }

    /// How long it takes until something of the allowance is left.
    fn wait(self) -> Duration {
        over(self.octets, OCTETS, OCTETS_PER_SECOND).max(over(self.parts, PARTS, PARTS_PER_SECOND))
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

/// The octets of events that one share may send at once, and in a second in the long run.
const OCTETS: u64 = 512 << 20;
const OCTETS_PER_SECOND: u64 = 32 << 10;

/// The same of parts of servers.
const PARTS: u64 = 50_000;
const PARTS_PER_SECOND: u64 = 100;

/// The shares that are remembered before those are forgotten that have used up nothing.
const MOST_SHARES: usize = 3 * 4_096;

#[cfg(test)]
mod tests {
    use beep_core::domain::Domain;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn host(name: &str) -> Share {
        Share::Host(Domain::parse(&format!("{name}.example.com")).expect("a domain"))
    }

    #[test]
    fn a_share_sends_so_much_at_once_and_so_much_a_second() {
        let (intake, share) = (Intake::default(), [host("federator.b")]);
        assert_eq!(intake.take(&share, OCTETS - 1, 0, NOW), Ok(()));
        assert_eq!(intake.take(&share, 4 << 20, 0, NOW), Ok(()), "one may go beyond");
        let wait = intake.take(&share, 1, 0, NOW).expect_err("there is nothing left");
        assert_eq!(wait.as_secs(), (4 << 20) / OCTETS_PER_SECOND);
        assert!(intake.take(&share, 1, 0, NOW.after(wait - Duration::from_millis(1))).is_err());
        assert_eq!(intake.take(&share, 1, 0, NOW.after(wait)), Ok(()));
        let other = [host("federator.c")];
        assert_eq!(intake.take(&other, 0, PARTS, NOW), Ok(()));
        assert_eq!(intake.take(&other, 1, 1, NOW), Err(Duration::from_secs(1)));
        assert!(intake.take(&other, 1, 1, NOW.before(Duration::from_secs(60))).is_err(), "a clock that is set back");
        assert_eq!(intake.take(&other, 1, 1, NOW.after(Duration::from_secs(2))), Ok(()));
    }

    #[test]
    fn the_hosts_of_one_certificate_share() {
        let intake = Intake::default();
        let send = |name: &str, certificate: &[u8]| {
            intake.take(&[host(name), Share::Certificate(certificate.into())], OCTETS / 2, 0, NOW)
        };
        assert_eq!(send("a", b"1"), Ok(()));
        assert_eq!(send("b", b"1"), Ok(()));
        assert!(send("c", b"1").is_err(), "names are free");
        assert_eq!(send("a", b"2"), Ok(()));
        assert!(send("a", b"3").is_err(), "the host has had its share");
        assert_eq!(send("c", b"3"), Ok(()), "what was refused was not counted");
    }

    #[test]
    fn who_has_used_up_nothing_is_forgotten() {
        let intake = Intake::default();
        for number in 0..MOST_SHARES {
            assert_eq!(intake.take(&[host(&format!("h{number}"))], 1, 0, NOW), Ok(()));
        }
        assert_eq!(intake.take(&[host("last")], 1, 0, NOW.after(Duration::from_secs(5))), Ok(()));
        assert_eq!(intake.0.lock().expect("nobody panicked").len(), 1);
    }
}
