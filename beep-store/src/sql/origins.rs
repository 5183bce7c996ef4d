//! Domains as the database holds them: each by a small number, so that keys and indexes stay short.
//!
//! The backend's own domain is 0. Others get their number in the first transaction that writes something of theirs; a
//! number that nobody committed is forgotten with its transaction.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use beep_core::domain::Domain;

/// The domains with a number, shared by all connections of a store.
#[derive(Clone)]
pub(crate) struct Origins {
    own: Domain,
    others: Arc<RwLock<Others>>,
}

#[derive(Default)]
struct Others {
    numbers: HashMap<Domain, i64>,
    domains: HashMap<i64, Domain>,
}

impl Origins {
    /// Starts with only the domain of the backend.
    pub(crate) fn new(own: Domain) -> Self {
        Self { own, others: Arc::default() }
    }

    /// The backend's own domain.
    pub(crate) fn own(&self) -> &Domain {
        &self.own
    }

    /// The number of a domain, if it has one.
    pub(crate) fn number(&self, domain: &Domain) -> Option<i64> {
        if *domain == self.own {
            return Some(OWN);
        }
        self.others.read().unwrap_or_else(PoisonError::into_inner).numbers.get(domain).copied()
    }

    /// The domain with a number.
    pub(crate) fn domain(&self, number: i64) -> Option<Domain> {
        if number == OWN {
            return Some(self.own.clone());
        }
        self.others.read().unwrap_or_else(PoisonError::into_inner).domains.get(&number).cloned()
    }

    /// Learns domains that have a number.
    pub(crate) fn learn(&self, numbered: impl IntoIterator<Item = (Domain, i64)>) {
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        for (domain, number) in numbered {
            others.numbers.insert(domain.clone(), number);
            others.domains.insert(number, domain);
        }
    }

    /// Forgets domains whose numbers may not have been committed.
    pub(crate) fn forget<'d>(&self, domains: impl IntoIterator<Item = &'d Domain>) {
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        for domain in domains {
            if let Some(number) = others.numbers.remove(domain) {
                others.domains.remove(&number);
            }
        }
    }
}

/// The number of the backend's own domain.
const OWN: i64 = 0;

/// A number that no domain has: a lookup by it finds nothing.
pub(crate) const NONE: i64 = -1;
