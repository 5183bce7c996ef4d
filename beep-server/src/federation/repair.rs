//! Compares what is held of servers of other backends with what their owners hold, and fetches what is not the same.
//!
//! An owner lists the servers that people of another backend are in, with a digest of each, and says how far its stream to
//! that backend went before. Who has applied that holds the same, or missed something.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::backend::{Backend, Refusal, inbound, outbound};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, SpaceId, SpaceKey};
use beep_core::port::StoreError;
use beep_core::replica::Replica;
use beep_federation::Rpc;
use beep_proto::federation::{Digest, Digests, Mark, ServerDigest, Snapshot, State};
use beep_proto::id::{Bare, Full};
use beep_proto::problem::ErrorCode;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::calls::ask;
use super::{Federation, pending_leaves};
use crate::app::App;

/// Compares with all other backends whose servers people here are in: now, which also lets them know that this one is
/// back, and then from time to time.
pub(super) fn begin(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    let closing = app.hub.clone();
    tokio::spawn(async move {
        loop {
            let Some(app) = weak.upgrade() else { return };
            match app.backend.store.homes().await {
                Ok(homes) => homes.iter().for_each(|home| with(&app, home)),
                Err(error) => tracing::error!(%error, "what is held of other backends cannot be read"),
            }
            drop(app);
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                () = closing.closes() => return,
            }
        }
    });
}

/// Compares with one other backend, as when its stream began anew; once at a time, and once more if it is asked for
/// meanwhile.
pub(super) fn with(app: &Arc<App>, origin: &Domain) {
    let Some(federation) = &app.federation else { return };
    if !federation.repairs.begin(origin) {
        return;
    }
    let (app, origin) = (app.clone(), origin.clone());
    tokio::spawn(async move {
        let Some(federation) = &app.federation else { return };
        loop {
            match turn(&app, federation, &origin).await {
                Ok(()) => {}
                Err(error) => tracing::error!(%origin, %error, "what is held of another backend cannot be read"),
            }
            if app.is_draining() || !federation.repairs.again(&origin) {
                return;
            }
            // Who begins its stream anew again and again is not compared with all the time.
            tokio::time::sleep(PAUSE).await;
        }
    });
}

/// Compares with a backend when it is its turn, and once more where something was not the same: what was fetched may not
/// be what the stream goes on from.
async fn turn(app: &App, federation: &Federation, origin: &Domain) -> Result<(), StoreError> {
    let store = &app.backend.store;
    let turns = match store.replicas_of(origin).await?.is_empty() {
        false => &federation.repairs.turns,
        // Somebody asked to be let in there. It may not even be there, and keeps nobody else waiting.
        true if store.is_home(origin).await? => &federation.repairs.late_turns,
        true => return Ok(()),
    };
    // Never closed.
    let _turn = turns.acquire().await;
    let twice = async {
        let differed = compare(app, federation, origin).await?;
        if differed { compare(app, federation, origin).await.map(drop) } else { Ok(()) }
    };
    tokio::time::timeout(LONGEST, twice).await.unwrap_or_else(|_| {
        tracing::warn!(%origin, "another backend takes too long to be compared with");
        Ok(())
    })
}

/// With whom it is compared at this moment.
pub(super) struct Repairs {
    under: Mutex<HashMap<Domain, Under>>,
    /// So many at a time, of those whose servers people here are in.
    turns: Semaphore,
    /// So many at a time of the others.
    late_turns: Semaphore,
}

/// A comparison under way.
#[derive(Clone, Copy, PartialEq)]
enum Under {
    Running,
    /// It is asked for again, and begins once more when it is through.
    RunningAgain,
}

impl Default for Repairs {
    fn default() -> Self {
        Self { under: Mutex::default(), turns: Semaphore::new(AT_ONCE), late_turns: Semaphore::new(AT_ONCE) }
    }
}

impl Repairs {
    /// Whether the caller is to begin; else it is under way, and comes once more.
    fn begin(&self, origin: &Domain) -> bool {
        let mut under = self.under.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if under.contains_key(origin) { Under::RunningAgain } else { Under::Running };
        under.insert(origin.clone(), next);
        next == Under::Running
    }

    /// Whether who is through is to begin once more; else it is over.
    fn again(&self, origin: &Domain) -> bool {
        let mut under = self.under.lock().unwrap_or_else(PoisonError::into_inner);
        if under.remove(origin) == Some(Under::RunningAgain) {
            under.insert(origin.clone(), Under::Running);
            return true;
        }
        false
    }
}

