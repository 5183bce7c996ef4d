//! How much one domain asks at once: requests a second, and octets that are being read or answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::time::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The load by domain, of domains that have proven themselves.
pub(super) struct Load {
    per_second: u32,
    burst: u32,
    octets: u64,
    domains: Mutex<HashMap<Domain, Arc<Usage>>>,
}

/// What one domain has taken.
pub(super) struct Usage {
    octets: AtomicU64,
    /// Who of them is answered at a time: more would only make people of this backend wait.
    turns: Semaphore,
    /// Thousandths of requests that may still come, and when that was so.
    left: Mutex<(u64, Timestamp)>,
}

/// It asks too much; how long to wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooMuch(pub(super) Duration);

impl Load {
    pub(super) fn new(per_second: u32, burst: u32, octets: u64) -> Self {
        Self { per_second: per_second.max(1), burst: burst.max(1), octets, domains: Mutex::default() }
    }

    /// Counts a request, which has taken no octets yet.
    pub(super) fn request(&self, domain: &Domain, now: Timestamp) -> Result<Flight, TooMuch> {
        let usage = self.usage(domain, now);
        let mut left = usage.left.lock().unwrap_or_else(PoisonError::into_inner);
        self.refill(&mut left, now);
        if left.0 < ONE {
            // A thousandth comes every 1/per_second ms.
            let millis = (ONE - left.0).div_ceil(self.per_second.into());
            return Err(TooMuch(Duration::from_millis(millis)));
        }
        left.0 -= ONE;
        drop(left);
        Ok(Flight { usage, most: self.octets, octets: 0 })
    }

    fn refill(&self, left: &mut (u64, Timestamp), now: Timestamp) {
        let passed = u64::try_from(now.since(left.1).as_millis()).unwrap_or(u64::MAX);
        let come = passed.saturating_mul(self.per_second.into());
        *left = (left.0.saturating_add(come).min(self.full()), now);
    }

    fn full(&self) -> u64 {
        u64::from(self.burst) * ONE
    }

    fn usage(&self, domain: &Domain, now: Timestamp) -> Arc<Usage> {
        let mut domains = self.domains.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = domains.get(domain) {
            return usage.clone();
        }
        if domains.len() >= DOMAINS {
            // Whoever is at rest has nothing to be remembered for.
            domains.retain(|_, usage| {
                let mut left = usage.left.lock().unwrap_or_else(PoisonError::into_inner);
                self.refill(&mut left, now);
                left.0 < self.full() || Arc::strong_count(usage) > 1
            });
        }
        let usage = Arc::new(Usage {
            octets: AtomicU64::new(0),
            turns: Semaphore::new(ANSWERED_AT_ONCE),
            left: Mutex::new((self.full(), now)),
        });
        domains.insert(domain.clone(), usage.clone());
        usage
    }
}

/// One request under way; what it takes is given back when it is dropped.
pub(super) struct Flight {
    usage: Arc<Usage>,
    most: u64,
    octets: u64,
}

impl Flight {
    /// Waits until it is answered.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.usage.turns.acquire().await.ok()
    }

    /// Takes octets that were read.
    pub(super) fn take(&mut self, octets: u64) -> Result<(), TooMuch> {
        let before = self.usage.octets.fetch_add(octets, Ordering::Relaxed);
        self.octets += octets;
        if before.saturating_add(octets) > self.most { Err(TooMuch(Duration::from_secs(1))) } else { Ok(()) }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.usage.octets.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

/// Requests of one domain that are answered at a time.
const ANSWERED_AT_ONCE: usize = 32;

/// One request in the unit of [`Usage::left`].
const ONE: u64 = 1000;
/// The domains that are remembered before those at rest are forgotten.
const DOMAINS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn domain(text: &str) -> Domain {
        Domain::parse(text).expect("a domain")
    }

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let load = Load::new(2, 3, 100);
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
        let load = Load::new(100, 100, 100);
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
        let load = Load::new(1, 2, 100);
        let a = domain("a.example.com");
        assert!(load.request(&a, NOW).is_ok());
        assert!(load.request(&a, NOW.before(Duration::from_secs(60))).is_ok());
        assert!(load.request(&a, NOW.before(Duration::from_secs(60))).is_err());
    }

    #[test]
    fn those_at_rest_are_forgotten() {
        let load = Load::new(1000, 1, 100);
        for n in 0..DOMAINS {
            assert!(load.request(&domain(&format!("d{n}.example.com")), NOW).is_ok());
        }
        let kept = load.request(&domain("d0.example.com"), NOW.after(Duration::from_secs(1))).expect("there is room");
        assert!(load.request(&domain("new.example.com"), NOW.after(Duration::from_secs(2))).is_ok());
        assert_eq!(load.domains.lock().expect("nobody panicked").len(), 2);
        drop(kept);
    }
}
