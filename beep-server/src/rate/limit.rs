//! How often something may be asked for under one key.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;

/// What is left of a limit, for the headers of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Seconds until the limit is whole again.
    pub(crate) reset: u64,
}

/// One request a period under each key, and a burst of several after a while of none.
pub(super) struct Limit {
    limiter: RateLimiter<u64, Remembered, DefaultClock, StateInformationMiddleware>,
    period: Duration,
    burst: u32,
}

impl Limit {
    pub(super) fn new(period: Duration, burst: u32) -> Self {
        let quota = Quota::with_period(period).expect("the periods of all limits are longer than nothing");
        let quota = quota.allow_burst(NonZeroU32::new(burst).expect("the bursts of all limits are above nothing"));
        let limiter = RateLimiter::new(quota, Remembered(Cache::new(MOST_KEYS)), DefaultClock::default());
        Self { limiter, period, burst }
    }

    /// Counts a request. One too many gives how long to wait, and what is left, which is nothing.
    pub(super) fn take(&self, key: u64) -> Result<Left, (Duration, Left)> {
        match self.limiter.check_key(&key) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                let missing = self.burst.saturating_sub(remaining);
                Ok(Left { limit: self.burst, remaining, reset: seconds(self.period * missing) })
            }
            Err(until) => {
                let left = Left { limit: self.burst, remaining: 0, reset: seconds(self.period * self.burst) };
                Err((until.wait_time_from(self.limiter.clock().now()), left))
            }
        }
    }
}

/// The states of the keys that asked last and most; governor's own store holds any number of them.
struct Remembered(Cache<u64, Arc<InMemoryState>>);

impl StateStore for Remembered {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let state = self.0.get_or_insert_with(key, || Ok::<_, Infallible>(Arc::default()));
        let Ok(state) = state;
        state.measure_and_replace(&NotKeyed::NonKey, decide)
    }
}

/// Whole seconds, rounded up.
pub(super) fn seconds(of: Duration) -> u64 {
    of.as_secs() + u64::from(of.subsec_nanos() > 0)
}

/// The keys that a limit remembers: those of a whole IPv6 network of 48 bits, and as many users.
pub(super) const MOST_KEYS: usize = 1 << 17;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_remembers_no_more_keys_than_there_is_room_for() {
        let limit = Limit::new(Duration::from_secs(1), 1);
        for key in 0..2 * MOST_KEYS as u64 {
            assert!(limit.take(key).is_ok(), "a new key has asked for nothing yet");
        }
        assert!(limit.limiter.into_state_store().0.len() <= MOST_KEYS);
    }
}
