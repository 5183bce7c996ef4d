//! What only a database has: a URL, a schema, and a domain that it belongs to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use beep_core::domain::Domain;
use beep_core::event::{Event, EventBody, Position};
use beep_core::id::{Id, SessionId, UserKey};
use beep_core::port::{Change, Clock, Entropy, Events, Publish, Store};
use beep_core::time::Timestamp;
use beep_proto::record::Records;
use beep_store::{OpenError, Sharing, SqlOptions, SqlStore, StoreParts};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Names the PostgreSQL that tests make their databases on.
const URL_VARIABLE: &str = "BEEP_TEST_POSTGRES_URL";

/// The URL of a database that is not there yet.
pub(crate) fn file_in(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("beep.db").display())
}

/// The URL of a new database, if there is a PostgreSQL to make it on; says so if there is none. Tests that call it have
/// `postgres` in their name, so that `cargo xtask test --quick` knows them.
pub(crate) async fn new_postgres() -> Option<String> {
    let Ok(url) = std::env::var(URL_VARIABLE) else {
        println!("skipped: {URL_VARIABLE} names no PostgreSQL to test on");
        return None;
    };
    Some(beep_store::conformance::new_postgres(&url).await)
}

/// A world where nothing moves, which remembers what it heard.
#[derive(Default)]
pub(crate) struct World(Mutex<Vec<Arc<Event>>>);

impl World {
    fn heard(&self) -> Vec<Arc<Event>> {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }
}

impl Entropy for World {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0xa5);
    }
}

impl Publish for World {
    fn publish(&self, events: &[Arc<Event>]) {
        self.0.lock().expect("nobody panics with it").extend_from_slice(events);
    }
}

pub(crate) async fn open(url: &str, domain: &str) -> Result<SqlStore, OpenError> {
    open_in(url, domain, Arc::default()).await
}

async fn open_in(url: &str, domain: &str, world: Arc<World>) -> Result<SqlStore, OpenError> {
    open_with(SqlOptions::default(), url, domain, world).await
}

pub(crate) async fn open_with(
    options: SqlOptions,
    url: &str,
    domain: &str,
    world: Arc<World>,
) -> Result<SqlStore, OpenError> {
    let parts = StoreParts {
        domain: Domain::parse(domain).expect("a domain"),
        clock: world.clone(),
        entropy: world.clone(),
        codec: Arc::new(Records),
        publish: world,
    };
    SqlStore::open(url, options, parts).await
}

/// A change that tells the `n`th user of something.
pub(crate) fn telling(n: u64) -> Change {
    let id = |n| Id::generate(Timestamp::from_millis(n), [0; 10]);
    let home = Domain::parse("a.example.com").expect("a domain");
    let user = UserKey::new(id(i64::try_from(n).expect("few users")), home);
    let ended: SessionId = Id::generate(Timestamp::from_millis(1), [0; 10]);
    Change::default().user_event(&user, EventBody::SessionRevoked { id: ended })
}

/// Whether the log has no gaps, and every event was heard of once.
async fn assert_all_heard(store: &SqlStore, worlds: &[Arc<World>]) {
    let kept = store.events_after(Position(0), 100_000).await.expect("read");
    assert!(kept.iter().map(|event| event.position.0).eq(1..=kept.len() as u64));
    for world in worlds {
        assert!(world.heard().is_sorted_by_key(|event| event.position));
    }
    let mut heard: Vec<_> = worlds.iter().flat_map(|world| world.heard()).collect();
    heard.sort_by_key(|event| event.position);
    assert!(heard.iter().map(|event| &**event).eq(&kept));
}

