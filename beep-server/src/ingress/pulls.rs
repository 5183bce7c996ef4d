//! Whose turn it is to read from the middle of a stream, which costs most where much follows: each share that a request is
//! counted for has one at a time, so that who asks all the time takes nobody else's.

use std::sync::Arc;

use beep_federation::Share;
use beep_federation::net::{Place, Places};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The turns of all.
pub(super) struct Pulls {
    waiting: Arc<Places<()>>,
    shares: Arc<Places<Share>>,
    readers: Semaphore,
}

/// A turn, until it is dropped.
pub(super) struct Turn<'a> {
    _waiting: Place<()>,
    _shares: Vec<Place<Share>>,
    _reader: SemaphorePermit<'a>,
}

impl Pulls {
    pub(super) fn new() -> Self {
        let waiting = Places::new(MOST_WAITING, MOST_WAITING);
        Self { waiting, shares: Places::new(1, usize::MAX), readers: Semaphore::new(READERS) }
    }

    /// Waits for the turn of all of these together; `None` if one of them has a turn or waits for one already, or too many
    /// others do.
    pub(super) async fn turn(&self, shares: &[Share]) -> Option<Turn<'_>> {
        let waiting = self.waiting.take(())?;
        let shares = shares.iter().map(|share| self.shares.take(share.clone())).collect::<Option<_>>()?;
        let reader = self.readers.acquire().await.ok()?;
        Some(Turn { _waiting: waiting, _shares: shares, _reader: reader })
    }
}

/// The requests that have a turn or wait for one, and those that read at a time.
const MOST_WAITING: usize = 64;
const READERS: usize = 2;

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use beep_core::domain::Domain;
    use futures_util::FutureExt;

    use super::*;

    fn host(name: &str) -> Share {
        Share::Host(Domain::parse(&format!("{name}.example.com")).expect("a domain"))
    }

    #[tokio::test]
    async fn each_share_has_one_turn_at_a_time() {
        let pulls = Pulls::new();
        let (a, b, c) = ([host("a")], [host("b")], [host("c")]);
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

    #[tokio::test]
    async fn the_hosts_of_one_certificate_have_one_turn() {
        let pulls = Pulls::new();
        let shares = |name: &str, certificate: &[u8]| [host(name), Share::Certificate(certificate.into())];
        let first = pulls.turn(&shares("a", b"1")).await.expect("it is free");
        assert!(pulls.turn(&shares("b", b"1")).await.is_none(), "names are free");
        assert!(pulls.turn(&shares("b", b"2")).await.is_some(), "what was refused holds nothing");
        drop(first);
        assert!(pulls.turn(&shares("b", b"1")).await.is_some());
    }
}
