//! What only a database has: a URL, a schema, and a domain that it belongs to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use beep_core::domain::Domain;
use beep_core::event::Event;
use beep_core::port::{Clock, Entropy, Events, Publish, Store};
use beep_core::time::Timestamp;
use beep_proto::codec::JsonCodec;
use beep_store::{OpenError, SqlOptions, SqlStore, StoreParts};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

/// Names the PostgreSQL that tests make their databases on.
const URL_VARIABLE: &str = "BEEP_TEST_POSTGRES_URL";

/// The URL of a database that is not there yet.
pub(crate) fn file_in(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("beep.db").display())
}

/// The URL of a new database, if there is a PostgreSQL to make it on; says so if there is none.
pub(crate) async fn new_postgres() -> Option<String> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let Ok(url) = std::env::var(URL_VARIABLE) else {
        println!("skipped: {URL_VARIABLE} names no PostgreSQL to test on");
        return None;
    };
    let mut connection = PgConnection::connect(&url).await.expect("PostgreSQL is reached");
    let name = format!("beep_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await.expect("the name is free");
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database is made");
    connection.close().await.expect("the connection is closed");
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    Some(format!("{server}/{name}"))
}

struct World;

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
    fn publish(&self, _: &[Arc<Event>]) {}
}

fn parts(domain: &str) -> StoreParts {
    StoreParts {
        domain: Domain::parse(domain).expect("a domain"),
        clock: Arc::new(World),
        entropy: Arc::new(World),
        codec: Arc::new(JsonCodec),
        publish: Arc::new(World),
    }
}

async fn open(url: &str, domain: &str) -> Result<SqlStore, OpenError> {
    SqlStore::open(url, SqlOptions::default(), parts(domain)).await
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
        assert!(matches!(error, OpenError::Url(_)), "{error}");
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
