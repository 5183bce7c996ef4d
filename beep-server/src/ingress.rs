//! What other backends are answered. Who they are was found out before; here is what each call means.

mod execute;
mod intake;
mod pulls;

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::backend::friends::{self, Said};
use beep_core::backend::inbound::{self, Received, ReceivedEntry, UnreadEntry};
use beep_core::backend::{Backend, Refusal, contact, outbound, presence, repair, suspensions, typing, users};
use beep_core::id::UserKey;
use beep_core::port::Taken;
use beep_core::replica_delta::ReplicaDelta;
use beep_core::transient::{Transient, Typing};
use beep_federation::net::Answer;
use beep_federation::{Peer, Rpc, delivery};
use beep_proto::federation::{
    Acknowledged, AskContact, AskPresence, ByHandle, ByIds, Connect, ConnectAction, Connected, Contact, Digest,
    Digests, Entry, Execute, Heard, OnEvents, OnTransient, Presences, Pull, Search, Seen, Snapshot, State, Supported,
    Users, VERSION, Versioned, Versions, outline,
};
use beep_proto::foreign;
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::view::{PresenceStatus, User};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::app::App;
use crate::config::SearchPolicy;
use crate::federation::{Federation, label, written};
use crate::http::Refused;
use intake::Intake;
use pulls::Pulls;

/// Answers the calls of other backends.
pub(crate) struct Ingress {
    app: Weak<App>,
    federation: Arc<Federation>,
    search: SearchPolicy,
    intake: Intake,
    pulls: Pulls,
}

impl Ingress {
    pub(crate) fn new(app: &Arc<App>, federation: Arc<Federation>, search: SearchPolicy) -> Self {
        Self { app: Arc::downgrade(app), federation, search, intake: Intake::default(), pulls: Pulls::new() }
    }
}

#[async_trait]
impl Answer for Ingress {
    async fn answer(&self, peer: Peer, body: Bytes) -> Result<Vec<u8>, Problem> {
        let stopping = || Problem::new(ErrorCode::RemoteUnavailable, "the backend is stopping");
        let app = self.app.upgrade().filter(|app| !app.is_draining()).ok_or_else(stopping)?;
        metrics::counter!(
            "beep_federation_answered_total",
            "domain" => label::of(peer.domain()),
            "call" => peer.rpc().name()
        )
        .increment(1);
        let answer = app.callers.backend(peer.domain(), self.carry_out(&app, &peer, &body)).await;
        self.federation.heard(peer.domain());
        answer
    }
}

