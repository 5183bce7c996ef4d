//! Other backends: asking them, waiting for what they tell, and arranging when to compare with them.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::account::User;
use crate::domain::Domain;
use crate::id::{ChannelKey, SpaceId, SpaceKey, UserId, UserKey};
use crate::port::StreamMark;
use crate::replica::Replica;

/// Asks other backends, and waits for what they tell.
///
/// An answer comes from a backend that has proven who it is, and is otherwise unchecked: what it may say is the use
/// case's question.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Whether requests to and from a backend are allowed at this moment.
    fn allows(&self, backend: &Domain) -> bool;
    /// The users of a backend with these ids, as far as there are such.
    async fn users(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<User>, PeerError>;
    /// The user of a backend with exactly this name.
    async fn user_by_name(&self, home: &Domain, name: &str) -> Result<Option<User>, PeerError>;
    /// Users of a backend whose username or display name starts so, as far as it lets them be found; at most `limit`.
    async fn search(&self, home: &Domain, query: &str, limit: u32) -> Result<Vec<User>, PeerError>;
    /// Has the owner of something carry out an operation for a user of this backend. Under the same idempotency key it is
    /// carried out once, however often it is asked for.
    async fn execute(
        &self,
        owner: &Domain,
        user: &UserKey,
        operation: &RemoteOperation,
        key: Option<&str>,
    ) -> Result<RemoteAnswer, PeerError>;
    /// Part of the list of an owner's servers that users of this backend are members of, after `after`.
    async fn shared_servers(&self, owner: &Domain, after: Option<SpaceId>) -> Result<SharedServers, PeerError>;
    /// A server as its owner shows it to this backend; `None` if no user of this backend is a member of it.
    async fn replica(&self, server: &SpaceKey) -> Result<Option<Replica>, PeerError>;
    /// The digest by which two backends see whether they hold the same of a server. Where two that differ have the same
    /// digest, what is missing stays missing.
    fn digest(&self, replica: &Replica) -> String;

    /// Arranges a comparison of what is held of an owner's servers with what it holds.
    fn compare(&self, owner: &Domain, when: When);
    /// Takes that something that another backend told was applied.
    fn applied(&self);
    /// How often something was applied.
    fn applied_count(&self) -> u64;
    /// Waits until something was applied more than `count` times, for so long at most; says whether it was.
    async fn applied_since(&self, count: u64, at_most: Duration) -> bool;
}

/// When to compare with another backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// As soon as it is its turn.
    Soon,
    /// As soon as a request of the other backend arrives: it answers again by then.
    Reachable,
}

/// What a user of this backend asks the owner of something for, where this backend has a part in it.
#[derive(Clone, Eq, PartialEq)]
pub enum RemoteOperation {
    /// Shows where the code of an invitation leads.
    PreviewInvitation(String),
    /// Joins a server.
    Join(SpaceKey),
    /// Leaves a server or a group.
    Leave(SpaceKey),
    /// Joins a server by an invitation: its code, or its id.
    AcceptInvitation(String),
    /// Declines an invitation: its code, or its id.
    DeclineInvitation(String),
    /// Opens the direct conversation with a user of the owner.
    OpenDirect(UserKey),
    /// Adds somebody to a group.
    AddParticipant(ChannelKey, UserKey),
}

/// Shows no code, which lets in whoever reads it.
impl fmt::Debug for RemoteOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreviewInvitation(_) => f.write_str("PreviewInvitation(…)"),
            Self::Join(server) => f.debug_tuple("Join").field(server).finish(),
            Self::Leave(server) => f.debug_tuple("Leave").field(server).finish(),
            Self::AcceptInvitation(_) => f.write_str("AcceptInvitation(…)"),
            Self::DeclineInvitation(_) => f.write_str("DeclineInvitation(…)"),
            Self::OpenDirect(other) => f.debug_tuple("OpenDirect").field(other).finish(),
            Self::AddParticipant(group, user) => f.debug_tuple("AddParticipant").field(group).field(user).finish(),
        }
    }
}

