//! A change: what a use case wants to be true, as one value that a store commits whole or not at all.
//!
//! The guards say which facts the decision rested on; the store checks them in the transaction that writes
//! and logs. As a change is data and not a conversation, a store can put many into one commit, and the
//! caller only retries: there is nothing to hold open, to roll back or to deadlock.

use crate::account::{Account, CodePurpose, MailCode, User};
use crate::ban::{Ban, Sent};
use crate::channel::Channel;
use crate::domain::Domain;
use crate::event::{Event, EventBody, Scope, Stream};
use crate::global_role::GlobalRole;
use crate::id::{ChannelKey, InvitationId, InvitationKey, MessageId, RoleId, SessionId, SpaceKey, UserId, UserKey};
use crate::invitation::{Invitation, Invited, Spent};
use crate::member::Member;
use crate::message::{Draft, Message};
use crate::port::{DeadLetter, PendingLeave, Place, SecretKey, StoreError};
use crate::replica::Replica;
use crate::role::Role;
use crate::session::Session;
use crate::space::Space;
use crate::time::Timestamp;
use std::sync::Arc;

/// What must still hold, what to write, and what to tell: one transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Checked first, in order.
    pub guards: Vec<Guard>,
    /// Made in order.
    pub writes: Vec<Write>,
    /// Appended to the log after the writes, in order.
    pub events: Vec<NewEvent>,
    /// The request that this change carries out, so that it is carried out once.
    pub claim: Option<IdempotencyKey>,
}

impl Change {
    /// A change that rests on a server's facts and changes them: concurrent decisions on it are made again.
    pub fn modifying(space: &SpaceKey, revision: u64) -> Self {
        Self::reading(space, revision).write(Write::Revise(space.clone()))
    }

    /// A change that rests on a server's facts and leaves them as they are.
    pub fn reading(space: &SpaceKey, revision: u64) -> Self {
        Self::default().guard(Guard::SpaceAt { id: space.clone(), revision })
    }

    /// Adds a guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// Adds a write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, stream: Stream, scopes: Vec<Scope>, body: EventBody) -> Self {
        self.events.push(NewEvent { stream, scopes, body, place: None });
        self
    }

    /// Adds an event of another backend, which gave it its place.
    #[must_use]
    pub fn told(mut self, stream: Stream, place: Place, scopes: Vec<Scope>, body: EventBody) -> Self {
        self.events.push(NewEvent { stream, scopes, body, place: Some(place) });
        self
    }

    /// Adds an event for all members of a server.
    #[must_use]
    pub fn space_event(self, server: &Space, body: EventBody) -> Self {
        self.event(Stream::Space(server.id.clone()), vec![Scope::Space(server.id.clone())], body)
    }

    /// Adds an event for those who may see a channel.
    #[must_use]
    pub fn channel_event(self, channel: &Channel, body: EventBody) -> Self {
        let stream = Stream::Channel { id: channel.id.clone(), server: channel.server };
        self.event(stream, vec![Scope::Space(channel.space_key())], body)
    }

    /// Adds an event for one user.
    #[must_use]
    pub fn user_event(self, user: &UserKey, body: EventBody) -> Self {
        self.event(Stream::User(user.clone()), vec![Scope::User(user.clone())], body)
    }

    /// Whether it is nothing but messages sent: what a store should be fastest at.
    pub fn only_posts(&self) -> bool {
        let posts = self.writes.iter().all(|write| matches!(write, Write::Post { .. }));
        let on_servers = self.guards.iter().all(|guard| matches!(guard, Guard::SpaceAt { .. }));
        posts && on_servers && self.events.is_empty() && self.claim.is_none()
    }
}

