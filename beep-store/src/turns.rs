//! Turns under a key, such as a user: so many at once for each, and the next ones in line.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns under a key. Who has none and waits for none is not remembered.
pub struct Turns<K> {
    each: usize,
    lines: Mutex<HashMap<K, Weak<Semaphore>>>,
}

/// A turn; dropping it gives it to the next in line.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl<K: Clone + Eq + Hash> Turns<K> {
    /// So many turns at once for each key, at least one.
    pub fn new(each: usize) -> Self {
        Self { each: each.max(1), lines: Mutex::default() }
    }

    /// Waits for a turn under a key, after those who came before.
    pub async fn take(&self, key: &K) -> Turn {
        let line = self.line_of(key);
        Turn(line.acquire_owned().await.expect("nobody closes a line"))
    }

    fn line_of(&self, key: &K) -> Arc<Semaphore> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(key).and_then(Weak::upgrade) {
            return line;
        }
        if lines.len() == lines.capacity() {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Semaphore::new(self.each));
        lines.insert(key.clone(), Arc::downgrade(&line));
        line
    }
}

impl<K> fmt::Debug for Turns<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("each", &self.each).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    fn now<T>(take: impl Future<Output = T>) -> Option<T> {
        match pin!(take).poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(taken) => Some(taken),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn each_has_as_many_as_they_may() {
        let turns = Turns::new(2);
        let first = now(turns.take(&1)).expect("a turn");
        let _second = now(turns.take(&1)).expect("a turn");
        assert!(now(turns.take(&1)).is_none());
        assert!(now(turns.take(&2)).is_some(), "others have their own");
        drop(first);
        assert!(now(turns.take(&1)).is_some());
    }

    #[test]
    fn who_comes_is_not_remembered() {
        let turns = Turns::new(1);
        for key in 0..10_000 {
            drop(now(turns.take(&key)).expect("nobody else is there"));
        }
        assert!(turns.lines.lock().expect("nobody panicked").len() < 100);
    }
}
