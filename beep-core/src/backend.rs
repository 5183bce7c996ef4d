//! The use cases, one function each, over a plain struct of ports.
//!
//! Each loads the facts, decides by the rules, and commits one [`Change`] that rests on what it read. When the
//! facts moved meanwhile it does so again. What a use case refuses is a [`Refusal`]; how that is spelled is the
//! rim's question.

use std::sync::Arc;

use crate::domain::Domain;
use crate::hierarchy::RankDenied;
use crate::id::{Id, SpaceKey};
use crate::port::{
    Change, Clock, CommitError, Committed, Entropy, Guard, HashError, Live, Mailer, Passwords, Peers, SpaceGuard,
    Store, StoreError, new_id,
};
use crate::time::Timestamp;

pub mod access;
pub mod account_deletion;
pub mod accounts;
mod actor;
pub mod admin;
pub mod audit;
mod awaited;
pub mod bans;
pub mod blocks;
pub mod channels;
pub mod contact;
pub mod conversations;
pub mod domain_bans;
pub mod email_change;
pub mod events;
pub mod facts_cache;
pub mod friends;
pub mod inbound;
pub mod invitations;
pub mod keys;
mod mail_codes;
pub mod members;
pub mod messages;
pub mod outbound;
pub mod passwords;
pub mod pending_leaves;
pub mod pins;
pub mod presence;
pub mod purges;
pub mod reactions;
pub mod reads;
mod refusal;
pub mod registrations;
pub mod remote;
pub mod repair;
pub mod reports;
pub mod restrictions;
pub mod roles;
pub mod second_factors;
pub mod servers;
pub mod sessions;
mod slow_mode;
mod space_queue;
pub mod suspensions;
pub mod typing;
pub mod users;

pub use actor::{Actor, Who};
pub use refusal::{Current, Invalid, Refusal};

use facts_cache::FactsCache;
use keys::KeyRing;
use slow_mode::SlowMode;
use space_queue::SpaceQueues;

/// A backend: the ports that it stands on, and caches that hold no truth of their own.
pub struct Backend {
    /// The domain that it owns.
    pub domain: Domain,
    /// What it keeps.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub passwords: Arc<dyn Passwords>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Other backends.
    pub peers: Arc<dyn Peers>,
    /// The clients that are connected.
    pub live: Arc<dyn Live>,
    /// Facts of servers, kept while they are true. Must hear of every commit: see [`FactsCache`].
    pub facts: Arc<FactsCache>,
    /// The keys that sign and seal.
    pub keys: KeyRing,
    /// What the operator decides.
    pub policy: Policy,
    /// When members last sent to channels in slow mode.
    slow_mode: SlowMode,
    /// Who changes which space.
    queues: SpaceQueues,
    /// What of the servers of others fits here.
    fitted: repair::Fitted,
}

/// What the operator decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Who may register.
    pub registration: Registration,
    /// The most servers that one user may own.
    pub servers_per_user: u32,
    /// The most channels of a server.
    pub channels_per_server: u32,
    /// The most roles of a server, `everyone` included.
    pub roles_per_server: u32,
    /// The most overrides of a channel.
    pub overrides_per_channel: u32,
    /// The most overrides of all channels of a server.
    pub overrides_per_server: u32,
    /// The most invitations of a server that let people in.
    pub invitations_per_server: u32,
    /// What links in mails lead to, without a slash at its end.
    pub public_url: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            registration: Registration::Open,
            servers_per_user: 100,
            channels_per_server: 500,
            roles_per_server: 250,
            overrides_per_channel: 200,
            overrides_per_server: 10_000,
            invitations_per_server: 1_000,
            public_url: "http://127.0.0.1:8008".to_owned(),
        }
    }
}

/// Who may register.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Whoever holds an invitation to a server.
    Invite,
    /// Nobody.
    Closed,
}

/// The ports of a backend; [`Backend::open`] makes one of them.
pub struct Ports {
    /// What it keeps.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub passwords: Arc<dyn Passwords>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Other backends.
    pub peers: Arc<dyn Peers>,
    /// The clients that are connected.
    pub live: Arc<dyn Live>,
    /// Facts of servers; the store publishes to it.
    pub facts: Arc<FactsCache>,
}

