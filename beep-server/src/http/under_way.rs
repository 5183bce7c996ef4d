//! The named requests that are being carried out right now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use beep_core::id::UserKey;
use beep_core::port::IdempotencyKey;
use tokio::sync::watch;

type Name = (UserKey, String, String);

/// Tells a request whose first answer is still to come from one whose answer was lost.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashMap<Name, Weak<watch::Sender<()>>>>);

impl UnderWay {
    /// A request is under way until what this gives is dropped.
    pub(crate) fn begin(&self, claim: &IdempotencyKey) -> Begun<'_> {
        let name = name(claim);
        let mut requests = self.lock();
        let alive = requests.get(&name).and_then(Weak::upgrade).unwrap_or_default();
        requests.insert(name.clone(), Arc::downgrade(&alive));
        drop(requests);
        Begun { among: self, name, alive: Some(alive) }
    }

    /// Waits until no such request is being carried out.
    pub(crate) async fn ended(&self, claim: &IdempotencyKey) {
        let begun = self.lock().get(&name(claim)).and_then(Weak::upgrade).map(|alive| alive.subscribe());
        if let Some(mut begun) = begun {
            // Nothing is ever sent: it fails when the last of them lets go.
            let _ = begun.changed().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Weak<watch::Sender<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being carried out.
pub(crate) struct Begun<'a> {
    among: &'a UnderWay,
    name: Name,
    alive: Option<Arc<watch::Sender<()>>>,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut requests = self.among.lock();
        self.alive = None;
        if requests.get(&self.name).is_some_and(|alive| alive.strong_count() == 0) {
            requests.remove(&self.name);
        }
    }
}

fn name(claim: &IdempotencyKey) -> Name {
    (claim.caller.clone(), claim.key.clone(), claim.route.clone())
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use beep_core::domain::Domain;
    use beep_core::id::{Id, Qualified, UserId};
    use beep_core::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_request_is_under_way_until_the_last_of_its_name_ends() {
        let home = Domain::parse("a.example.com").expect("a domain");
        let claim = |key: &str, at| IdempotencyKey {
            caller: Qualified::new(UserId::from_uuid(Uuid::nil()), home.clone()),
            key: key.to_owned(),
            route: "servers.create /v1/servers".to_owned(),
            at: Timestamp::from_millis(at),
        };
        let under_way = UnderWay::default();
        let first = under_way.begin(&claim("a", 1));
        let second = under_way.begin(&claim("a", 2));
        let (same, another) = (claim("a", 3), claim("b", 1));
        let mut ended = pin!(under_way.ended(&same));
        let mut context = Context::from_waker(Waker::noop());
        assert!(ended.as_mut().poll(&mut context).is_pending());
        assert!(pin!(under_way.ended(&another)).poll(&mut context).is_ready());
        drop(first);
        assert!(ended.as_mut().poll(&mut context).is_pending());
        drop(second);
        assert!(ended.as_mut().poll(&mut context).is_ready());
        assert!(under_way.lock().is_empty(), "names of requests that have ended are kept");
    }
}
