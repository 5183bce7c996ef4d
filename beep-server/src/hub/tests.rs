//! The hub over a store in memory: what a connection is told, whenever it comes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use beep_core::account::{Account, User};
use beep_core::backend::facts_cache::FactsCache;
use beep_core::backend::messages::NewMessage;
use beep_core::backend::servers::{NewServer, ServerChange};
use beep_core::backend::{Actor, Policy, Ports, channels, conversations, events, messages, roles, servers};
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Scope, Stream};
use beep_core::facts::SpaceFacts;
use beep_core::id::{ChannelKey, Qualified, SpaceKey, UserId};
use beep_core::permission::Permissions;
use beep_core::port::{
    Change, CodecError, Decoded, EventCodec, Live, MOST_PRIVATE_SPACES, Mail, Mailer, Place, SpaceWrite,
    StoredMessages, new_id,
};
use beep_core::role::Role;
use beep_core::space::{Template, Visibility};
use beep_core::text::{ChannelName, Description, Email, ServerName, Username};
use beep_core::transient::{Transient, Typing};
use beep_proto::cursor::Cursors;
use beep_proto::gateway::{CloseCode, Event, EventData, Joined, Resync, ServerFrame, StreamName};
use beep_proto::record::Records;
use beep_store::{SqlOptions, SqlStore, StoreParts};
use futures_util::FutureExt;

use super::*;
use crate::passwords::Argon2Pool;
use crate::publish::Publisher;
use crate::rate::Rates;
use crate::token::Tokens;
use crate::world::{SystemClock, SystemEntropy};

/// A backend with a server of one member and one channel, and a hub that does not run yet.
struct World {
    backend: Arc<Backend>,
    hub: Arc<Hub>,
    owner: Actor,
    server: SpaceKey,
    channel: ChannelKey,
    codec: Arc<Damaging>,
    publisher: Arc<Losing>,
}

/// Passes events on, but for those that are lost while it is told to lose them.
#[derive(Default)]
struct Losing {
    to: Arc<Publisher>,
    loses: AtomicBool,
}

impl Publish for Losing {
    fn publish(&self, events: &[Arc<beep_core::event::Event>]) {
        if !self.loses.load(Ordering::SeqCst) {
            self.to.publish(events);
        }
    }

    fn lost_track(&self) {
        self.to.lost_track();
    }
}

/// Writes records that cannot be read, while it is told to.
#[derive(Default)]
struct Damaging(AtomicBool);

impl EventCodec for Damaging {
    fn encode(&self, body: &EventBody) -> Vec<u8> {
        if self.0.load(Ordering::SeqCst) { vec![255] } else { Records.encode(body) }
    }

    fn decode(&self, kind: &str, record: &[u8], messages: &StoredMessages) -> Result<Decoded, CodecError> {
        Records.decode(kind, record, messages)
    }
}

/// A backend on a database, and whom its store publishes to.
async fn backend_on(url: &str, codec: Arc<Damaging>) -> (Arc<Backend>, Arc<Losing>) {
    let domain = Domain::parse("a.example.com").expect("it is a domain");
    let publisher = Arc::new(Losing::default());
    let parts = StoreParts {
        domain: domain.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        codec,
        publish: publisher.clone(),
    };
    let store = SqlStore::open(url, SqlOptions::default(), parts).await.expect("it opens");
    let facts: Arc<FactsCache> = publisher.to.facts.clone();
    let ports = Ports {
        store: Arc::new(store),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        passwords: Arc::new(Argon2Pool::new(1)),
        mailer: Arc::new(Nowhere),
        peers: Arc::new(beep_core::port::NoPeers),
        live: Arc::new(beep_core::port::NoLive),
        facts,
    };
    let backend = Backend::open(domain, ports, Policy::default()).await.expect("its keys are read");
    (Arc::new(backend), publisher)
}

impl World {
    async fn new() -> Self {
        let codec = Arc::new(Damaging::default());
        let (backend, publisher) = backend_on("memory:", codec.clone()).await;
        let owner = somebody(&backend);
        let new = NewServer {
            name: ServerName::parse("Garden").expect("it is a name"),
            description: Description::parse("").expect("none will do"),
            visibility: Visibility::Public,
            template: Template::Community,
        };
        let server = servers::create(&backend, &owner, new).await.expect("a server can be made").id;
        let channel = channels::list(&backend, &owner, &server).await.expect("its owner sees it")[0].id.clone();
        let state = backend.store.log_state().await.expect("memory does not fail");
        let hub = Hub::new(&backend, Cursors::new(state.id, &backend.keys.cursors()), state.head);
        assert!(publisher.to.hub.set(hub.clone()).is_ok());
        hub.tells(vec![publisher.to.facts.clone(), publisher.to.revoked.clone()]);
        Self { backend, hub, owner, server, channel, codec, publisher }
    }

