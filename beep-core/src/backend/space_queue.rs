//! One queue per space for changes, so that no request is refused because others changed the same space.
//!
//! Changes of one space are decided one after the other, first come, first served. An operation that only reads the
//! facts, such as a send, joins the queue after its first conflict. The queues belong to one process and are not needed
//! for correctness: the guards of a change decide.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_lock::MutexGuardArc;

use crate::id::SpaceKey;

/// The queues of all spaces with waiting changes.
#[derive(Default)]
pub(super) struct SpaceQueues(Mutex<HashMap<SpaceKey, Arc<async_lock::Mutex<()>>>>);

/// A turn at a space, held until dropped.
pub(super) struct SpaceTurn<'t> {
    turns: &'t SpaceQueues,
    space: SpaceKey,
    held: Option<MutexGuardArc<()>>,
}

impl SpaceQueues {
    /// Waits for a turn at a space; first come, first served.
    pub(super) async fn at(&self, space: &SpaceKey) -> SpaceTurn<'_> {
        let queue = self.queues().entry(space.clone()).or_default().clone();
        // Made before the wait, so that who gives up waiting leaves nothing behind.
        let mut turn = SpaceTurn { turns: self, space: space.clone(), held: None };
        let waiting = queue.lock_arc();
        drop(queue);
        turn.held = Some(waiting.await);
        turn
    }

    fn queues(&self) -> std::sync::MutexGuard<'_, HashMap<SpaceKey, Arc<async_lock::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SpaceTurn<'_> {
    fn drop(&mut self) {
        self.held = None;
        let mut queues = self.turns.queues();
        // One is the map's own: nobody else holds or waits for a turn.
        if queues.get(&self.space).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&self.space);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::domain::Domain;
    use crate::id::Id;

    fn space(n: u128, home: &str) -> SpaceKey {
        SpaceKey::new(Id::from_uuid(uuid::Uuid::from_u128(n)), Domain::parse(home).expect("a domain"))
    }

    #[test]
    fn one_at_a_time_and_nothing_stays() {
        let turns = SpaceQueues::default();
        let (here, there) = (space(1, "a.example.com"), space(1, "b.example.com"));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(first) = pin!(turns.at(&here)).poll(&mut context) else { panic!("nobody is before it") };
        let mut second = pin!(turns.at(&here));
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert!(pin!(turns.at(&there)).poll(&mut context).is_ready(), "another space, of the same id");
        drop(first);
        let Poll::Ready(second) = second.as_mut().poll(&mut context) else { panic!("it is its turn") };
        {
            let mut gives_up = Box::pin(turns.at(&here));
            assert!(gives_up.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(turns.queues().len(), 1);
        drop(second);
        assert_eq!(turns.queues().len(), 0);
    }
}
