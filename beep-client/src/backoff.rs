//! How long to wait before a retry: exponential back-off with full jitter.
//!
//! When a backend comes back, full jitter spreads its clients over the whole interval, so that they do not arrive in
//! waves.

use std::time::Duration;

/// How the delays grow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Backoff {
    /// The longest delay before the second try.
    pub(crate) base: Duration,
    /// The longest delay of all.
    pub(crate) cap: Duration,
}

impl Backoff {
    /// The delay after `failures` failures, counted from 1: between zero and a ceiling that doubles each time.
    pub(crate) fn delay(&self, failures: u32, random: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        jitter(ceiling, random)
    }
}

/// A time between zero and `ceiling`, uniformly distributed.
pub(crate) fn jitter(ceiling: Duration, random: u64) -> Duration {
    let millis = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random % millis.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { base: Duration::from_millis(500), cap: Duration::from_secs(30) };

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        // The greatest random number below a multiple of the modulus reaches the ceiling itself.
        let ceiling = |failures, millis: u64| BACKOFF.delay(failures, millis).as_millis();
        assert_eq!(ceiling(1, 500), 500);
        assert_eq!(ceiling(2, 1_000), 1_000);
        assert_eq!(ceiling(3, 2_000), 2_000);
        assert_eq!(ceiling(8, 30_000), 30_000);
        assert_eq!(ceiling(u32::MAX, 30_000), 30_000);
    }

    proptest::proptest! {
        #[test]
        fn a_delay_stays_below_its_ceiling(failures: u32, random: u64) {
            let delay = BACKOFF.delay(failures, random);
            proptest::prop_assert!(delay <= BACKOFF.cap);
            if failures <= 1 {
                proptest::prop_assert!(delay <= BACKOFF.base);
            }
        }
    }
}
