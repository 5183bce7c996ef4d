//! Fetching servers of other backends anew, where what is held of them may not be what their owner holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::backend::{Backend, Refusal, inbound, outbound};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, ServerId};
use beep_core::port::StoreError;
use beep_core::replica::Replica;
use beep_federation::Rpc;
use beep_proto::federation::{Digest, Digests, ServerDigest, Snapshot, State};
use beep_proto::problem::ErrorCode;
use sha2::{Digest as _, Sha256};

use super::calls::ask;
use crate::app::App;

/// Compares what is held with what its owners hold, from time to time.
pub(super) fn begin(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    let closing = app.hub.clone();
    tokio::spawn(async move {
        let mut differed = HashMap::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                () = closing.closes() => return,
            }
            let Some(app) = weak.upgrade() else { return };
            if let Err(error) = compare(&app, &mut differed).await {
                tracing::error!(%error, "what is held of other backends cannot be read");
            }
        }
    });
}

/// Fetches all servers of a backend whose stream began; once at a time, and once more if it began anew meanwhile.
pub(super) fn all_of(app: &Arc<App>, origin: &Domain) {
    let Some(federation) = &app.federation else { return };
    if !federation.repairs.begin(origin) {
        return;
    }
    let (app, origin) = (app.clone(), origin.clone());
    tokio::spawn(async move {
        let Some(federation) = &app.federation else { return };
        loop {
            match app.backend.store.replicas_of(&origin).await {
                Ok(servers) => {
                    for server in servers {
                        fetch(&app, Qualified::new(server, origin.clone())).await;
                    }
                }
                Err(error) => tracing::error!(%error, "the servers of another backend cannot be read"),
            }
            if app.is_draining() || !federation.repairs.again(&origin) {
                return;
            }
        }
    });
}

/// Whose servers are being fetched.
#[derive(Default)]
pub(super) struct Repairs(Mutex<HashMap<Domain, Under>>);

/// A repair under way.
#[derive(Clone, Copy, PartialEq)]
enum Under {
    Way,
    /// It is asked for again, and begins once more when it is through.
    WayAgain,
}

impl Repairs {
    /// Whether the caller is to begin; else it is under way, and comes once more.
    fn begin(&self, origin: &Domain) -> bool {
        let mut under = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if under.contains_key(origin) { Under::WayAgain } else { Under::Way };
        under.insert(origin.clone(), next);
        next == Under::Way
    }

    /// Whether who is through is to begin once more; else it is over.
    fn again(&self, origin: &Domain) -> bool {
        let mut under = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if under.remove(origin) == Some(Under::WayAgain) {
            under.insert(origin.clone(), Under::Way);
            return true;
        }
        false
    }
}

/// Fetches one server from its owner and holds that.
async fn fetch(app: &App, server: Qualified<ServerId>) {
    for _ in 0..MOST_TRIES {
        match attempt(app, &server).await {
            // Something came of it while the owner was asked, which the answer may not have in it.
            Err(Refusal::Contended) => {}
            Err(error) => return tracing::warn!(%server, ?error, "a snapshot was not taken"),
            Ok(()) => return,
        }
    }
    tracing::info!(%server, "a server changes too fast to be fetched; it is compared again later");
}

async fn attempt(app: &App, server: &Qualified<ServerId>) -> Result<(), Refusal> {
    let (Some(federation), backend) = (&app.federation, &app.backend) else { return Ok(()) };
    let held = backend.store.replica(server.id, &backend.domain).await?.map(|(_, held)| held);
    let Some(held) = held.filter(|held| held.facts.server.id == *server) else { return Ok(()) };
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
    inbound::replace(backend, held, state).await?;
    federation.applied();
    Ok(())
}

/// Compares with each backend that people here are in servers of; what one of them says stops none of the others.
async fn compare(app: &App, differed: &mut HashMap<Qualified<ServerId>, String>) -> Result<(), StoreError> {
    for origin in app.backend.store.homes().await? {
        if let Err(error) = compare_with(app, &origin, differed).await {
            tracing::error!(%origin, %error, "what is held of another backend cannot be read");
        }
    }
    Ok(())
}

/// Fetches what differed twice from what its owner holds: once it may only have been on its way.
async fn compare_with(
    app: &App,
    origin: &Domain,
    differed: &mut HashMap<Qualified<ServerId>, String>,
) -> Result<(), StoreError> {
    let Some(federation) = &app.federation else { return Ok(()) };
    let servers = app.backend.store.replicas_of(origin).await?;
    for page in servers.chunks(PAGE) {
        let asked = page.iter().map(|id| Qualified::new(*id, origin.clone()));
        let own = digests(&app.backend, asked.clone(), &app.backend.domain).await?;
        let request = Digest::new(asked.map(Into::into).collect());
        let Ok(theirs) = ask::<_, Digests>(&federation.egress, origin, Rpc::EventsDigest, &request, true).await else {
            break;
        };
        let theirs: HashMap<_, _> = theirs.digests.into_iter().map(|it| (it.server, it.digest)).collect();
        for ServerDigest { server, digest } in own.digests {
            if theirs.get(&server) == Some(&digest) {
                differed.remove(&server.0);
            } else if differed.insert(server.0.clone(), digest.clone()) == Some(digest) {
                metrics::counter!("beep_federation_repairs_total", "domain" => origin.to_string()).increment(1);
                tracing::warn!(server = %server.0, "what was held of a server was not what its owner holds");
                differed.remove(&server.0);
                fetch(app, server.0).await;
            }
        }
    }
    Ok(())
}

/// The digests of servers, as the users of one backend see them; nothing of those that none of them is in.
///
/// # Errors
/// Only when the store fails.
pub(super) async fn digests(
    backend: &Backend,
    servers: impl Iterator<Item = Qualified<ServerId>>,
    of: &Domain,
) -> Result<Digests, StoreError> {
    let mut digests = Vec::new();
    for server in servers {
        let held = backend.store.replica(server.id, of).await?.map(|(_, held)| held);
        let Some(held) = held.filter(|held| held.facts.server.id == server && !held.members.is_empty()) else {
            continue;
        };
        let shown = if server.home == backend.domain {
            outbound::snapshot(backend, server.id, of).await?.unwrap_or(held)
        } else {
            held
        };
        digests.push(ServerDigest { server: server.into(), digest: digest(&shown) });
    }
    Ok(Digests { digests })
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

/// Servers that are compared at once.
const PAGE: usize = 100;

/// How often a server is asked for that changes meanwhile.
const MOST_TRIES: u32 = 5;
