//! How often one may ask, by caller or address, and how often one may fail to sign in.

use std::num::NonZeroU32;
use std::time::Duration;

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
    /// Tries to sign in, by account and by address: few, as each may be a guess.
    guesses: Limit,
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
            guesses: Limit::new(Duration::from_secs(20), 20),
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

    /// Counts a sign-in that failed, for the account and for the address; refuses the next ones when there were too
    /// many. Asked before the password is looked at, so that it says nothing of the password.
    pub(crate) fn guess(&self, login: &str, address: &str) -> Result<(), Problem> {
        self.take(&self.guesses, &format!("login {login}"))?;
        self.take(&self.guesses, &format!("address {address}"))?;
        Ok(())
    }

    /// Forgets callers that have been quiet for long enough.
    pub(crate) fn sweep(&self) {
        for limit in [&self.read, &self.write, &self.send, &self.credentials, &self.guesses] {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
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
            Err(not_until) => {
                let wait = seconds(not_until.wait_time_from(self.clock.now())).max(1);
                let mut problem = Problem::new(ErrorCode::RateLimited, format!("try again in {wait} s"));
                problem.retry_after = Some(wait);
                Err(problem)
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

/// Whole seconds, rounded up.
fn seconds(of: Duration) -> u64 {
    of.as_secs() + u64::from(of.subsec_nanos() > 0)
}