/// What an owner answered to an operation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RemoteAnswer {
    /// What became of the operation.
    pub outcome: RemoteOutcome,
    /// The server that the answer is about, if it names one.
    pub server: Option<SpaceKey>,
    /// The status that a client of the owner would have got.
    pub status: u16,
    /// The body that such a client would have got. Nothing is read from it here.
    pub body: Bytes,
}

/// What became of an operation at its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RemoteOutcome {
    /// It was carried out.
    Done,
    /// What it is about is not there.
    NotFound,
    /// The state of things there forbids it; it may be carried out already.
    Conflict,
    /// It was refused.
    Refused,
    /// It was not carried out for a reason that passes: too many requests, or a failure there.
    Later,
}

/// Part of what an owner lists.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SharedServers {
    /// How far the owner's stream to this backend went before it made the list; none if there is no stream.
    pub at: Option<StreamMark>,
    /// Servers by id, each with the digest of what the owner shows of it.
    pub servers: Vec<(SpaceKey, String)>,
    /// Where to go on, unless that is all.
    pub next: Option<SpaceId>,
}

/// Why another backend did not answer (contract: federation, "Authorization").
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PeerError {
    /// One of the two does not federate with the other.
    #[error("not federated")]
    Denied,
    /// It is not found in the DNS.
    #[error("the backend is not found in the DNS")]
    Discovery,
    /// The connection was not authenticated.
    #[error("the backends did not authenticate each other")]
    Authentication,
    /// The certificate is for another domain.
    #[error("the certificate is not that of the backend")]
    Validation,
    /// It cannot be reached.
    #[error("the backend cannot be reached")]
    Unavailable,
    /// Its answer makes no sense; what it said goes with it.
    #[error("the backend answered what makes no sense: {0}")]
    Answer(String),
    /// It refused the request as such; its reason is a problem document.
    #[error("the backend refused the request")]
    Refused(Bytes),
}

/// For a backend that federates with nobody: what others own is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPeers;

#[async_trait]
impl Peers for NoPeers {
    fn allows(&self, _: &Domain) -> bool {
        false
    }

    async fn users(&self, _: &Domain, _: &[UserId]) -> Result<Vec<User>, PeerError> {
        Ok(Vec::new())
    }

    async fn user_by_name(&self, _: &Domain, _: &str) -> Result<Option<User>, PeerError> {
        Ok(None)
    }

    async fn search(&self, _: &Domain, _: &str, _: u32) -> Result<Vec<User>, PeerError> {
        Err(PeerError::Denied)
    }

    async fn execute(
        &self,
        _: &Domain,
        _: &UserKey,
        _: &RemoteOperation,
        _: Option<&str>,
    ) -> Result<RemoteAnswer, PeerError> {
        Err(PeerError::Denied)
    }

    async fn shared_servers(&self, _: &Domain, _: Option<SpaceId>) -> Result<SharedServers, PeerError> {
        Err(PeerError::Denied)
    }

    async fn replica(&self, _: &SpaceKey) -> Result<Option<Replica>, PeerError> {
        Err(PeerError::Denied)
    }

    fn digest(&self, _: &Replica) -> String {
        String::new()
    }

    fn compare(&self, _: &Domain, _: When) {}

    fn applied(&self) {}

    fn applied_count(&self) -> u64 {
        0
    }

    async fn applied_since(&self, _: u64, _: Duration) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_not_shown() {
        let named = || "k3Xw9".to_owned();
        for operation in [
            RemoteOperation::PreviewInvitation(named()),
            RemoteOperation::AcceptInvitation(named()),
            RemoteOperation::DeclineInvitation(named()),
        ] {
            let shown = format!("{operation:?}");
            assert!(shown.ends_with("Invitation(…)"), "{shown}");
        }
    }
}
