//! Comparing replicas with their owner, and fetching those that differ.
//!
//! An owner lists the servers that users of another backend are members of, with a digest of each, and the end of its
//! stream to that backend before it made the list. A receiver that has applied the stream up to there has the same
//! state, or missed something. [`Comparison`] decides what to ask next, and [`Turns`] which owner is next.

mod comparison;
mod fitted;
mod turns;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::backend::awaited::Awaited;
use crate::backend::{Backend, Refusal, friends, inbound, outbound, pending_leaves};
use crate::domain::Domain;
use crate::id::{SpaceId, SpaceKey};
use crate::port::{PeerError, SharedServers, StoreError, StreamMark};

pub use comparison::{Comparison, End, Listed, ListedServer, Step};
pub(crate) use fitted::Fitted;
pub use turns::{Lane, Turn, TurnEnd, Turns};

/// The result of fetching one server from its owner.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// The replica equals the owner's state.
    Same,
    /// The replica differed and was replaced.
    Replaced,
    /// The owner gave no answer, or an invalid one.
    NotGiven(PeerError),
    /// The owner's state was refused.
    NotTaken(Refusal),
    /// It changes too fast to be fetched; it is compared again later.
    Contended,
}

/// Compares with an owner, and once more if something differed, because the stream may not continue from the fetched
/// state. Calls `report` for each fetched server.
///
/// # Errors
/// When the store fails.
pub async fn repair(
    backend: &Backend,
    owner: &Domain,
    report: &mut (dyn FnMut(&SpaceKey, &Fetched) + Send),
) -> Result<End, Refusal> {
    let end = compare(backend, owner, report).await?;
    if !end.differed {
        return Ok(end);
    }
    Ok(End { differed: true, ..compare(backend, owner, report).await? })
}

/// Tells another backend what was said of friends, and who left; compares its list with the replicas, and fetches those that differ. Calls `report` for each
/// fetched server.
///
/// # Errors
/// When the store fails.
pub async fn compare(
    backend: &Backend,
    owner: &Domain,
    report: &mut (dyn FnMut(&SpaceKey, &Fetched) + Send),
) -> Result<End, Refusal> {
    // What is not answered is compared in the next round.
    if !friends::tell(backend, owner).await? {
        return Ok(End::default());
    }
    let Some(left) = pending_leaves::tell(backend, owner).await? else { return Ok(End::default()) };
    let mut comparison = Comparison::default();
    // The owner's digests of the page.
    let mut theirs = BTreeMap::new();
    let end = loop {
        match comparison.next_step() {
            Step::List { after } => match backend.peers.shared_servers(owner, after).await {
                Ok(servers) => {
                    theirs = servers.servers.iter().cloned().collect();
                    comparison.listed(listed(backend, owner, servers).await?);
                }
                Err(_) => comparison.unanswered(),
            },
            Step::Await(mark) => {
                let awaited = Awaited::AppliedUpTo { origin: owner, mark };
                comparison.awaited(awaited.within(backend, PAUSE).await?);
            }
            Step::Held => comparison.held(backend.store.replicas_of(owner).await?),
            Step::Fetch(server) => {
                let (fetched, digest) = take(backend, &server).await;
                if let (Some(theirs), Some(digest)) = (theirs.get(&server), digest) {
                    backend.fitted.keep(&server, theirs, digest);
                }
                report(&server, &fetched);
                comparison.fetched(matches!(fetched, Fetched::Replaced));
            }
            Step::End(end) => break end,
        }
    };
    if end.is_complete {
        for pending_leave in left {
            pending_leaves::settled(backend, pending_leave).await?;
        }
    }
    Ok(end)
}

/// Fetches one server from its owner and replaces the replica.
pub async fn fetch(backend: &Backend, server: &SpaceKey) -> Fetched {
    take(backend, server).await.0
}