    /// Has the records that are written from now on be damaged, or not.
    fn damage(&self, yes: bool) {
        self.codec.0.store(yes, Ordering::SeqCst);
    }

    /// The same, with the hub running.
    async fn running() -> Self {
        let world = Self::new().await;
        world.run();
        world
    }

    /// Somebody with an account, who is in the server.
    async fn neighbour(&self) -> Actor {
        let bob = somebody(&self.backend);
        let account = Account {
            direct_from: beep_core::account::DirectFrom::default(),
            two_factor: false,
            global_roles: Vec::new(),
            user: User {
                key: who(&bob).clone(),
                username: Username::parse("bob").expect("it is a name"),
                display_name: None,
                bio: None,
                created_at: beep_core::port::Clock::now(&SystemClock),
                deleted: false,
            },
            email: Email::parse("bob@mail.example.com").expect("it is an address"),
            first_name: None,
            last_name: None,
            password_hash: String::new(),
            revision: 0,
        };
        self.backend.store.commit(Change::default().put(account)).await.expect("nobody has the name");
        servers::join(&self.backend, &bob, &self.server).await.expect("it is public");
        bob
    }

    fn run(&self) {
        tokio::spawn(self.hub.clone().run(Arc::downgrade(&self.backend)));
    }

    async fn say(&self, text: &str) {
        let content = Content::parse(text).expect("it fits");
        let new = NewMessage { content, nonce: None, reply_to: None };
        messages::send(&self.backend, &self.owner, &self.channel, new).await.expect("the owner may send");
    }

    async fn grant_everyone(&self, permissions: Permissions) {
        let facts = self.backend.store.space_facts(&self.server).await.expect("memory does not fail");
        let everyone = facts.expect("the server is there").everyone();
        let with = roles::RoleChange { permissions: Some(permissions), ..Default::default() };
        roles::update(&self.backend, &self.owner, &self.server, everyone, with).await.expect("the owner may");
    }

    async fn snapshot(&self, whose: &Actor) -> Snapshot {
        self.backend.store.snapshot(whose.as_user().expect("it is one"), None).await.expect("memory does not fail")
    }

    async fn attach(&self, whose: &Actor, snapshot: &Snapshot) -> Result<Attached, SnapshotTooOld> {
        let session = new_id(beep_core::port::Clock::now(&SystemClock), &SystemEntropy);
        self.hub.attach(whose.as_user().expect("it is one"), session, None, Format::Json, snapshot).await
    }

    /// Attaches somebody from now on.
    async fn enter(&self, whose: &Actor) -> Attached {
        loop {
            if let Ok(attached) = self.attach(whose, &self.snapshot(whose).await).await {
                return attached;
            }
        }
    }

    /// What a connection was told since it was asked last, when the hub has come to the end of the log.
    async fn told(&self, connection: &Attached) -> Vec<Event> {
        let state = self.backend.store.log_state().await.expect("memory does not fail");
        self.hub.reach(state.head).await;
        read(connection.take().frames)
    }
}

fn somebody(backend: &Backend) -> Actor {
    let id: UserId = new_id(beep_core::port::Clock::now(&SystemClock), &SystemEntropy);
    Actor::user(Qualified::new(id, backend.domain.clone()))
}

fn read(frames: VecDeque<Frame>) -> Vec<Event> {
    let read = |frame| match frame {
        Frame::Json(text) => match serde_json::from_str(text.as_str()).expect("it is a frame") {
            ServerFrame::Event(event) => *event,
            other => panic!("not an event: {other:?}"),
        },
        Frame::Proto(_) => panic!("it is JSON"),
    };
    frames.into_iter().map(read).collect()
}

/// What messages say, and of which type all else is.
fn words(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| match &event.data {
        EventData::MessageCreated(message) => message.content.clone(),
        other => other.kind().to_owned(),
    };
    events.iter().map(word).collect()
}

/// Numbers of streams, which must go on without gaps from where they stood.
fn check_numbers(events: &[Event], mut stood: HashMap<StreamName, u64>) {
    for event in events {
        let last = stood.entry(event.stream.clone()).or_default();
        assert_eq!(event.seq, *last + 1, "{event:?}");
        *last = event.seq;
    }
}

