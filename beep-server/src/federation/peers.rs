//! The port to other backends, over the network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::friendship::Told;
use beep_core::id::{Qualified, SpaceId, SpaceKey, UserId, UserKey};
use beep_core::port::{PeerError, Peers, RemoteAnswer, RemoteOperation, RemoteOutcome, SharedServers, Taken, When};
use beep_core::presence::Presence;
use beep_core::replica::Replica;
use beep_core::transient::Transient;
use beep_federation::net::Egress;
use beep_federation::{CallError, Rpc, SharedPolicy};
use beep_proto::federation::{
    self as wire, AskContact, AskPresence, ByHandle, ByIds, Connect, Connected, Contact, Digest, Digests, Execute,
    Presences, Search, Seen, Snapshot, State, Users,
};
use beep_proto::id::Bare;
use beep_proto::operation::Specified;
use beep_proto::operation::conversations::{Add, Open, PrivateKind};
use beep_proto::operation::invitations::{Accept, Decline, Preview};
use beep_proto::operation::servers::{Join, Leave};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request::write_arguments;
use beep_proto::text::Hidden;
use beep_proto::view::{self, Channel, InvitationPreview, Member, ViewError};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use super::calls::{Failed, Outcome, ask, execute};
use super::{Comparisons, Senders};

/// Other backends over the network.
pub(super) struct RemotePeers {
    egress: Arc<Egress>,
    policy: Arc<SharedPolicy>,
    comparisons: Arc<Comparisons>,
    senders: Arc<Senders>,
    /// Counts what was applied of others' streams.
    applied: watch::Sender<u64>,
}

impl RemotePeers {
    pub(super) fn new(
        egress: Arc<Egress>,
        policy: Arc<SharedPolicy>,
        comparisons: Arc<Comparisons>,
        senders: Arc<Senders>,
    ) -> Self {
        Self { egress, policy, comparisons, senders, applied: watch::Sender::new(0) }
    }
}

#[async_trait]
impl Peers for RemotePeers {
    fn allows(&self, backend: &Domain) -> bool {
        self.policy.get().allows(backend)
    }