/// The same; also gives the digest of what the owner gave, if it was taken.
async fn take(backend: &Backend, server: &SpaceKey) -> (Fetched, Option<String>) {
    for _ in 0..MOST_TRIES {
        let before = match inbound::held(backend, server).await {
            Ok(before) => before,
            Err(error) => return (Fetched::NotTaken(error.into()), None),
        };
        let state = match backend.peers.replica(server).await {
            Ok(state) => state,
            Err(error) => return (Fetched::NotGiven(error), None),
        };
        let digest = state.as_ref().map(|state| backend.peers.digest(state));
        match inbound::replace(backend, before, state).await {
            // Something came of it while the owner was asked, which the answer may not have in it.
            Err(Refusal::Contended) => {}
            Err(refusal) => return (Fetched::NotTaken(refusal), None),
            Ok(false) => return (Fetched::Same, digest),
            Ok(true) => {
                backend.peers.applied();
                return (Fetched::Replaced, digest);
            }
        }
    }
    (Fetched::Contended, None)
}

/// Lists servers of this backend that users of another are members of, with a digest of what those users may see.
///
/// # Errors
/// Only when the store fails.
pub async fn shared_servers(
    backend: &Backend,
    with: &Domain,
    after: Option<SpaceId>,
) -> Result<SharedServers, StoreError> {
    // Read before the servers: what is said of them later has a greater number.
    let stream = backend.store.outbound_to(with).await?;
    let at = stream.map(|stream| StreamMark { stream: stream.acknowledged.stream, seq: stream.last });
    let after = after.map(|after| SpaceKey::new(after, backend.domain.clone()));
    let keys = backend.store.shared_with(with, after.as_ref(), PAGE).await?;
    let next = keys.last().filter(|_| keys.len() == PAGE as usize).map(|last| last.id);
    let mut servers = Vec::with_capacity(keys.len());
    for server in keys {
        if let Some(shown) = outbound::snapshot(backend, &server, with).await? {
            let digest = backend.peers.digest(&shown);
            servers.push((server, digest));
        }
    }
    Ok(SharedServers { at, servers, next })
}

/// The lane in which an owner waits for its turn; `None` if there is nothing to compare.
///
/// # Errors
/// Only when the store fails.
pub async fn lane(backend: &Backend, owner: &Domain) -> Result<Option<Lane>, StoreError> {
    if !backend.store.replicas_of(owner).await?.is_empty() {
        return Ok(Some(Lane::Member));
    }
    Ok(backend.store.is_home(owner).await?.then_some(Lane::Asked))
}

/// Takes that an owner has not answered for long: who only asked to join its servers does so no more.
///
/// # Errors
/// Only when the store fails.
pub async fn give_up(backend: &Backend, owner: &Domain) -> Result<(), Refusal> {
    match lane(backend, owner).await? {
        Some(Lane::Asked) => inbound::forget_join_intents(backend, owner).await,
        Some(Lane::Member) | None => Ok(()),
    }
}

/// Compares the list of an owner with the replicas.
async fn listed(backend: &Backend, owner: &Domain, servers: SharedServers) -> Result<Listed, StoreError> {
    let SharedServers { at, servers, next } = servers;
    let is_applied = match at {
        Some(mark) => Awaited::AppliedUpTo { origin: owner, mark }.is_met(backend).await?,
        // Without a stream it said nothing.
        None => true,
    };
    let own = servers.into_iter().filter(|(server, _)| server.home == *owner).take(PAGE as usize);
    let mut listed = Listed { at, is_applied, servers: Vec::new(), next };
    for (server, theirs) in own {
        let held = backend.store.replica(&server, &backend.domain).await?.map(|(_, held)| held);
        let ours = held.map(|held| backend.peers.digest(&held));
        let theirs = backend.fitted.of(&server, theirs);
        listed.servers.push(ListedServer { server, theirs, ours });
    }
    Ok(listed)
}

/// The number of servers in a page of the list.
const PAGE: u32 = 100;

/// How often a server that changes meanwhile is fetched.
const MOST_TRIES: u32 = 5;

/// How long to wait for events in transit.
const PAUSE: Duration = Duration::from_secs(1);

/// The time limit of one turn.
pub const LONGEST_TURN: Duration = Duration::from_secs(5 * 60);
