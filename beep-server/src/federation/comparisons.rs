//! Compares what is held of other backends with what they hold, each when it is its turn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use beep_core::backend::Backend;
use beep_core::backend::repair::{self, Fetched, Turn, TurnEnd, Turns};
use beep_core::domain::Domain;
use beep_core::id::SpaceKey;
use beep_core::port::When;
use tokio::sync::Notify;

use super::label;
use crate::hub::Closing;

/// Who is to be compared with.
#[derive(Default)]
pub(crate) struct Comparisons {
    turns: Mutex<Turns>,
    /// How often owners were asked in a row without an answer.
    unanswered: Mutex<HashMap<Domain, u32>>,
    changed: Notify,
}

impl Comparisons {
    /// Arranges a comparison.
    pub(crate) fn ask(&self, owner: &Domain, when: When) {
        self.lock().ask(owner, when);
        self.changed.notify_one();
    }

    /// Takes that a request of another backend arrived.
    pub(crate) fn reachable(&self, owner: &Domain) {
        if self.lock().reachable(owner) {
            self.changed.notify_one();
        }
    }

    /// Compares with whoever's turn it is: with all at first, which also lets them know that this backend is back.
    pub(crate) async fn run(self: Arc<Self>, backend: Weak<Backend>, closing: Closing) {
        loop {
            let Some(backend) = backend.upgrade().filter(|_| !closing.is_closing()) else { return };
            let now = backend.clock.now();
            let turn = self.lock().next(now);
            match turn {
                Turn::Round => match backend.store.homes().await {
                    Ok(homes) => homes.iter().for_each(|home| self.ask(home, When::Soon)),
                    Err(error) => {
                        tracing::error!(%error, "what is held of other backends cannot be read");
                        self.lock().unarranged(now);
                    }
                },
                Turn::Sort(owner) => match repair::lane(&backend, &owner).await {
                    Ok(lane) => self.lock().sorted(&owner, lane),
                    Err(error) => {
                        tracing::error!(%owner, %error, "what is held of another backend cannot be read");
                        self.lock().unsorted(&owner, now);
                    }
                },
                Turn::Compare(owner) => drop(tokio::spawn(self.clone().compare(backend, owner))),
                Turn::Wait(until) => {
                    // Nobody holds the backend while nothing is to be done.
                    drop(backend);
                    tokio::select! {
                        () = tokio::time::sleep(until.since(now)) => {}
                        () = self.changed.notified() => {}
                        () = closing.closes() => return,
                    }
                }
            }
        }
    }

    async fn compare(self: Arc<Self>, backend: Arc<Backend>, owner: Domain) {
        let mut running = Running { comparisons: self, backend, owner, end: TurnEnd::Failed };
        let Running { backend, owner, .. } = &running;
        let mut report = report;
        let repaired = repair::repair(backend, owner, &mut report);
        match tokio::time::timeout(repair::LONGEST_TURN, repaired).await {
            Ok(Ok(end)) if end.is_too_long => {
                tracing::warn!(%owner, "an owner lists more servers than can be compared; the rest is ignored");
            }
            Ok(Ok(end)) => {
                let is_away = running.comparisons.unanswered(owner, end.is_complete) >= MOST_UNANSWERED;
                if is_away && let Err(error) = repair::give_up(backend, owner).await {
                    tracing::error!(%owner, ?error, "what is held of another backend cannot be removed");
                }
            }
            Ok(Err(error)) => {
                tracing::error!(%owner, ?error, "what is held of another backend cannot be read");
                return;
            }
            Err(_) => tracing::warn!(%owner, "another backend takes too long to be compared with"),
        }
        running.end = TurnEnd::Compared;
    }

    /// Counts a comparison; gives how many were not answered in a row.
    fn unanswered(&self, owner: &Domain, is_answered: bool) -> u32 {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if is_answered {
            unanswered.remove(owner);
            return 0;
        }
        let count = unanswered.entry(owner.clone()).or_default();
        *count = count.saturating_add(1);
        let count = *count;
        if count >= MOST_UNANSWERED {
            unanswered.remove(owner);
        }
        count
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A comparison under way. Whatever ends it, a panic too, ends the owner's turn.
struct Running {
    comparisons: Arc<Comparisons>,
    backend: Arc<Backend>,
    owner: Domain,
    end: TurnEnd,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.comparisons.lock().ended(&self.owner, self.end, self.backend.clock.now());
        self.comparisons.changed.notify_one();
    }
}

/// How often an owner is asked before those are forgotten who only asked to join its servers: a round is made every five
/// minutes.
const MOST_UNANSWERED: u32 = 24;

fn report(server: &SpaceKey, fetched: &Fetched) {
    match fetched {
        Fetched::Same => {}
        Fetched::Replaced => {
            metrics::counter!("beep_federation_repairs_total", "domain" => label::of(&server.home)).increment(1);
            tracing::warn!(%server, "the replica of a server differed from its owner and was replaced");
        }
        Fetched::NotGiven(error) => tracing::warn!(%server, %error, "fetching a server from its owner failed"),
        Fetched::NotTaken(refusal) => {
            tracing::warn!(%server, ?refusal, "the state that the owner sent of a server was refused")
        }
        Fetched::Contended => {
            tracing::info!(%server, "a server changes too fast to be fetched; it is compared again later")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use beep_core::backend::repair::Lane;

    use super::*;
    use crate::testing::World;

    #[test]
    fn what_is_not_answered_in_a_row_is_counted() {
        let (comparisons, owner) = (Comparisons::default(), Domain::parse("b.example.com").expect("a domain"));
        assert_eq!([false, false, true, false].map(|answered| comparisons.unanswered(&owner, answered)), [1, 2, 0, 1]);
        let counted = (1..MOST_UNANSWERED).map(|_| comparisons.unanswered(&owner, false)).max();
        assert_eq!(counted, Some(MOST_UNANSWERED));
        assert_eq!(comparisons.unanswered(&owner, false), 1, "it begins anew");
    }

    #[tokio::test]
    async fn a_comparison_that_panics_is_made_again() {
        let world = World::open("a.example.com").await;
        let comparisons = Arc::new(Comparisons::default());
        let owner = Domain::parse("b.example.com").expect("a domain");
        let now = || world.backend.clock.now();
        assert_eq!(comparisons.lock().next(now()), Turn::Round);
        comparisons.ask(&owner, When::Soon);
        let begun = || {
            let mut turns = comparisons.lock();
            let turn = turns.next(now());
            if turn != Turn::Sort(owner.clone()) {
                return turn;
            }
            turns.sorted(&owner, Some(Lane::Member));
            turns.next(now())
        };
        assert_eq!(begun(), Turn::Compare(owner.clone()));
        let running = Running {
            comparisons: comparisons.clone(),
            backend: world.backend.clone(),
            owner: owner.clone(),
            end: TurnEnd::Failed,
        };
        let panicked = tokio::spawn(async move {
            let _running = running;
            panic!("as a fault would");
        });
        assert!(panicked.await.is_err_and(|error| error.is_panic()));
        assert!(matches!(begun(), Turn::Wait(_)));
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(begun(), Turn::Compare(owner.clone()));
    }
}
