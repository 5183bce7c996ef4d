//! A database whose log holds what cannot be read: a record that is damaged, one of a version that is not known, and one
//! of a kind that is not known. It stops nobody.
//!
//! The database is kept as `tests/fixtures/poisoned.db`, and `beep-server` opens it as well. It is of the schema of the day
//! on which it was made. Until the first release migrations are edited in place, and after such an edit it is made anew by
//! `BEEP_WRITE_FIXTURES=1 cargo test -p beep-store --test it poison`. From the first release on it stays as it is, and
//! shows that what an older release left behind still opens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use beep_core::backend::inbound;
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::outbound::{self, OutboundStream};
use beep_core::backend::roles::{self, NewRole, RoleChange};
use beep_core::backend::servers::{self, NewServer, ServerChange};
use beep_core::backend::{Actor, Backend, channels, events};
use beep_core::content::Content;
use beep_core::event::{Event, EventBody, Position};
use beep_core::id::{ChannelKey, SpaceKey};
use beep_core::permission::Permissions;
use beep_core::port::{Change, RemoteProfile, Which, Write};
use beep_core::record::RecordWrite;
use beep_core::replay::Delivery;
use beep_core::space::{Template, Visibility};
use beep_core::text::{Description, RoleName, ServerName};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};

use crate::line::travelled;
use crate::pair::{account, backend, person, resident};

/// Makes the fixture where it is asked for.
const VARIABLE: &str = "BEEP_WRITE_FIXTURES";

/// What the members said, in order; the second cannot be read any more.
const SAID: [&str; 5] = ["one", "two", "three", "four", "five"];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/poisoned.db")
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// The backend on a copy of the fixture, with its owner, server and channel. The folder holds the copy.
async fn open() -> (Arc<Backend>, Actor, SpaceKey, ChannelKey, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let copy = folder.path().join("beep.db");
    if std::env::var_os(VARIABLE).is_some() {
        static WRITTEN: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
        WRITTEN.get_or_init(write).await;
    }
    std::fs::copy(fixture(), &copy).expect("the fixture is there");
    let opened = Arc::new(backend("a.example.com", &url(&copy), 52, Arc::default()).await);
    let owner = Actor::user(person(&opened, 1));
    let server =
        opened.store.servers_of(owner.as_user().expect("it is one"), None, 10).await.expect("it reads").remove(0).id;
    let channel = channels::list(&opened, &owner, &server).await.expect("it is theirs").remove(0).id;
    (opened, owner, server, channel, folder)
}

