//! The policy that a running backend goes by, which may change under it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use beep_core::domain::Domain;

use crate::policy::Policy;

/// One [`Policy`] for both directions; each decision takes the one that holds when it is made.
#[derive(Debug)]
pub struct SharedPolicy(RwLock<Arc<Policy>>);

impl SharedPolicy {
    /// Starts with a policy.
    pub fn new(policy: Policy) -> Self {
        Self(RwLock::new(Arc::new(policy)))
    }

    /// The policy that holds now.
    pub fn get(&self) -> Arc<Policy> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the allow list; `None` means any domain that authenticates.
    pub fn set_allow_list(&self, allow_list: Option<BTreeSet<Domain>>) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(Policy { allow_list, ..Policy::clone(&held) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Limits;

    #[test]
    fn a_new_list_holds_from_then_on() {
        let domain = |text| Domain::parse(text).expect("a domain");
        let (own, a) = (domain("own.example.com"), domain("a.example.com"));
        let shared = SharedPolicy::new(Policy { domain: own.clone(), allow_list: None, limits: Limits::default() });
        let before = shared.get();
        shared.set_allow_list(Some(BTreeSet::new()));
        assert!(before.allows(&a) && !shared.get().allows(&a));
        shared.set_allow_list(Some(BTreeSet::from([a.clone()])));
        assert!(shared.get().allows(&a));
        assert_eq!(shared.get().domain, own);
    }
}
