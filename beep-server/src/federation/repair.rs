//! Compares what is held of servers of other backends with what their owners hold, and fetches what is not the same.
//!
//! An owner lists the servers that people of another backend are in, with a digest of each, and says how far its stream to
//! that backend went when it was so. Who has applied exactly that holds the same, or missed something.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::backend::{Backend, Refusal, inbound, outbound};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, ServerId};
use beep_core::port::{StoreError, StreamMark};
use beep_core::replica::Replica;
use beep_federation::Rpc;
use beep_proto::federation::{Digest, Digests, Mark, ServerDigest, Snapshot, State};
use beep_proto::id::Bare;
use beep_proto::problem::ErrorCode;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::calls::ask;
use super::{Federation, departures};
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
            // Never closed.
            let turn = federation.repairs.turns.acquire().await;
            match tokio::time::timeout(LONGEST, compare(&app, federation, &origin)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%origin, %error, "what is held of another backend cannot be read"),
                Err(_) => tracing::warn!(%origin, "another backend takes too long to be compared with"),
            }
            drop(turn);
            if app.is_draining() || !federation.repairs.again(&origin) {
                return;
            }
        }
    });
}

/// With whom it is compared at this moment.
pub(super) struct Repairs {
    under: Mutex<HashMap<Domain, Under>>,
    /// So many at a time.
    turns: Semaphore,
}

/// A comparison under way.
#[derive(Clone, Copy, PartialEq)]
enum Under {
    Way,
    /// It is asked for again, and begins once more when it is through.
    WayAgain,
}

