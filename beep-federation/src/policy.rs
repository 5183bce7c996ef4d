//! What this backend is and whom it federates with.

use std::collections::BTreeSet;

use beep_core::domain::Domain;

use crate::rpc::Rpc;

/// The settings that decide.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// The domain of this backend.
    pub domain: Domain,
    /// The domains that it federates with; `None` means any that authenticates.
    pub allow_list: Option<BTreeSet<Domain>>,
    /// How much a peer may send.
    pub limits: Limits,
}

/// How much a peer may send in one body, in octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// A command, a query, or any other request.
    pub request: u64,
    /// A batch of events.
    pub event_batch: u64,
}

impl Policy {
    /// Whether requests to and from a backend are allowed, itself never being one.
    pub fn allows(&self, domain: &Domain) -> bool {
        *domain != self.domain && self.allow_list.as_ref().is_none_or(|list| list.contains(domain))
    }
}

impl Limits {
    /// The octets that the body of a call may have.
    pub fn of(&self, rpc: Rpc) -> u64 {
        match rpc {
            Rpc::OnEvents => self.event_batch,
            _ => self.request,
        }
    }
}

impl Default for Limits {
    /// 1 MiB a request and 4 MiB a batch (contract: federation, "Limits for peers").
    fn default() -> Self {
        Self { request: 1 << 20, event_batch: 4 << 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_allows_what_is_on_it_and_never_oneself() {
        let domain = |text| Domain::parse(text).expect("a domain");
        let own = || domain("own.example.com");
        let policy = |allow_list| Policy { domain: own(), allow_list, limits: Limits::default() };
        let any = policy(None);
        let listed = policy(Some(BTreeSet::from([domain("a.example.com"), own()])));
        let none = policy(Some(BTreeSet::new()));
        for (policy, host, allowed) in [
            (&any, "a.example.com", true),
            (&any, "own.example.com", false),
            (&listed, "a.example.com", true),
            (&listed, "A.example.com.", true),
            (&listed, "b.example.com", false),
            (&listed, "x.a.example.com", false),
            (&listed, "own.example.com", false),
            (&none, "a.example.com", false),
        ] {
            assert_eq!(policy.allows(&domain(host)), allowed, "{host}");
        }
    }
}