struct Nowhere;

#[async_trait::async_trait]
impl Mailer for Nowhere {
    async fn send(&self, _: Mail) {}
}

#[tokio::test]
async fn a_connection_that_comes_late_is_told_what_it_missed() {
    let world = World::running().await;
    let first = world.enter(&world.owner).await;
    let old = world.snapshot(&world.owner).await;
    world.say("one").await;
    world.say("two").await;
    assert_eq!(words(&world.told(&first).await), ["one", "two"]);
    let late = world.attach(&world.owner, &old).await.expect("nothing else happened");
    world.say("three").await;
    assert_eq!(words(&world.told(&late).await), ["one", "two", "three"]);
    assert_eq!(words(&world.told(&first).await), ["three"]);
}

#[tokio::test]
async fn a_snapshot_that_is_ahead_waits_for_the_hub() {
    let world = World::new().await;
    world.say("one").await;
    let snapshot = world.snapshot(&world.owner).await;
    let mut coming = std::pin::pin!(world.attach(&world.owner, &snapshot));
    assert!(coming.as_mut().now_or_never().is_none());
    world.run();
    let connection = coming.await.expect("the hub is where the snapshot is");
    world.say("two").await;
    assert_eq!(words(&world.told(&connection).await), ["two"]);
}

#[tokio::test]
async fn events_that_nobody_published_are_read_from_the_log() {
    let world = World::new().await;
    world.say("one").await;
    world.say("two").await;
    lock(&world.hub.waiting).events.clear();
    world.run();
    let connection = world.enter(&world.owner).await;
    world.say("three").await;
    lock(&world.hub.waiting).events.clear();
    assert_eq!(words(&world.told(&connection).await), ["three"]);
}

#[tokio::test]
async fn the_caches_hear_of_a_commit_that_nobody_published() {
    let world = World::running().await;
    let bob = somebody(&world.backend);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    let connection = world.enter(&bob).await;
    let listed = async || channels::list(&world.backend, &bob, &world.server).await.expect("he is in it").len();
    assert_eq!(listed().await, 1);
    let session = new_id(world.backend.clock.now(), &SystemEntropy);
    let token = Tokens::new(world.publisher.to.revoked.clone());
    let signed = token.sign(&world.backend, who(&bob).id, session).expect("there is a key");
    let rates = Rates::new(crate::config::Switch::On);
    let is_good = async || token.verify_from(&world.backend, &rates, Default::default(), &signed).await.is_ok();
    assert!(is_good().await);

    world.publisher.loses.store(true, Ordering::SeqCst);
    world.grant_everyone(Permissions::empty()).await;
    let ended = EventBody::SessionRevoked { id: session };
    world.backend.store.commit(Change::default().user_event(who(&bob), ended)).await.expect("memory does not fail");
    world.publisher.loses.store(false, Ordering::SeqCst);
    assert_eq!((listed().await, is_good().await), (1, true), "nobody heard of it");
    // As the store says when it does not know what became of a commit.
    world.publisher.lost_track();
    assert_eq!(words(&world.told(&connection).await), ["channel.deleted", "role.updated", "session.revoked"]);
    assert_eq!((listed().await, is_good().await), (0, false));
}

#[tokio::test]
async fn records_that_cannot_be_read_stop_nobody() {
    let world = World::new().await;
    let connection = {
        let snapshot = world.snapshot(&world.owner).await;
        world.attach(&world.owner, &snapshot).await.expect("nothing happened")
    };
    let before = world.backend.store.log_state().await.expect("memory does not fail").head;
    world.say("one").await;
    world.damage(true);
    world.say("two").await;
    world.grant_everyone(Permissions::VIEW_CHANNELS).await;
    world.damage(false);
    world.say("three").await;
    // What was published as it happened is lost, and the log is read.
    lock(&world.hub.waiting).events.clear();
    world.run();
    let head = world.backend.store.log_state().await.expect("memory does not fail").head;
    world.hub.reach(head).await;
    let frames = connection.take().frames.into_iter();
    let frames: Vec<ServerFrame> = frames
        .map(|frame| match frame {
            Frame::Json(text) => serde_json::from_str(text.as_str()).expect("it is a frame"),
            Frame::Proto(_) => panic!("it is JSON"),
        })
        .collect();
    let seq = check_loss(&world, &frames[1..3]);
    let ServerFrame::Event(last) = &frames[3] else { panic!("{frames:?}") };
    assert_eq!(words(std::slice::from_ref(&**last)), ["three"]);
    assert_eq!(seq + 1, last.seq, "the number of what is lost is passed");
    assert_eq!(frames.len(), 4, "{frames:?}");

    let mut past =
        events::past(&world.backend, world.owner.as_user().expect("it is one"), before).await.expect("it is kept");
    let mut told = Vec::new();
    while let Some(page) = past.next(&world.backend, 2).await.expect("memory does not fail") {
        told.extend(page.into_iter().flat_map(|(_, deliveries)| deliveries));
    }
    let told: Vec<_> = told.iter().map(|delivery| frame(world.hub.cursors(), delivery)).collect();
    // The server is told whole as it is in the end, and nothing of what was said in it.
    assert_eq!(check_loss(&world, &told), last.seq);
}

