//! Watching who is to be drawn again.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;

use super::Changes;

/// Who is to be drawn again, from [`People::changes`](crate::chat::People::changes): each time those who changed since
/// the stream was last read. The stream ends with the chat.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PeopleChanges(Arc<Mutex<Pending>>);

#[derive(Default)]
struct Pending {
    changes: Changes,
    waker: Option<Waker>,
    is_over: bool,
}

impl Stream for PeopleChanges {
    type Item = Changes;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Changes>> {
        let mut pending = lock(&self.0);
        if !pending.changes.is_empty() {
            return Poll::Ready(Some(std::mem::take(&mut pending.changes)));
        }
        if pending.is_over {
            return Poll::Ready(None);
        }
        pending.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl fmt::Debug for PeopleChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeopleChanges")
    }
}

/// Those who watch.
#[derive(Default)]
pub(crate) struct PeopleWatchers(Vec<Weak<Mutex<Pending>>>);

impl PeopleWatchers {
    /// Adds one.
    pub(crate) fn watch(&mut self) -> PeopleChanges {
        let pending = Arc::default();
        self.0.push(Arc::downgrade(&pending));
        PeopleChanges(pending)
    }

    /// Tells each who is to be drawn again.
    pub(crate) fn tell(&mut self, changes: &Changes) {
        if changes.is_empty() {
            return;
        }
        self.0.retain(|watcher| {
            let Some(watcher) = watcher.upgrade() else { return false };
            let mut pending = lock(&watcher);
            pending.changes.extend(changes);
            let waker = pending.waker.take();
            drop(pending);
            if let Some(waker) = waker {
                waker.wake();
            }
            true
        });
    }
}

impl Drop for PeopleWatchers {
    fn drop(&mut self) {
        for watcher in self.0.iter().filter_map(Weak::upgrade) {
            let mut pending = lock(&watcher);
            pending.is_over = true;
            let waker = pending.waker.take();
            drop(pending);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

fn lock(pending: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    // Nothing in here panics halfway through a change.
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;
    use crate::sample;

    #[test]
    fn each_watcher_hears_who_changed_since_it_read() {
        let of = |users: &[u8]| Changes::Of(users.iter().map(|n| sample::user(*n)).collect());
        let mut watchers = PeopleWatchers::default();
        let (mut quick, mut slow) = (watchers.watch(), watchers.watch());
        watchers.tell(&Changes::default());
        assert_eq!(quick.next().now_or_never(), None);
        watchers.tell(&of(&[1]));
        assert_eq!(quick.next().now_or_never(), Some(Some(of(&[1]))));
        watchers.tell(&of(&[2]));
        assert_eq!(quick.next().now_or_never(), Some(Some(of(&[2]))));
        assert_eq!(slow.next().now_or_never(), Some(Some(of(&[1, 2]))));
        drop(slow);
        watchers.tell(&Changes::All);
        assert_eq!(watchers.0.len(), 1, "one that is gone is forgotten");
        drop(watchers);
        assert_eq!(quick.next().now_or_never(), Some(Some(Changes::All)));
        assert_eq!(quick.next().now_or_never(), Some(None));
    }
}
