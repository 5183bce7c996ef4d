//! Domains as the database holds them: each by a small number, so that keys and indexes stay short.
//!
//! The backend's own domain is 0. Others get their number in the first transaction that inserts something of theirs; a
//! number that nobody committed is forgotten with its transaction. To look for something, or to remove it, gives no number.
//!
//! Anybody may name domains that are of nobody, by asking to be let into a server there or by banning a user of it. A
//! domain that is only named so is not *met*, and goes with the last that names it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use beep_core::domain::Domain;

/// The domains with a number, shared by all connections of a store.
#[derive(Clone)]
pub(crate) struct Origins {
    own: Domain,
    others: Arc<RwLock<Others>>,
}

#[derive(Default)]
struct Others {
    numbers: HashMap<Domain, Origin>,
    domains: BTreeMap<i64, Domain>,
    /// The numbers of those that went last. Who reads of a moment before that still comes upon them.
    removed: Vec<i64>,
}

/// What is known of a domain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    /// Its number.
    pub(crate) number: i64,
    /// Whether anything but what somebody here named is of it.
    pub(crate) met: bool,
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
        self.origin(domain).map(|origin| origin.number)
    }

    /// What is known of a domain, if it has a number.
    pub(crate) fn origin(&self, domain: &Domain) -> Option<Origin> {
        if *domain == self.own {
            return Some(Origin { number: OWN, met: true });
        }
        self.read().numbers.get(domain).copied()
    }

    /// The domain with a number.
    pub(crate) fn domain(&self, number: i64) -> Option<Domain> {
        if number == OWN {
            return Some(self.own.clone());
        }
        self.read().domains.get(&number).cloned()
    }

    /// The greatest number that is known. Numbers are committed in their order, so only greater ones may be news.
    pub(crate) fn greatest(&self) -> i64 {
        self.read().domains.last_key_value().map_or(OWN, |(number, _)| *number)
    }

    /// Learns a domain that has a number.
    pub(crate) fn learn(&self, domain: Domain, origin: Origin) {
        let mut others = self.write();
        others.domains.insert(origin.number, domain.clone());
        others.numbers.insert(domain, origin);
    }

    /// Takes back what was learnt of a domain, as it may not have been committed: what was known `before` holds.
    pub(crate) fn forget(&self, domain: &Domain, before: Option<Origin>) {
        let mut others = self.write();
        match before {
            Some(before) => drop(others.numbers.insert(domain.clone(), before)),
            None => {
                if let Some(origin) = others.numbers.remove(domain) {
                    others.domains.remove(&origin.number);
                }
            }
        }
    }

    /// Takes that domains went, and that who read of the last that went has ended.
    pub(crate) fn remove(&self, numbers: Vec<i64>) {
        let mut others = self.write();
        for number in std::mem::take(&mut others.removed) {
            others.domains.remove(&number);
        }
        for number in &numbers {
            if let Some(domain) = others.domains.get(number).cloned() {
                others.numbers.remove(&domain);
            }
        }
        others.removed = numbers;
    }

    fn read(&self) -> RwLockReadGuard<'_, Others> {
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Others> {
        self.others.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of the backend's own domain.
const OWN: i64 = 0;

/// A number that no domain has: a lookup by it finds nothing.
pub(crate) const NONE: i64 = -1;