/// The database is made by the tests of `beep-store` (`poison.rs`, which says how).
#[tokio::test]
async fn a_database_with_records_that_cannot_be_read_stops_nobody() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _counts = metrics::set_default_local_recorder(&recorder);
    let folder = tempfile::tempdir().expect("a folder for the database");
    let copy = folder.path().join("beep.db");
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../beep-store/tests/fixtures/poisoned.db");
    std::fs::copy(kept, &copy).expect("it is kept");
    let codec = Arc::new(Damaging::default());
    let (backend, publisher) = backend_on(&format!("sqlite://{}", copy.display()), codec.clone()).await;
    let found = backend.store.public_servers("", None, 10).await.expect("it reads").remove(0).server;
    let owner = Actor::user(found.owner);
    let channel = channels::list(&backend, &owner, &found.id).await.expect("its owner sees it")[0].id.clone();
    let state = backend.store.log_state().await.expect("it reads");
    // The hub stands at the beginning, and reads all that cannot be read.
    let hub = Hub::new(&backend, Cursors::new(state.id, &backend.keys.cursors()), state.kept_after);
    assert!(publisher.to.hub.set(hub.clone()).is_ok());
    let world = World { backend, hub, owner, server: found.id, channel, codec, publisher };
    world.run();
    world.hub.reach(state.head).await;
    let connection = world.enter(&world.owner).await;
    world.say("six").await;
    assert_eq!(words(&world.told(&connection).await), ["six"]);

    let mut past = events::past(&world.backend, world.owner.as_user().expect("it is one"), state.kept_after)
        .await
        .expect("it is kept");
    let mut told = Vec::new();
    while let Some(page) = past.next(&world.backend, 2).await.expect("it reads") {
        told.extend(page.into_iter().flat_map(|(_, deliveries)| deliveries));
    }
    let told: Vec<_> = told.iter().map(|delivery| frame(world.hub.cursors(), delivery)).collect();
    let resync = Resync { scope: world.server.to_string() };
    assert!(told.contains(&ServerFrame::ResyncRequired(resync)), "{told:?}");
    let rendered = metrics.render();
    let skipped = rendered.lines().find_map(|line| line.strip_prefix("beep_log_records_skipped_total "));
    let skipped: u64 = skipped.and_then(|count| count.parse().ok()).unwrap_or_default();
    assert!(skipped >= 6, "three, by the hub and for who comes back: {rendered}");
    world.backend.store.close().await;
}

/// The server is told anew; gives the last number of its channel.
fn check_loss(world: &World, frames: &[ServerFrame]) -> u64 {
    let [ServerFrame::ResyncRequired(Resync { scope }), ServerFrame::Event(opened)] = frames else {
        panic!("{frames:?}")
    };
    assert_eq!(*scope, world.server.to_string());
    let EventData::MemberJoined(Joined { server: Some(server), channels: Some(channels), .. }) = &opened.data else {
        panic!("{opened:?}")
    };
    let everyone = server.roles.iter().find(|role| role.everyone).expect("every server has it");
    assert_eq!(everyone.permissions.0, Permissions::VIEW_CHANNELS);
    channels.iter().find(|state| state.channel.id.0 == world.channel).expect("the owner sees it").seq
}

#[tokio::test]
async fn a_snapshot_from_before_the_facts_changed_is_taken_anew() {
    let world = World::running().await;
    let _first = world.enter(&world.owner).await;
    let old = world.snapshot(&world.owner).await;
    world.grant_everyone(Permissions::VIEW_CHANNELS).await;
    world.hub.reach(world.snapshot(&world.owner).await.position).await;
    assert!(world.attach(&world.owner, &old).await.is_err());
    world.enter(&world.owner).await;
}

