//! The named requests that are being carried out right now.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use beep_core::id::UserKey;
use beep_core::port::Claim;

type Name = (UserKey, String, String);

/// Tells a request whose first answer is still to come from one whose answer was lost.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashMap<Name, usize>>);

impl UnderWay {
    /// Counts a request until what this gives is dropped.
    pub(crate) fn begin(&self, claim: &Claim) -> Begun<'_> {
        let name = name(claim);
        *self.lock().entry(name.clone()).or_default() += 1;
        Begun { among: self, name }
    }

    /// Whether such a request is being carried out.
    pub(crate) fn contains(&self, claim: &Claim) -> bool {
        self.lock().contains_key(&name(claim))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being carried out.
pub(crate) struct Begun<'a> {
    among: &'a UnderWay,
    name: Name,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut requests = self.among.lock();
        if let Some(count) = requests.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                requests.remove(&self.name);
            }
        }
    }
}

fn name(claim: &Claim) -> Name {
    (claim.caller.clone(), claim.key.clone(), claim.route.clone())
}

#[cfg(test)]
mod tests {
    use beep_core::domain::Domain;
    use beep_core::id::{Id, Qualified, UserId};
    use beep_core::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_request_is_under_way_until_the_last_of_its_name_ends() {
        let home = Domain::parse("a.example.com").expect("a domain");
        let claim = |key: &str, at| Claim {
            caller: Qualified::new(UserId::from_uuid(Uuid::nil()), home.clone()),
            key: key.to_owned(),
            route: "servers.create /v1/servers".to_owned(),
            at: Timestamp::from_millis(at),
        };
        let under_way = UnderWay::default();
        let first = under_way.begin(&claim("a", 1));
        let second = under_way.begin(&claim("a", 2));
        assert!(under_way.contains(&claim("a", 3)) && !under_way.contains(&claim("b", 1)));
        drop(first);
        assert!(under_way.contains(&claim("a", 3)));
        drop(second);
        assert!(!under_way.contains(&claim("a", 3)));
    }
}
