//! One remote: its connection, its circuit, and the way of a call through both.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use beep_core::domain::Domain;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, Shared as SharedFuture, WeakShared};
use tokio::time::Instant;

use super::connect::{Link, connect};
use super::exchange::{Failure, exchange};
use super::{Call, Shared};
use crate::call_error::CallError;
use crate::circuit::{Circuit, CircuitState};
use crate::discovery::Target;
use crate::rpc::Rpc;
use crate::targets::in_order;

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
    opening: Option<WeakShared<Opening>>,
}

type Opening = BoxFuture<'static, Result<Arc<Link>, CallError>>;

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

    pub(super) async fn call(self: &Arc<Self>, call: &Call) -> Result<Bytes, CallError> {
        if !self.lock_circuit().admits(self.shared.clock.now()) {
            return Err(CallError::RemoteUnavailable(format!("`{}` has not answered lately", self.domain)));
        }
        let attempt = Attempt { remote: self, judged: false };
        let outcome = self.tried_again(call).await;
        attempt.judge(outcome.as_ref().err());
        outcome
    }

    /// Tries, and once more where that does no harm; what never left may go again on each new connection.
    async fn tried_again(self: &Arc<Self>, call: &Call) -> Result<Bytes, CallError> {
        let (mut repeats, mut unsent) = (u32::from(call.repeatable), UNSENT);
        loop {
            let failure = match self.tried(call).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let left = if failure.sent { &mut repeats } else { &mut unsent };
            let broken = matches!(failure.error, CallError::RemoteUnavailable(_)) && !failure.late;
            if !broken || *left == 0 {
                return Err(failure.error);
            }
            *left -= 1;
        }
    }

    async fn tried(self: &Arc<Self>, call: &Call) -> Result<Bytes, Failure> {
        let link = self.link().await.map_err(|error| Failure { error, sent: false, late: true })?;
        link.touch();
        let ask = |rpc, body| exchange(&link, &self.domain, rpc, body, &self.shared);
        let versions = || async {
            let answer = ask(Rpc::Versions, Bytes::from_static(b"{}")).await?;
            understood(&answer).map_err(|error| Failure { error, sent: false, late: false })
        };
        link.understood.get_or_try_init(versions).await.map_err(|failure| Failure { sent: false, ..failure })?;
        self.shared.counters.calls.fetch_add(1, Ordering::Relaxed);
        let answer = ask(call.rpc, call.body.clone()).await;
        link.touch();
        answer
    }

    /// The connection, opened if there is none that may be used.
    async fn link(self: &Arc<Self>) -> Result<Arc<Link>, CallError> {
        let discovery = self.shared.discoverer.discover(&self.domain).await?;
        let targets = discovery.targets(self.shared.clock.now())?;
        let opening = {
            let mut pool = self.pool();
            if let Some(link) = pool.link.as_ref().filter(|link| link.is_usable(targets, &self.shared)) {
                return Ok(link.clone());
            }
            pool.link = None;
            pool.opening.as_ref().and_then(WeakShared::upgrade).unwrap_or_else(|| {
                let opening = self.clone().open(targets.to_vec()).boxed().shared();
                pool.opening = opening.downgrade();
                opening
            })
        };
        let opened: SharedFuture<Opening> = opening;
        opened.await
    }

    async fn open(self: Arc<Self>, targets: Vec<Target>) -> Result<Arc<Link>, CallError> {
        let mut outcome = Err(CallError::RemoteUnavailable(format!("`{}` has no target", self.domain)));
        for target in in_order(&targets, || self.shared.random()).iter().take(TARGETS) {
            outcome = connect(target, &self.shared).await.map(Arc::new);
            if outcome.is_ok() {
                break;
            }
        }
        if let Ok(link) = &outcome {
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
    judged: bool,
}

impl Attempt<'_> {
    fn judge(mut self, error: Option<&CallError>) {
        self.judged = true;
        let mut circuit = self.remote.lock_circuit();
        match error {
            Some(error) if error.counts_against_the_remote() => {
                circuit.failed(self.remote.shared.clock.now(), self.remote.shared.random());
            }
            Some(CallError::DiscoveryFailure(_) | CallError::FederationDenied(_)) => circuit.abandoned(),
            _ => circuit.succeeded(),
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.judged {
            self.remote.lock_circuit().abandoned();
        }
    }
}

/// Whether the remote speaks what is spoken here.
fn understood(answer: &Bytes) -> Result<(), CallError> {
    let answer: serde_json::Value = serde_json::from_slice(answer)
        .map_err(|error| CallError::RemoteError(format!("its versions do not parse: {error}")))?;
    let supported = answer.get("supported").and_then(serde_json::Value::as_array);
    if supported.is_some_and(|versions| versions.iter().any(|version| version.as_u64() == Some(1))) {
        Ok(())
    } else {
        Err(CallError::RemoteError("it does not speak version 1".to_owned()))
    }
}

/// The targets that are tried for one connection.
const TARGETS: usize = 3;
/// How often what never left is put on another connection: one may be told to go away as it is taken.
const UNSENT: u32 = 3;
