//! Watching who is to be drawn again.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::Changes;
use crate::watch::{Feed, Feeds, Unread};

/// Who is to be drawn again, from [`People::changes`](crate::chat::People::changes): each time those who changed since
/// the stream was last read. The stream ends with the chat.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PeopleChanges(Feed<Changes>);

impl Stream for PeopleChanges {
    type Item = Changes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Changes>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}

impl Unread for Changes {
    fn is_empty(&self) -> bool {
        Changes::is_empty(self)
    }
}

impl fmt::Debug for PeopleChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeopleChanges")
    }
}

/// Those who watch.
#[derive(Default)]
pub(crate) struct PeopleWatchers(Feeds<Changes>);

impl PeopleWatchers {
    /// Adds one.
    pub(crate) fn watch(&mut self) -> PeopleChanges {
        PeopleChanges(self.0.open(Changes::default()))
    }

    /// Tells each who is to be drawn again.
    pub(crate) fn tell(&mut self, changes: &Changes) {
        if !changes.is_empty() {
            self.0.tell(|unread| unread.extend(changes));
        }
    }
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
