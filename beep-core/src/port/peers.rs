//! Other backends: calls to them, waiting for their streams, and requesting comparisons with them.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::account::User;
use crate::domain::Domain;
use crate::friendship::Told;
use crate::id::{ChannelKey, SpaceId, SpaceKey, UserId, UserKey};
use crate::port::StreamMark;
use crate::presence::Presence;
use crate::replica::Replica;
use crate::transient::Transient;

/// Calls other backends, and waits for their streams.
///
/// An answer comes from an authenticated backend and is otherwise unchecked: the use case must check its content.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Whether calls to and from a backend are allowed now.
    fn allows(&self, backend: &Domain) -> bool;
    /// The users of a backend with these ids; unknown ids are left out.
    async fn users(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<User>, PeerError>;
    /// The user of a backend with exactly this name.
    async fn user_by_name(&self, home: &Domain, name: &str) -> Result<Option<User>, PeerError>;
    /// Users of a backend whose username or display name starts with the query, if it allows searching; at most
    /// `limit`.
    async fn search(&self, home: &Domain, query: &str, limit: u32) -> Result<Vec<User>, PeerError>;
    /// Asks the owner to carry out an operation for a user of this backend. Calls with the same idempotency key act
    /// once.
    async fn execute(
        &self,
        owner: &Domain,
        user: &UserKey,
        operation: &RemoteOperation,
        key: Option<&str>,
    ) -> Result<RemoteAnswer, PeerError>;
    /// Tells the home of another user what a user of this backend said last about being friends; gives what the other said.
    /// [`PeerError::Refused`] says that asking again leads to the same.
    async fn connect(&self, from: &UserKey, to: &UserKey, told: Told) -> Result<Told, PeerError>;
    /// Whether a user of another backend takes direct messages of one of this backend, and may be added to groups by them.
    /// Does not wait for long.
    async fn takes(&self, from: &UserKey, to: &UserKey) -> Result<Taken, PeerError>;
    /// How users of another backend are seen, and whether by friends alone; those who are not told of are left out.
    async fn presences(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<(Presence, bool)>, PeerError>;
    /// Tells another backend something that is not stored, if it can be reached. Never waits.
    fn tell(&self, to: &Domain, what: Transient);
    /// A page of the owner's servers that users of this backend are members of, after `after`.
    async fn shared_servers(&self, owner: &Domain, after: Option<SpaceId>) -> Result<SharedServers, PeerError>;
    /// A server as this backend may see it, from its owner; `None` if no user of this backend is a member.
    async fn replica(&self, server: &SpaceKey) -> Result<Option<Replica>, PeerError>;
    /// The digest by which two backends compare their states of a server. If two different states had the same digest,
    /// the difference would stay.
    fn digest(&self, replica: &Replica) -> String;

    /// Requests a comparison of the replicas of an owner's servers with the owner.
    fn compare(&self, owner: &Domain, when: When);
    /// Reports that an entry of another backend's stream was applied.
    fn applied(&self);
    /// How often something was applied so far.
    fn applied_count(&self) -> u64;
    /// Waits until something was applied more than `count` times, up to a time limit; says whether it was.
    async fn applied_since(&self, count: u64, at_most: Duration) -> bool;
}

/// Whether a user takes direct messages of another one, as the home of the first says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// They do.
    Always,
    /// They do if both are members of a community, of which that home knows none.
    FromFellows,
    /// They do not.
    Not,
}

/// When to compare with another backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// As soon as its turn comes.
    Soon,
    /// As soon as a request of the other backend arrives, which shows that it can be reached again.
    Reachable,
}

/// What a user of this backend asks the owner of something for, where this backend has a part in it.
#[derive(Clone, Eq, PartialEq)]
pub enum RemoteOperation {
    /// Shows the server of an invitation code.
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
    /// The outcome.
    pub outcome: RemoteOutcome,
    /// The server in the answer, if it has one.
    pub server: Option<SpaceKey>,
    /// The HTTP status for a client.
    pub status: u16,
    /// The body for a client; not interpreted here.
    pub body: Bytes,
}

/// The outcome of an operation at its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RemoteOutcome {
    /// It was carried out.
    Done,
    /// The thing does not exist.
    NotFound,
    /// The state at the owner does not allow it; perhaps it was carried out before.
    Conflict,
    /// It was refused.
    Refused,
    /// It was not carried out for a temporary reason: too many requests, or a failure at the owner.
    Later,
}

/// A page of an owner's list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SharedServers {
    /// The end of the owner's stream to this backend before it made the list; `None` if there is no stream.
    pub at: Option<StreamMark>,
    /// Servers by id, each with the owner's digest.
    pub servers: Vec<(SpaceKey, String)>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<SpaceId>,
}

/// Why another backend did not answer (contract: federation, "Authorization").
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PeerError {
    /// One of the two backends does not allow the other.
    #[error("not on the allow list of one of the backends")]
    Denied,
    /// It cannot be found in DNS.
    #[error("the backend cannot be found in DNS")]
    Discovery,
    /// The connection was not authenticated.
    #[error("the backends did not authenticate each other")]
    Authentication,
    /// The certificate is not for its host.
    #[error("the certificate is not for the host of the backend")]
    Validation,
    /// It cannot be reached.
    #[error("the backend cannot be reached")]
    Unavailable,
    /// Its answer is not valid; the text says why.
    #[error("the backend sent an answer that is not valid: {0}")]
    Answer(String),
    /// It refused the request; the reason is a problem document.
    #[error("the backend refused the request")]
    Refused(Bytes),
}

/// For a backend without federation: things of other backends do not exist.
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

    async fn connect(&self, _: &UserKey, _: &UserKey, _: Told) -> Result<Told, PeerError> {
        Err(PeerError::Denied)
    }

    async fn takes(&self, _: &UserKey, _: &UserKey) -> Result<Taken, PeerError> {
        Err(PeerError::Denied)
    }

    async fn presences(&self, _: &Domain, _: &[UserId]) -> Result<Vec<(Presence, bool)>, PeerError> {
        Ok(Vec::new())
    }

    fn tell(&self, _: &Domain, _: Transient) {}

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
