//! Two backends that play at random, and what is sent from one to the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use beep_core::account::{Account, User};
use beep_core::backend::channels::{self, ChannelPlace, NewChannel};
use beep_core::backend::facts_cache::FactsCache;
use beep_core::backend::inbound::{self, Received};
use beep_core::backend::invitations::{self, NewInvitation};
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::outbound::{self, OutboundStream};
use beep_core::backend::repair::Fetched;
use beep_core::backend::roles::{self, NewRole, RoleChange};
use beep_core::backend::servers::{self, NewServer, ServerChange};
use beep_core::backend::{Actor, Backend, Policy, Ports, bans, members, pins, reactions, remote, repair};
use beep_core::channel::ChannelKind;
use beep_core::content::Content;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Position};
use beep_core::id::{ChannelKey, Id, MessageId, RoleId, SpaceKey, UserId, UserKey};
use beep_core::invitation::Invited;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::port::{Change, Clock, Entropy, HashError, Mail, Mailer, NoLive, Passwords, Publish, RemoteProfile};
use beep_core::space::{Template, Visibility};
use beep_core::text::{ChannelName, Description, Email, Emoji, RoleName, ServerName, Username};
use beep_core::time::Timestamp;
use beep_proto::federation::State;
use beep_proto::record::Records;
use beep_store::{SqlOptions, SqlStore, StoreParts};

use crate::line::{Line, travelled};

/// Two backends, and a server of the far one that people of the near one are in.
pub(crate) struct Pair {
    pub(crate) near: Arc<Backend>,
    pub(crate) far: Arc<Backend>,
    /// From the near one to the far one.
    pub(crate) line: Arc<Line>,
    /// From the far one to the near one.
    pub(crate) back: Arc<Line>,
    pub(crate) server: SpaceKey,
    pub(crate) owner: UserKey,
    pub(crate) guests: Vec<UserKey>,
    /// Others of the far one.
    pub(crate) locals: Vec<UserKey>,
    /// The channels of the private conversations that were made.
    pub(crate) conversations: Vec<ChannelKey>,
    outbound_stream: OutboundStream,
    unanswered: Option<Received>,
    pub(crate) random: Random,
    _kept: Kept,
}

/// Where the two keep what they know.
pub(crate) enum Kept {
    /// In memory.
    Memory,
    /// In files of a folder.
    Files(tempfile::TempDir),
    /// In two databases.
    Databases([String; 2]),
}

impl Kept {
    fn urls(&self) -> [String; 2] {
        match self {
            Self::Memory => ["memory:".to_owned(), "memory:".to_owned()],
            Self::Files(folder) => {
                ["near", "far"].map(|name| format!("sqlite://{}", folder.path().join(format!("{name}.db")).display()))
            }
            Self::Databases(urls) => urls.clone(),
        }
    }
}

impl Pair {
    pub(crate) async fn new(seed: u64, kept: Kept) -> Self {
        let [near, far] = kept.urls();
        let (line, back) = (Arc::new(Line::default()), Arc::new(Line::default()));
        let near = Arc::new(backend("a.example.com", &near, seed, line.clone()).await);
        let far = Arc::new(backend("b.example.com", &far, seed + 1_000_000, back.clone()).await);
        line.connect(&near, &far);
        back.connect(&far, &near);
        let owner = person(&far, seed);
        let new = NewServer {
            name: ServerName::parse("far").expect("a name"),
            description: Description::parse("").expect("empty"),
            visibility: Visibility::Public,
            template: Template::Community,
        };
        let server = servers::create(&far, &Actor::user(owner.clone()), new).await.expect("anybody may").id;
        let guests: Vec<_> = (0..3).map(|n| person(&near, seed * 10 + n)).collect();
        for guest in &guests {
            resident(&near, guest).await;
            inbound::join_intent(&near, guest, &server).await.expect("they live here");
            let known = near.store.account(guest.id).await.expect("the store works").expect("they live here").user;
            far.store
                .commit(Change::default().put(RemoteProfile { user: known, seen_at: far.clock.now() }))
                .await
                .expect("it is kept");
        }
        servers::join(&far, &Actor::user(guests[0].clone()), &server).await.expect("it is public");
        let outbound_stream = OutboundStream::new(near.domain.clone());
        Self {
            near,
            far,
            line,
            back,
            server,
            owner,
            guests,
            locals: Vec::new(),
            conversations: Vec::new(),
            outbound_stream,
            unanswered: None,
            random: Random(seed + 1),
            _kept: kept,
        }
    }

