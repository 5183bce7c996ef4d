//! The test bed of a case: a store, a clock that it can set, and a listener for events.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::event::{Event, EventBody};
use beep_core::port::{
    Change, Clock, CodecError, CommitError, Committed, Decoded, Entropy, EventCodec, Publish, Store, StoreError,
    StoredMessages,
};
use beep_core::time::Timestamp;

use super::sample;
use crate::StoreParts;

/// A place for a store. Each case gets its own empty one.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens a store on the place.
    async fn open(&self, parts: StoreParts) -> Result<Arc<dyn Store>, StoreError>;

    /// Whether the data survives closing the store.
    fn lasts(&self) -> bool {
        true
    }
}

/// A store with everything that a case needs.
pub struct Stage {
    place: Box<dyn Place>,
    pub(super) parts: StoreParts,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<SetClock>,
    pub(super) heard: Arc<ReceivedEntry>,
    codec: Arc<Damaging>,
}

impl Stage {
    /// Opens the store of an empty place.
    ///
    /// # Panics
    /// If it cannot be opened: the case has failed then.
    pub async fn open(place: impl Place + 'static, codec: Arc<dyn EventCodec>) -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(sample::NOW.millis())));
        let heard = Arc::new(ReceivedEntry::default());
        let codec = Arc::new(Damaging { codec, damages: AtomicBool::new(false) });
        let parts = StoreParts {
            domain: sample::domain(),
            clock: clock.clone(),
            entropy: Arc::new(Numbers(AtomicU64::new(1))),
            codec: codec.clone(),
            publish: heard.clone(),
        };
        let store = place.open(parts.clone()).await.expect("the store opens");
        Self { place: Box::new(place), parts, store, clock, heard, codec }
    }

    /// Closes the store.
    pub async fn close(self) {
        self.store.close().await;
    }

    /// Closes the store and opens it again; `None` if its data does not survive.
    pub(super) async fn reopened(&self) -> Option<Arc<dyn Store>> {
        if !self.place.lasts() {
            return None;
        }
        self.store.close().await;
        Some(self.place.open(self.parts.clone()).await.expect("the store opens again"))
    }

    /// Sets whether records that are written from now on are damaged.
    pub(super) fn damage(&self, yes: bool) {
        self.codec.damages.store(yes, Ordering::SeqCst);
    }

    /// Commits a change that must succeed.
    pub(super) async fn commit(&self, change: Change) -> Committed {
        self.store.commit(change).await.expect("the change is sound")
    }

    /// Commits a change that must fail, and gives the error.
    pub(super) async fn refused(&self, change: Change) -> CommitError {
        self.store.commit(change).await.expect_err("the change is to be refused")
    }

    /// Commits a change that must fail as stale.
    pub(super) async fn stale(&self, change: Change) {
        let error = self.refused(change).await;
        assert!(matches!(error, CommitError::Stale), "{error:?}");
    }
}

/// A codec that can write damaged records.
struct Damaging {
    codec: Arc<dyn EventCodec>,
    damages: AtomicBool,
}

impl EventCodec for Damaging {
    fn encode(&self, body: &EventBody) -> Vec<u8> {
        if self.damages.load(Ordering::SeqCst) { vec![255] } else { self.codec.encode(body) }
    }

    fn decode(&self, kind: &str, record: &[u8], messages: &StoredMessages) -> Result<Decoded, CodecError> {
        self.codec.decode(kind, record, messages)
    }
}

/// A clock that changes only when it is set.
pub(super) struct SetClock(AtomicI64);

impl SetClock {
    pub(super) fn advance(&self, by: Duration) {
        self.set(self.now().after(by));
    }

    pub(super) fn set(&self, to: Timestamp) {
        self.0.store(to.millis(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that differ each time, and are the same in each run.
struct Numbers(AtomicU64);

impl Entropy for Numbers {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        for (octets, part) in buffer.chunks_mut(8).zip(0u64..) {
            // The odd factor spreads the number over all bits and keeps it unique.
            let spread = (number ^ part.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            octets.copy_from_slice(&spread.to_be_bytes()[..octets.len()]);
        }
    }
}

/// All published events, in order.
#[derive(Default)]
pub(super) struct ReceivedEntry(Mutex<Vec<Arc<Event>>>);

impl ReceivedEntry {
    pub(super) fn all(&self) -> Vec<Arc<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Publish for ReceivedEntry {
    fn publish(&self, events: &[Arc<Event>]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(events);
    }
}
