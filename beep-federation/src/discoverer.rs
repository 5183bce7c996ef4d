//! Keeping what the DNS said: for its time, once for all who ask at once, and for so many domains.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use beep_core::domain::Domain;
use beep_core::port::Clock;
use beep_core::time::Timestamp;
use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};
use quick_cache::unsync::Cache;

use crate::discovery::{Discovery, DiscoveryError};
use crate::resolver::{AddressError, Resolver, SrvAnswer, SrvService};

/// Finds out who serves a domain, asking the DNS as rarely as the contract allows.
pub struct Discoverer {
    resolver: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    service: SrvService,
    kept: Mutex<Kept>,
}

impl std::fmt::Debug for Discoverer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discoverer").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Discoverer {
    /// Starts knowing nothing.
    pub fn new(resolver: Arc<dyn Resolver>, clock: Arc<dyn Clock>, service: SrvService) -> Self {
        Self { resolver, clock, service, kept: Mutex::default() }
    }

    /// What the DNS says of a domain, kept or asked for. An absence is an answer too, as
    /// [`Discovery::targets`] will say; so it is with a domain that offers no federation.
    ///
    /// # Errors
    /// [`DiscoveryError::Failed`] if nobody could say. That is not kept: the next one asks again.
    pub async fn discover(&self, domain: &Domain) -> Result<Arc<Discovery>, DiscoveryError> {
        let lookup = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(discovery) = kept.answer(domain, self.clock.now()) {
                return Ok(discovery);
            }
            kept.lookup(domain).unwrap_or_else(|| {
                let lookup = self.look_up(domain.clone()).shared();
                kept.begin(domain.clone(), &lookup);
                lookup
            })
        };
        let answer = lookup.clone().await;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.end(domain, &lookup, answer.as_ref().ok());
        answer.map(|(discovery, _)| discovery)
    }

    /// The addresses of a host that serves a domain; not kept, as connections are.
    ///
    /// # Errors
    /// [`AddressError`] of the resolver.
    pub async fn addresses(&self, host: &Domain) -> Result<Vec<IpAddr>, AddressError> {
        self.resolver.addresses(host.as_str()).await
    }

    /// Forgets what is known of a domain, as after a change of its records.
    pub fn forget(&self, domain: &Domain) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).forget(domain);
    }

    fn look_up(&self, domain: Domain) -> BoxFuture<'static, Outcome> {
        let (resolver, clock, name) = (self.resolver.clone(), self.clock.clone(), self.service.name(&domain));
        async move {
            let answer = resolver.srv(&name).await;
            let now = clock.now();
            let discovery = match answer {
                SrvAnswer::Found { records, ttl } => {
                    Discovery::found(domain, records.iter().map(|entry| entry.record()), ttl, now)
                }
                SrvAnswer::Absent { ttl } => Discovery::absent(domain, ttl, now),
                SrvAnswer::Failed => return Err(DiscoveryError::Failed),
            };
            Ok((Arc::new(discovery), now))
        }
        .boxed()
    }
}

/// What a lookup gives: the discovery and when it was made.
type Outcome = Result<(Arc<Discovery>, Timestamp), DiscoveryError>;
type Lookup = Shared<BoxFuture<'static, Outcome>>;

/// The answers, of which the rarely used go first.
///
/// The cache could let those who ask at once share a lookup as well, but a failure would be none to it: each of them
/// would ask again after the one before. So lookups that are under way are kept here.
struct Kept {
    answers: Cache<Domain, Answered>,
    /// Weak, so that a lookup that nobody waits for any more does not hold up the next one.
    under_way: HashMap<Domain, WeakShared<BoxFuture<'static, Outcome>>>,
}

struct Answered {
    discovery: Arc<Discovery>,
    at: Timestamp,
}

impl Default for Kept {
    fn default() -> Self {
        Self { answers: Cache::new(MOST), under_way: HashMap::new() }
    }
}

impl Kept {
    fn answer(&mut self, domain: &Domain, now: Timestamp) -> Option<Arc<Discovery>> {
        let answered = self.answers.get(domain)?;
        // A clock that was turned back must not make an answer last longer.
        if answered.at <= now && now < answered.discovery.expires_at() {
            return Some(answered.discovery.clone());
        }
        self.answers.remove(domain);
        None
    }

    fn lookup(&self, domain: &Domain) -> Option<Lookup> {
        self.under_way.get(domain)?.upgrade()
    }

    fn begin(&mut self, domain: Domain, lookup: &Lookup) {
        if self.under_way.len() >= MOST {
            self.under_way.retain(|_, lookup| lookup.upgrade().is_some());
        }
        if let Some(weak) = lookup.downgrade() {
            self.under_way.insert(domain, weak);
        }
    }

    /// Whoever of those who waited comes first keeps the answer.
    fn end(&mut self, domain: &Domain, lookup: &Lookup, answer: Option<&(Arc<Discovery>, Timestamp)>) {
        if !self.lookup(domain).is_some_and(|under_way| under_way.ptr_eq(lookup)) {
            return;
        }
        self.under_way.remove(domain);
        if let Some((discovery, at)) = answer {
            self.answers.insert(domain.clone(), Answered { discovery: discovery.clone(), at: *at });
        }
    }

    fn forget(&mut self, domain: &Domain) {
        self.answers.remove(domain);
        self.under_way.remove(domain);
    }
}

/// The domains whose answers are kept.
const MOST: usize = 8192;

#[cfg(test)]
mod tests;