    /// Does so many things at random, delivers now and then, and looks whether both hold the same when all is told.
    pub(crate) async fn play(mut self, steps: usize) {
        self.populate().await;
        for step in 0..steps {
            self.step().await;
            match self.random.below(6) {
                0 => self.deliver(1 + self.random.clone().below(4)).await,
                1 => self.lose().await,
                2 => self.restart().await,
                _ => {}
            }
            if step % 20 == 19 {
                self.repair().await;
                self.deliver_both().await;
                self.compare().await;
                self.compare_conversations().await;
            }
        }
        for backend in [&self.near, &self.far] {
            let aside = backend.store.dead_letters(10).await.expect("the store works");
            assert!(aside.is_empty(), "set aside: {aside:?}");
        }
        for backend in [&self.near, &self.far] {
            backend.store.close().await;
        }
    }

    /// Has others of the far backend in the server too, whom all know.
    async fn populate(&mut self) {
        resident(&self.far, &self.owner).await;
        self.locals = (0..2).map(|n| person(&self.far, 1_000 + n)).collect();
        for local in &self.locals {
            resident(&self.far, local).await;
            servers::join(&self.far, &Actor::user(local.clone()), &self.server).await.expect("it is public");
        }
        for user in self.locals.iter().chain([&self.owner]) {
            let known = self.far.store.account(user.id).await.expect("the store works").expect("they live there").user;
            let change = Change::default().put(RemoteProfile { user: known, seen_at: self.near.clock.now() });
            self.near.store.commit(change).await.expect("it is kept");
        }
    }