#[tokio::test]
async fn what_opens_to_a_member_is_as_it_was_when_they_joined() {
    let world = World::new().await;
    let bob = somebody(&world.backend);
    let snapshot = world.snapshot(&bob).await;
    let (phone, laptop) = (world.attach(&bob, &snapshot).await, world.attach(&bob, &snapshot).await);
    let (phone, laptop) = (phone.expect("nothing happened"), laptop.expect("nothing happened"));
    world.say("before").await;
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    world.say("after").await;
    let new = channels::NewChannel::new(ChannelName::parse("shed").expect("it is a name"));
    channels::create(&world.backend, &world.owner, &world.server, new).await.expect("the owner may");
    let with = ServerChange { name: ServerName::parse("Park").ok(), ..Default::default() };
    servers::update(&world.backend, &world.owner, &world.server, with).await.expect("the owner may");
    world.run();
    let events = world.told(&phone).await;
    assert_eq!(words(&events), ["member.joined", "after", "channel.created", "server.updated"]);
    assert_eq!(world.told(&laptop).await, events);
    let EventData::MemberJoined(joined) = &events[0].data else { panic!("they joined: {events:?}") };
    let (server, channels) = (joined.server.as_ref().expect("it opens"), joined.channels.as_ref().expect("it opens"));
    assert_eq!((server.server.name.as_str(), server.server.member_count), ("Garden", 2));
    assert_eq!(channels.len(), 1);
    let mut stood = HashMap::from([(StreamName::Server(server.server.id.clone()), server.seq)]);
    stood.extend(channels.iter().map(|state| (StreamName::Channel(state.channel.id.clone()), state.seq)));
    check_numbers(&events[1..], stood);
}

#[tokio::test]
async fn who_takes_part_in_a_private_conversation_is_told_of_it_as_a_channel() {
    let world = World::running().await;
    let bob = world.neighbour().await;
    let connection = world.enter(&bob).await;
    let group = conversations::create_group(&world.backend, &world.owner, None, std::slice::from_ref(who(&bob)));
    let group = group.await.expect("they share a server").id;
    let new = NewMessage { content: Content::parse("quietly").expect("it fits"), nonce: None, reply_to: None };
    messages::send(&world.backend, &world.owner, &group, new).await.expect("she is in it");
    conversations::leave(&world.backend, &world.owner, &group).await.expect("all may");
    let late = world.enter(&bob).await;
    conversations::rename(&world.backend, &bob, &group, ChannelName::parse("mine").ok()).await.expect("any may");
    conversations::leave(&world.backend, &bob, &group).await.expect("all may");
    world.say("aloud").await;
    let whole = ["channel.created", "quietly", "channel.member_removed", "channel.updated", "channel.deleted", "aloud"];
    assert_eq!(words(&world.told(&connection).await), whole);
    assert_eq!(words(&world.told(&late).await), whole[3..]);
}

/// Who is in more private conversations than a snapshot holds is told of an older one with what happens there: on every
/// connection, on each once, and on resuming as well.
#[tokio::test]
async fn a_private_space_of_long_ago_is_told_with_what_happens_in_it() {
    let world = World::running().await;
    let bob = world.neighbour().await;
    let group = async || {
        let made =
            conversations::create_group(&world.backend, &world.owner, None, std::slice::from_ref(who(&bob))).await;
        made.expect("they share a server")
    };
    let (old, older) = (group().await, group().await);
    for _ in 0..MOST_PRIVATE_SPACES {
        group().await;
    }
    let write = async |to: &Channel, text: &str| {
        let new = NewMessage { content: Content::parse(text).expect("it fits"), nonce: None, reply_to: None };
        messages::send(&world.backend, &world.owner, &to.id, new).await.expect("she is in it");
    };
    let snapshot = world.snapshot(&world.owner).await;
    assert_eq!(snapshot.left_out, [old.space_key(), older.space_key()]);
    let connection = world.enter(&world.owner).await;
    write(&old, "still there?").await;
    let other = world.enter(&world.owner).await;
    write(&old, "yes").await;
    write(&older, "me too").await;
    let told = world.told(&connection).await;
    assert_eq!(words(&told), ["channel.created", "still there?", "yes", "channel.created", "me too"]);
    check_numbers(&told[1..3], HashMap::from([(told[0].stream.clone(), told[0].seq)]));
    check_numbers(&told[4..], HashMap::from([(told[3].stream.clone(), told[3].seq)]));
    assert_eq!(words(&world.told(&other).await), ["yes", "channel.created", "me too"]);
    // What its hub has told since would be lost on whoever comes with a snapshot from before.
    assert!(world.attach(&world.owner, &snapshot).await.is_err());
    let user = world.owner.as_user().expect("she is one");
    let mut past = events::past(&world.backend, user, snapshot.position).await.expect("it is kept");
    let page = past.next(&world.backend, 100).await.expect("memory does not fail").expect("something happened");
    let deliveries = page.iter().flat_map(|(_, deliveries)| deliveries);
    let resumed: Vec<Event> =
        deliveries.filter_map(|delivery| super::frame::event(world.hub.cursors(), delivery)).collect();
    assert_eq!(words(&resumed), words(&told));
    assert_eq!(
        resumed.iter().map(|event| event.seq).collect::<Vec<_>>(),
        told.iter().map(|event| event.seq).collect::<Vec<_>>()
    );
    drop((connection, other));
    assert!(world.hub.lock().who_left_out(&older.space_key()).is_empty());
}

