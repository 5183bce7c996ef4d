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
            credentials: Limit::new(Duration::from_secs(1), 100),
            guesses: Guesses::default(),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of a caller.
    pub(crate) fn count(&self, rate: Rate, caller: &str) -> Result<Option<Left>, Problem> {
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
        let keys = [format!("login {login}"), format!("address {address}")];
        if self.on {
            self.guesses.take(&keys).map_err(too_many)?;
        }
        Ok(Guess { of: &self.guesses, keys })
    }

    /// Forgets callers that have been quiet for long enough.
    pub(crate) fn sweep(&self) {
        for limit in [&self.read, &self.write, &self.send, &self.credentials] {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
        self.guesses.sweep();
    }

    fn take(&self, limit: &Limit, key: &str) -> Result<Option<Left>, Problem> {
        if !self.on {
            return Ok(None);
        }
        match limit.limiter.check_key(&key.to_owned()) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                let missing = limit.burst.saturating_sub(remaining);
                Ok(Some(Left { limit: limit.burst, remaining, reset: seconds(limit.period * missing) }))
            }
            Err(not_until) => Err(too_many(not_until.wait_time_from(self.clock.now()))),
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
#[derive(Default)]
struct Guesses(Mutex<HashMap<String, Instant>>);

/// An attempt that was counted.
pub(crate) struct Guess<'a> {
    of: &'a Guesses,
    keys: [String; 2],
}

impl Guess<'_> {
    /// The attempt succeeded: it was no guess.
    pub(crate) fn succeeded(self) {
        let mut empty_at = self.of.lock();
        for key in &self.keys {
            if let Some(empty_at) = empty_at.get_mut(key) {
                *empty_at -= GUESS_PERIOD;
            }
        }
    }
}

impl Guesses {
    /// Counts an attempt under every key, or says how long to wait until one is allowed under all of them.
    ///
    /// Each key is a bucket that drains steadily; what is kept is when it will be empty.
    fn take(&self, keys: &[String]) -> Result<(), Duration> {
        let now = Instant::now();
        let mut empty_at = self.lock();
        let after = |key: &String| empty_at.get(key).copied().unwrap_or(now).max(now) + GUESS_PERIOD;
        let latest = keys.iter().map(after).max().unwrap_or(now);
        let most = GUESS_PERIOD * MOST_GUESSES;
        if latest.duration_since(now) > most {
            return Err(latest.duration_since(now) - most);
        }
        let counted: Vec<_> = keys.iter().map(|key| (key.clone(), after(key))).collect();
        empty_at.extend(counted);
        Ok(())
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

/// How long it takes until one more guess is allowed.
const GUESS_PERIOD: Duration = Duration::from_secs(20);

/// How many guesses are allowed after a while of none.
const MOST_GUESSES: u32 = 20;