    async fn step(&mut self) {
        let said = self.said();
        let far = &self.far;
        let owner = Actor::user(self.owner.clone());
        let guest = self.guests[self.random.below(self.guests.len())].clone();
        let channels: Vec<ChannelKey> = self.channels().await.into_iter().collect();
        let facts = far.store.space_facts(&self.server).await.expect("the store works").expect("it is there");
        let roles: Vec<RoleId> = facts.roles.values().filter(|role| !role.everyone).map(|role| role.id).collect();
        let channel = (!channels.is_empty()).then(|| channels[self.random.below(channels.len())].clone());
        let role = (!roles.is_empty()).then(|| roles[self.random.below(roles.len())]);
        let text = format!("n{}", self.random.below(1_000));
        let choice = self.random.below(32);
        if choice >= 19 {
            return self.talk().await;
        }
        if choice == 1 && self.random.below(4) == 0 {
            self.line.lose_answer();
        }
        if choice == 14 {
            self.deliver(usize::MAX).await;
        }
        let (near, far) = (&*self.near, &*self.far);
        // Refusals are part of the game: what was refused did not happen.
        match (choice, channel, role) {
            (0, ..) => drop(remote::join(near, &Actor::user(guest), &self.server).await),
            (1, ..) => drop(remote::leave(near, &Actor::user(guest), &self.server).await),
            (18, Some(channel), _) => {
                let categories = facts.channels.values().filter(|channel| channel.kind == ChannelKind::Category);
                let categories: Vec<_> = categories.map(|category| category.id.clone()).collect();
                let parent = categories.get(self.random.below(categories.len() + 1)).cloned();
                match self.random.below(3) {
                    0 => drop(channels::follow_parent(far, &owner, &channel).await),
                    1 => drop(channels::unfollow_parent(far, &owner, &channel).await),
                    _ => {
                        let places = [ChannelPlace { channel, parent, position: 3 }];
                        drop(channels::order(far, &owner, &self.server, &places).await);
                    }
                }
            }
            (2, ..) if channels.len() < 6 => {
                let kind = if self.random.below(3) == 0 { ChannelKind::Category } else { ChannelKind::Text };
                let new = NewChannel { kind, ..NewChannel::new(ChannelName::parse(&text).expect("a name")) };
                drop(channels::create(far, &owner, &self.server, new).await);
            }
            (3, Some(channel), _) if channels.len() > 2 => drop(channels::delete(far, &owner, &channel).await),
            (4, Some(channel), Some(role)) => {
                drop(channels::set_override(far, &owner, &channel, &Target::Role(role), said, None).await);
            }
            (5, Some(channel), _) => {
                let target = Target::Role(facts.everyone());
                drop(channels::set_override(far, &owner, &channel, &target, said, None).await);
            }
            (6, Some(channel), _) => {
                drop(channels::set_override(far, &owner, &channel, &Target::Member(guest), said, None).await);
            }
            (7, ..) if roles.len() < 4 => {
                let new = NewRole {
                    name: RoleName::parse(&text).expect("a name"),
                    permissions: Permissions::SEND_MESSAGES,
                    color: None,
                    position: 1 + i32::try_from(self.random.below(5)).expect("few"),
                    hoist: false,
                    mentionable: false,
                };
                drop(roles::create(far, &owner, &self.server, new).await);
            }
            (8, _, Some(role)) => {
                let permissions = Some(if self.random.below(2) == 0 {
                    Permissions::VIEW_CHANNELS
                } else {
                    Permissions::SEND_MESSAGES
                });
                let change = RoleChange { permissions, ..RoleChange::default() };
                drop(roles::update(far, &owner, &self.server, role, change).await);
            }
            (9, _, Some(role)) => drop(members::assign_role(far, &owner, &self.server, &guest, role).await),
            (10, _, Some(role)) if self.random.below(3) == 0 => {
                drop(roles::delete(far, &owner, &self.server, role).await);
            }
            (11, ..) => {
                let change =
                    ServerChange { name: Some(ServerName::parse(&text).expect("a name")), ..Default::default() };
                drop(servers::update(far, &owner, &self.server, change).await);
            }
            (12, ..) => {
                let change = RoleChange {
                    permissions: Some(if self.random.below(2) == 0 {
                        Permissions::empty()
                    } else {
                        Permissions::community()
                    }),
                    ..RoleChange::default()
                };
                drop(roles::update(far, &owner, &self.server, facts.everyone(), change).await);
            }
            (13, ..) => {
                let new = NewInvitation { user: Some(guest), expires_at: None, max_uses: None };
                drop(invitations::create(far, &owner, &self.server, new).await);
            }
            (14, ..) => {
                let pending = far.store.invited(&guest, None, 10).await.expect("the store works");
                let Some(invited) = pending.first() else { return };
                let (guest, id) = (Actor::user(guest), invited.invitation.id.to_string());
                match self.random.below(3) {
                    0 => drop(remote::accept(near, &guest, &far.domain, &id).await),
                    1 => {
                        let told = invitations::told(near, &guest, &id).await.expect("the store works");
                        let told = told.expect("all is told");
                        remote::decline(near, &guest, &told, &id).await.expect("the store works");
                    }
                    _ => drop(invitations::revoke(far, &owner, &self.server, invited.invitation.id).await),
                }
            }
            (16, ..) => {
                self.line.cut();
                drop(remote::leave(near, &Actor::user(guest), &self.server).await);
                self.line.mend();
            }
            (17, ..) => self.fetch().await,
            (15, ..) if self.random.below(2) == 0 => drop(bans::kick(far, &owner, &self.server, &guest).await),
            (_, Some(channel), _) if facts.is_category(channel.id) => {
                drop(channels::delete(far, &owner, &channel).await);
            }
            (_, Some(channel), _) => {
                let new = NewMessage { content: Content::parse(&text).expect("a text"), nonce: None, reply_to: None };
                let sent = messages::send(far, &owner, &channel, new).await;
                // Now and then it is pinned or reacted to, and one of before is not any more.
                match self.random.below(6) {
                    0 => drop(pins::put(far, &owner, &channel, sent.expect("the owner may").id).await),
                    1 => {
                        for pin in pins::list(far, &owner, &channel).await.expect("the owner may") {
                            pins::delete(far, &owner, &channel, pin.message.id).await.expect("the owner may");
                        }
                    }
                    2 => self.react(&channel, sent.expect("the owner may").id, &guest).await,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Has people react to a message, and take it back.
    async fn react(&mut self, channel: &ChannelKey, message: MessageId, guest: &UserKey) {
        let (far, thumb) = (&self.far, Emoji::parse("👍").expect("an emoji"));
        let (owner, guest) = (Actor::user(self.owner.clone()), Actor::user(guest.clone()));
        reactions::put(far, &owner, channel, message, &thumb).await.expect("the owner may");
        drop(reactions::put(far, &guest, channel, message, &thumb).await);
        match self.random.below(3) {
            0 => reactions::delete(far, &owner, channel, message, &thumb).await.expect("the owner may"),
            1 => reactions::clear(far, &owner, channel, message, &thumb).await.expect("the owner may"),
            _ => {}
        }
    }

    /// Holds the server as the owner says that it is, when nothing is on its way.
    async fn fetch(&mut self) {
        self.deliver(usize::MAX).await;
        let fetched = repair::fetch(&self.near, &self.server).await;
        assert!(matches!(fetched, Fetched::Same | Fetched::Replaced), "{fetched:?}");
    }

    /// Has the owners hear who left, and fetches what differs.
    async fn repair(&mut self) {
        for (backend, owner) in [(&self.near, &self.far), (&self.far, &self.near)] {
            Self::repair_one(backend, &owner.domain).await;
        }
    }

    async fn repair_one(backend: &Backend, owner: &Domain) {
        let mut report = |_: &SpaceKey, fetched: &Fetched| {
            assert!(matches!(fetched, Fetched::Same | Fetched::Replaced), "{fetched:?}");
        };
        let mut end = repair::repair(backend, owner, &mut report).await.expect("the store works");
        if !end.is_complete {
            // An answer was lost: the next round makes it good.
            end = repair::repair(backend, owner, &mut report).await.expect("the store works");
        }
        assert!(end.is_complete, "{end:?}");
    }

    fn said(&mut self) -> Option<Override> {
        let none = Permissions::empty();
        [
            None,
            Some(Override { allow: Permissions::VIEW_CHANNELS, deny: none }),
            Some(Override { allow: none, deny: Permissions::VIEW_CHANNELS }),
        ][self.random.below(3)]
    }

    /// Delivers what waits, so many at a time, up to what one answer acknowledges.
    pub(crate) async fn deliver(&mut self, at_most: usize) {
        let mut left = at_most;
        while left > 0 {
            let limit = u32::try_from(left.min(1 + self.random.below(7))).expect("few");
            let Some(received) = self.read(limit).await else { return };
            left -= received.entries.len().min(left);
            let applied = inbound::receive(&self.near, &self.far.domain, &received).await.expect("it is taken");
            outbound::acknowledge(&self.far, &self.near.domain, applied.up_to).await.expect("it is let go of");
        }
    }

    /// Delivers all that waits, in both directions.
    pub(crate) async fn deliver_both(&mut self) {
        self.deliver(usize::MAX).await;
        while self.back.deliver().await {}
    }

    /// Has a batch applied whose answer is lost, so that it is sent again.
    async fn lose(&mut self) {
        let limit = u32::try_from(1 + self.random.below(3)).expect("few");
        if let Some(received) = self.read(limit).await {
            inbound::receive(&self.near, &self.far.domain, &received).await.expect("it is taken");
            self.unanswered = Some(received);
        }
    }

    /// Begins to send afresh, from where the other says that it is: what it was told before may differ from what it would
    /// be told now.
    pub(crate) async fn restart(&mut self) {
        self.unanswered = None;
        self.outbound_stream = OutboundStream::new(self.near.domain.clone());
        let now = self.far.store.outbound().await.expect("the store works").pop();
        let stream = now.map(|outbound| outbound.acknowledged.stream);
        let mark = self.near.store.inbound(&self.far.domain).await.expect("the store works");
        if let Some(mark) = mark.filter(|mark| Some(mark.stream) == stream) {
            outbound::acknowledge(&self.far, &self.near.domain, mark.seq).await.expect("it is let go of");
        }
    }

    /// What was sent and not answered, or else what follows what was acknowledged, as it travels.
    async fn read(&mut self, limit: u32) -> Option<Received> {
        if let Some(unanswered) = self.unanswered.take() {
            return Some(unanswered);
        }
        let stream = self.far.store.outbound().await.expect("the store works").pop()?.acknowledged;
        let batch = self.outbound_stream.read(&self.far, stream.seq, limit).await.expect("all is kept");
        if batch.deltas.is_empty() {
            return None;
        }
        Some(travelled(stream.stream, &batch))
    }

    pub(crate) async fn compare(&self) {
        self.compare_space(&self.far, &self.near, &self.server).await;
        let ids = |invited: Vec<Invited>| -> BTreeSet<_> {
            invited.into_iter().map(|invited| (invited.invitation.user().cloned(), invited.invitation.id)).collect()
        };
        let told = self.near.store.remote_invitations(&self.far.domain, None).await.expect("the store works");
        let made = self.far.store.invitations_to(&self.near.domain, None, 100).await.expect("the store works");
        assert_eq!(ids(told), ids(made));
        // Of a log nothing may speak of a message that was not told in its channel's order, or twice.
        for backend in [&self.near, &self.far] {
            let mut seen = BTreeSet::new();
            let events = backend.store.events_after(Position(0), 100_000).await.expect("the store works");
            for event in events {
                if let EventBody::MessageCreated(message) = event.body {
                    assert!(seen.insert((message.channel.clone(), message.id)), "{message:?} came twice");
                }
            }
        }
    }

    /// Compares what a backend holds of a space of another with what that one shows of it.
    pub(crate) async fn compare_space(&self, owner: &Backend, other: &Backend, space: &SpaceKey) {
        let held = other.store.replica(space, &other.domain).await.expect("the store works");
        let truth = outbound::snapshot(owner, space, &other.domain).await.expect("the store works");
        match (held, truth) {
            (None, None) => {}
            (Some((_, held)), Some(truth)) => {
                if !held.agrees(&truth) {
                    // As text, so that the difference shows.
                    let written = |replica| serde_json::to_string_pretty(&State::from(replica)).expect("a state");
                    let (held, truth) = (written(&held), written(&truth));
                    let differing = |one: &str, other: &str| -> Vec<String> {
                        let other: BTreeSet<&str> = other.lines().collect();
                        one.lines().filter(|line| !other.contains(line)).map(str::to_owned).collect()
                    };
                    panic!("held alone: {:#?}\ntrue alone: {:#?}", differing(&held, &truth), differing(&truth, &held));
                }
                let messages = |replica: &beep_core::replica::Replica| -> Vec<_> {
                    replica.facts.channels.values().map(|channel| (channel.id.clone(), channel.last_message)).collect()
                };
                assert_eq!(messages(&held), messages(&truth));
            }
            (held, truth) => panic!("{space}: held: {}, true: {}", held.is_some(), truth.is_some()),
        }
    }

    pub(crate) async fn channels(&self) -> BTreeSet<ChannelKey> {
        let channels = self.far.store.channels(&self.server).await.expect("the store works");
        channels.into_iter().map(|channel| channel.id).collect()
    }
}

pub(crate) async fn backend(domain: &str, url: &str, seed: u64, line: Arc<Line>) -> Backend {
    let clock = Arc::new(Ticking(AtomicI64::new(1_800_000_000_000)));
    let entropy = Arc::new(Random(seed * 7 + 3).shared());
    let facts = Arc::new(FactsCache::default());
    let domain = Domain::parse(domain).expect("a domain");
    let parts = StoreParts {
        domain: domain.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        codec: Arc::new(Records),
        publish: facts.clone() as Arc<dyn Publish>,
    };
    let store = SqlStore::open(url, SqlOptions::default(), parts).await.expect("it opens");
    let ports = Ports {
        store: Arc::new(store),
        clock,
        entropy,
        passwords: Arc::new(Nothing),
        mailer: Arc::new(Nothing),
        peers: line,
        live: Arc::new(NoLive),
        facts,
    };
    Backend::open(domain, ports, Policy::default()).await.expect("it opens")
}

pub(crate) fn person(of: &Backend, number: u64) -> UserKey {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    UserKey::new(UserId::generate(Timestamp::from_millis(1_700_000_000_000), random), of.domain.clone())
}

/// Gives a user an account.
pub(crate) async fn resident(at: &Backend, user: &UserKey) {
    let account = account(user, at.clock.now());
    at.store.commit(Change::default().put(account)).await.expect("nobody has the name");
}

/// The account of a user.
pub(crate) fn account(user: &UserKey, created_at: Timestamp) -> Account {
    let name = format!("u{}", &user.id.to_string()[24..]);
    Account {
        direct_from: beep_core::account::DirectFrom::default(),
        two_factor: false,
        global_roles: Vec::new(),
        user: User {
            key: user.clone(),
            username: Username::parse(&name).expect("a name"),
            display_name: None,
            bio: None,
            created_at,
            deleted: false,
        },
        email: Email::parse(&format!("{name}@example.com")).expect("an address"),
        first_name: None,
        last_name: None,
        password_hash: String::new(),
        revision: 0,
    }
}

/// A clock that goes on by a millisecond with each look.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Does without passwords and mail.
struct Nothing;

#[async_trait]
impl Passwords for Nothing {
    async fn hash(&self, _: String) -> Result<String, HashError> {
        Ok(String::new())
    }

    async fn verify(&self, _: String, _: Option<String>) -> Result<bool, HashError> {
        Ok(false)
    }
}

#[async_trait]
impl Mailer for Nothing {
    async fn send(&self, _: Mail) {}
}

/// Numbers that look random and are the same in each run (splitmix64).
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below `end`")
    }

    fn shared(&self) -> Shared {
        Shared(AtomicU64::new(self.0))
    }
}

struct Shared(AtomicU64);

impl Entropy for Shared {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(8) {
            let number = Random(self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)).next();
            part.copy_from_slice(&number.to_be_bytes()[..part.len()]);
        }
    }
}
