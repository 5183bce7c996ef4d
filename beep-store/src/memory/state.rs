//! All that a memory store keeps.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use beep_core::account::{Account, CodePurpose, MailCode, User};
use beep_core::ban::Ban;
use beep_core::channel::Channel;
use beep_core::domain::Domain;
use beep_core::event::{Event, Position};
use beep_core::global_role::GlobalRole;
use beep_core::id::{ChannelId, Id, InvitationId, MessageId, Qualified, RoleId, ServerId, SessionId, UserId, UserKey};
use beep_core::invitation::{Invitation, Invited};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::port::{Answered, Claim, SecretKey, SetAside, StoreError, StreamMark};
use beep_core::role::Role;
use beep_core::server::Server;
use beep_core::session::Session;
use beep_core::text::Nonce;
use beep_core::time::Timestamp;
use uuid::Uuid;

use super::table::Table;

/// Tables, and the log.
#[derive(Default)]
pub(super) struct State {
    pub(super) accounts: Table<UserId, Account>,
    pub(super) codes: Table<(UserId, u8), MailCode>,
    pub(super) sessions: Table<SessionId, Session>,
    pub(super) keys: Table<Uuid, SecretKey>,
    pub(super) servers: Table<ServerId, Held>,
    pub(super) roles: Table<(ServerId, RoleId), Role>,
    pub(super) channels: Table<ChannelId, Channel>,
    pub(super) members: Table<(ServerId, UserKey), Member>,
    pub(super) bans: Table<(ServerId, UserKey), Ban>,
    pub(super) invitations: Table<InvitationId, Invitation>,
    pub(super) invited: Table<(UserId, InvitationId), Invited>,
    pub(super) messages: Table<(ChannelId, MessageId), Message>,
    pub(super) nonces: Table<(ChannelId, UserKey, Nonce), MessageId>,
    pub(super) claims: Table<(UserKey, String, String), Claimed>,
    pub(super) streams: Table<Uuid, Tail>,
    pub(super) outbound: Table<Domain, Outlet>,
    pub(super) queued: Table<(Domain, u64), Position>,
    pub(super) inbound: Table<Domain, StreamMark>,
    pub(super) visits: Table<(UserId, Qualified<ServerId>), ()>,
    pub(super) departures: Table<(Qualified<ServerId>, UserId), String>,
    pub(super) set_aside: Table<usize, SetAside>,
    pub(super) profiles: Table<UserKey, (User, Timestamp)>,
    pub(super) log: VecDeque<Logged>,
    pub(super) kept_after: Position,
}

/// A server with its revision.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) server: Server,
    pub(super) revision: u64,
}

/// A claimed request, and its answer once it was kept.
#[derive(Clone)]
pub(super) struct Claimed {
    pub(super) at: Timestamp,
    pub(super) answer: Option<Answered>,
}

/// The stream to another backend.
#[derive(Clone, Copy)]
pub(super) struct Outlet {
    pub(super) stream: Uuid,
    pub(super) last: u64,
    pub(super) acknowledged: u64,
}

/// The end of a stream.
#[derive(Clone, Copy, Default)]
pub(super) struct Tail {
    pub(super) seq: u64,
    pub(super) last_message: Option<MessageId>,
}

/// An event and whom it is kept for.
pub(super) struct Logged {
    pub(super) event: Arc<Event>,
    pub(super) kept_for: Vec<KeptFor>,
}

/// A server whose members, or a user who, may be shown an event.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum KeptFor {
    Server(ServerId),
    User(UserKey),
}

/// Does the same to every table.
macro_rules! each_table {
    ($state:expr, $do:ident) => {{
        let State {
            accounts,
            codes,
            sessions,
            keys,
            servers,
            roles,
            channels,
            members,
            bans,
            invitations,
            invited,
            messages,
            nonces,
            claims,
            streams,
            outbound,
            queued,
            inbound,
            visits,
            departures,
            set_aside,
            profiles,
            log: _,
            kept_after: _,
        } = $state;
        accounts.$do();
        codes.$do();
        sessions.$do();
        keys.$do();
        servers.$do();
        roles.$do();
        channels.$do();
        members.$do();
        bans.$do();
        invitations.$do();
        invited.$do();
        messages.$do();
        nonces.$do();
        claims.$do();
        streams.$do();
        outbound.$do();
        queued.$do();
        inbound.$do();
        visits.$do();
        departures.$do();
        set_aside.$do();
        profiles.$do();
    }};
}

impl State {
    /// Keeps what was done to the tables.
    pub(super) fn settle(&mut self) {
        each_table!(self, settle);
    }

    /// Takes back what was done to the tables since they were last settled.
    pub(super) fn take_back(&mut self) {
        each_table!(self, take_back);
    }

    /// The last place of the log.
    pub(super) fn head(&self) -> Position {
        Position(self.kept_after.0 + self.log.len() as u64)
    }

