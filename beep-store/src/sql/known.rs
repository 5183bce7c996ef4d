//! A cache of what changes rest on, for the writer, so that busy channels and their members need no read in each
//! transaction.
//!
//! It is valid as long as no other process writes: writing transactions are numbered, and the cache is cleared if a
//! number is missing.

use std::collections::HashMap;
use std::sync::Arc;

use beep_core::account::Account;
use beep_core::audit::AuditLog;
use beep_core::domain::Domain;
use beep_core::id::{ChannelKey, MessageId, SpaceKey, UserId, UserKey};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::port::{AuditWrite, Change, MessageGuard, MessageWrite, SpaceWrite, Write};
use beep_core::record::RecordWrite;
use beep_core::text::{DisplayName, Email, Username};
use beep_core::time::Timestamp;
use quick_cache::unsync::Cache;

use super::log::{Log, Tail};
use super::pins::PinsOfChannel;
use super::stream_key::StreamKey;

/// What is cached.
pub(crate) struct Known {
    /// The number of the transaction after which the cache was valid.
    commits: u64,
    /// The space of each channel.
    channels: HashMap<ChannelKey, SpaceKey>,
    /// The revision of each space.
    revisions: HashMap<SpaceKey, u64>,
    /// The members of each space, as they are stored.
    members: HashMap<SpaceKey, HashMap<UserKey, Arc<Member>>>,
    /// How many members that is.
    member_count: usize,
    /// The other backends that get events of each space.
    remotes: HashMap<SpaceKey, Arc<[Domain]>>,
    /// The end of each stream.
    tails: HashMap<StreamKey, Tail>,
    /// How messages are that were written last: what is edited or pinned is mostly new.
    messages: Cache<(ChannelKey, MessageId), KnownMessage>,
    /// What is pinned in each channel.
    pins: HashMap<ChannelKey, PinsOfChannel>,
    /// What accounts are known by.
    accounts: HashMap<UserId, KnownAccount>,
    /// The number of the newest entry in each audit log.
    audited: HashMap<AuditLog, u64>,
    /// Whether rows were left to be removed bit by bit.
    has_left_rows: bool,
}

/// What a change of an account rests on.
#[derive(Clone, Debug)]
pub(crate) struct KnownAccount {
    /// How often it was changed.
    pub(crate) revision: u64,
    /// Whom it belongs to.
    pub(crate) username: Username,
    /// Where its mail goes.
    pub(crate) email: Email,
    /// What it is shown as.
    pub(crate) display_name: Option<DisplayName>,
}

impl From<&Account> for KnownAccount {
    fn from(account: &Account) -> Self {
        let Account { user, email, revision, .. } = account;
        let (username, display_name) = (user.username.clone(), user.display_name.clone());
        Self { revision: *revision, username, email: email.clone(), display_name }
    }
}

/// What guards ask of a message, and whether an edit of it has to tell of more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct KnownMessage {
    /// When it was last edited.
    pub(crate) edited_at: Option<Timestamp>,
    /// Whether it is pinned.
    pub(crate) pinned: bool,
    /// Whether somebody reacted to it.
    pub(crate) is_reacted_to: bool,
}

impl KnownMessage {
    /// What is to be known of this message.
    pub(crate) fn of(message: &Message) -> Self {
        Self { edited_at: message.edited_at, pinned: message.pinned, is_reacted_to: !message.reactions.is_empty() }
    }

    /// Whether it is as a decision found it.
    pub(crate) fn is_as_read(self, guard: &MessageGuard) -> bool {
        matches!(guard, MessageGuard::At { edited_at, pinned, .. } if (*edited_at, *pinned) == (self.edited_at, self.pinned))
    }
}

impl Default for Known {
    fn default() -> Self {
        Self {
            commits: 0,
            channels: HashMap::new(),
            revisions: HashMap::new(),
            members: HashMap::new(),
            member_count: 0,
            remotes: HashMap::new(),
            tails: HashMap::new(),
            messages: Cache::new(MOST),
            pins: HashMap::new(),
            accounts: HashMap::new(),
            audited: HashMap::new(),
            has_left_rows: false,
        }
    }
}

