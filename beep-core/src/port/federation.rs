//! What is stored about other backends: the streams to and from them, their users who are members here, and profiles.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::account::User;
use crate::domain::Domain;
use crate::event::{Event, Position};
use crate::id::{InvitationId, InvitationKey, SpaceKey, UserId, UserKey};
use crate::invitation::Invited;
use crate::member::Member;
use crate::port::StoreError;
use crate::record::Record;
use crate::replica::Replica;
use crate::time::Timestamp;
use uuid::Uuid;

/// What is stored about other backends.
#[async_trait]
pub trait Federation {
    /// The streams to other backends.
    async fn outbound(&self) -> Result<Vec<Outbound>, StoreError>;
    /// The stream to another backend, if there is one.
    async fn outbound_to(&self, to: &Domain) -> Result<Option<Outbound>, StoreError>;
    /// The events in the stream to another backend after a number, in order, each with its number, at most `limit`.
    /// Whether the backend may see them is not decided here. A gap means that the log no longer has them.
    async fn outbound_events(&self, to: &Domain, after: u64, limit: u32) -> Result<Vec<(u64, Event)>, StoreError>;
    /// The position up to which the stream of another backend was applied.
    async fn inbound(&self, origin: &Domain) -> Result<Option<StreamMark>, StoreError>;
    /// A server with its members of one domain, and the log position of this state: one consistent read.
    async fn replica(&self, server: &SpaceKey, of: &Domain) -> Result<Option<(Position, Replica)>, StoreError>;
    /// The events that concern the members of a server, after one position and up to another, in order, at most `limit`.
    async fn space_events(
        &self,
        server: &SpaceKey,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;
    /// The owners of the servers that users of this backend are members of or once asked to join, and the homes of their
    /// friends.
    async fn homes(&self) -> Result<Vec<Domain>, StoreError>;
    /// Whether a backend is one of those.
    async fn is_home(&self, home: &Domain) -> Result<bool, StoreError>;
    /// The backends that hear of a user of this one: the homes of their friends, the owners of the spaces that they are in,
    /// and of those of this backend the homes of the members.
    async fn acquainted_backends(&self, user: UserId) -> Result<BTreeSet<Domain>, StoreError>;
    /// The other backends that are told what happens in a space of this one: those of its members.
    async fn space_backends(&self, space: &SpaceKey) -> Result<Vec<Domain>, StoreError>;
    /// The servers of another backend that users of this one are members of.
    async fn replicas_of(&self, home: &Domain) -> Result<Vec<SpaceKey>, StoreError>;
    /// The servers of this backend that users of another are members of, by id, after `after`.
    async fn shared_with(
        &self,
        home: &Domain,
        after: Option<&SpaceKey>,
        limit: u32,
    ) -> Result<Vec<SpaceKey>, StoreError>;
    /// The members of a server that are of another backend.
    async fn members_from(&self, server: &SpaceKey, home: &Domain) -> Result<Vec<Member>, StoreError>;
    /// Which of these users asked to join a server of another backend.
    async fn join_intents(&self, server: &SpaceKey, of: &[UserId]) -> Result<Vec<UserId>, StoreError>;
    /// The servers of other backends that a user asked to join without being a member of them, at most `limit`, in any order.
    async fn join_intents_of(&self, user: UserId, limit: u32) -> Result<Vec<SpaceKey>, StoreError>;
    /// How many servers a user asked to join without being a member of them, counted up to `most`.
    async fn open_join_intents(&self, user: UserId, most: u32) -> Result<u32, StoreError>;
    /// Who asked to join servers of another backend, at most `limit`.
    async fn join_intents_at(&self, home: &Domain, limit: u32) -> Result<Vec<JoinIntent>, StoreError>;
    /// Users who left servers of another backend that does not know it yet, by server and user.
    async fn pending_leaves(&self, home: &Domain) -> Result<Vec<PendingLeave>, StoreError>;
    /// The stored profiles of these users of other backends, each with its time.
    async fn profiles(&self, users: &[UserKey]) -> Result<Vec<(User, Timestamp)>, StoreError>;
    /// The invitations with this id that other backends sent to a user of this one; the id is unique only per backend.
    async fn remote_invitations_named(&self, user: UserId, id: InvitationId) -> Result<Vec<Invited>, StoreError>;
    /// One invitation that another backend sent to a user of this one.
    async fn remote_invitation(&self, user: UserId, id: &InvitationKey) -> Result<Option<Invited>, StoreError>;
    /// The invitations that another backend sent to a user of this one, or to all of them, by user and id.
    async fn remote_invitations(&self, home: &Domain, user: Option<UserId>) -> Result<Vec<Invited>, StoreError>;
    /// The dead letters by backend, at most `each` per backend.
    async fn dead_letters(&self, each: u32) -> Result<BTreeMap<Domain, DeadLetters>, StoreError>;
}

/// The stream of events to another backend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outbound {
    /// The other backend.
    pub to: Domain,
    /// Its id and the number of the last event that the other backend applied.
    pub acknowledged: StreamMark,
    /// The number of its last event.
    pub last: u64,
    /// The time of the oldest event that the other backend has not applied.
    pub waits_since: Option<Timestamp>,
}

