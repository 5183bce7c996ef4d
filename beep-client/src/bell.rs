//! A bell: whoever waits for it is woken when it rings, and learns of a ring that came before they waited.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Counts its rings.
#[derive(Debug, Default)]
pub(crate) struct Bell(Mutex<Rings>);

#[derive(Debug, Default)]
struct Rings {
    count: u64,
    waiting: Vec<Waker>,
}

impl Bell {
    /// Wakes all who wait.
    pub(crate) fn ring(&self) {
        let waiting = {
            let mut rings = self.lock();
            rings.count = rings.count.wrapping_add(1);
            std::mem::take(&mut rings.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// How often it rang.
    pub(crate) fn count(&self) -> u64 {
        self.lock().count
    }

    /// Waits until it has rung more often than so; gives how often then.
    pub(crate) fn after(&self, count: u64) -> impl Future<Output = u64> + '_ {
        std::future::poll_fn(move |context| {
            let mut rings = self.lock();
            if rings.count != count {
                return Poll::Ready(rings.count);
            }
            if !rings.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                rings.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    fn lock(&self) -> MutexGuard<'_, Rings> {
        // Nothing in here panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn no_ring_is_missed() {
        let bell = Bell::default();
        let before = bell.count();
        assert_eq!(bell.after(before).now_or_never(), None);
        bell.ring();
        assert_eq!(bell.after(before).now_or_never(), Some(before + 1));
        assert_eq!(bell.after(before + 1).now_or_never(), None);
    }
}