/// Two processes have a connection each and share nothing else, as two stores do.
async fn is_shared(url: &str) {
    let worlds: [Arc<World>; 2] = Default::default();
    let mut stores = Vec::new();
    for world in &worlds {
        let options = SqlOptions { sharing: Sharing::Allowed, ..Default::default() };
        stores.push(Arc::new(open_with(options, url, "a.example.com", world.clone()).await.expect("it opens")));
    }
    let mut running = JoinSet::new();
    for n in 0..32 {
        let store = stores[n % 2].clone();
        running.spawn(async move {
            for _ in 0..10 {
                let committed = store.commit(telling(n as u64 % 3)).await.expect("it is sound");
                assert_eq!(committed.events.len(), 1);
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("all goes well");
    }
    assert_eq!(stores[0].log_state().await.expect("read").head, Position(320));
    assert_all_heard(&stores[1], &worlds).await;
    for store in stores {
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_postgres() {
    if let Some(url) = new_postgres().await {
        is_shared(&url).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_sqlite() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    is_shared(&file_in(&folder)).await;
}

/// A second store is refused until the first is closed, and so is whoever would change the schema under it.
async fn is_kept_to_one(url: &str) {
    let store = open(url, "a.example.com").await.expect("it opens");
    let refused = |refused: Result<(), OpenError>| {
        let error = refused.expect_err("another store has it open");
        assert!(matches!(error, OpenError::InUse), "{error}");
    };
    refused(open(url, "a.example.com").await.map(drop));
    refused(SqlStore::migrate(url).await);
    store.commit(telling(1)).await.expect("the first one goes on");
    store.close().await;
    SqlStore::migrate(url).await.expect("the lock is free");
    open(url, "a.example.com").await.expect("so it is").close().await;
}

#[tokio::test]
async fn sqlite_is_kept_to_one_store() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    is_kept_to_one(&file_in(&folder)).await;
}

#[tokio::test]
async fn postgres_is_kept_to_one_store() {
    if let Some(url) = new_postgres().await {
        is_kept_to_one(&url).await;
    }
}

#[tokio::test]
async fn whoever_lost_a_postgres_to_another_writes_no_more() {
    let Some(url) = new_postgres().await else { return };
    let first = open(&url, "a.example.com").await.expect("it opens");
    cut(&mut PgConnection::connect(&url).await.expect("PostgreSQL is reached")).await;
    let second = open(&url, "a.example.com").await.expect("the lock went with its session");
    let refused = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while first.commit(telling(1)).await.is_ok() {}
        first.ping().await.expect_err("nor does it say that all is well")
    });
    let error = refused.await.expect("it deltas");
    assert!(error.to_string().contains("another"), "{error}");
    second.commit(telling(1)).await.expect("the second one has it");
    first.close().await;
    second.close().await;
}

/// Ends all connections of others to the database.
async fn cut(connection: &mut PgConnection) {
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    connection.execute(ended).await.expect("a superuser may do so");
}

#[tokio::test]
async fn idle_connections_to_postgres_that_were_cut_are_replaced() {
    let Some(url) = new_postgres().await else { return };
    let store = open(&url, "a.example.com").await.expect("it opens");
    store.commit(telling(1)).await.expect("it is sound");
    let mut connection = PgConnection::connect(&url).await.expect("PostgreSQL is reached");
    for n in 2..5 {
        cut(&mut connection).await;
        store.commit(telling(1)).await.expect("the writer has a new connection");
        assert_eq!(store.log_state().await.expect("so have the readers").head, Position(n));
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_postgres_is_cut_off_is_made_and_told_or_neither() {
    let Some(url) = new_postgres().await else { return };
    let world: Arc<World> = Arc::default();
    let store = Arc::new(open_in(&url, "a.example.com", world.clone()).await.expect("it opens"));
    let answered = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for n in 0..16 {
        let (store, answered) = (store.clone(), answered.clone());
        running.spawn(async move {
            let mut made = Vec::new();
            for _ in 0..60 {
                made.extend(store.commit(telling(n)).await.into_iter().flat_map(|committed| committed.events));
                answered.fetch_add(1, Ordering::Relaxed);
            }
            made
        });
    }
    let mut connection = PgConnection::connect(&url).await.expect("PostgreSQL is reached");
    for round in 1..=20 {
        while answered.load(Ordering::Relaxed) < round * 40 {
            tokio::task::yield_now().await;
        }
        cut(&mut connection).await;
    }
    let heard_of = running.join_all().await.concat();
    assert!(heard_of.len() > 480, "most get through: {}", heard_of.len());
    assert_all_heard(&store, std::slice::from_ref(&world)).await;
    let heard = world.heard();
    assert!(heard_of.iter().all(|event| heard.contains(event)));
    store.close().await;
}

async fn keeps_its_domain(url: &str) {
    SqlStore::migrate(url).await.expect("the schema is made");
    SqlStore::migrate(url).await.expect("nothing is left to do");
    let store = open(url, "a.example.com").await.expect("the first one is at home");
    let id = store.log_state().await.expect("read").id;
    assert_eq!(id, u64::from_be_bytes([0xa5; 8]) & (u64::MAX >> 1));
    store.close().await;
    let error = open(url, "b.example.com").await.expect_err("it belongs to another");
    let OpenError::Domain { kept, given } = &error else { panic!("{error}") };
    assert_eq!((kept.as_str(), given.as_str()), ("a.example.com", "b.example.com"));
    let store = open(url, "a.example.com").await.expect("it is at home");
    assert_eq!(store.log_state().await.expect("read").id, id);
    store.close().await;
    assert!(store.ping().await.is_err());
    assert!(store.commit(Default::default()).await.is_err());
}

#[tokio::test]
async fn sqlite_keeps_its_domain() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    keeps_its_domain(&file_in(&folder)).await;
}

#[tokio::test]
async fn postgres_keeps_its_domain() {
    if let Some(url) = new_postgres().await {
        keeps_its_domain(&url).await;
    }
}

#[tokio::test]
async fn a_url_that_is_no_database_is_refused_without_its_password() {
    for url in ["mysql://me:secret@host/db", "beep.db", "sqlite://", "sqlite://:memory:", ""] {
        let error = open(url, "a.example.com").await.expect_err("there is no such database");
        assert!(matches!(error, OpenError::Url), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("missing/beep.db").display());
    assert!(matches!(open(&url, "a.example.com").await, Err(OpenError::Store(_))));
}

/// Both dialects must have the same steps: a database is moved from one to the other.
#[test]
fn both_dialects_have_the_same_migrations() {
    let names = |dialect: &str| {
        let folder = format!("{}/migrations/{dialect}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("it can be read").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
