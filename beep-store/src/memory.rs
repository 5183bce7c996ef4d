//! A store that keeps everything in plain maps behind one lock: for tests, and for embedding where nothing lasts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::account::{Account, CodePurpose, MailCode};
use beep_core::ban::Ban;
use beep_core::channel::Channel;
use beep_core::domain::Domain;
use beep_core::event::{Event, Position, Stream};
use beep_core::facts::ServerFacts;
use beep_core::global_role::GlobalRole;
use beep_core::id::{ChannelId, Id, InvitationId, MessageId, RoleId, ServerId, SessionId, UserId, UserKey};
use beep_core::invitation::{Invitation, Invited};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::port::{
    Accounts, Answered, Change, Claim, CommitError, Committed, Events, HeldServer, Invitations, Keys, LogState,
    MessagePage, Messages, SecretKey, Servers, Sessions, Snapshot, Store, StoreError, Which,
};
use beep_core::server::{Server, Visibility};
use beep_core::session::{REFRESH_LIFE, Session};
use beep_core::text::{Email, Nonce, Username};
use beep_core::time::Timestamp;
use uuid::Uuid;

use crate::StoreParts;
use crate::fold::fold;

mod commit;
mod federation;
mod state;
mod table;

use state::{KeptFor, Logged, State, claim_key, first, purpose_key};

/// A store in memory; what it keeps goes with it.
pub struct MemoryStore {
    parts: StoreParts,
    log_id: u64,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(parts: StoreParts) -> Self {
        let log_id = u64::from_be_bytes(parts.entropy.octets()) >> 1;
        Self { parts, log_id, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("domain", &self.parts.domain).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        let mut state = self.state();
        let (committed, queued) = commit::commit(&mut state, &self.parts, &change)?;
        // Under the lock, so that events are heard of in their order.
        if !committed.events.is_empty() {
            self.parts.publish.publish(&committed.events);
        }
        if !queued.is_empty() {
            self.parts.publish.queued(&queued);
        }
        Ok(committed)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn answer(&self, claim: &Claim) -> Result<Option<Option<Answered>>, StoreError> {
        Ok(self.state().claims.get(&claim_key(claim)).map(|claimed| claimed.answer.clone()))
    }

    async fn close(&self) {}
}

#[async_trait]
impl Accounts for MemoryStore {
    async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        Ok(self.state().accounts.get(&id).cloned())
    }

    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
        let state = self.state();
        Ok(ids.iter().filter_map(|id| state.accounts.get(id)).cloned().collect())
    }

    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError> {
        Ok(self.state().accounts.values().find(|account| account.user.username == *username).cloned())
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        Ok(self.state().accounts.values().find(|account| account.email == *email).cloned())
    }

    async fn holders_of(&self, role: GlobalRole) -> Result<Vec<UserId>, StoreError> {
        Ok(self.state().holders_of(role).collect())
    }

    async fn accounts_by_prefix(
        &self,
        query: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let query = fold(query);
        let begins = |text: &str| fold(text).starts_with(&query);
        let matches = |account: &&Account| {
            let user = &account.user;
            let named =
                begins(user.username.as_str()) || user.display_name.as_ref().is_some_and(|name| begins(name.as_str()));
            named && account.activated && !user.deleted && after.is_none_or(|after| account.id() > after)
        };
        Ok(self.state().accounts.values().filter(matches).take(limit as usize).cloned().collect())
    }

    async fn mail_code(&self, user: UserId, purpose: CodePurpose) -> Result<Option<MailCode>, StoreError> {
        Ok(self.state().codes.get(&(user, purpose_key(purpose))).cloned())
    }
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().sessions.get(&id).cloned())
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let state = self.state();
        let own = state.sessions.values().filter(|session| session.user == user && session.revoked_at.is_none());
        let mut sessions: Vec<_> = own.cloned().collect();
        sessions.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    async fn revoked_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        let state = self.state();
        let revoked = state.sessions.values().filter_map(|session| Some((session.revoked_at?, session.id)));
        let mut revoked: Vec<_> = revoked.filter(|(at, _)| *at >= since).collect();
        revoked.sort_unstable();
        Ok(revoked.into_iter().map(|(_, id)| id).collect())
    }
}