impl Ingress {
    async fn carry_out(&self, app: &Arc<App>, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Problem> {
        let backend = &app.backend;
        match peer.rpc() {
            Rpc::Versions => {
                read::<Versions>(body)?;
                let software = format!("beep-server {}", env!("CARGO_PKG_VERSION"));
                write(&Supported { supported: vec![VERSION], software })
            }
            Rpc::UsersByHandle => by_handle(backend, self.search, &read(body)?).await,
            Rpc::UsersByIds => by_ids(backend, peer, read(body)?).await,
            Rpc::UsersSearch => search(backend, self.search, read(body)?).await,
            Rpc::UsersPresence => presences(app, peer, read(body)?).await,
            Rpc::UsersContact => takes(backend, peer, &read(body)?).await,
            Rpc::UsersConnect => connect(backend, peer, read(body)?).await,
            Rpc::Execute | Rpc::Run => write(&execute::execute(app, peer, read::<Execute>(body)?).await?),
            Rpc::ServerSnapshot => snapshot(backend, peer, &read(body)?).await,
            Rpc::OnEvents => on_events(backend, peer, read(body)?, &self.intake, body.len()).await,
            Rpc::OnTransient => on_transient(backend, peer, read(body)?, &self.intake, body.len()).await,
            Rpc::EventsPull => {
                let _turn = self.pulls.turn(&peer.shares()).await.ok_or_else(busy)?;
                pull(backend, peer, &read(body)?).await
            }
            Rpc::EventsDigest => digest(backend, peer, &read(body)?).await,
            _ => Err(Problem::new(ErrorCode::NotFound, "this release does not know the call")),
        }
    }
}

async fn by_handle(backend: &Backend, policy: SearchPolicy, asked: &ByHandle) -> Result<Vec<u8>, Problem> {
    if policy == SearchPolicy::None {
        return Err(absent());
    }
    let handle = asked.handle.as_str();
    let own = handle.rsplit_once('@').is_none_or(|(_, home)| home.eq_ignore_ascii_case(backend.domain.as_str()));
    if !own {
        return Err(absent());
    }
    let found = users::by_handle(backend, handle).await.map_err(problem)?;
    write(&User::from(&found))
}

async fn by_ids(backend: &Backend, peer: &Peer, asked: ByIds) -> Result<Vec<u8>, Problem> {
    bounded("ids", asked.ids.len(), MOST_IDS)?;
    for id in &asked.ids {
        peer.acts_on(&id.0).map_err(|_| absent())?;
    }
    let keys: Vec<_> = asked.ids.into_iter().map(|id| id.0).collect();
    let found = users::profiles(backend, keys.iter()).await.map_err(problem)?;
    write(&Users { users: found.values().map(User::from).collect() })
}

async fn search(backend: &Backend, policy: SearchPolicy, asked: Search) -> Result<Vec<u8>, Problem> {
    let Search { q, limit, .. } = asked;
    let found = match policy {
        SearchPolicy::None => Vec::new(),
        SearchPolicy::ExactHandle if q.contains('@') => Vec::new(),
        SearchPolicy::ExactHandle => match users::by_handle(backend, &q).await {
            Ok(found) => vec![found],
            Err(Refusal::NotFound) => Vec::new(),
            Err(refusal) => return Err(problem(refusal)),
        },
        SearchPolicy::Full => users::search(backend, &q, None, limit.clamp(1, MOST_FOUND)).await.map_err(problem)?,
    };
    write(&Users { users: found.iter().map(User::from).collect() })
}

/// Whether a user of this backend takes direct messages of one of the peer's.
async fn takes(backend: &Backend, peer: &Peer, asked: &AskContact) -> Result<Vec<u8>, Problem> {
    speaks_for_own(peer, &asked.from.0)?;
    peer.acts_on(&asked.to.0).map_err(|_| absent())?;
    if suspensions::is_silenced(backend, &asked.from.0).await.map_err(failed)? {
        return write(&Contact::from(Taken::Not));
    }
    write(&Contact::from(contact::taken_by(backend, &asked.from.0, asked.to.0.id).await.map_err(failed)?))
}

/// Checks that a peer speaks for a user of its own.
fn speaks_for_own(peer: &Peer, user: &UserKey) -> Result<(), Problem> {
    peer.speaks_for(user).map_err(|rejection| {
        tracing::warn!(peer = %peer.domain(), %rejection, "refused a peer: it spoke for a foreign user");
        Problem::new(ErrorCode::ValidationError, "a backend can speak for its own users only")
    })
}

async fn connect(backend: &Backend, peer: &Peer, asked: Connect) -> Result<Vec<u8>, Problem> {
    let Connect { from, to, action, number, ended, .. } = asked;
    speaks_for_own(peer, &from.0)?;
    peer.acts_on(&to.0).map_err(|_| absent())?;
    let said = Said { wants: action == ConnectAction::Connect, number, ended };
    if said.wants {
        suspensions::must_be_active(backend, &from.0).await.map_err(problem)?;
    }
    let reaction = friends::hear(backend, &from.0, to.0.id, said).await.map_err(problem)?;
    write(&Connected::from(reaction))
}

async fn snapshot(backend: &Backend, peer: &Peer, asked: &Snapshot) -> Result<Vec<u8>, Problem> {
    peer.acts_on(&asked.server.0).map_err(|_| absent())?;
    let found = outbound::snapshot(backend, &asked.server.0, peer.domain()).await.map_err(failed)?;
    write(&State::from(&found.ok_or_else(absent)?))
}

async fn on_events(
    backend: &Backend,
    peer: &Peer,
    asked: OnEvents,
    intake: &Intake,
    octets: usize,
) -> Result<Vec<u8>, Problem> {
    bounded("events", asked.events.len(), MOST_EVENTS)?;
    if asked.first_seq == 0 || i64::try_from(asked.first_seq).is_err() {
        return Err(Problem::field("first_seq", "out_of_range", "must be at least 1"));
    }
    let entries: Vec<_> = asked.events.iter().map(|entry| heard(entry)).collect();
    let parts = entries.iter().filter_map(|entry| entry.delta.as_ref().ok()).map(intake::parts).sum();
    intake.take(&peer.shares(), octets as u64, parts, backend.clock.now()).map_err(|wait| put_off(peer, wait))?;
    let received = Received { stream: asked.stream, first_seq: asked.first_seq, entries };
    let applied = inbound::receive(backend, peer.domain(), &received).await.map_err(problem)?;
    let domain = label::of(peer.domain());
    metrics::counter!("beep_federation_set_aside_total", "domain" => domain).increment(applied.dead_letters);
    if applied.dead_letters > 0 {
        tracing::warn!(peer = %peer.domain(), events = applied.dead_letters, "events became dead letters");
    }
    write(&Acknowledged { acked_seq: applied.up_to })
}

/// How users of this backend are seen, as far as the peer may hear of it.
async fn presences(app: &App, peer: &Peer, asked: AskPresence) -> Result<Vec<u8>, Problem> {
    bounded("users", asked.users.len(), MOST_IDS)?;
    for id in &asked.users {
        peer.acts_on(&id.0).map_err(|_| absent())?;
    }
    let ids: Vec<_> = asked.users.iter().map(|id| id.0.id).collect();
    let known = presence::known_to(&app.backend, peer.domain(), &ids).await.map_err(failed)?;
    let seen = known.into_iter().map(|(user, friends_only)| {
        let presence = app.hub.seen(&UserKey::new(user, app.backend.domain.clone()));
        Seen { presence: (&presence).into(), friends_only }
    });
    write(&Presences { presences: seen.filter(|seen| seen.presence.status != PresenceStatus::Offline).collect() })
}

/// Hears what is not stored: what an owner says of its channels, and a home of its users.
async fn on_transient(
    backend: &Backend,
    peer: &Peer,
    asked: OnTransient,
    intake: &Intake,
    octets: usize,
) -> Result<Vec<u8>, Problem> {
    bounded("events", asked.events.len(), MOST_TRANSIENTS)?;
    let parts = asked.events.len() as u64;
    intake.take(&peer.shares(), octets as u64, parts, backend.clock.now()).map_err(|wait| put_off(peer, wait))?;
    let lasts = backend.clock.now().after(typing::LASTS);
    for event in asked.events {
        match Transient::from(event) {
            Transient::Typing(typing) if typing.channel.home == *peer.domain() => {
                if !suspensions::is_silenced(backend, &typing.user).await.map_err(failed)? {
                    backend.live.tell(Transient::Typing(Typing { until: typing.until.min(lasts), ..typing }));
                }
            }
            Transient::Presence { presence, friends_only } if presence.user.home == *peer.domain() => {
                backend.live.tell(Transient::Presence { presence, friends_only });
            }
            Transient::Typing(_) | Transient::Presence { .. } => {
                tracing::debug!(peer = %peer.domain(), "a peer told of what is not its own");
            }
        }
    }
    write(&Heard {})
}

async fn pull(backend: &Backend, peer: &Peer, asked: &Pull) -> Result<Vec<u8>, Problem> {
    let limit = asked.limit.clamp(1, MOST_PULLED);
    let read = outbound::read_after(backend, peer.domain(), asked.after_seq, limit).await.map_err(failed)?;
    let gone = || Problem::new(ErrorCode::ResyncRequired, "events of this age are no longer in the stream");
    let (stream, batch) = read.ok_or_else(gone)?;
    let mut events = written(&batch.deltas, peer.domain());
    events.truncate(delivery::fitting(&events));
    write(&OnEvents::new(stream, batch.first_seq, events))
}

async fn digest(backend: &Backend, peer: &Peer, asked: &Digest) -> Result<Vec<u8>, Problem> {
    let after = asked.after.map(|after| after.0);
    let list = repair::shared_servers(backend, peer.domain(), after).await.map_err(failed)?;
    write(&Digests::from(list))
}

fn heard(entry: &RawValue) -> ReceivedEntry {
    let read = foreign::parse::<Entry>(entry.get().as_bytes()).and_then(ReplicaDelta::try_from);
    ReceivedEntry { delta: read.map_err(|error| UnreadEntry { error, about: outline(entry.get()) }) }
}

/// Reads a request in a version that this release speaks.
fn read<Q: DeserializeOwned + Versioned>(body: &[u8]) -> Result<Q, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    let request: Q = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("the body is not what this call takes: line {}, column {}", error.line(), error.column());
        Problem::new(ErrorCode::InvalidRequest, detail)
    })?;
    if request.version() == VERSION {
        return Ok(request);
    }
    Err(Problem::field("version", "unknown", "must be 1"))
}

