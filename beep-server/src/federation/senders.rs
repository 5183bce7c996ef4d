//! The senders of streams, one for each remote, so that one that is slow or down slows nobody else.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use beep_core::domain::Domain;
use beep_core::time::Timestamp;
use beep_core::transient::Transient;
use tokio::sync::Notify;

use super::sender::{self, Work};
use crate::tasks;

/// What is known of the senders from outside.
#[derive(Default)]
pub(crate) struct Senders {
    remotes: Mutex<Remotes>,
    /// There is a remote without a sender.
    unserved: Notify,
}

#[derive(Default)]
struct Remotes {
    known: HashMap<Domain, Arc<Remote>>,
    /// Those of them that have no sender yet.
    unserved: Vec<(Domain, Arc<Remote>)>,
}

/// What is known of one remote's sender from outside.
#[derive(Default)]
pub(super) struct Remote {
    /// There is more in the stream.
    pub(super) more: Notify,
    /// The remote was heard of.
    pub(super) heard: Notify,
    failure: Mutex<Option<Failure>>,
    /// What it is to be told and is not stored.
    transients: Mutex<VecDeque<Transient>>,
}

/// The last thing that went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) at: Timestamp,
    pub(crate) error: String,
}

impl Senders {
    /// Sends what waits from before, and from now on what comes.
    pub(super) async fn run(self: Arc<Self>, work: Arc<Work>) {
        if let Some(backend) = work.backend.upgrade() {
            match backend.store.outbound().await {
                Ok(streams) => self.queued(&streams.into_iter().map(|stream| stream.to).collect::<Vec<_>>()),
                Err(error) => tracing::error!(%error, "the outboxes for remote backends cannot be read"),
            }
        }
        loop {
            let unserved = std::mem::take(&mut self.lock().unserved);
            for (to, remote) in unserved {
                let work = work.clone();
                let send = move || sender::run(to.clone(), remote.clone(), work.clone());
                tokio::spawn(tasks::restarted("federation sender", send));
            }
            tokio::select! {
                () = self.unserved.notified() => {}
                () = work.closing.closes() => return,
            }
        }
    }

    /// Takes that there is more in the streams to these backends.
    pub(crate) fn queued(&self, to: &[Domain]) {
        for to in to {
            self.remote(to).more.notify_one();
        }
    }

    /// Has a remote be told something that is not stored, unless it fails at the moment.
    pub(super) fn tell(&self, to: &Domain, what: Transient) {
        let remote = self.remote(to);
        if remote.failure().is_none() {
            remote.passing(what);
            remote.more.notify_one();
        }
    }

    /// Takes that a remote was heard of: who waits to try again need not.
    pub(crate) fn wake(&self, remote: &Domain) {
        if let Some(known) = self.lock().known.get(remote) {
            known.heard.notify_one();
        }
    }

    /// The last thing that went wrong with a remote, if it has not gone well since.
    pub(crate) fn failure(&self, remote: &Domain) -> Option<Failure> {
        self.lock().known.get(remote)?.failure()
    }

    fn remote(&self, to: &Domain) -> Arc<Remote> {
        let mut remotes = self.lock();
        if let Some(known) = remotes.known.get(to) {
            return known.clone();
        }
        let remote = Arc::new(Remote::default());
        remotes.known.insert(to.clone(), remote.clone());
        remotes.unserved.push((to.clone(), remote.clone()));
        self.unserved.notify_one();
        remote
    }

    fn lock(&self) -> MutexGuard<'_, Remotes> {
        self.remotes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remote {
    /// Takes something to tell. Of two presences of a user the later counts, and where there is too much the oldest goes.
    fn passing(&self, what: Transient) {
        let mut waiting = self.transients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Transient::Presence { presence: new, .. } = &what {
            waiting.retain(|old| !matches!(old, Transient::Presence { presence, .. } if presence.user == new.user));
        }
        if waiting.len() >= MOST_TRANSIENTS {
            waiting.pop_front();
        }
        waiting.push_back(what);
    }

    /// What it is to be told and is not stored, at most so much at once.
    pub(super) fn transients(&self, most: usize) -> Vec<Transient> {
        let mut waiting = self.transients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(most);
        waiting.drain(..count).collect()
    }

    fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn fails(&self, at: Timestamp, error: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(Failure { at, error });
    }

    pub(super) fn succeeds(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The most that waits for a remote and is not stored.
const MOST_TRANSIENTS: usize = 500;
