//! One remote: its connection, its circuit, and the calls that share both. What is done next, [`crate::call`] says.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use beep_core::domain::Domain;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, Shared as SharedFuture, WeakShared};
use tokio::time::Instant;

use super::connect::{Link, connect};
use super::exchange::{agree, exchange};
use super::{Call, Shared};
use crate::call::{Allowed, Dial, Opening, Progress, Step};
use crate::call_error::CallError;
use crate::circuit::{Circuit, CircuitState};
use crate::discovery::Target;

/// A backend that is called.
pub(super) struct Remote {
    domain: Domain,
    shared: Arc<Shared>,
    circuit: Mutex<Circuit>,
    pool: Mutex<Pool>,
}

/// The connection that calls share, and the attempt at one that they wait for together.
#[derive(Default)]
struct Pool {
    link: Option<Arc<Link>>,
    opening: Option<WeakShared<Opened>>,
}

type Opened = BoxFuture<'static, Result<Arc<Link>, CallError>>;

impl Remote {
    pub(super) fn new(domain: Domain, shared: Arc<Shared>) -> Self {
        Self { domain, shared, circuit: Mutex::default(), pool: Mutex::default() }
    }

    pub(super) fn circuit(&self) -> CircuitState {
        self.lock_circuit().state()
    }

    pub(super) fn heard(&self) {
        self.lock_circuit().heard(self.shared.clock.now());
    }

    /// Whether there is nothing to remember of it.
    pub(super) fn is_idle(&self) -> bool {
        self.circuit() == CircuitState::Closed && !self.pool().link.as_ref().is_some_and(|link| link.lives())
    }

    /// Carries a call through, step by step.
    pub(super) async fn call(self: &Arc<Self>, allowed: Allowed, call: Call) -> Result<Bytes, CallError> {
        let mut attempt = self.begin(allowed, call.repeatable)?;
        let progress = &mut attempt.progress;
        loop {
            match progress.next() {
                Step::Discover => {
                    let found = self.shared.discoverer.discover(&self.domain).await;
                    progress.discovered(found, self.shared.clock.now());
                }
                Step::Connect { targets } => progress.connected(self.link(&targets).await),
                Step::Agree { on, within } => {
                    let agreed = agree(&on, &self.domain, within, &self.shared).await;
                    progress.agreed(on, agreed);
                }
                Step::Send { on, within } => {
                    self.shared.counters.calls.fetch_add(1, Ordering::Relaxed);
                    let answer = exchange(&on, &call, within, &self.shared).await;
                    progress.answered(on, answer);
                }
                Step::Part { from } => {
                    from.retire();
                    progress.parted();
                }
                Step::End(outcome) => return outcome,
            }
        }
    }

    fn begin(&self, allowed: Allowed, repeatable: bool) -> Result<Attempt<'_>, CallError> {
        let (now, times) = (self.shared.clock.now(), self.shared.times());
        let progress = Progress::begin(allowed, repeatable, times, &mut self.lock_circuit(), now)?;
        Ok(Attempt { remote: self, progress })
    }

    /// The connection, opened if there is none that serves.
    async fn link(self: &Arc<Self>, targets: &[Target]) -> Result<Arc<Link>, CallError> {
        let opening: SharedFuture<Opened> = {
            let mut pool = self.pool();
            let (now, current) = (self.shared.clock.now(), self.shared.tls.current());
            if let Some(link) = pool.link.as_ref().filter(|link| link.pooled(now, &current).serves(targets)) {
                link.touch();
                return Ok(link.clone());
            }
            pool.link = None;
            pool.opening.as_ref().and_then(WeakShared::upgrade).unwrap_or_else(|| {
                let opening = self.clone().open(targets.to_vec()).boxed().shared();
                pool.opening = opening.downgrade();
                opening
            })
        };
        opening.await
    }

    async fn open(self: Arc<Self>, targets: Vec<Target>) -> Result<Arc<Link>, CallError> {
        let within = self.shared.times().connect;
        let mut opening = Opening::of(&self.domain, &targets, within, || self.shared.random());
        let outcome = loop {
            match opening.next() {
                Dial::Connect { target, within } => {
                    opening.tried(connect(&target, within, &self.shared).await.map(Arc::new));
                }
                Dial::Done(outcome) => break outcome,
            }
        };
        if let Ok(link) = &outcome {
            self.shared.links.opened(link);
            tokio::spawn(close_when_idle(Arc::downgrade(&self), Arc::downgrade(link), self.shared.settings.idle));
        }
        let mut pool = self.pool();
        pool.opening = None;
        pool.link = outcome.as_ref().ok().cloned();
        outcome
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a connection out of the pool once nobody has used it for long; it closes when it is dropped.
async fn close_when_idle(remote: Weak<Remote>, link: Weak<Link>, idle: Duration) {
    let mut until = Instant::now() + idle;
    loop {
        tokio::time::sleep_until(until).await;
        let (Some(remote), Some(link)) = (remote.upgrade(), link.upgrade()) else { return };
        let mut pool = remote.pool();
        let pooled = pool.link.as_ref().is_some_and(|pooled| Arc::ptr_eq(pooled, &link));
        if !pooled {
            return;
        }
        until = link.used() + idle;
        if until <= Instant::now() || !link.lives() {
            pool.link = None;
            return;
        }
    }
}

/// A call that the circuit let through and must hear of, even if it is given up.
struct Attempt<'a> {
    remote: &'a Remote,
    progress: Progress<Arc<Link>, Bytes>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Remote { shared, .. } = self.remote;
        self.remote.lock_circuit().settle(self.progress.verdict(), shared.clock.now(), || shared.random());
    }
}