fn write<A: Serialize>(answer: &A) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(answer).map_err(|error| {
        tracing::error!(%error, "an answer to a peer cannot be encoded");
        Problem::new(ErrorCode::Internal, "the backend failed")
    })
}

fn bounded(field: &str, count: usize, most: usize) -> Result<(), Problem> {
    if count <= most {
        Ok(())
    } else {
        Err(Problem::field(field, "too_long", format!("must have at most {most} entries")))
    }
}

/// Says that a peer sends more than is taken.
fn put_off(peer: &Peer, wait: Duration) -> Problem {
    metrics::counter!("beep_federation_put_off_total", "domain" => label::of(peer.domain())).increment(1);
    let problem = Problem::new(
        ErrorCode::RateLimited,
        "this backend is sent more than it takes of one domain, host or certificate",
    );
    Problem { retry_after: Some(wait.as_secs()), ..problem }
}

fn busy() -> Problem {
    let problem = Problem::new(ErrorCode::RateLimited, "this backend reads its stream already, or too many do");
    Problem { retry_after: Some(1), ..problem }
}

fn absent() -> Problem {
    Problem::new(ErrorCode::NotFound, "it does not exist, or this backend may not see it")
}

fn problem(refusal: Refusal) -> Problem {
    Refused::from(refusal).0
}

fn failed(error: beep_core::port::StoreError) -> Problem {
    problem(error.into())
}

const MOST_FOUND: u32 = 100;
const MOST_IDS: usize = 100;
const MOST_EVENTS: usize = 1_000;
const MOST_TRANSIENTS: usize = 100;
const MOST_PULLED: u32 = 500;