/// Tells an owner who left, goes through what it lists and what is held of it, and fetches what is not the same. Says
/// whether anything was not.
async fn compare(app: &App, federation: &Federation, origin: &Domain) -> Result<bool, StoreError> {
    // What is not answered now is compared in the next round.
    let Some(departed) = pending_leaves::tell(app, federation, origin).await? else { return Ok(false) };
    let (mut listed, mut after, mut differed) = (BTreeSet::new(), None, false);
    for _ in 0..MOST_PAGES {
        let Some(page) = settled(app, federation, origin, after).await? else { return Ok(differed) };
        listed.extend(page.listed);
        for server in page.differing {
            differed |= fetch(app, federation, server).await;
        }
        match page.next {
            Some(next) if Some(next) > after => after = Some(next),
            _ => {
                // Where all is applied that was said before the list, nobody here is in what is not in it.
                if !reaches(app, federation, origin, page.at).await? {
                    return Ok(differed);
                }
                let held = app.backend.store.replicas_of(origin).await?;
                for server in held.into_iter().filter(|server| !listed.contains(&server.id)) {
                    differed |= fetch(app, federation, Qualified::new(server.id, origin.clone())).await;
                }
                pending_leaves::settle(app, departed).await;
                return Ok(differed);
            }
        }
    }
    tracing::warn!(%origin, "another backend lists more servers than are compared");
    Ok(differed)
}

/// Part of what an owner lists.
struct Page {
    /// How far the owner's stream went before.
    at: Option<Mark>,
    listed: Vec<SpaceId>,
    /// What is not the same here.
    differing: Vec<SpaceKey>,
    next: Option<SpaceId>,
}

/// What an owner says of a server, and what is held of it.
type Pair = (String, Option<String>);

/// Asks an owner for part of its list until it is known of each server in it whether the same is held; `None` without an
/// answer.
///
/// It is not where the owner says the same of it twice, the same is held both times, and all is applied that the owner had
/// said before the second: whatever happens in other servers, nothing of this one is on its way.
async fn settled(
    app: &App,
    federation: &Federation,
    origin: &Domain,
    after: Option<SpaceId>,
) -> Result<Option<Page>, StoreError> {
    let request = Digest::new(after.map(Bare));
    let mut before: BTreeMap<SpaceKey, Pair> = BTreeMap::new();
    let mut tries = MOST_TRIES;
    loop {
        tries -= 1;
        let asked = ask::<_, Digests>(&federation.egress, origin, Rpc::EventsDigest, &request, true).await;
        let Ok(Digests { at, digests, next }) = asked else { return Ok(None) };
        let is_applied = has_reached(app, origin, at).await?;
        let (mut listed, mut differing, mut now, mut is_open) = (Vec::new(), Vec::new(), BTreeMap::new(), false);
        let digests = digests.into_iter().filter(|listed| listed.server.home() == origin);
        for ServerDigest { server: Full(server), digest: theirs } in digests.take(PAGE as usize) {
            listed.push(server.id);
            let held = held_digest(&app.backend, &server).await?;
            if held.as_ref() == Some(&theirs) {
                continue;
            }
            let pair = (theirs, held);
            if is_applied && before.get(&server) == Some(&pair) {
                differing.push(server.clone());
            } else {
                is_open = true;
            }
            now.insert(server, pair);
        }
        if !is_open || tries == 0 {
            if is_open {
                tracing::debug!(%origin, "too much happens for all servers to be compared");
            }
            return Ok(Some(Page { at, listed, differing, next: next.map(|next| next.0) }));
        }
        before = now;
        if !is_applied {
            reaches(app, federation, origin, at).await?;
        }
    }
}

/// What is held of a server, if anything is, in short.
async fn held_digest(backend: &Backend, server: &SpaceKey) -> Result<Option<String>, StoreError> {
    let held = backend.store.replica(server, &backend.domain).await?.map(|(_, held)| held);
    Ok(held.filter(|held| held.facts.server.id == *server).map(|held| digest(&held)))
}

/// Whether all is applied that an owner said up to a place of its stream. Without a stream it said nothing.
async fn has_reached(app: &App, origin: &Domain, at: Option<Mark>) -> Result<bool, StoreError> {
    let Some(Mark { stream, seq }) = at else { return Ok(true) };
    let here = app.backend.store.inbound(origin).await?;
    Ok(here.is_some_and(|here| here.stream == stream && here.seq >= seq))
}

