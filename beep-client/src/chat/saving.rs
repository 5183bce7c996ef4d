//! What is to be stored, and when: many changes become one write, and the cursor is never ahead of what it stands for.

use std::time::Duration;

use beep_core::id::ChannelId;
use beep_proto::id::Full;

use crate::drafts::DraftPlace;
use crate::moment::{Attempts, Moment};
use crate::sorted::{SortedMap, SortedSet};
use crate::storage::StorageError;

/// Something that is stored. The order is that in which a batch is written: what was sent leaves the queue after its
/// draft was stored, and the cursor comes last.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Item {
    /// A message on its way, by its nonce.
    Outgoing(String),
    /// A draft.
    Draft(DraftPlace),
    /// The newest messages of a channel.
    Timeline(Full<ChannelId>),
    /// What was read.
    Reads,
    /// Which channels are muted.
    Muted,
    /// Who is blocked.
    Blocked,
    /// Servers, channels and the account.
    Cache,
    /// How far the events were handled.
    Cursor,
}

/// What changed and is not stored.
#[derive(Debug, Default)]
pub(crate) struct Saving {
    /// With when it is to be stored.
    unsaved: SortedMap<Item, Duration>,
    under_way: Option<SortedSet<Item>>,
    attempts: Attempts,
    failure: Option<StorageError>,
}

impl Saving {
    /// Something changed.
    pub(crate) fn changed(&mut self, item: Item, now: Moment) {
        let due = now.uptime + delay(&item);
        self.unsaved.get_or_insert_with(item, || due);
    }

    /// The next batch, which is then under way until [`Self::saved`].
    pub(crate) fn next_batch(&mut self, now: Moment) -> Option<SortedSet<Item>> {
        if self.under_way.is_some() || !self.attempts.is_due(now) {
            return None;
        }
        let is_due = |due: &Duration| *due <= now.uptime;
        // The cursor stands for all that was told: it is stored with all the rest or not at all.
        let all = self.unsaved.get(&Item::Cursor).is_some_and(is_due);
        let batch: SortedSet<_> =
            self.unsaved.iter().filter(|(_, due)| all || is_due(due)).map(|(item, _)| item.clone()).collect();
        if batch.is_empty() {
            return None;
        }
        self.unsaved.retain(|item, _| !batch.contains(item));
        self.under_way = Some(batch.clone());
        Some(batch)
    }

    /// How a batch ended; gives what was in it. After a failure all of it is stored again.
    pub(crate) fn saved(&mut self, result: Result<(), StorageError>, now: Moment) -> SortedSet<Item> {
        let batch = self.under_way.take().unwrap_or_default();
        match result {
            Ok(()) => {
                self.attempts.succeeded();
                self.failure = None;
            }
            Err(error) => {
                tracing::warn!(%error, "the state of a chat could not be stored; it is tried again");
                self.attempts.failed(None, now);
                self.failure = Some(error);
                for item in batch.iter() {
                    self.unsaved.insert(item.clone(), now.uptime);
                }
            }
        }
        batch
    }

    /// Everything is to be stored at once.
    pub(crate) fn hurry(&mut self) {
        self.attempts.hurry();
        self.unsaved.values_mut().for_each(|due| *due = Duration::ZERO);
    }

    /// Whether everything is stored.
    pub(crate) fn is_done(&self) -> bool {
        self.unsaved.is_empty() && self.under_way.is_none()
    }

    /// Why the last attempt failed.
    pub(crate) fn failure(&self) -> Option<&StorageError> {
        self.failure.as_ref()
    }

    /// When [`Self::next_batch`] has something next.
    pub(crate) fn due(&self) -> Option<Duration> {
        let first = self.unsaved.values().min().filter(|_| self.under_way.is_none())?;
        Some((*first).max(self.attempts.due().unwrap_or_default()))
    }
}

/// How long a change may wait for others.
fn delay(item: &Item) -> Duration {
    match item {
        // It is not sent before; and the page or the program may be gone in the next moment. What comes while a batch is
        // stored is one batch, however much it is.
        Item::Outgoing(_) | Item::Draft(_) | Item::Muted => Duration::ZERO,
        Item::Timeline(_) | Item::Reads | Item::Blocked | Item::Cache | Item::Cursor => Duration::from_secs(2),
    }
}

#[cfg(test)]
mod tests {
    use beep_core::time::Timestamp;

    use super::*;
    use crate::sample;

    fn at(millis: u64) -> Moment {
        Moment { uptime: Duration::from_millis(millis), at: Timestamp::from_millis(0), random: 500 }
    }

    fn draft() -> Item {
        Item::Draft(DraftPlace::composer(&sample::full(1)))
    }

    #[test]
    fn a_burst_is_one_batch_with_the_cursor_last() {
        let mut saving = Saving::default();
        for millis in 0..100 {
            saving.changed(Item::Cursor, at(millis));
            saving.changed(Item::Timeline(sample::full(1)), at(millis));
            saving.changed(Item::Cache, at(millis + 500));
        }
        assert_eq!((saving.next_batch(at(1_999)), saving.due()), (None, Some(Duration::from_secs(2))));
        let batch: Vec<_> = saving.next_batch(at(2_000)).into_iter().flatten().collect();
        assert_eq!(batch, [Item::Timeline(sample::full(1)), Item::Cache, Item::Cursor]);
        saving.changed(Item::Cursor, at(2_000));
        assert_eq!((saving.next_batch(at(9_000)), saving.due()), (None, None), "one at a time");
        saving.saved(Ok(()), at(2_100));
        assert!(!saving.is_done());
        assert_eq!(saving.next_batch(at(9_000)).map(|batch| batch.len()), Some(1));
        saving.saved(Ok(()), at(9_000));
        assert!(saving.is_done());
    }

    #[test]
    fn what_is_urgent_does_not_take_the_rest_along() {
        let mut saving = Saving::default();
        saving.changed(Item::Cache, at(0));
        saving.changed(Item::Outgoing("n".to_owned()), at(0));
        saving.changed(draft(), at(0));
        assert_eq!(
            saving.next_batch(at(0)).into_iter().flatten().collect::<Vec<_>>(),
            [Item::Outgoing("n".to_owned()), draft()]
        );
        saving.saved(Ok(()), at(1));
        saving.hurry();
        assert_eq!(saving.next_batch(at(300)).map(|batch| batch.len()), Some(1));
    }

    #[test]
    fn what_could_not_be_stored_is_stored_again_with_the_cursor() {
        let mut saving = Saving::default();
        saving.changed(draft(), at(0));
        saving.next_batch(at(200));
        assert_eq!(saving.saved(Err(StorageError::failed("full")), at(200)).len(), 1);
        assert_eq!(saving.failure(), Some(&StorageError::failed("full")));
        assert_eq!((saving.next_batch(at(699)), saving.due()), (None, Some(Duration::from_millis(700))));
        saving.changed(Item::Cursor, at(200));
        saving.hurry();
        let batch: Vec<_> = saving.next_batch(at(300)).into_iter().flatten().collect();
        assert_eq!(batch, [draft(), Item::Cursor]);
    }
}