#[async_trait]
impl Keys for MemoryStore {
    async fn secret_keys(&self) -> Result<Vec<SecretKey>, StoreError> {
        let mut keys: Vec<_> = self.state().keys.values().cloned().collect();
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }
}

#[async_trait]
impl Servers for MemoryStore {
    async fn server(&self, id: ServerId) -> Result<Option<Server>, StoreError> {
        Ok(self.state().servers.get(&id).map(|held| held.server.clone()))
    }

    async fn server_facts(&self, id: ServerId) -> Result<Option<ServerFacts>, StoreError> {
        facts(&self.state(), id)
    }

    async fn server_of_channel(&self, id: ChannelId) -> Result<Option<ServerId>, StoreError> {
        Ok(self.state().channels.get(&id).map(|channel| channel.server))
    }

    async fn channels(&self, server: ServerId) -> Result<Vec<Channel>, StoreError> {
        Ok(self.state().channels_of(server))
    }

    async fn servers_of(&self, user: &UserKey, after: Option<ServerId>, limit: u32) -> Result<Vec<Server>, StoreError> {
        let state = self.state();
        let is_member = |id: &ServerId| state.members.contains_key(&(*id, user.clone()));
        let own = state.servers.iter().filter(|(id, _)| after.is_none_or(|after| **id > after) && is_member(id));
        Ok(own.take(limit as usize).map(|(_, held)| held.server.clone()).collect())
    }

    async fn owned_servers(&self, user: &UserKey) -> Result<u32, StoreError> {
        Ok(self.state().owned(user))
    }

    async fn public_servers(
        &self,
        query: &str,
        after: Option<ServerId>,
        limit: u32,
    ) -> Result<Vec<Server>, StoreError> {
        let query = fold(query);
        let state = self.state();
        let shown = state.servers.values().map(|held| &held.server).filter(|server| {
            server.visibility == Visibility::Public
                && server.id.home == self.parts.domain
                && after.is_none_or(|after| server.id.id > after)
                && (fold(server.name.as_str()).contains(&query) || fold(server.description.as_str()).contains(&query))
        });
        Ok(shown.take(limit as usize).cloned().collect())
    }

    async fn member(&self, server: ServerId, user: &UserKey) -> Result<Option<Member>, StoreError> {
        Ok(self.state().members.get(&(server, user.clone())).cloned())
    }

    async fn members(
        &self,
        server: ServerId,
        query: &str,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        let query = fold(query);
        let state = self.state();
        let begins = |text: &str| fold(text).starts_with(&query);
        let matches = |member: &Member| {
            let account = state.accounts.get(&member.user.id).filter(|_| member.user.home == self.parts.domain);
            let profile = state.profiles.get(&member.user).map(|(user, _)| user);
            let user = account.map(|account| &account.user).or(profile);
            let display_name = user.and_then(|user| user.display_name.as_ref());
            query.is_empty()
                || member.nickname.as_ref().is_some_and(|nickname| begins(nickname.as_str()))
                || user.is_some_and(|user| begins(user.username.as_str()))
                || display_name.is_some_and(|name| begins(name.as_str()))
        };
        let members = state.members_of(server).filter(|member| after.is_none_or(|after| member.user > *after));
        Ok(members.filter(|member| matches(member)).take(limit as usize).cloned().collect())
    }

    async fn ban(&self, server: ServerId, user: &UserKey) -> Result<Option<Ban>, StoreError> {
        Ok(self.state().bans.get(&(server, user.clone())).cloned())
    }

