//! Time, randomness, and the ear that hears of committed events.

use std::sync::Arc;

use crate::domain::Domain;
use crate::event::Event;
use crate::id::Id;
use crate::time::Timestamp;

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now. A clock that jumps back makes tokens live longer; ids and orders do not depend on it.
    fn now(&self) -> Timestamp;
}

/// Randomness that nobody can guess.
pub trait Entropy: Send + Sync {
    /// Fills `buffer`. A predictable answer gives away sessions, codes and invitations.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// Gives `N` fresh octets.
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

/// Hears of events once they are durable.
pub trait Publish: Send + Sync {
    /// Takes events in the order of their positions, each once, before the commit that made them is
    /// answered. Must not block: the next commit waits for it.
    fn publish(&self, events: &[Arc<Event>]);

    /// Takes that there is more in the streams to these backends. Must not block.
    fn queued(&self, _to: &[Domain]) {}
}