/// A fact that a decision rested on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Guard {
    /// The server is there and its facts are those of this revision; else [`CommitError::Stale`].
    SpaceAt {
        /// Which server.
        id: SpaceKey,
        /// The revision that was read.
        revision: u64,
    },
    /// The user is no member of the server; else [`CommitError::Stale`].
    NoMember {
        /// Which server.
        server: SpaceKey,
        /// Who.
        user: UserKey,
    },
    /// The user owns fewer servers than this; else [`CommitError::Stale`].
    OwnsFewer {
        /// Who.
        user: UserKey,
        /// How many are too many.
        than: u32,
    },
    /// The account is there with this revision; else [`CommitError::Stale`].
    AccountAt {
        /// Whose account.
        id: UserId,
        /// The revision that was read.
        revision: u64,
    },
    /// The account holds the global role; else [`CommitError::Stale`].
    Holds {
        /// Whose account.
        id: UserId,
        /// Which role.
        role: GlobalRole,
    },
    /// Another account than this one holds the global role; else [`CommitError::Stale`].
    OthersHold {
        /// The account that does not count.
        id: UserId,
        /// Which role.
        role: GlobalRole,
    },
    /// The session is not revoked and this is the hash of its good secret; else [`CommitError::Stale`].
    SessionAt {
        /// Which session.
        id: SessionId,
        /// The hash that was read.
        current: [u8; 32],
    },
    /// The mailed code is there with so many attempts left; else [`CommitError::Stale`].
    CodeAt {
        /// Whose code.
        user: UserId,
        /// For what.
        purpose: CodePurpose,
        /// The attempts that were read.
        attempts_left: u32,
    },
    /// The message is there and was last edited then; else [`CommitError::Stale`].
    MessageAt {
        /// In which channel.
        channel: ChannelKey,
        /// Which message.
        id: MessageId,
        /// When it was last edited, as read.
        edited_at: Option<Timestamp>,
    },
    /// These are all the messages that somebody sent to a server from some time on; else [`CommitError::Stale`].
    AllSent(Sent),
    /// So far the stream of another backend was applied; else [`CommitError::Stale`].
    ReceivedUpTo {
        /// Whose stream.
        origin: Domain,
        /// Where in which stream; none if nothing of it was.
        mark: Option<StreamMark>,
    },
    /// The invitation is there (else [`CommitError::Stale`]) and lets one more in (else [`CommitError::Spent`]).
    InvitationUsable {
        /// Which invitation.
        id: InvitationId,
        /// At what time.
        now: Timestamp,
    },
}