#[tokio::test]
async fn what_cannot_be_read_stops_no_client() {
    let (backend, owner, server, channel, _folder) = open().await;
    let head = backend.store.log_state().await.expect("it reads").head;
    let all = backend.store.events_after(Position(0), 1_000).await.expect("it reads");
    assert_eq!(all.len() as u64, head.0, "nothing is missing");
    let lost: Vec<_> = all.iter().filter(|event| matches!(event.body, EventBody::Unreadable { .. })).collect();
    let kinds: Vec<_> = lost.iter().map(|event| (event.body.kind(), event.body.loses_facts())).collect();
    assert_eq!(kinds, [("message.created", false), ("role.updated", true), ("server.sung", true)]);

    // From every cursor that a client may have.
    for from in 0..=head.0 {
        let mut past =
            events::past(&backend, owner.as_user().expect("it is one"), Position(from)).await.expect("it is kept");
        let (mut told, mut resyncs) = (Vec::new(), 0);
        while let Some(page) = past.next(&backend, 3).await.expect("it reads") {
            for delivery in page.into_iter().flat_map(|(_, deliveries)| deliveries) {
                match delivery {
                    Delivery::Event(event) => told.extend(said(&event).map(str::to_owned)),
                    Delivery::Resync { server: of } => resyncs += usize::from(of == server),
                    _ => {}
                }
            }
        }
        let loses = lost.iter().any(|event| event.position.0 > from && event.body.loses_facts());
        assert_eq!(resyncs > 0, loses, "from {from}");
        if !loses {
            let later = all.iter().filter(|event| event.position.0 > from).filter_map(said);
            assert_eq!(told, later.collect::<Vec<_>>(), "from {from}");
        }
    }
    let of_channel = backend.store.channel_events(&channel, 0, 1_000).await.expect("it reads");
    assert_eq!(of_channel.iter().filter_map(said).collect::<Vec<_>>(), ["one", "three", "four", "five"]);
    let changes =
        backend.store.events_for(owner.as_user().expect("it is one"), Which::Changes, Position(0), head, 1_000).await;
    assert!(changes.expect("it reads").len() > 2);
    let snapshot = backend.store.snapshot(owner.as_user().expect("it is one"), None).await.expect("it reads");
    assert_eq!((snapshot.position, snapshot.servers.len()), (head, 1));
    let history =
        messages::history(&backend, &owner, &channel, messages::History::Newest, 100).await.expect("it reads");
    let history: Vec<_> =
        history.0.iter().rev().filter_map(|message| message.content.text()).map(|text| text.as_str()).collect();
    assert_eq!(history, SAID, "what is lost is the event and not the message");

    say(&backend, &owner, &channel, "six").await;
    let last = backend.store.events_after(head, 10).await.expect("it reads");
    assert_eq!(last.iter().filter_map(said).collect::<Vec<_>>(), ["six"]);
    let seqs: Vec<_> = backend.store.channel_events(&channel, 0, 1_000).await.expect("it reads");
    assert!(seqs.windows(2).all(|two| two[1].seq == two[0].seq + 1), "its stream goes on without a gap");
    backend.store.close().await;
}

#[tokio::test]
async fn what_cannot_be_read_stops_no_stream_to_a_peer() {
    let (far, owner, server, channel, _folder) = open().await;
    for at_once in [1, 3, 1_000] {
        let near = backend("b.example.com", "memory:", 53, Arc::default()).await;
        let guest = person(&near, 2);
        resident(&near, &guest).await;
        inbound::join_intent(&near, &guest, &server).await.expect("they live here");
        let mark = far.store.outbound_to(&near.domain).await.expect("it reads").expect("it began").acknowledged;
        assert_eq!(mark.seq, 0, "nothing of it was taken");
        let (mut stream, mut after) = (OutboundStream::new(near.domain.clone()), 0);
        loop {
            let batch = stream.read(&far, after, at_once).await.expect("all is kept");
            if batch.deltas.is_empty() {
                break;
            }
            after += batch.deltas.len() as u64;
            let received = travelled(mark.stream, &batch);
            let applied = inbound::receive(&near, &far.domain, &received).await.expect("it is taken");
            assert_eq!((applied.up_to, applied.dead_letters), (after, 0));
        }
        let held = near.store.replica(&server, &near.domain).await.expect("it reads").expect("it is held").1;
        let truth = outbound::snapshot(&far, &server, &near.domain).await.expect("it reads").expect("it is there");
        assert!(held.agrees(&truth), "{at_once} at once: {held:?}\n{truth:?}");
        let told = near.store.channel_events(&channel, 0, 1_000).await.expect("it reads");
        let told: Vec<_> = told.iter().filter_map(said).collect();
        assert_eq!(told.last(), Some(&"five"), "{at_once} at once: {told:?}");
        assert!(!told.contains(&"two"), "{told:?}");
        assert!(near.store.member(&server, &guest).await.expect("it reads").is_some());
    }
    say(&far, &owner, &channel, "six").await;
    let stream = far.store.outbound_to(&person_home()).await.expect("it reads").expect("it began");
    let mut read = OutboundStream::new(person_home());
    let batch = read.read(&far, stream.last - 1, 10).await.expect("all is kept");
    assert_eq!(batch.deltas.len(), 1);
    far.store.close().await;
}

fn person_home() -> beep_core::domain::Domain {
    beep_core::domain::Domain::parse("b.example.com").expect("a domain")
}

