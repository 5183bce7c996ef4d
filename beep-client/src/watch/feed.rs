//! What comes together for one watcher after the other: each has a stream of its own, and what it has not read is one item.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;

/// What a watcher has not read.
pub(crate) trait Unread: Default {
    /// Whether there is nothing to read.
    fn is_empty(&self) -> bool;
}

/// The stream of one watcher: each time what came since it was last read. It ends with its [`Feeds`].
pub(crate) struct Feed<U>(Arc<Mutex<Pending<U>>>);

struct Pending<U> {
    unread: U,
    waker: Option<Waker>,
    is_over: bool,
}

impl<U: Unread> Stream for Feed<U> {
    type Item = U;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<U>> {
        let mut pending = lock(&self.0);
        if !pending.unread.is_empty() {
            return Poll::Ready(Some(std::mem::take(&mut pending.unread)));
        }
        if pending.is_over {
            return Poll::Ready(None);
        }
        pending.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The streams of all watchers.
pub(crate) struct Feeds<U>(Vec<Weak<Mutex<Pending<U>>>>);

impl<U> Default for Feeds<U> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<U> Feeds<U> {
    /// Adds a watcher, who reads this first.
    pub(crate) fn open(&mut self, unread: U) -> Feed<U> {
        let pending = Arc::new(Mutex::new(Pending { unread, waker: None, is_over: false }));
        self.0.push(Arc::downgrade(&pending));
        Feed(pending)
    }

    /// Adds to what each watcher has not read, and forgets those that are gone.
    pub(crate) fn tell(&mut self, add: impl Fn(&mut U)) {
        self.0.retain(|watcher| {
            let Some(watcher) = watcher.upgrade() else { return false };
            change(&watcher, |pending| add(&mut pending.unread));
            true
        });
    }

    /// How many there are, with those that are gone and not forgotten.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<U> Drop for Feeds<U> {
    fn drop(&mut self) {
        for watcher in self.0.iter().filter_map(Weak::upgrade) {
            change(&watcher, |pending| pending.is_over = true);
        }
    }
}

/// Changes what is pending, and wakes its watcher.
fn change<U>(watcher: &Mutex<Pending<U>>, change: impl FnOnce(&mut Pending<U>)) {
    let mut pending = lock(watcher);
    change(&mut pending);
    let waker = pending.waker.take();
    drop(pending);
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn lock<U>(pending: &Mutex<Pending<U>>) -> MutexGuard<'_, Pending<U>> {
    // Nothing in here panics halfway through a change.
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}