    /// The events that are kept after a place, in order.
    pub(super) fn after(&self, position: Position) -> impl Iterator<Item = &Logged> {
        let skipped = position.0.saturating_sub(self.kept_after.0);
        self.log.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// The end of a stream; one that has not begun is at 0.
    pub(super) fn tail(&self, stream: Uuid) -> Tail {
        self.streams.get(&stream).copied().unwrap_or_default()
    }

    /// A channel with its last message.
    pub(super) fn channel(&self, channel: &Channel) -> Channel {
        Channel { last_message: self.tail(channel.id.id.uuid()).last_message, ..channel.clone() }
    }

    /// Some of the invitations of this backend with what is to be seen of where they lead, by id.
    pub(super) fn invited_where(&self, is: impl Fn(&Invitation) -> bool) -> Vec<Invited> {
        let some = self.invitations.values().filter(|invitation| is(invitation));
        let invited = some.filter_map(|invitation| {
            let held = self.servers.get(&invitation.server.id)?;
            Some(Invited { invitation: invitation.clone(), server: (&held.server).into() })
        });
        invited.collect()
    }

    /// The channels of a server with their last messages, by id.
    pub(super) fn channels_of(&self, server: ServerId) -> Vec<Channel> {
        let own = self.channels.values().filter(|channel| channel.server == server);
        own.map(|channel| self.channel(channel)).collect()
    }

    /// The roles of a server, by id.
    pub(super) fn roles_of(&self, server: ServerId) -> impl Iterator<Item = &Role> {
        self.roles.range((server, first())..).take_while(move |((of, _), _)| *of == server).map(|(_, role)| role)
    }

    /// The members of a server, by user.
    pub(super) fn members_of(&self, server: ServerId) -> impl Iterator<Item = &Member> {
        let all = self.members.iter().skip_while(move |((of, _), _)| *of < server);
        all.take_while(move |((of, _), _)| *of == server).map(|(_, member)| member)
    }

    /// The other backends that are told of a server: those of its members, or the owner of a replica.
    pub(super) fn remotes_of(&self, server: ServerId, own: &Domain) -> BTreeSet<Domain> {
        match self.servers.get(&server) {
            Some(held) if held.server.id.home != *own => BTreeSet::from([held.server.id.home.clone()]),
            _ => self.members_of(server).map(|member| member.user.home.clone()).filter(|home| home != own).collect(),
        }
    }

    /// Whether nothing else has one of the ids.
    pub(super) fn are_free(&self, server: &Qualified<ServerId>, channels: &[ChannelId]) -> bool {
        let ids = std::iter::once(server.id.uuid()).chain(channels.iter().map(|channel| channel.uuid()));
        ids.into_iter().all(|id| {
            let own_server = |held: &Held| held.server.id == *server;
            let own_channel = |channel: &Channel| channel.server == server.id && id != server.id.uuid();
            !self.accounts.contains_key(&UserId::from_uuid(id))
                && self.servers.get(&ServerId::from_uuid(id)).is_none_or(own_server)
                && self.channels.get(&ChannelId::from_uuid(id)).is_none_or(own_channel)
        })
    }

    /// Who holds a global role, by id.
    pub(super) fn holders_of(&self, role: GlobalRole) -> impl Iterator<Item = UserId> + '_ {
        self.accounts.values().filter(move |account| account.global_roles.contains(&role)).map(Account::id)
    }

    /// How many servers a user owns.
    pub(super) fn owned(&self, user: &UserKey) -> u32 {
        let own = self.servers.values().filter(|held| held.server.owner == *user);
        u32::try_from(own.count()).unwrap_or(u32::MAX)
    }

    /// The message that an author sent under a nonce.
    pub(super) fn by_nonce(&self, channel: ChannelId, author: &UserKey, nonce: &Nonce) -> Option<&Message> {
        let id = self.nonces.get(&(channel, author.clone(), nonce.clone()))?;
        self.messages.get(&(channel, *id))
    }

    /// What somebody sent to the channels of a server from some time on.
    pub(super) fn sent_by(&self, server: ServerId, author: &UserKey, since: Timestamp) -> Vec<(ChannelId, MessageId)> {
        let of_server = |id: &ChannelId| self.channels.get(id).is_some_and(|channel| channel.server == server);
        let own = self.messages.iter().filter(|((channel, _), message)| {
            message.author == *author && message.created_at >= since && of_server(channel)
        });
        own.map(|(key, _)| *key).collect()
    }

    /// Refuses what speaks of a server that is not there.
    pub(super) fn need_server(&self, id: ServerId) -> Result<(), StoreError> {
        let there = self.servers.contains_key(&id);
        if there { Ok(()) } else { Err(StoreError::new("there is no such server")) }
    }

    /// Refuses what speaks of an account that is not there.
    pub(super) fn need_account(&self, id: UserId) -> Result<(), StoreError> {
        let there = self.accounts.contains_key(&id);
        if there { Ok(()) } else { Err(StoreError::new("there is no such account")) }
    }
}

/// The least id.
pub(super) fn first<T: Id>() -> T {
    T::from_uuid(Uuid::nil())
}

/// The name of a claimed request.
pub(super) fn claim_key(claim: &Claim) -> (UserKey, String, String) {
    (claim.caller.clone(), claim.key.clone(), claim.route.clone())
}

/// How the purpose of a code is kept.
pub(super) fn purpose_key(purpose: CodePurpose) -> u8 {
    match purpose {
        CodePurpose::Activation => 0,
    }
}
