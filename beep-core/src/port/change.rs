//! A change: what a use case wants to be true, as one value that a store commits whole or not at all.
//!
//! The guards say which facts the decision rested on; the store checks them in the transaction that writes
//! and logs. As a change is data and not a conversation, a store can put many into one commit, and the
//! caller only retries: there is nothing to hold open, to roll back or to deadlock.

use std::sync::Arc;

use crate::account::Account;
use crate::ban::{Ban, DomainBan, Purge};
use crate::block::Block;
use crate::channel::Channel;
use crate::email_change::EmailChange;
use crate::event::{Event, EventBody, Scope, Stream};
use crate::friendship::Friendship;
use crate::id::{ChannelKey, MessageId, SpaceKey, UserKey};
use crate::invitation::{Invited, Spent};
use crate::mail_code::MailCode;
use crate::member::Member;
use crate::message::Message;
use crate::mute::Mute;
use crate::port::{
    AccountGuard, AuditWrite, GlobalRoleGrant, InvitationGuard, InvitationWrite, JoinIntent, MessageGuard,
    MessageWrite, PendingLeave, Place, ReadWrite, RemoteProfile, RemovalWrite, SecretKey, SessionGuard, SpaceGuard,
    SpaceWrite, StoreError, StreamGuard, StreamWrite,
};
use crate::presence::PresenceChoice;
use crate::record::{Record, RecordGuard, RecordWrite};
use crate::registration::{InvitationSeat, Registration, UsernameHold};
use crate::report::Report;
use crate::restriction::Restriction;
use crate::role::Role;
use crate::second_factor::{SecondFactor, SecondFactorSetup};
use crate::session::Session;
use crate::space::Space;
use crate::suspension::Suspension;
use crate::time::Timestamp;

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
        Self::reading(space, revision).write(SpaceWrite::Revise(space.clone()))
    }

    /// A change that rests on a server's facts and leaves them as they are.
    pub fn reading(space: &SpaceKey, revision: u64) -> Self {
        Self::default().guard(SpaceGuard::At { id: space.clone(), revision })
    }

    /// Adds a guard.
    #[must_use]
    pub fn guard(mut self, guard: impl Into<Guard>) -> Self {
        self.guards.push(guard.into());
        self
    }

    /// Adds a write.
    #[must_use]
    pub fn write(mut self, write: impl Into<Write>) -> Self {
        self.writes.push(write.into());
        self
    }

    /// Makes a record, or replaces the one with its key.
    #[must_use]
    pub fn put<T: Record>(self, record: T) -> Self
    where
        RecordWrite<T>: Into<Write>,
    {
        self.write(RecordWrite::Put(record))
    }

    /// Removes the record with this key, if there is one.
    #[must_use]
    pub fn remove<T: Record>(self, key: T::Key) -> Self
    where
        RecordWrite<T>: Into<Write>,
    {
        self.write(RecordWrite::<T>::Remove(key))
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
        self.event(server.stream(), vec![Scope::Space(server.id.clone())], body)
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
}

/// Declares an enum by concept; what concerns one concept becomes its variant by `into`.
macro_rules! by_concept {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($of:ty)),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant($of),)*
        }

        $(impl From<$of> for $name {
            fn from(of: $of) -> Self {
                Self::$variant(of)
            }
        })*
    };
}