/// Waits a little for that. Whether it is so.
async fn reaches(app: &App, federation: &Federation, origin: &Domain, at: Option<Mark>) -> Result<bool, StoreError> {
    let mut applied = federation.applied.subscribe();
    let until = tokio::time::Instant::now() + PAUSE;
    loop {
        applied.mark_unchanged();
        if has_reached(app, origin, at).await? {
            return Ok(true);
        }
        if !matches!(tokio::time::timeout_at(until, applied.changed()).await, Ok(Ok(()))) {
            return Ok(false);
        }
    }
}

/// Fetches one server from its owner and holds that. Says whether that is something else.
async fn fetch(app: &App, federation: &Federation, server: SpaceKey) -> bool {
    for _ in 0..MOST_TRIES {
        match attempt(app, federation, &server).await {
            // Something came of it while the owner was asked, which the answer may not have in it.
            Err(Refusal::Contended) => {}
            Err(error) => {
                tracing::warn!(%server, ?error, "a snapshot was not taken");
                return false;
            }
            Ok(differed) => return differed,
        }
    }
    tracing::info!(%server, "a server changes too fast to be fetched; it is compared again later");
    false
}

async fn attempt(app: &App, federation: &Federation, server: &SpaceKey) -> Result<bool, Refusal> {
    let held = inbound::held(&app.backend, server).await?;
    let request = Snapshot::new(server.into());
    let state = match ask::<_, State>(&federation.egress, &server.home, Rpc::ServerSnapshot, &request, true).await {
        Ok(state) => match Replica::try_from(state) {
            Ok(state) => Some(state),
            Err(error) => {
                tracing::warn!(%server, %error, "a snapshot cannot be read");
                return Ok(false);
            }
        },
        Err(failed) if failed.problem().code == ErrorCode::NotFound => None,
        Err(failed) => {
            tracing::warn!(%server, error = %failed, "a snapshot was not given");
            return Ok(false);
        }
    };
    if !inbound::replace(&app.backend, held, state).await? {
        return Ok(false);
    }
    metrics::counter!("beep_federation_repairs_total", "domain" => server.home.to_string()).increment(1);
    tracing::warn!(%server, "what was held of a server was not what its owner holds");
    federation.applied();
    Ok(true)
}

/// Lists servers of this backend that people of another are in, with a digest of what these may see of each.
///
/// # Errors
/// Only when the store fails.
pub(super) async fn listed(backend: &Backend, to: &Domain, after: Option<SpaceId>) -> Result<Digests, StoreError> {
    let at = stand(backend, to).await?;
    let after = after.map(|after| SpaceKey::new(after, backend.domain.clone()));
    let servers = backend.store.shared_with(to, after.as_ref(), PAGE).await?;
    let next = servers.last().filter(|_| servers.len() == PAGE as usize).map(|last| Bare(last.id));
    let mut digests = Vec::with_capacity(servers.len());
    for id in servers {
        if let Some(shown) = outbound::snapshot(backend, &id, to).await? {
            digests.push(ServerDigest { server: shown.facts.server.id.clone().into(), digest: digest(&shown) });
        }
    }
    Ok(Digests { at, digests, next })
}

/// How far the stream to another backend goes.
async fn stand(backend: &Backend, to: &Domain) -> Result<Option<Mark>, StoreError> {
    let stream = backend.store.outbound_to(to).await?;
    Ok(stream.map(|stream| Mark { stream: stream.acknowledged.stream, seq: stream.last }))
}

/// SHA-256 over what decides who may see what, and how far each stream has come.
fn digest(replica: &Replica) -> String {
    let mut state = State::from(replica);
    for channel in &mut state.channels {
        channel.channel.last_message_id = None;
    }
    state.channels.sort_by(|one, other| one.channel.id.cmp(&other.channel.id));
    state.roles.sort_by_key(|role| role.id);
    let written = serde_json::to_vec(&state).expect("states have string keys and no failing parts");
    let octets = Sha256::digest(&written);
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// How often what is held is compared.
const ROUND: Duration = Duration::from_secs(5 * 60);

/// How long one backend may keep others from their turn.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Backends that are compared with at once.
const AT_ONCE: usize = 8;

/// Servers that are listed at once.
const PAGE: u32 = 100;

/// The most pages that are asked for in one round.
const MOST_PAGES: u32 = 1_000;

/// How often is asked for what changes meanwhile.
const MOST_TRIES: u32 = 5;

/// How long it is waited for what is on its way.
const PAUSE: Duration = Duration::from_secs(1);