impl Known {
    /// Begins a transaction; `commits` have been made before.
    pub(crate) fn begin(&mut self, commits: u64) {
        let sizes = [
            self.channels.len(),
            self.revisions.len(),
            self.member_count,
            self.remotes.len(),
            self.tails.len(),
            self.pins.len(),
            self.accounts.len(),
            self.audited.len(),
        ];
        if self.commits != commits || sizes.into_iter().any(|size| size > MOST) {
            self.forget();
        }
    }

    /// The space of a channel, if cached.
    pub(crate) fn space_of(&self, channel: &ChannelKey) -> Option<&SpaceKey> {
        self.channels.get(channel)
    }

    /// Caches the space of a channel.
    pub(crate) fn learn_channel(&mut self, channel: ChannelKey, space: SpaceKey) {
        self.channels.insert(channel, space);
    }

    /// The revision of a space, if cached.
    pub(crate) fn revision(&self, space: &SpaceKey) -> Option<u64> {
        self.revisions.get(space).copied()
    }

    /// Caches the revision of a space.
    pub(crate) fn learn_revision(&mut self, space: SpaceKey, revision: u64) {
        self.revisions.insert(space, revision);
    }

    /// A member, if cached.
    pub(crate) fn member(&self, space: &SpaceKey, user: &UserKey) -> Option<&Arc<Member>> {
        self.members.get(space)?.get(user)
    }

    /// Caches a member.
    pub(crate) fn learn_member(&mut self, member: Arc<Member>) {
        let of_space = self.members.entry(member.server.clone()).or_default();
        if of_space.insert(member.user.clone(), member).is_none() {
            self.member_count += 1;
        }
    }

    /// The other backends that get events of a space, if cached.
    pub(crate) fn remotes(&self, space: &SpaceKey) -> Option<&Arc<[Domain]>> {
        self.remotes.get(space)
    }

    /// Caches which other backends get events of a space.
    pub(crate) fn learn_remotes(&mut self, space: SpaceKey, remotes: Arc<[Domain]>) {
        self.remotes.insert(space, remotes);
    }

    /// The end of a stream, if cached.
    pub(crate) fn tail(&self, stream: &StreamKey) -> Option<Tail> {
        self.tails.get(stream).copied()
    }

    /// Caches the end of a stream.
    pub(crate) fn learn_tail(&mut self, stream: StreamKey, tail: Tail) {
        self.tails.insert(stream, tail);
    }

    /// How a message is, if cached.
    pub(crate) fn message(&self, channel: &ChannelKey, id: MessageId) -> Option<KnownMessage> {
        self.messages.get(&(channel.clone(), id)).copied()
    }

    /// Caches how a message is.
    pub(crate) fn learn_message(&mut self, channel: ChannelKey, id: MessageId, message: KnownMessage) {
        self.messages.insert((channel, id), message);
    }

    /// Forgets a message.
    pub(crate) fn forget_message(&mut self, channel: &ChannelKey, id: MessageId) {
        self.messages.remove(&(channel.clone(), id));
    }

    /// What is pinned in a channel, if cached.
    pub(crate) fn pins(&self, channel: &ChannelKey) -> Option<PinsOfChannel> {
        self.pins.get(channel).copied()
    }

    /// Forgets what is pinned in a channel.
    pub(crate) fn forget_pins(&mut self, channel: &ChannelKey) {
        self.pins.remove(channel);
    }

    /// Caches what is pinned in a channel.
    pub(crate) fn learn_pins(&mut self, channel: ChannelKey, pins: PinsOfChannel) {
        self.pins.insert(channel, pins);
    }

    /// What an account is known by, if cached.
    pub(crate) fn account(&self, id: UserId) -> Option<&KnownAccount> {
        self.accounts.get(&id)
    }

    /// Caches what an account is known by.
    pub(crate) fn learn_account(&mut self, id: UserId, account: KnownAccount) {
        self.accounts.insert(id, account);
    }