/// That somebody writes is told of a channel that the client knows: not before the next event that is kept.
#[tokio::test]
async fn who_writes_in_a_private_space_of_long_ago_is_told_once_it_is_known() {
    let world = World::running().await;
    let bob = world.neighbour().await;
    let mut groups = Vec::new();
    for _ in 0..=MOST_PRIVATE_SPACES {
        let with = std::slice::from_ref(who(&bob));
        let made = conversations::create_group(&world.backend, &world.owner, None, with).await;
        groups.push(made.expect("they share a server"));
    }
    let old = &groups[0];
    let connection = world.enter(&world.owner).await;
    world.hub.focus(&connection, Focus { channels: vec![old.id.clone()], users: Vec::new() });
    let writes = || {
        let (channel, space, until) = (old.id.clone(), old.space_key().id, world.backend.clock.now());
        world.hub.tell(Transient::Typing(Typing { channel, space, user: who(&bob).clone(), until }));
    };
    writes();
    assert_eq!(words(&world.told(&connection).await), Vec::<String>::new());
    let new = NewMessage { content: Content::parse("hello").expect("it fits"), nonce: None, reply_to: None };
    messages::send(&world.backend, &bob, &old.id, new).await.expect("he is in it");
    assert_eq!(words(&world.told(&connection).await), ["channel.created", "hello"]);
    writes();
    assert_eq!(words(&world.told(&connection).await), ["typing.started"]);
}

#[tokio::test]
async fn whoever_joins_has_that_server_alone_read() {
    let world = World::running().await;
    let bob = somebody(&world.backend);
    let new = NewServer {
        name: ServerName::parse("Yard").expect("it is a name"),
        description: Description::parse("").expect("none will do"),
        visibility: Visibility::Private,
        template: Template::Empty,
    };
    let own = servers::create(&world.backend, &bob, new).await.expect("a server can be made").id;
    let connection = world.enter(&bob).await;
    world.told(&connection).await;
    // Nobody can read his own server any more.
    let facts = world.backend.store.space_facts(&own).await.expect("memory does not fail");
    let broken = Change::default().remove::<Role>((own.clone(), facts.expect("it is there").everyone()));
    world.backend.store.commit(broken).await.expect("memory does not fail");
    world.backend.store.snapshot(who(&bob), None).await.expect_err("it is broken");
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    world.say("hello").await;
    assert_eq!(words(&world.told(&connection).await), ["member.joined", "hello"]);
    // Who goes leaves nothing behind.
    drop(connection);
    assert!(world.hub.lock().servers.is_empty());
}

#[tokio::test]
async fn a_server_that_opens_anew_is_followed_as_it_is_then() {
    let world = World::running().await;
    let bob = somebody(&world.backend);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    let connection = world.enter(&bob).await;
    let held = world.backend.store.replica(&world.server, &world.backend.domain).await.expect("memory does not fail");
    let mut fresh = held.expect("the server is there").1;
    let SpaceFacts { server, revision, roles, channels, .. } = (*fresh.facts).clone();
    // What is held was wrong: nobody but the owner may see anything.
    let roles = roles.values().map(|role| Role { permissions: Permissions::empty(), ..(**role).clone() });
    let channels = channels.values().map(|channel| (**channel).clone());
    fresh.facts = Arc::new(SpaceFacts::new(server, revision, roles, channels).expect("`everyone` is there"));
    let member = fresh
        .members
        .iter()
        .find(|member| member.user == *bob.as_user().expect("it is one"))
        .cloned()
        .expect("bob is in it");
    let (stream, place) =
        (Stream::Space(member.server.clone()), Place { seq: fresh.seq, at: world.backend.clock.now() });
    let change = Change::default().write(SpaceWrite::Replicate(Box::new(fresh)));
    let scopes = vec![Scope::User(bob.as_user().expect("it is one").clone())];
    let change = change.told(stream, place, scopes, EventBody::Reopened(member));
    world.backend.store.commit(change).await.expect("memory does not fail");
    world.say("among ourselves").await;
    let state = world.backend.store.log_state().await.expect("memory does not fail");
    world.hub.reach(state.head).await;
    let frames = connection.take().frames;
    let texts: Vec<_> = frames.iter().map(|frame| format!("{frame:?}")).collect();
    assert!(texts.iter().any(|text| text.contains("member.joined")), "{texts:?}");
    assert!(texts.iter().all(|text| !text.contains("among ourselves")), "{texts:?}");
}