/// What an event says that somebody said.
fn said(event: &Event) -> Option<&str> {
    match &event.body {
        EventBody::MessageCreated(message) => message.content.text().map(|text| text.as_str()),
        _ => None,
    }
}

async fn say(backend: &Backend, who: &Actor, channel: &ChannelKey, text: &str) {
    let new = NewMessage { content: Content::parse(text).expect("a text"), nonce: None, reply_to: None };
    messages::send(backend, who, channel, new).await.expect("they may");
}

/// Makes the fixture.
async fn write() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let file = &folder.path().join("beep.db");
    let backend = backend("a.example.com", &url(file), 51, Arc::default()).await;
    let owner = person(&backend, 1);
    resident(&backend, &owner).await;
    let owner = Actor::user(owner);
    let name = |text: &str| ServerName::parse(text).expect("a name");
    let new = NewServer {
        name: name("before"),
        description: Description::parse("").expect("empty"),
        visibility: Visibility::Public,
        template: Template::Community,
    };
    let server = servers::create(&backend, &owner, new).await.expect("anybody may").id;
    let channel = channels::list(&backend, &owner, &server).await.expect("it is theirs").remove(0).id;
    // Somebody of another backend, whose stream begins.
    let guest = beep_core::id::UserKey::new(person(&backend, 2).id, person_home());
    let profile = Write::from(RecordWrite::Put(RemoteProfile {
        user: account(&guest, backend.clock.now()).user,
        seen_at: backend.clock.now(),
    }));
    backend.store.commit(Change::default().write(profile)).await.expect("it is kept");
    servers::join(&backend, &Actor::user(guest), &server).await.expect("it is public");
    let new = NewRole {
        name: RoleName::parse("given").expect("a name"),
        color: None,
        permissions: Permissions::empty(),
        position: 1,
        hoist: false,
        mentionable: false,
    };
    let role = roles::create(&backend, &owner, &server, new).await.expect("they own it").id;
    for text in &SAID[..3] {
        say(&backend, &owner, &channel, text).await;
    }
    let with = RoleChange { permissions: Some(Permissions::ATTACH_FILES), ..RoleChange::default() };
    roles::update(&backend, &owner, &server, role, with).await.expect("they own it");
    say(&backend, &owner, &channel, SAID[3]).await;
    let with = ServerChange { name: Some(name("after")), ..ServerChange::default() };
    servers::update(&backend, &owner, &server, with).await.expect("they own it");
    say(&backend, &owner, &channel, SAID[4]).await;
    let events = backend.store.events_after(Position(0), 1_000).await.expect("it reads");
    let place =
        |is: &dyn Fn(&EventBody) -> bool| events.iter().find(|event| is(&event.body)).expect("it happened").position.0;
    let damaged = place(
        &|body| matches!(body, EventBody::MessageCreated(message) if message.content.text().is_some_and(|text| text.as_str() == "two")),
    );
    let of_version = place(&|body| matches!(body, EventBody::RoleUpdated { .. }));
    let of_kind = place(&|body| matches!(body, EventBody::SpaceUpdated { .. }));
    backend.store.close().await;
    drop(backend);

    let mut connection = SqliteConnection::connect(&url(file)).await.expect("it opens");
    // A length that leads nowhere; a version that nobody has written yet; a type that only a newer release knows.
    for poison in [
        format!("UPDATE event SET data = X'01FFFFFFFF0F' WHERE position = {damaged}"),
        format!("UPDATE event SET data = CAST(X'C8' || SUBSTR(data, 2) AS BLOB) WHERE position = {of_version}"),
        format!("UPDATE event SET kind = 'server.sung' WHERE position = {of_kind}"),
        "PRAGMA journal_mode = DELETE".to_owned(),
        // As small as it can be.
        "PRAGMA page_size = 512".to_owned(),
        "VACUUM".to_owned(),
    ] {
        connection.execute(AssertSqlSafe(poison)).await.expect("it is written");
    }
    connection.close().await.expect("it closes");
    std::fs::copy(file, fixture()).expect("the fixture can be written");
}