    /// The number of the newest entry in an audit log, if cached.
    pub(crate) fn audited(&self, log: &AuditLog) -> Option<u64> {
        self.audited.get(log).copied()
    }

    /// Caches the number of the newest entry in an audit log.
    pub(crate) fn learn_audited(&mut self, log: AuditLog, number: u64) {
        self.audited.insert(log, number);
    }

    /// Rows are left to be removed bit by bit.
    pub(crate) fn leave_rows(&mut self) {
        self.has_left_rows = true;
    }

    /// Whether rows were left since this was last asked.
    pub(crate) fn take_left_rows(&mut self) -> bool {
        std::mem::take(&mut self.has_left_rows)
    }

    /// Clears what a change may make untrue.
    pub(crate) fn forget_written(&mut self, change: &Change) {
        for write in &change.writes {
            match write {
                Write::Space(SpaceWrite::Revise(space)) => drop(self.revisions.remove(space)),
                Write::Space(SpaceWrite::Put(space)) => self.forget_space(&space.id),
                Write::Space(SpaceWrite::Remove(space)) => self.forget_space(space),
                Write::Space(SpaceWrite::Replicate(replica)) => self.forget_space(&replica.facts.server.id),
                Write::Channel(RecordWrite::Put(channel)) => self.forget_channel(&channel.id),
                Write::Channel(RecordWrite::Remove(channel)) => self.forget_channel(channel),
                Write::Member(RecordWrite::Put(member)) => self.forget_member(&member.server, &member.user),
                Write::Member(RecordWrite::Remove((space, user))) => self.forget_member(space, user),
                Write::Account(RecordWrite::Put(account)) => drop(self.accounts.remove(&account.id())),
                Write::Account(RecordWrite::Remove(id)) => drop(self.accounts.remove(id)),
                Write::Message(MessageWrite::Put(message)) => self.forget_message(&message.channel, message.id),
                Write::Message(
                    MessageWrite::React { channel, id, .. } | MessageWrite::CountReactions { channel, id, .. },
                ) => self.forget_message(channel, *id),
                Write::Message(
                    MessageWrite::Remove(channel, id)
                    | MessageWrite::Pin { channel, id, .. }
                    | MessageWrite::Unpin(channel, id),
                ) => {
                    self.forget_message(channel, *id);
                    self.forget_pins(channel);
                }
                Write::Audit(AuditWrite::Add(entry)) => drop(self.audited.remove(&entry.log)),
                _ => {}
            }
        }
    }

    fn forget_space(&mut self, space: &SpaceKey) {
        self.revisions.remove(space);
        self.remotes.remove(space);
        self.audited.remove(&AuditLog::Server(space.clone()));
        self.member_count -= self.members.remove(space).map_or(0, |members| members.len());
        self.tails.remove(&StreamKey::space(space));
        let channels = self.channels.extract_if(|_, of| of == space);
        for (channel, _) in channels {
            self.tails.remove(&StreamKey::channel(&channel));
            self.pins.remove(&channel);
        }
        self.messages.clear();
    }

    fn forget_channel(&mut self, channel: &ChannelKey) {
        self.channels.remove(channel);
        self.tails.remove(&StreamKey::channel(channel));
        self.pins.remove(channel);
    }

    fn forget_member(&mut self, space: &SpaceKey, user: &UserKey) {
        if self.members.get_mut(space).is_some_and(|members| members.remove(user).is_some()) {
            self.member_count -= 1;
        }
        // Their backend may be told of the space from now on, or no more.
        self.remotes.remove(space);
    }

    /// Clears the cache: the outcome of a commit is unknown.
    pub(crate) fn forget(&mut self) {
        *self = Self { commits: self.commits, ..Self::default() };
    }

    /// Updates the cache after a commit.
    pub(crate) fn commit(&mut self, log: &Log) {
        self.commits = log.commits();
        for (stream, known) in &mut self.tails {
            if let Some(tail) = log.tail(stream) {
                *known = tail;
            }
        }
    }
}

/// The maximum number of cached entries of a kind: together about four megabytes.
const MOST: usize = 4_096;
