//! How often one may ask, by caller or address, and how often one may fail to sign in.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use beep_proto::operation::Rate;
use beep_proto::problem::{ErrorCode, Problem};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::config::Switch;

type Keyed = RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// The rate limits of this process.
pub(crate) struct Rates {
    on: bool,
    read: Limit,
    write: Limit,
    send: Limit,
    credentials: Limit,
    guesses: Guesses,
    clock: DefaultClock,
}

/// What is left of a limit, for the headers of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Seconds until the limit is whole again.
    pub(crate) reset: u64,
}

impl Rates {
    pub(crate) fn new(switch: Switch) -> Self {
        Self {
            on: switch == Switch::On,
            read: Limit::new(Duration::from_millis(20), 500),
            write: Limit::new(Duration::from_millis(100), 200),
            send: Limit::new(Duration::from_millis(50), 200),
            credentials: Limit::new(Duration::from_millis(500), 600),
            guesses: Guesses::default(),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of a caller; one too many is told what is left as well, which is nothing.
    pub(crate) fn count(&self, rate: Rate, caller: &str) -> Result<Option<Left>, (Problem, Left)> {
        let limit = match rate {
            Rate::Read => &self.read,
            Rate::Write => &self.write,
            Rate::Send => &self.send,
            Rate::Credentials => &self.credentials,
        };
        self.take(limit, caller)
    }

    /// Counts an attempt to sign in, for the account and for the address, as if it were to fail: many at once must
    /// not all pass before the first has failed. One that succeeds is given back.
    pub(crate) fn guess(&self, login: &str, address: &str) -> Result<Guess<'_>, Problem> {
        let keys = [(format!("login {login}"), ACCOUNT), (format!("address {address}"), ADDRESS)];
        if self.on {
            self.guesses.take(&keys).map_err(too_many)?;
        }
        Ok(Guess { of: &self.guesses, keys })
    }

    /// Whether a user with so many live connections has more than they may.
    pub(crate) fn too_many_connections(&self, connections: usize) -> bool {
        self.on && connections > MOST_CONNECTIONS
    }

    /// Forgets callers that have been quiet for long enough.
    pub(crate) fn sweep(&self) {
        for limit in [&self.read, &self.write, &self.send, &self.credentials] {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
        self.guesses.sweep();
    }

    fn take(&self, limit: &Limit, key: &str) -> Result<Option<Left>, (Problem, Left)> {
        if !self.on {
            return Ok(None);
        }
        match limit.limiter.check_key(&key.to_owned()) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                let missing = limit.burst.saturating_sub(remaining);
                Ok(Some(Left { limit: limit.burst, remaining, reset: seconds(limit.period * missing) }))
            }
            Err(not_until) => {
                let left = Left { limit: limit.burst, remaining: 0, reset: seconds(limit.period * limit.burst) };
                Err((too_many(not_until.wait_time_from(self.clock.now())), left))
            }
        }
    }
}

struct Limit {
    limiter: Keyed,
    period: Duration,
    burst: u32,
}

impl Limit {
    /// One request a period, and a burst of several after a while of none.
    fn new(period: Duration, burst: u32) -> Self {
        let quota = Quota::with_period(period).expect("the periods above are longer than nothing");
        let quota = quota.allow_burst(NonZeroU32::new(burst).expect("the bursts above are above nothing"));
        let limiter = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        Self { limiter, period, burst }
    }
}

/// Attempts to sign in, by account and by address: few, as each may be a guess at a password or a code.
///
/// Not by governor, which neither gives back what was counted nor counts under two keys or none.
#[derive(Default)]
struct Guesses(Mutex<HashMap<String, Instant>>);

/// An attempt that was counted.
pub(crate) struct Guess<'a> {
    of: &'a Guesses,
    keys: [(String, Bucket); 2],
}

/// How many guesses are allowed after a while of none, and how long it takes until one more is.
#[derive(Clone, Copy)]
struct Bucket {
    most: u32,
    period: Duration,
}

impl Guess<'_> {
    /// The attempt succeeded: it was no guess.
    pub(crate) fn succeeded(self) {
        let mut empty_at = self.of.lock();
        for (key, bucket) in &self.keys {
            if let Some(empty_at) = empty_at.get_mut(key) {
                *empty_at -= bucket.period;
            }
        }
    }
}

impl Guesses {
    /// Counts an attempt under every key, or says how long to wait until one is allowed under all of them.
    ///
    /// Each key is a bucket that drains steadily; what is kept is when it will be empty.
    fn take(&self, keys: &[(String, Bucket)]) -> Result<(), Duration> {
        let now = Instant::now();
        let mut empty_at = self.lock();
        let counted = keys
            .iter()
            .map(|(key, bucket)| (key.clone(), empty_at.get(key).copied().unwrap_or(now).max(now) + bucket.period));
        let counted: Vec<_> = counted.collect();
        let waits = counted
            .iter()
            .zip(keys)
            .map(|((_, after), (_, bucket))| after.duration_since(now).saturating_sub(bucket.period * bucket.most));
        match waits.max() {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                empty_at.extend(counted);
                Ok(())
            }
        }
    }

    fn sweep(&self) {
        let now = Instant::now();
        self.lock().retain(|_, empty_at| *empty_at > now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_many(wait: Duration) -> Problem {
    let wait = seconds(wait).max(1);
    let mut problem = Problem::new(ErrorCode::RateLimited, format!("try again in {wait} s"));
    problem.retry_after = Some(wait);
    problem
}

/// Whole seconds, rounded up.
fn seconds(of: Duration) -> u64 {
    of.as_secs() + u64::from(of.subsec_nanos() > 0)
}

/// The most live connections of a user: each holds a queue.
pub(crate) const MOST_CONNECTIONS: usize = 50;

/// Few for an account: each may be a guess at its password or code.
const ACCOUNT: Bucket = Bucket { most: 20, period: Duration::from_secs(20) };

/// Many for an address: a whole office signs in from one, and each account has its own limit.
const ADDRESS: Bucket = Bucket { most: 300, period: Duration::from_secs(1) };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_sign_in_at_once_from_one_address_and_few_guess_at_one_account() {
        let rates = Rates::new(Switch::On);
        let at_once: Vec<_> = (0..100).map(|n| rates.guess(&format!("user{n}"), "192.0.2.1")).collect();
        assert!(at_once.iter().all(Result::is_ok));
        at_once.into_iter().flatten().for_each(Guess::succeeded);
        for _ in 0..ACCOUNT.most {
            assert!(rates.guess("ann", "192.0.2.2").is_ok());
        }
        let refused = rates.guess("ann", "192.0.2.3").map(drop).expect_err("from wherever");
        assert!(refused.retry_after.is_some_and(|wait| (1..=20).contains(&wait)), "{refused:?}");
        let passed = (0..1_000).take_while(|n| rates.guess(&format!("somebody{n}"), "192.0.2.2").is_ok()).count();
        assert!((280..300).contains(&passed), "one address does not try every account: {passed}");
        assert!(rates.guess("user1", "192.0.2.2").is_err());
        assert!(rates.guess("user1", "192.0.2.1").is_ok());
    }
}