    async fn bans(&self, server: ServerId, after: Option<&UserKey>, limit: u32) -> Result<Vec<Ban>, StoreError> {
        let state = self.state();
        let own = state.bans.values().filter(|ban| ban.server.id == server);
        let page = own.filter(|ban| after.is_none_or(|after| ban.user > *after));
        Ok(page.take(limit as usize).cloned().collect())
    }

    async fn holders(&self, server: ServerId, role: RoleId) -> Result<Vec<UserKey>, StoreError> {
        let state = self.state();
        let holders = state.members_of(server).filter(|member| member.roles.contains(&role));
        Ok(holders.map(|member| member.user.clone()).collect())
    }
}

#[async_trait]
impl Invitations for MemoryStore {
    async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        Ok(self.state().invitations.get(&id).cloned())
    }

    async fn invitation_by_code(&self, code: &str) -> Result<Option<Invitation>, StoreError> {
        Ok(self.state().invitations.values().find(|invitation| invitation.code() == Some(code)).cloned())
    }

    async fn invitations(
        &self,
        server: ServerId,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        let state = self.state();
        let own = state.invitations.values().filter(|invitation| invitation.server.id == server);
        let page = own.filter(|invitation| after.is_none_or(|after| invitation.id > after));
        Ok(page.take(limit as usize).cloned().collect())
    }

    async fn invitations_for(&self, server: ServerId, user: &UserKey) -> Result<Vec<InvitationId>, StoreError> {
        let state = self.state();
        let own = state.invitations.values().filter(|it| it.server.id == server && it.user() == Some(user));
        Ok(own.map(|invitation| invitation.id).collect())
    }

    async fn invited(
        &self,
        user: &UserKey,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError> {
        let state = self.state();
        let mut invited = state.invited_where(|invitation| invitation.user() == Some(user));
        invited.extend(state.invited.values().filter(|it| it.invitation.user() == Some(user)).cloned());
        invited.retain(|invited| after.is_none_or(|after| invited.invitation.id > after));
        invited.sort_by_key(|invited| invited.invitation.id);
        invited.truncate(limit as usize);
        Ok(invited)
    }

    async fn invitations_to(
        &self,
        home: &Domain,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError> {
        let to = |invitation: &Invitation| {
            invitation.user().is_some_and(|user| user.home == *home) && after.is_none_or(|after| invitation.id > after)
        };
        let mut invited = self.state().invited_where(to);
        invited.truncate(limit as usize);
        Ok(invited)
    }
}

#[async_trait]
impl Messages for MemoryStore {
    async fn message(&self, channel: ChannelId, id: MessageId) -> Result<Option<Message>, StoreError> {
        Ok(self.state().messages.get(&(channel, id)).cloned())
    }

    async fn message_by_nonce(
        &self,
        channel: ChannelId,
        author: &UserKey,
        nonce: &Nonce,
    ) -> Result<Option<Message>, StoreError> {
        Ok(self.state().by_nonce(channel, author, nonce).cloned())
    }

    async fn messages(&self, channel: ChannelId, page: MessagePage, limit: u32) -> Result<Vec<Message>, StoreError> {
        use std::ops::Bound::{Excluded, Included};

        let state = self.state();
        let (least, greatest) = ((channel, first()), (channel, MessageId::from_uuid(Uuid::max())));
        let limit = limit as usize;
        let found = match page {
            MessagePage::Newest => state.messages.range(least..=greatest).rev().take(limit).map(value).collect(),
            MessagePage::Before(id) => {
                state.messages.range(least..(channel, id)).rev().take(limit).map(value).collect()
            }
            MessagePage::After(id) => {
                let after = (Excluded((channel, id)), Included(greatest));
                state.messages.range(after).take(limit).map(value).collect()
            }
        };
        Ok(found)
    }

    async fn sent_by(
        &self,
        server: ServerId,
        author: &UserKey,
        since: Timestamp,
    ) -> Result<Vec<(ChannelId, MessageId)>, StoreError> {
        Ok(self.state().sent_by(server, author, since))
    }
}

#[async_trait]
impl Events for MemoryStore {
    async fn log_state(&self) -> Result<LogState, StoreError> {
        let state = self.state();
        Ok(LogState { id: self.log_id, head: state.head(), kept_after: state.kept_after })
    }

    async fn events_for(
        &self,
        user: &UserKey,
        which: Which,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        let concerns = |kept: &KeptFor| match kept {
            KeptFor::Server(server) => state.members.contains_key(&(*server, user.clone())),
            KeptFor::User(who) => who == user,
        };
        let events = state.after(after).take_while(|logged| logged.event.position <= up_to);
        let asked = |logged: &&Logged| which == Which::All || logged.event.body.changes_facts();
        let own = events.filter(|logged| logged.kept_for.iter().any(concerns)).filter(asked);
        Ok(own.take(limit as usize).map(|logged| (*logged.event).clone()).collect())
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        Ok(state.after(after).take(limit as usize).map(|logged| (*logged.event).clone()).collect())
    }

    async fn channel_events(&self, channel: ChannelId, after_seq: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        let events = state.log.iter().map(|logged| &logged.event);
        let is_of = |stream: &Stream| matches!(stream, Stream::Channel { id, .. } if id.id == channel);
        let own = events.filter(|event| is_of(&event.stream) && event.seq > after_seq);
        Ok(own.take(limit as usize).map(|event| (**event).clone()).collect())
    }

    async fn snapshot(&self, user: &UserKey) -> Result<Snapshot, StoreError> {
        let state = self.state();
        let mut servers = Vec::new();
        for id in state.servers.keys() {
            let Some(member) = state.members.get(&(*id, user.clone())) else { continue };
            let Some(facts) = facts(&state, *id)? else { continue };
            let channel_seqs = facts.channels.keys().map(|id| (*id, state.tail(id.uuid()).seq)).collect();
            let seq = state.tail(id.uuid()).seq;
            servers.push(HeldServer { facts: facts.into(), member: member.clone(), seq, channel_seqs });
        }
        Ok(Snapshot { position: state.head(), servers, user_seq: state.tail(user.id.uuid()).seq })
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        state.claims.remove_where(|_, claimed| claimed.at < before);
        let long_ago = before.before(Duration::from_secs(24 * 60 * 60));
        let unused = long_ago.before(REFRESH_LIFE);
        let ended = |session: &Session| session.revoked_at.is_some_and(|at| at < long_ago);
        state.sessions.remove_where(|_, session| ended(session) || session.last_used_at < unused);
        let abandoned = |account: &Account| !account.activated && account.user.created_at < long_ago;
        let abandoned: Vec<_> = state.accounts.values().filter(|account| abandoned(account)).map(Account::id).collect();
        for id in abandoned {
            state.accounts.remove(&id);
            state.codes.remove_where(|(user, _), _| *user == id);
            state.sessions.remove_where(|_, session| session.user == id);
        }
        state.settle();
        let mut removed = 0;
        while state.log.front().is_some_and(|logged| logged.event.at < before) {
            state.log.pop_front();
            state.kept_after.0 += 1;
            removed += 1;
        }
        let kept_after = state.kept_after;
        state.queued.remove_where(|_, position| *position <= kept_after);
        state.settle();
        Ok(removed)
    }
}

fn facts(state: &State, id: ServerId) -> Result<Option<ServerFacts>, StoreError> {
    let Some(held) = state.servers.get(&id) else { return Ok(None) };
    let roles = state.roles_of(id).cloned();
    let facts = ServerFacts::new(held.server.clone(), held.revision, roles, state.channels_of(id));
    facts.map(Some).ok_or_else(|| StoreError::new("a server has no role `everyone`"))
}

fn value<K, V: Clone>((_, value): (K, &V)) -> V {
    value.clone()
}
