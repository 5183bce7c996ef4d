//! How much one peer asks at once: requests a second, and octets that are being read or answered.
//!
//! Counted by domain, and by the host and the certificate that proved it: domains cost nothing, and one host may serve any
//! number of them.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::port::Clock;
use beep_core::time::Timestamp;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter, clock};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::share::Share;

/// The load by whom it is counted for, of peers that have proven themselves.
pub(super) struct Load {
    requests: RateLimiter<Share, HashMapStateStore<Share>, Onwards, NoOpMiddleware<Duration>>,
    octets: u64,
    shares: Mutex<HashMap<Share, Arc<Usage>>>,
}

/// What one share has taken.
pub(super) struct Usage {
    octets: AtomicU64,
    /// Who of them is answered.
    turns: Semaphore,
}

/// It asks too much; how long to wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooMuch(pub(super) Duration);

impl Load {
    pub(super) fn new(per_second: u32, burst: u32, octets: u64, clock: Arc<dyn Clock>) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst));
        let requests = RateLimiter::hashmap_with_clock(quota, Onwards::new(clock));
        Self { requests, octets, shares: Mutex::default() }
    }

    /// Counts a request, which has taken no octets yet.
    pub(super) fn request(&self, shares: &[Share]) -> Result<Flight, TooMuch> {
        let usages = shares.iter().map(|share| self.usage(share)).collect();
        for share in shares {
            let counted = self.requests.check_key(share);
            counted.map_err(|until| TooMuch(until.wait_time_from(clock::Clock::now(self.requests.clock()))))?;
        }
        Ok(Flight { usages, most: self.octets, octets: 0 })
    }

    fn usage(&self, share: &Share) -> Arc<Usage> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = shares.get(share) {
            return usage.clone();
        }
        if shares.len() >= SHARES {
            // Whoever is at rest has nothing to be remembered for.
            self.requests.retain_recent();
            shares.retain(|_, usage| Arc::strong_count(usage) > 1);
        }
        let usage = Arc::new(Usage { octets: AtomicU64::new(0), turns: Semaphore::new(ANSWERED_AT_ONCE) });
        shares.insert(share.clone(), usage.clone());
        usage
    }
}

/// The backend's clock, which may be turned back, as one that only goes on: governor would let nobody ask until the
/// time has come again.
struct Onwards {
    clock: Arc<dyn Clock>,
    /// What the clock said last, and how much time has passed.
    last: Mutex<(Timestamp, Duration)>,
}

impl Onwards {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let last = Mutex::new((clock.now(), Duration::ZERO));
        Self { clock, last }
    }
}

impl clock::Clock for Onwards {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, passed) = *last;
        let now = self.clock.now();
        *last = (now, passed.saturating_add(now.since(before)));
        last.1
    }
}

/// One request under way; what it takes is given back when it is dropped.
pub(super) struct Flight {
    usages: Vec<Arc<Usage>>,
    most: u64,
    octets: u64,
}

impl Flight {
    /// Waits until it is answered. All wait in the same order, so nobody waits for who waits for them.
    pub(super) async fn turn(&self) -> Vec<SemaphorePermit<'_>> {
        let mut turns = Vec::with_capacity(self.usages.len());
        for usage in &self.usages {
            turns.extend(usage.turns.acquire().await.ok());
        }
        turns
    }

    /// Takes octets that were read.
    pub(super) fn take(&mut self, octets: u64) -> Result<(), TooMuch> {
        self.octets += octets;
        let mut fits = true;
        for usage in &self.usages {
            fits &= usage.octets.fetch_add(octets, Ordering::Relaxed).saturating_add(octets) <= self.most;
        }
        if fits { Ok(()) } else { Err(TooMuch(Duration::from_secs(1))) }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        for usage in &self.usages {
            usage.octets.fetch_sub(self.octets, Ordering::Relaxed);
        }
    }
}

/// Requests of one share that are answered at a time: more would only make people of this backend wait.
const ANSWERED_AT_ONCE: usize = 32;

