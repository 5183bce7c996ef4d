//! Whose turn it is to read from the middle of a stream, which costs most where much follows: each host has one at a time,
//! so that who asks all the time takes nobody else's.

use std::sync::Arc;

use beep_core::domain::Domain;
use beep_federation::net::{Place, Places};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The turns of all hosts.
pub(super) struct Pulls {
    hosts: Arc<Places<Domain>>,
    readers: Semaphore,
}

/// A turn, until it is dropped.
pub(super) struct Turn<'a> {
    _place: Place<Domain>,
    _reader: SemaphorePermit<'a>,
}

impl Pulls {
    pub(super) fn new() -> Self {
        Self { hosts: Places::new(1, MOST_WAITING), readers: Semaphore::new(READERS) }
    }

    /// Waits for the turn of a host; `None` if it has one or waits for one already, or too many others do.
    pub(super) async fn turn(&self, host: &Domain) -> Option<Turn<'_>> {
        let place = self.hosts.take(host.clone())?;
        let reader = self.readers.acquire().await.ok()?;
        Some(Turn { _place: place, _reader: reader })
    }
}

/// The hosts that have a turn or wait for one, and those that read at a time.
const MOST_WAITING: usize = 64;
const READERS: usize = 2;

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn each_host_has_one_turn_at_a_time() {
        let pulls = Pulls::new();
        let host = |name: &str| Domain::parse(&format!("{name}.example.com")).expect("a domain");
        let (a, b, c) = (host("a"), host("b"), host("c"));
        let first = pulls.turn(&a).await.expect("it is free");
        assert!(pulls.turn(&a).await.is_none(), "it has one");
        let _second = pulls.turn(&b).await.expect("the other does not hold it up");
        let mut third = pin!(pulls.turn(&c));
        assert!(third.as_mut().now_or_never().is_none(), "two read at a time");
        assert!(pulls.turn(&c).await.is_none(), "it waits for one");
        drop(first);
        assert!(third.await.is_some());
        assert!(pulls.turn(&a).await.is_some());
    }
}