/// The number and time that the owner of a stream gave to an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Its number in its stream.
    pub seq: u64,
    /// When it was committed.
    pub at: Timestamp,
}

/// A user of this backend who left a server of another backend that did not answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingLeave {
    /// The user.
    pub user: UserId,
    /// The server.
    pub server: SpaceKey,
    /// The idempotency key of all requests to the owner about it.
    pub key: String,
}

/// The dead letters of one backend.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeadLetters {
    /// How many are stored.
    pub kept: u64,
    /// The newest, newest first.
    pub youngest: Vec<DeadLetter>,
}

/// Something that another backend sent and that could not be applied. It says what that was about and nothing of what it
/// said: no message is to outlive its deletion here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeadLetter {
    /// The sender.
    pub origin: Domain,
    /// Its number in the sender's stream.
    pub seq: u64,
    /// Why it was not applied.
    pub error: String,
    /// What it was about: a type of event, a stream, a number.
    pub about: String,
    /// When it came.
    pub at: Timestamp,
}

/// That a user of this backend asks to be let into a server of another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinIntent {
    /// Who.
    pub user: UserId,
    /// Into which server.
    pub server: SpaceKey,
}

impl Record for JoinIntent {
    type Key = Self;
}

/// Kept until the owner has heard of it. One that was replaced since is not removed: they left again.
impl Record for PendingLeave {
    type Key = Self;
}

/// The profile of a user of another backend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RemoteProfile {
    /// The user, as they were.
    pub user: User,
    /// When they were so.
    pub seen_at: Timestamp,
}

impl Record for RemoteProfile {
    type Key = UserKey;
}

/// A place in the stream from one backend to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StreamMark {
    /// The id of the stream, which is another one after a reset.
    pub stream: Uuid,
    /// The number of the last event.
    pub seq: u64,
}

/// What is written of the streams from and to other backends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StreamWrite {
    /// Says how far the stream of another backend was applied.
    Receive(Domain, StreamMark),
    /// Keeps something that another backend sent and that could not be applied.
    SetAside(DeadLetter),
    /// Lets go of what another backend has applied, up to this number.
    Acknowledge(Domain, u64),
    /// Begins the stream to another backend anew, with this id and nothing in it.
    Reset(Domain, Uuid),
}

/// What a decision rested on about the stream of another backend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StreamGuard {
    /// So far it was applied.
    ReceivedUpTo {
        /// Whose stream.
        origin: Domain,
        /// Where in which stream; none if nothing of it was.
        mark: Option<StreamMark>,
    },
}