impl Default for Repairs {
    fn default() -> Self {
        Self { under: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

impl Repairs {
    /// Whether the caller is to begin; else it is under way, and comes once more.
    fn begin(&self, origin: &Domain) -> bool {
        let mut under = self.under.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if under.contains_key(origin) { Under::WayAgain } else { Under::Way };
        under.insert(origin.clone(), next);
        next == Under::Way
    }

    /// Whether who is through is to begin once more; else it is over.
    fn again(&self, origin: &Domain) -> bool {
        let mut under = self.under.lock().unwrap_or_else(PoisonError::into_inner);
        if under.remove(origin) == Some(Under::WayAgain) {
            under.insert(origin.clone(), Under::Way);
            return true;
        }
        false
    }
}

/// Tells an owner who left, goes through what it lists and what is held of it, and fetches what is not the same.
async fn compare(app: &App, federation: &Federation, origin: &Domain) -> Result<(), StoreError> {
    // What is not answered now is compared in the next round.
    let Some(departed) = departures::tell(app, federation, origin).await? else { return Ok(()) };
    let mut unlisted: BTreeSet<ServerId> = app.backend.store.replicas_of(origin).await?.into_iter().collect();
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let Some(page) = settled(app, federation, origin, after).await? else { return Ok(()) };
        for server in page.listed {
            unlisted.remove(&server);
        }
        for server in page.differing {
            fetch(app, federation, server).await;
        }
        match page.next {
            Some(next) if Some(next) > after => after = Some(next),
            _ => {
                for server in unlisted {
                    fetch(app, federation, Qualified::new(server, origin.clone())).await;
                }
                // By now all is applied that the owner said before it heard.
                departures::settle(app, departed).await;
                return Ok(());
            }
        }
    }
    tracing::warn!(%origin, "another backend lists more servers than are compared");
    Ok(())
}

/// Part of what an owner lists.
struct Page {
    listed: Vec<ServerId>,
    /// What is not the same here.
    differing: Vec<Qualified<ServerId>>,
    next: Option<ServerId>,
}

/// Asks an owner for part of its list until nothing that is in it is on its way; `None` without an answer.
async fn settled(
    app: &App,
    federation: &Federation,
    origin: &Domain,
    after: Option<ServerId>,
) -> Result<Option<Page>, StoreError> {
    let request = Digest::new(after.map(Bare));
    let mut tries = MOST_TRIES;
    loop {
        tries -= 1;
        let mut applied = federation.applied.subscribe();
        let asked = ask::<_, Digests>(&federation.egress, origin, Rpc::EventsDigest, &request, true).await;
        let Ok(mut theirs) = asked else { return Ok(None) };
        theirs.digests.retain(|listed| listed.server.home() == origin);
        let told = theirs.at.map(|Mark { stream, seq }| StreamMark { stream, seq });
        let before = app.backend.store.inbound(origin).await?;
        let mut differing = differing(&app.backend, theirs.digests.iter()).await?;
        let quiet = told.is_some() && told == before && before == app.backend.store.inbound(origin).await?;
        if !quiet && !differing.is_empty() {
            if tries > 0 {
                let _ = tokio::time::timeout(PAUSE, applied.changed()).await;
                continue;
            }
            tracing::debug!(%origin, "too much happens for what is held to be compared");
            differing.clear();
        }
        let listed = theirs.digests.iter().map(|listed| listed.server.0.id).collect();
        return Ok(Some(Page { listed, differing, next: theirs.next.map(|next| next.0) }));
    }
}

/// Those of servers of another backend of which not the same is held here, or nothing.
async fn differing(
    backend: &Backend,
    theirs: impl Iterator<Item = &ServerDigest>,
) -> Result<Vec<Qualified<ServerId>>, StoreError> {
    let mut differing = Vec::new();
    for ServerDigest { server, digest: theirs } in theirs.take(PAGE as usize) {
        let held = backend.store.replica(server.0.id, &backend.domain).await?.map(|(_, held)| held);
        let held = held.filter(|held| held.facts.server.id == server.0);
        if held.is_none_or(|held| digest(&held) != *theirs) {
            differing.push(server.0.clone());
        }
    }
    Ok(differing)
}

/// Fetches one server from its owner and holds that.
async fn fetch(app: &App, federation: &Federation, server: Qualified<ServerId>) {
    for _ in 0..MOST_TRIES {
        match attempt(app, federation, &server).await {
            // Something came of it while the owner was asked, which the answer may not have in it.
            Err(Refusal::Contended) => {}
            Err(error) => return tracing::warn!(%server, ?error, "a snapshot was not taken"),
            Ok(()) => return,
        }
    }
    tracing::info!(%server, "a server changes too fast to be fetched; it is compared again later");
}

async fn attempt(app: &App, federation: &Federation, server: &Qualified<ServerId>) -> Result<(), Refusal> {
    let held = inbound::held(&app.backend, server).await?;
    let request = Snapshot::new(server.into());
    let state = match ask::<_, State>(&federation.egress, &server.home, Rpc::ServerSnapshot, &request, true).await {
        Ok(state) => match Replica::try_from(state) {
            Ok(state) => Some(state),
            Err(error) => {
                tracing::warn!(%server, %error, "a snapshot cannot be read");
                return Ok(());
            }
        },
        Err(failed) if failed.problem().code == ErrorCode::NotFound => None,
        Err(failed) => {
            tracing::warn!(%server, error = %failed, "a snapshot was not given");
            return Ok(());
        }
    };
    if !inbound::replace(&app.backend, held, state).await? {
        return Ok(());
    }
    metrics::counter!("beep_federation_repairs_total", "domain" => server.home.to_string()).increment(1);
    tracing::warn!(%server, "what was held of a server was not what its owner holds");
    federation.applied();
    Ok(())
}

/// Lists servers of this backend that people of another are in, with a digest of what these may see of each.
///
/// # Errors
/// Only when the store fails.
pub(super) async fn listed(backend: &Backend, to: &Domain, after: Option<ServerId>) -> Result<Digests, StoreError> {
    let before = stand(backend, to).await?;
    let servers = backend.store.shared_with(to, after, PAGE).await?;
    let next = servers.last().filter(|_| servers.len() == PAGE as usize).map(|last| Bare(*last));
    let mut digests = Vec::with_capacity(servers.len());
    for id in servers {
        if let Some(shown) = outbound::snapshot(backend, id, to).await? {
            digests.push(ServerDigest { server: shown.facts.server.id.clone().into(), digest: digest(&shown) });
        }
    }
    let at = stand(backend, to).await?.filter(|now| Some(*now) == before);
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