by_concept! {
    /// A fact that a decision rested on. Where it does not hold, the commit fails with [`CommitError::Stale`].
    Guard {
        /// Accounts and their global roles.
        Account(AccountGuard),
        /// Registrations.
        Registration(RecordGuard<Registration>),
        /// Mailed codes.
        MailCode(RecordGuard<MailCode>),
        /// Second factors.
        SecondFactor(RecordGuard<SecondFactor>),
        /// Second factors that were begun.
        SecondFactorSetup(RecordGuard<SecondFactorSetup>),
        /// Sessions.
        Session(SessionGuard),
        /// Friendships.
        Friendship(RecordGuard<Friendship>),
        /// Blocks.
        Block(RecordGuard<Block>),
        /// Spaces.
        Space(SpaceGuard),
        /// Memberships.
        Member(RecordGuard<Member>),
        /// Bans.
        Ban(RecordGuard<Ban>),
        /// Bans of domains.
        DomainBan(RecordGuard<DomainBan>),
        /// Invitations.
        Invitation(InvitationGuard),
        /// Suspensions of users.
        Suspension(RecordGuard<Suspension>),
        /// Reports.
        Report(RecordGuard<Report>),
        /// Messages.
        Message(MessageGuard),
        /// Streams of other backends.
        Stream(StreamGuard),
    }
}

by_concept! {
    /// One thing to write.
    Write {
        /// Accounts.
        Account(RecordWrite<Account>),
        /// Accounts that are deleted.
        Removal(RemovalWrite),
        /// Global roles.
        GlobalRole(RecordWrite<GlobalRoleGrant>),
        /// Registrations.
        Registration(RecordWrite<Registration>),
        /// Usernames that are kept for somebody.
        UsernameHold(RecordWrite<UsernameHold>),
        /// Uses of invitations that belong to registrations.
        InvitationSeat(RecordWrite<InvitationSeat>),
        /// Mailed codes.
        MailCode(RecordWrite<MailCode>),
        /// Addresses that accounts are to have.
        EmailChange(RecordWrite<EmailChange>),
        /// Second factors.
        SecondFactor(RecordWrite<SecondFactor>),
        /// Second factors that were begun.
        SecondFactorSetup(RecordWrite<SecondFactorSetup>),
        /// Sessions.
        Session(RecordWrite<Session>),
        /// Keys of the backend.
        Key(RecordWrite<SecretKey>),
        /// Friendships.
        Friendship(RecordWrite<Friendship>),
        /// Blocks.
        Block(RecordWrite<Block>),
        /// What users have chosen to be seen as.
        Presence(RecordWrite<PresenceChoice>),
        /// Answers to claimed requests.
        Answer(AnswerWrite),
        /// Spaces.
        Space(SpaceWrite),
        /// Roles.
        Role(RecordWrite<Role>),
        /// Channels.
        Channel(RecordWrite<Channel>),
        /// Memberships.
        Member(RecordWrite<Member>),
        /// Bans.
        Ban(RecordWrite<Ban>),
        /// Bans of domains.
        DomainBan(RecordWrite<DomainBan>),
        /// Audit logs.
        Audit(AuditWrite),
        /// Mutes.
        Mute(RecordWrite<Mute>),
        /// Suspensions of users.
        Suspension(RecordWrite<Suspension>),
        /// Restrictions of users in servers.
        Restriction(RecordWrite<Restriction>),
        /// Reports.
        Report(RecordWrite<Report>),
        /// What of somebody is to be deleted.
        Purge(RecordWrite<Purge>),
        /// Invitations of this backend.
        Invitation(InvitationWrite),
        /// Invitations of others, as they were told.
        Invited(RecordWrite<Invited>),
        /// Messages.
        Message(MessageWrite),
        /// How far users have read.
        Read(ReadWrite),
        /// Who asks to be let into servers of other backends.
        JoinIntent(RecordWrite<JoinIntent>),
        /// Who left servers of other backends that have not heard of it.
        PendingLeave(RecordWrite<PendingLeave>),
        /// Users of other backends.
        RemoteProfile(RecordWrite<RemoteProfile>),
        /// Streams from and to other backends.
        Stream(StreamWrite),
    }
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

/// What is written of claimed requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AnswerWrite {
    /// Keeps the answer to a claimed request.
    Put(IdempotencyKey, Answered),
}

/// What a commit did.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The events with their places, in order.
    pub events: Vec<Arc<Event>>,
    /// For each [`MessageWrite::Post`], in order, the message as it stands.
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
