//! Watching the objects of a chat: each watcher has a stream of its own.

mod feed;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

pub(crate) use self::feed::{Feed, Feeds, Unread};
use crate::observe::{Diff, ObservedList};

/// The changes of a list, from `changes()` of an object: the steps that came together, in order.
///
/// The first item is a [`Diff::Reset`] with the rows as they are, so that a view begins with an empty copy and only
/// carries out steps. A watcher that does not read gets one `Reset` in place of many steps. The stream ends with the
/// object.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Changes<T>(Feed<Vec<Diff<T>>>);

impl<T> Stream for Changes<T> {
    type Item = Vec<Diff<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}

impl<T> Unread for Vec<Diff<T>> {
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl<T> fmt::Debug for Changes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changes")
    }
}

/// The changes of a value: first the value as it is, then each later one. A watcher that does not read gets the last.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Latest<T>(pub(crate) Changes<T>);

impl<T> Stream for Latest<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            let Some(steps) = std::task::ready!(Pin::new(&mut self.0).poll_next(context)) else {
                return Poll::Ready(None);
            };
            let value = steps.into_iter().rev().find_map(|step| match step {
                Diff::Reset { mut items } | Diff::Insert { mut items, .. } => items.pop(),
                Diff::Update { item, .. } => Some(item),
                Diff::Remove { .. } => None,
            });
            if value.is_some() {
                return Poll::Ready(value);
            }
        }
    }
}

impl<T> fmt::Debug for Latest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Latest")
    }
}

/// The watchers of one list.
pub(crate) struct Watchers<T>(Feeds<Vec<Diff<T>>>);

impl<T> Default for Watchers<T> {
    fn default() -> Self {
        Self(Feeds::default())
    }
}

impl<T: Clone + PartialEq> Watchers<T> {
    /// Adds a watcher of a list whose changes were told.
    pub(crate) fn watch(&mut self, list: &mut ObservedList<T>) -> Changes<T> {
        self.tell(list);
        Changes(self.0.open(vec![Diff::Reset { items: list.rows().to_vec() }]))
    }

    /// Tells every watcher what changed.
    pub(crate) fn tell(&mut self, list: &mut ObservedList<T>) {
        if !list.has_changed() {
            return;
        }
        let steps = list.take();
        self.0.tell(|unread| {
            unread.extend(steps.iter().cloned());
            if unread.len() > MAX_STEPS || matches!(steps.last(), Some(Diff::Reset { .. })) {
                *unread = vec![Diff::Reset { items: list.rows().to_vec() }];
            }
        });
    }
}

/// How many steps are kept for a watcher that does not read.
const MAX_STEPS: usize = 256;

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    #[test]
    fn each_watcher_has_its_own_steps() {
        let (mut list, mut watchers) = (ObservedList::default(), Watchers::default());
        list.insert(0, vec![1, 2]);
        let mut early = watchers.watch(&mut list);
        list.insert(2, vec![3]);
        watchers.tell(&mut list);
        let mut late = watchers.watch(&mut list);
        list.remove(0, 1);
        watchers.tell(&mut list);
        let follow = |changes: &mut Changes<i32>| {
            let mut copy = Vec::new();
            while let Some(Some(steps)) = changes.next().now_or_never() {
                steps.into_iter().for_each(|step| step.apply(&mut copy));
            }
            copy
        };
        assert_eq!((follow(&mut early), follow(&mut late)), (vec![2, 3], vec![2, 3]));
        drop(late);
        list.insert(0, vec![9]);
        watchers.tell(&mut list);
        assert_eq!(watchers.0.len(), 1, "one that is gone is forgotten");
        drop(watchers);
        assert!(matches!(early.next().now_or_never(), Some(Some(_))), "what came before the end is told");
        assert_eq!(early.next().now_or_never(), Some(None));
    }

    #[test]
    fn a_watcher_that_does_not_read_holds_few_steps() {
        let (mut list, mut watchers) = (ObservedList::default(), Watchers::default());
        let mut changes = watchers.watch(&mut list);
        for number in 0..10_000 {
            list.insert(0, vec![number]);
            list.remove(0, 1);
            watchers.tell(&mut list);
        }
        list.insert(0, vec![7]);
        watchers.tell(&mut list);
        let steps = changes.next().now_or_never().flatten().expect("there are steps");
        assert!(steps.len() <= MAX_STEPS + 1);
        let mut copy = Vec::new();
        steps.into_iter().for_each(|step| step.apply(&mut copy));
        assert_eq!(copy, [7]);
    }
}
