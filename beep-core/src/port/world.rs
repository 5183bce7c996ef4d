//! Time, randomness, and the listener for committed events.

use std::sync::Arc;

use crate::domain::Domain;
use crate::event::Event;
use crate::id::Id;
use crate::time::Timestamp;

/// The time of day.
pub trait Clock: Send + Sync {
    /// The present time. If the clock jumps back, tokens live longer; ids and orders are not affected.
    fn now(&self) -> Timestamp;
}

/// Cryptographically secure randomness.
pub trait Entropy: Send + Sync {
    /// Fills `buffer`. Predictable values would allow sessions, codes and invitations to be guessed.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// Gives `N` random bytes.
    pub fn octets<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        self.fill(&mut octets);
        octets
    }
}

/// Makes the id of something created at `now`.
pub fn new_id<T: Id>(now: Timestamp, entropy: &dyn Entropy) -> T {
    T::generate(now, entropy.octets())
}

/// Receives events once they are durable.
pub trait Publish: Send + Sync {
    /// Receives each event once, in the order of the positions, before the commit that made it is answered. Must not
    /// block: the next commit waits for it.
    fn publish(&self, events: &[Arc<Event>]);

    /// Is told of events that were committed and may never have been published. Some of them it may have received.
    fn missed(&self, _events: &[Arc<Event>]) {}

    /// Is told that something may have been committed that it will not receive. Must not block.
    fn lost_track(&self) {}

    /// Is told that the streams to these backends have new events. Must not block.
    fn queued(&self, _to: &[Domain]) {}
}