/// The shares that are remembered before those at rest are forgotten.
const SHARES: usize = 3 * 4096;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use beep_core::domain::Domain;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn domain(text: &str) -> Domain {
        Domain::parse(text).expect("a domain")
    }

    /// A clock that stands until it is set.
    struct SetClock(AtomicI64);

    impl Clock for SetClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    struct Stage {
        load: Load,
        clock: Arc<SetClock>,
    }

    impl Stage {
        fn new(per_second: u32, burst: u32, octets: u64) -> Self {
            let clock = Arc::new(SetClock(AtomicI64::new(NOW.millis())));
            Self { load: Load::new(per_second, burst, octets, clock.clone()), clock }
        }

        fn request(&self, domain: &Domain, now: Timestamp) -> Result<Flight, TooMuch> {
            self.clock.0.store(now.millis(), Ordering::SeqCst);
            self.load.request(&[Share::Domain(domain.clone())])
        }
    }

    #[test]
    fn domains_of_one_host_or_certificate_share() {
        let load = Stage::new(1, 2, 100);
        let ask = |domain: &str, host: &str, certificate: &[u8]| {
            let host = Share::Host(self::domain(host));
            load.load.request(&[Share::Domain(self::domain(domain)), host, Share::Certificate(certificate.into())])
        };
        let mut first = ask("a.example.com", "host.example.com", b"1").expect("there is room");
        let mut second = ask("b.example.com", "host.example.com", b"2").expect("there is room");
        assert!(ask("c.example.com", "host.example.com", b"3").is_err(), "the host has had its share");
        assert!(ask("d.example.com", "other.example.com", b"1").is_ok());
        assert!(ask("e.example.com", "another.example.com", b"1").is_err(), "the certificate has had its share");
        assert_eq!(first.take(60), Ok(()));
        assert!(second.take(60).is_err());
    }

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let load = Stage::new(2, 3, 100);
        let a = domain("a.example.com");
        let ask = |at| load.request(&a, at).map(drop);
        assert_eq!([ask(NOW), ask(NOW), ask(NOW)], [Ok(()); 3]);
        assert_eq!(ask(NOW), Err(TooMuch(Duration::from_millis(500))));
        assert_eq!(ask(NOW.after(Duration::from_millis(499))), Err(TooMuch(Duration::from_millis(1))));
        assert_eq!(ask(NOW.after(Duration::from_millis(500))), Ok(()));
        assert!(ask(NOW.after(Duration::from_millis(500))).is_err());
        let later = NOW.after(Duration::from_secs(3600));
        assert_eq!([ask(later), ask(later), ask(later)], [Ok(()); 3]);
        assert!(ask(later).is_err());
        assert!(load.request(&domain("b.example.com"), NOW).is_ok(), "others are not concerned");
    }

    #[test]
    fn octets_are_taken_until_the_request_ends() {
        let load = Stage::new(100, 100, 100);
        let a = domain("a.example.com");
        let mut first = load.request(&a, NOW).expect("there is room");
        let mut second = load.request(&a, NOW).expect("there is room");
        assert_eq!(first.take(60), Ok(()));
        assert_eq!(second.take(40), Ok(()));
        assert!(second.take(1).is_err());
        drop(second);
        assert_eq!(first.take(40), Ok(()));
        drop(first);
        assert!(load.request(&a, NOW).expect("there is room").take(100).is_ok());
    }

    #[test]
    fn a_clock_that_is_turned_back_gives_nothing_and_takes_nothing() {
        let load = Stage::new(1, 2, 100);
        let a = domain("a.example.com");
        assert!(load.request(&a, NOW).is_ok());
        assert!(load.request(&a, NOW.before(Duration::from_secs(60))).is_ok());
        assert!(load.request(&a, NOW.before(Duration::from_secs(60))).is_err());
    }

    #[test]
    fn those_at_rest_are_forgotten() {
        let load = Stage::new(1000, 1, 100);
        for n in 0..SHARES {
            assert!(load.request(&domain(&format!("d{n}.example.com")), NOW).is_ok());
        }
        let kept = load.request(&domain("d0.example.com"), NOW.after(Duration::from_secs(1))).expect("there is room");
        assert!(load.request(&domain("new.example.com"), NOW.after(Duration::from_secs(2))).is_ok());
        assert_eq!(load.load.shares.lock().expect("nobody panicked").len(), 2);
        assert!(load.load.requests.len() <= 2);
        drop(kept);
    }
}