    async fn users(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<User>, PeerError> {
        let ids = ids.iter().map(|id| Qualified::new(*id, home.clone()).into()).collect();
        let found: Users = ask(&self.egress, home, Rpc::UsersByIds, &ByIds::new(ids), true).await.map_err(failed)?;
        // What cannot be read of one keeps out none of the others.
        Ok(found.users.into_iter().filter_map(|user| user.try_into().ok()).collect())
    }

    async fn search(&self, home: &Domain, query: &str, limit: u32) -> Result<Vec<User>, PeerError> {
        let request = Search::new(query.to_owned(), limit);
        let found: Users = ask(&self.egress, home, Rpc::UsersSearch, &request, true).await.map_err(failed)?;
        Ok(found.users.into_iter().filter_map(|user| user.try_into().ok()).take(limit as usize).collect())
    }

    async fn user_by_name(&self, home: &Domain, name: &str) -> Result<Option<User>, PeerError> {
        let request = ByHandle::new(name.to_owned());
        match ask::<_, view::User>(&self.egress, home, Rpc::UsersByHandle, &request, true).await {
            Ok(user) => {
                let user: User = user.try_into().map_err(|error: ViewError| PeerError::Answer(error.to_string()))?;
                if user.username.as_str() != name {
                    return Err(PeerError::Answer("it is about a user of another name".to_owned()));
                }
                Ok(Some(user))
            }
            Err(error) if error.problem().code == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn execute(
        &self,
        owner: &Domain,
        user: &UserKey,
        operation: &RemoteOperation,
        key: Option<&str>,
    ) -> Result<RemoteAnswer, PeerError> {
        let (name, arguments) = written(operation);
        let rpc = if name == Preview::SPEC.name { Rpc::Run } else { Rpc::Execute };
        let envelope = Execute::new(Some(user.into()), name.to_owned(), Hidden(arguments), key.map(str::to_owned));
        let egress = &self.egress;
        match operation {
            RemoteOperation::PreviewInvitation(_) => {
                let shown = execute::<InvitationPreview>(egress, owner, rpc, &envelope).await;
                answered(shown, |shown| Some(shown.server.id.0.clone()))
            }
            RemoteOperation::Join(_) | RemoteOperation::AcceptInvitation(_) => {
                answered(execute::<Member>(egress, owner, rpc, &envelope).await, |_| None)
            }
            RemoteOperation::Leave(_) | RemoteOperation::DeclineInvitation(_) => {
                answered(execute::<()>(egress, owner, rpc, &envelope).await, |()| None)
            }
            RemoteOperation::OpenDirect(_) | RemoteOperation::AddParticipant(..) => {
                answered(execute::<Channel>(egress, owner, rpc, &envelope).await, |_| None)
            }
        }
    }

    async fn connect(&self, from: &UserKey, to: &UserKey, told: Told) -> Result<Told, PeerError> {
        let Connected { action, number, ended } = told.into();
        let request = Connect::new(from.into(), to.into(), action, Some(number), Some(ended));
        let heard: Result<Connected, _> = ask(&self.egress, &to.home, Rpc::UsersConnect, &request, true).await;
        heard.map(Told::from).map_err(|error| {
            let is_final = matches!(error.problem().code, ErrorCode::NotFound | ErrorCode::Conflict);
            if is_final { not_executed(error) } else { failed(error) }
        })
    }

    async fn takes(&self, from: &UserKey, to: &UserKey) -> Result<Taken, PeerError> {
        let request = AskContact::new(from.into(), to.into());
        let asked = ask::<_, Contact>(&self.egress, &to.home, Rpc::UsersContact, &request, true);
        match tokio::time::timeout(A_MOMENT, asked).await {
            Ok(answer) => answer.map(Taken::from).map_err(failed),
            Err(_) => Err(PeerError::Unavailable),
        }
    }

    async fn presences(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<(Presence, bool)>, PeerError> {
        let users = ids.iter().map(|id| Qualified::new(*id, home.clone()).into()).collect();
        let asked = AskPresence::new(users);
        let found: Presences = ask(&self.egress, home, Rpc::UsersPresence, &asked, true).await.map_err(failed)?;
        let read = |seen: Seen| (seen.presence.into(), seen.friends_only);
        Ok(found.presences.into_iter().map(read).collect())
    }

    fn tell(&self, to: &Domain, what: Transient) {
        if self.allows(to) {
            self.senders.tell(to, what);
        }
    }

    async fn shared_servers(&self, owner: &Domain, after: Option<SpaceId>) -> Result<SharedServers, PeerError> {
        let request = Digest::new(after.map(Bare));
        let listed: Digests = ask(&self.egress, owner, Rpc::EventsDigest, &request, true).await.map_err(failed)?;
        Ok(listed.into())
    }

    async fn replica(&self, server: &SpaceKey) -> Result<Option<Replica>, PeerError> {
        let request = Snapshot::new(server.into());
        match ask::<_, State>(&self.egress, &server.home, Rpc::ServerSnapshot, &request, true).await {
            Ok(state) => match Replica::try_from(state) {
                Ok(replica) => Ok(Some(replica)),
                Err(error) => Err(PeerError::Answer(format!("a server that cannot be read: {error}"))),
            },
            Err(error) if error.problem().code == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn digest(&self, replica: &Replica) -> String {
        wire::digest(replica)
    }

    fn compare(&self, owner: &Domain, when: When) {
        self.comparisons.ask(owner, when);
    }

    fn applied(&self) {
        self.applied.send_modify(|count| *count += 1);
    }

    fn applied_count(&self) -> u64 {
        *self.applied.borrow()
    }

    async fn applied_since(&self, count: u64, at_most: Duration) -> bool {
        let mut applied = self.applied.subscribe();
        matches!(tokio::time::timeout(at_most, applied.wait_for(|now| *now > count)).await, Ok(Ok(_)))
    }
}

/// An operation as it travels: its name, and its members.
fn written(operation: &RemoteOperation) -> (&'static str, Value) {
    fn of<O: Specified>(operation: &O) -> (&'static str, Value) {
        (O::SPEC.name, write_arguments(operation))
    }
    match operation {
        RemoteOperation::PreviewInvitation(code) => of(&Preview { code: code.clone().into() }),
        RemoteOperation::Join(server) => of(&Join { server: server.clone().into() }),
        RemoteOperation::Leave(server) => of(&Leave { server: server.clone().into() }),
        RemoteOperation::AcceptInvitation(code) => of(&Accept { code: code.clone().into() }),
        RemoteOperation::DeclineInvitation(code) => of(&Decline { code: code.clone().into() }),
        RemoteOperation::OpenDirect(other) => {
            of(&Open { kind: PrivateKind::Direct, user: Some(other.clone().into()), users: None, name: None })
        }
        RemoteOperation::AddParticipant(group, user) => {
            of(&Add { channel: group.clone().into(), user: user.clone().into() })
        }
    }
}

/// What an owner answered, and the server that it names.
fn answered<A: Serialize>(
    executed: Result<Outcome<A>, Failed>,
    server: impl FnOnce(&A) -> Option<SpaceKey>,
) -> Result<RemoteAnswer, PeerError> {
    fn body<T: Serialize>(answer: &T) -> Result<Bytes, PeerError> {
        serde_json::to_vec(answer).map(Bytes::from).map_err(|error| PeerError::Answer(error.to_string()))
    }
    Ok(match executed.map_err(not_executed)? {
        Outcome::Done(status, answer) => {
            let server = server(&answer);
            RemoteAnswer { outcome: RemoteOutcome::Done, server, status, body: body(&answer)? }
        }
        Outcome::Refused(problem) => {
            let outcome = outcome(problem.status, problem.code);
            RemoteAnswer { outcome, server: None, status: problem.status, body: body(&problem)? }
        }
    })
}

/// What an owner's refusal says of the operation.
fn outcome(status: u16, code: ErrorCode) -> RemoteOutcome {
    match status {
        404 if code == ErrorCode::NotFound => RemoteOutcome::NotFound,
        409 => RemoteOutcome::Conflict,
        429 | 500.. => RemoteOutcome::Later,
        _ => RemoteOutcome::Refused,
    }
}

fn failed(failed: Failed) -> PeerError {
    by_code(failed.problem().code).unwrap_or_else(|| PeerError::Answer(failed.to_string()))
}

/// Why an operation was not carried out; what the owner refuses in its own words goes on as it is.
fn not_executed(failed: Failed) -> PeerError {
    let Problem { code, .. } = failed.problem();
    let refused = |problem: &Problem| PeerError::Refused(serde_json::to_vec(problem).unwrap_or_default().into());
    by_code(code).unwrap_or_else(|| match &failed {
        Failed::Call(CallError::Refused(problem)) => refused(problem),
        failed => PeerError::Answer(failed.to_string()),
    })
}

fn by_code(code: ErrorCode) -> Option<PeerError> {
    Some(match code {
        ErrorCode::FederationDenied => PeerError::Denied,
        ErrorCode::DiscoveryFailure => PeerError::Discovery,
        ErrorCode::AuthenticationFailure => PeerError::Authentication,
        ErrorCode::ValidationError => PeerError::Validation,
        ErrorCode::RemoteUnavailable => PeerError::Unavailable,
        _ => return None,
    })
}

/// How long somebody who writes waits to hear whether it is taken.
const A_MOMENT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_an_operation_follows_from_the_answer() {
        for (status, code, expected) in [
            (403, ErrorCode::Banned, RemoteOutcome::Refused),
            (404, ErrorCode::NotFound, RemoteOutcome::NotFound),
            (404, ErrorCode::Unknown, RemoteOutcome::Refused),
            (409, ErrorCode::AlreadyMember, RemoteOutcome::Conflict),
            (429, ErrorCode::RateLimited, RemoteOutcome::Later),
            (500, ErrorCode::Internal, RemoteOutcome::Later),
            (599, ErrorCode::NotFound, RemoteOutcome::Later),
        ] {
            assert_eq!(outcome(status, code), expected, "{status} {code:?}");
        }
        let done = answered(Ok(Outcome::Done(204, ())), |()| None).expect("it is done");
        assert_eq!((done.outcome, done.status, &done.body[..]), (RemoteOutcome::Done, 204, &b"null"[..]));
    }

    #[test]
    fn a_refusal_in_the_peers_own_words_goes_on_and_others_by_their_code() {
        let refused = |code| Failed::Call(CallError::Refused(Box::new(Problem::new(code, "so it is"))));
        assert_eq!(not_executed(refused(ErrorCode::FederationDenied)), PeerError::Denied);
        let PeerError::Refused(words) = not_executed(refused(ErrorCode::RateLimited)) else {
            panic!("it is passed on")
        };
        let words: Problem = serde_json::from_slice(&words).expect("a problem");
        assert_eq!((words.code, words.detail.as_str()), (ErrorCode::RateLimited, "so it is"));
        let nonsense = not_executed(Failed::Answer("nonsense".to_owned()));
        assert_eq!(nonsense, PeerError::Answer("nonsense".to_owned()));
    }
}