#[tokio::test]
async fn who_joined_and_is_gone_again_is_told_nothing() {
    let world = World::new().await;
    let bob = somebody(&world.backend);
    let connection = world.attach(&bob, &world.snapshot(&bob).await).await.expect("nothing happened");
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    servers::leave(&world.backend, &bob, &world.server).await.expect("everybody may");
    world.say("secret").await;
    world.run();
    assert_eq!(world.told(&connection).await, []);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    world.say("hello").await;
    assert_eq!(words(&world.told(&connection).await), ["member.joined", "hello"]);
}

#[tokio::test]
async fn what_ends_or_becomes_invisible_stops_what_is_told_of_the_past() {
    let world = World::running().await;
    let bob = somebody(&world.backend);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    let connection = world.enter(&bob).await;
    world.say("seen").await;
    world.told(&connection).await;
    assert!(!connection.has_narrowed());
    world.grant_everyone(Permissions::empty()).await;
    world.told(&connection).await;
    assert!(connection.has_narrowed(), "a channel vanished");

    let late = world.enter(&bob).await;
    servers::leave(&world.backend, &bob, &world.server).await.expect("everybody may");
    world.told(&late).await;
    assert!(late.has_narrowed(), "a server vanished");

    assert!(late.session_ends().now_or_never().is_none());
    let ended = EventBody::SessionRevoked { id: late.session };
    world.backend.store.commit(Change::default().user_event(who(&bob), ended)).await.expect("memory does not fail");
    tokio::join!(late.session_ends(), late.session_ends());
}

/// Commits so many events of the server's owner and its channel at once.
async fn much_happens(world: &World, number: usize, body: impl Fn() -> EventBody) {
    let stream = |body: &EventBody| match body.changes_facts() {
        true => Stream::Space(world.server.clone()),
        false => Stream::Channel { id: world.channel.clone(), server: world.server.id },
    };
    let change = (0..number).map(|_| body()).fold(Change::default(), |change, body| {
        change.event(stream(&body), vec![Scope::Space(world.server.clone())], body)
    });
    world.backend.store.commit(change).await.expect("memory does not fail");
}

#[tokio::test]
async fn a_cursor_from_before_too_many_changes_needs_a_snapshot() {
    let world = World::new().await;
    let at = world.snapshot(&world.owner).await.position;
    let server = world.snapshot(&world.owner).await.servers[0].facts.server.clone();
    much_happens(&world, events::MOST_CHANGES, || EventBody::SpaceUpdated {
        server: server.clone(),
        before: server.clone(),
    })
    .await;
    events::past(&world.backend, who(&world.owner), at).await.expect("as many as there may be");
    world.grant_everyone(Permissions::empty()).await;
    let refused = events::past(&world.backend, who(&world.owner), at).await.map(drop);
    assert!(matches!(refused, Err(beep_core::backend::Refusal::CursorTooOld)), "{refused:?}");
}