/// One thing to write. `Put…` makes or replaces by id.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Makes or replaces all of an account but its global roles; its stored revision is one more than the one given.
    /// [`CommitError::Taken`] when another has its username or address.
    PutAccount(Account),
    /// Gives a global role to an account.
    PutGlobalRole(UserId, GlobalRole),
    /// Takes a global role from an account.
    RemoveGlobalRole(UserId, GlobalRole),
    /// Removes an account that was never activated, with its sessions and codes.
    RemoveAccount(UserId),
    /// Makes or replaces the code for a purpose.
    PutCode(MailCode),
    /// Removes a code.
    RemoveCode(UserId, CodePurpose),
    /// Makes or replaces a session.
    PutSession(Session),
    /// Keeps a key of the backend.
    PutKey(SecretKey),
    /// Forgets a key.
    RemoveKey(uuid::Uuid),
    /// Counts the server's revision up.
    Revise(SpaceKey),
    /// Makes a server, or replaces all of it but `member_count`, which follows the members.
    PutSpace(Space),
    /// Removes a server with all that is in it; its events stay in the log.
    RemoveSpace(SpaceKey),
    /// Makes or replaces a role.
    PutRole(Role),
    /// Removes a role, also from members and overrides.
    RemoveRole(SpaceKey, RoleId),
    /// Makes a channel, or replaces all of it but `last_message`, which follows the messages.
    PutChannel(Channel),
    /// Removes a channel with its messages.
    RemoveChannel(ChannelKey),
    /// Makes or replaces a membership with its roles.
    PutMember(Member),
    /// Ends a membership.
    RemoveMember(SpaceKey, UserKey),
    /// Makes or replaces a ban.
    PutBan(Ban),
    /// Ends a ban.
    RemoveBan(SpaceKey, UserKey),
    /// Makes an invitation. [`CommitError::Taken`] when the code is in use.
    PutInvitation(Invitation),
    /// Makes or replaces what a user of this backend was told of an invitation by another.
    PutInvited(Invited),
    /// Lets go of what a user of this backend was told of an invitation by another.
    RemoveInvited(UserId, InvitationKey),
    /// Counts one use of an invitation.
    UseInvitation(InvitationId),
    /// Removes an invitation.
    RemoveInvitation(InvitationId),
    /// Sends a message: stamps it with an id above all others of the channel and the time of the commit,
    /// and logs `message.created` for those who may see the channel. With a nonce that its author used in
    /// the channel before, writes nothing and gives the message that was sent then.
    Post {
        /// The server of the channel.
        server: SpaceKey,
        /// What to send.
        draft: Draft,
    },
    /// Replaces a message.
    PutMessage(Message),
    /// Removes a message.
    RemoveMessage(ChannelKey, MessageId),
    /// Keeps the answer to a claimed request.
    PutAnswer(IdempotencyKey, Answered),
    /// Makes or replaces a server of another backend whole, with the members that this one has in it and where its
    /// streams are.
    PutReplica(Box<Replica>),
    /// Adds to the members of a server those that are not kept here; below zero takes away.
    CountMembers(SpaceKey, i64),
    /// Makes or replaces the profile of a user of another backend, as it was at a time.
    PutProfile(User, Timestamp),
    /// Keeps that a user of this backend asks to be let into a server of another.
    PutJoinIntent(UserId, SpaceKey),
    /// Forgets that.
    RemoveJoinIntent(UserId, SpaceKey),
    /// Keeps that somebody left a server of another backend which is to hear of it.
    PutPendingLeave(PendingLeave),
    /// Lets go of that, unless they left again.
    RemovePendingLeave(PendingLeave),
    /// Says how far the stream of another backend was applied.
    Receive(Domain, StreamMark),
    /// Keeps something that another backend sent and that could not be applied.
    DeadLetter(DeadLetter),
    /// Lets go of what another backend has applied, up to this number.
    Acknowledge(Domain, u64),
    /// Begins the stream to another backend anew, with this id and nothing in it.
    ResetStream(Domain, uuid::Uuid),
}

/// A place in the stream from one backend to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StreamMark {
    /// The id of the stream, which is another one after a reset.
    pub stream: uuid::Uuid,
    /// The number of the last event.
    pub seq: u64,
}

/// An event before the log gave it its place.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// What it belongs to.
    pub stream: Stream,
    /// Whom it is kept for.
    pub scopes: Vec<Scope>,
    /// What happened. The store brings `member_count` and `last_message` in it up to date.
    pub body: EventBody,
    /// Its place, if another backend gave it one; what such an event holds stays as it was told.
    pub place: Option<Place>,
}

/// The name of a request by its caller, so that it is carried out once.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct IdempotencyKey {
    /// Who asks.
    pub caller: UserKey,
    /// The caller's name for the request.
    pub key: String,
    /// What is asked: the operation and the path.
    pub route: String,
    /// When it was first asked.
    pub at: Timestamp,
}

/// The first answer to a claimed request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: AnsweredBody,
}

/// What is kept of the body of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AnsweredBody {
    /// The octets. They hold no text of a message.
    Octets(Vec<u8>),
    /// Which message it was. It may be edited or deleted before the answer is repeated, so it is read again.
    Message(ChannelKey, MessageId),
}

/// What a commit did.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The events with their places, in order.
    pub events: Vec<Arc<Event>>,
    /// For each [`Write::Post`], in order, the message as it stands.
    pub posted: Vec<Message>,
}

/// Why nothing of a change was made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// A guard did not hold: read the facts again and decide anew.
    #[error("the facts have changed since they were read")]
    Stale,
    /// Something that must be unique is in use.
    #[error("already in use: {0:?}")]
    Taken(Unique),
    /// The invitation lets nobody in any more.
    #[error("the invitation is spent: {0:?}")]
    Spent(Spent),
    /// The claimed request was carried out before.
    #[error("the request was carried out before")]
    Repeated,
    /// The store failed; nothing is known to be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What must be unique on a backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unique {
    /// A username.
    Username,
    /// A mail address.
    Email,
    /// The code of an invitation.
    InvitationCode,
}