impl Backend {
    /// Joins the ports and reads the backend's keys, making them the first time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(domain: Domain, ports: Ports, policy: Policy) -> Result<Self, CommitError> {
        let Ports { store, clock, entropy, passwords, mailer, peers, live, facts } = ports;
        let keys = KeyRing::open(&*store, &*clock, &*entropy).await?;
        let (slow_mode, queues, fitted) = (SlowMode::default(), SpaceQueues::default(), repair::Fitted::default());
        Ok(Self {
            domain,
            store,
            clock,
            entropy,
            passwords,
            mailer,
            peers,
            live,
            facts,
            keys,
            policy,
            slow_mode,
            queues,
            fitted,
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn id<T: Id>(&self) -> T {
        new_id(self.now(), &*self.entropy)
    }

    /// Commits a change, and forgets facts that turn out to be old. What an actor asked for, it carries out by the name
    /// of the request, once.
    async fn commit<'a>(
        &self,
        actor: impl Into<Option<&'a Actor>>,
        mut change: Change,
    ) -> Result<Committed, Uncommitted> {
        change.claim = actor.into().and_then(|actor| actor.claim.clone());
        let rested_on = change.guards.iter().find_map(|guard| match guard {
            Guard::Space(SpaceGuard::At { id, .. }) => Some(id.clone()),
            _ => None,
        });
        self.store.commit(change).await.map_err(|error| {
            let space = rested_on.filter(|_| matches!(error, CommitError::Stale));
            space.iter().for_each(|space| self.facts.forget(space));
            Uncommitted { error, space }
        })
    }
}

/// Why nothing of a change was made.
struct Uncommitted {
    error: CommitError,
    /// The space whose facts moved under the decision.
    space: Option<SpaceKey>,
}

impl From<StoreError> for Uncommitted {
    fn from(error: StoreError) -> Self {
        Self { error: error.into(), space: None }
    }
}

impl From<Uncommitted> for Refusal {
    fn from(uncommitted: Uncommitted) -> Self {
        uncommitted.error.into()
    }
}

impl From<Uncommitted> for Failure {
    fn from(Uncommitted { error, space }: Uncommitted) -> Self {
        match error {
            CommitError::Stale => Self::Stale(space),
            other => Self::Refused(other.into()),
        }
    }
}

/// Why an attempt came to nothing.
enum Failure {
    /// The facts moved, of this space if of one: decide again.
    Stale(Option<SpaceKey>),
    /// It is refused.
    Refused(Refusal),
}

macro_rules! refused_by {
    ($($cause:ty),+) => { $(
        impl From<$cause> for Failure {
            fn from(cause: $cause) -> Self {
                Self::Refused(cause.into())
            }
        }
    )+ };
}
refused_by!(Refusal, StoreError, HashError, RankDenied);

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale => Self::Stale(None),
            other => Self::Refused(other.into()),
        }
    }
}

/// Runs a block that reads, decides and commits, and runs it again while the facts moved under it. What changes a space
/// takes its turn at it first; anything else does when the facts of a space moved once.
///
/// What a change takes is asked for before the turn, so that nobody waits for those who may not, and again in its turn.
macro_rules! retry_on_conflict {
    ($backend:expr, changing $space:expr, $inside:ident = $access:expr, $attempt:block) => {{
        let access = async { Ok::<_, $crate::backend::Failure>($access) };
        match access.await.map(drop) {
            Err($crate::backend::Failure::Refused(refusal)) => Err(refusal),
            Ok(()) | Err($crate::backend::Failure::Stale(_)) => {
                let turn = Some($backend.queues.at($space).await);
                retry_on_conflict!(@with turn, $backend, {
                    let $inside = $access;
                    $attempt
                })
            }
        }
    }};
    ($backend:expr, $attempt:block) => {{
        let turn = None;
        retry_on_conflict!(@with turn, $backend, $attempt)
    }};
    (@with $turn:ident, $backend:expr, $attempt:block) => {{
        let (mut turn, mut tries) = ($turn, 0);
        loop {
            let attempt = async { Ok::<_, $crate::backend::Failure>($attempt) };
            match attempt.await {
                Ok(done) => break Ok(done),
                Err($crate::backend::Failure::Refused(refusal)) => break Err(refusal),
                Err($crate::backend::Failure::Stale(space)) if tries < $crate::backend::MOST_TRIES => {
                    tries += 1;
                    if let (None, Some(space)) = (&turn, space) {
                        turn = Some($backend.queues.at(&space).await);
                    }
                }
                Err($crate::backend::Failure::Stale(_)) => break Err($crate::backend::Refusal::Contended),
            }
        }
    }};
}
use retry_on_conflict;

/// How often facts may move under a decision before it is given up.
const MOST_TRIES: u32 = 32;