#[tokio::test]
async fn a_server_in_which_much_happened_is_told_whole_where_something_vanished() {
    let world = World::new().await;
    let bob = somebody(&world.backend);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    let at = world.snapshot(&bob).await.position;
    let gone = || EventBody::MessageDeleted {
        channel: world.channel.clone(),
        id: new_id(world.backend.clock.now(), &SystemEntropy),
    };
    much_happens(&world, events::MOST_NUMBERED, gone).await;
    let tell = async || {
        let mut past = events::past(&world.backend, who(&bob), at).await.expect("it is kept");
        let mut told = Vec::new();
        while let Some(page) = past.next(&world.backend, events::PAGE).await.expect("memory does not fail") {
            told.extend(page.into_iter().flat_map(|(_, deliveries)| deliveries));
        }
        told.iter().map(|delivery| frame(world.hub.cursors(), delivery)).collect::<Vec<_>>()
    };
    assert_eq!(tell().await.len(), events::MOST_NUMBERED, "nothing appears or vanishes");
    world.grant_everyone(Permissions::empty()).await;
    let told = tell().await;
    let [ServerFrame::ResyncRequired(Resync { scope }), ServerFrame::Event(opened)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(*scope, world.server.to_string());
    let EventData::MemberJoined(Joined { server: Some(_), channels: Some(channels), .. }) = &opened.data else {
        panic!("{opened:?}")
    };
    assert_eq!(channels.len(), 0);
}

#[tokio::test]
async fn what_vanishes_and_appears_is_told_before_its_reason() {
    let world = World::running().await;
    let bob = somebody(&world.backend);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    let connection = world.enter(&bob).await;
    world.grant_everyone(Permissions::empty()).await;
    world.say("hidden").await;
    assert_eq!(words(&world.told(&connection).await), ["channel.deleted", "role.updated"]);
    world.grant_everyone(Permissions::VIEW_CHANNELS).await;
    world.say("seen").await;
    let events = world.told(&connection).await;
    assert_eq!(words(&events), ["channel.created", "role.updated", "seen"]);
    let EventData::ChannelCreated(state) = &events[0].data else { panic!("it appears: {events:?}") };
    assert!(state.channel.last_message_id.is_some());
    assert_eq!(events[2].seq, state.seq + 1);
}

#[tokio::test]
async fn who_does_not_read_is_closed_and_told_no_more() {
    let world = World::running().await;
    let connection = world.enter(&world.owner).await;
    let mut said = 0;
    while world.hub.lock().everybody().all(|connection| !connection.is_closing()) {
        world.say("word").await;
        said += 1;
        assert!(said < 100_000, "nothing is unbounded");
        tokio::task::yield_now().await;
    }
    let taken = connection.take();
    assert_eq!(taken.closing, Some(CloseCode::TooSlow));
    let events = read(taken.frames);
    assert!(events.windows(2).all(|two| two[1].seq == two[0].seq + 1));
    world.say("one more").await;
    assert_eq!(world.told(&connection).await, []);
    assert_eq!(world.hub.connections(), 1);
    drop(connection);
    assert_eq!(world.hub.connections(), 0);
}

#[tokio::test]
async fn who_comes_while_the_hub_closes_is_closed() {
    let world = World::running().await;
    let early = world.enter(&world.owner).await;
    world.hub.close();
    let late = world.enter(&world.owner).await;
    assert_eq!(early.take().closing, Some(CloseCode::GoingAway));
    assert_eq!(late.take().closing, Some(CloseCode::GoingAway));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_comes_while_others_talk_misses_nothing() {
    let world = Arc::new(World::running().await);
    let bob = somebody(&world.backend);
    servers::join(&world.backend, &bob, &world.server).await.expect("it is public");
    let talking = world.clone();
    let talking = tokio::spawn(async move {
        for number in 0..3_000 {
            talking.say("word").await;
            if number % 100 == 0 {
                talking.grant_everyone(Permissions::VIEW_CHANNELS).await;
            }
            tokio::task::yield_now().await;
        }
    });
    let coming = (0..3).map(|number| {
        let (world, who) = (world.clone(), if number == 0 { world.owner.clone() } else { bob.clone() });
        tokio::spawn(async move {
            let mut times = 0;
            while times < 300 {
                let snapshot = world.snapshot(&who).await;
                // The log goes on, so that a connection comes at any moment of the hub's.
                for _ in 0..times % 8 {
                    tokio::task::yield_now().await;
                }
                let Ok(connection) = world.attach(&who, &snapshot).await else { continue };
                times += 1;
                let events = world.told(&connection).await;
                let held = &snapshot.servers[0];
                let mut stood = HashMap::from([(StreamName::Server((&held.facts.server.id).into()), held.seq)]);
                stood.extend(
                    held.facts
                        .channels
                        .values()
                        .map(|channel| (StreamName::Channel((&channel.id).into()), held.channel_seqs[&channel.id.id])),
                );
                check_numbers(&events, stood);
            }
        })
    });
    for coming in coming.collect::<Vec<_>>() {
        coming.await.expect("nothing is missed");
    }
    talking.await.expect("everything is said");
    assert_eq!(world.hub.connections(), 0);
}

/// The user that an actor is.
fn who(actor: &Actor) -> &UserKey {
    actor.as_user().expect("it is one")
}
