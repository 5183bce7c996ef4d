//! What breaks under a store: its writer, its file, its schema.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::event::EventBody;
use beep_core::id::{Id, SessionId, UserKey};
use beep_core::port::{Change, CodecError, Decoded, EventCodec, Store, StoredMessages};
use beep_core::time::Timestamp;
use beep_store::{OpenError, SqlOptions, SqlStore, StoreParts};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::sql::{World, file_in, new_postgres, open};

/// Breaks where a record is made, which the writer does.
struct Broken;

impl EventCodec for Broken {
    fn encode(&self, _: &EventBody) -> Vec<u8> {
        panic!("as a fault would")
    }

    fn decode(&self, kind: &str, _: &[u8], _: &StoredMessages) -> Result<Decoded, CodecError> {
        Err(CodecError { kind: kind.to_owned(), reason: "nothing can be read".to_owned() })
    }
}

fn telling() -> Change {
    let home = Domain::parse("a.example.com").expect("a domain");
    let user = UserKey::new(Id::generate(Timestamp::from_millis(1), [0; 10]), home);
    let ended: SessionId = Id::generate(Timestamp::from_millis(1), [0; 10]);
    Change::default().user_event(&user, EventBody::SessionRevoked { id: ended })
}

#[tokio::test]
async fn a_writer_that_panics_is_the_end_of_its_store() {
    let world: Arc<World> = Arc::default();
    let parts = StoreParts {
        domain: Domain::parse("a.example.com").expect("a domain"),
        clock: world.clone(),
        entropy: world.clone(),
        codec: Arc::new(Broken),
        publish: world,
    };
    let store = SqlStore::open("memory:", SqlOptions::default(), parts).await.expect("it opens");
    store.ping().await.expect("all is well");
    store.commit(telling()).await.expect_err("its caller is told");
    let failed = tokio::time::timeout(Duration::from_secs(10), store.failed()).await.expect("it is seen");
    assert!(failed.to_string().contains("panicked"), "{failed}");
    store.ping().await.expect_err("it is not ready");
    store.close().await;
}

/// The file of a database, beside whose data are those of tables that only fill it.
fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("beep.db")
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Puts the log of an earlier moment beside a database that was closed; gives its octets from then on.
async fn mismatched(folder: &TempDir) -> Vec<u8> {
    let (file, url) = (file(folder), file_in(folder));
    open(&url, "a.example.com").await.expect("it opens").close().await;
    let mut connection = SqliteConnection::connect(&url).await.expect("it is reached");
    connection.execute("PRAGMA wal_autocheckpoint = 0").await.expect("a pragma");
    let fill = async |connection: &mut SqliteConnection, table: u32| {
        for sql in [
            format!("CREATE TABLE filler_{table} (id INTEGER PRIMARY KEY, text TEXT)"),
            format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                INSERT INTO filler_{table} SELECT i, hex(randomblob(37 * {table})) FROM n"
            ),
        ] {
            connection.execute(AssertSqlSafe(sql)).await.expect("it is written");
        }
    };
    // In the log the first table is still there. Its pages are not in the log, and go to tables of other rows afterwards.
    fill(&mut connection, 1).await;
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("nobody reads");
    fill(&mut connection, 2).await;
    let stale = std::fs::read(beside(&file)).expect("it is open, so it has a log");
    connection.execute("DROP TABLE filler_1").await.expect("it is there");
    for table in 3..7 {
        fill(&mut connection, table).await;
    }
    connection.close().await.expect("it is closed");
    assert!(!beside(&file).exists(), "it was written back");
    std::fs::write(beside(&file), stale).expect("it can be put there");
    std::fs::read(&file).expect("it is readable")
}

#[tokio::test]
async fn a_database_with_the_log_of_another_moment_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let url = file_in(&folder);
    let octets = mismatched(&folder).await;
    let refused = [
        open(&url, "a.example.com").await.map(drop).expect_err("it is malformed"),
        SqlStore::migrate(&url).await.expect_err("it is malformed"),
        SqlStore::look(&url).await.map(drop).expect_err("it is malformed"),
    ];
    for error in refused {
        assert!(matches!(&error, OpenError::Damaged { path, .. } if url.ends_with(path)), "{error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
    assert!(std::fs::read(file(&folder)).expect("it is readable") == octets, "the log was not written into it");
    std::fs::remove_file(beside(&file(&folder))).expect("it is there");
    open(&url, "a.example.com").await.expect("without that log it is whole").close().await;
}

#[tokio::test]
async fn a_database_that_was_not_closed_is_opened_if_it_is_whole() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let store = open(&file_in(&folder), "a.example.com").await.expect("it opens");
    store.commit(telling()).await.expect("it is sound");
    // What a process leaves that is killed.
    let left = tempfile::tempdir().expect("a folder for what is left");
    for name in ["beep.db", "beep.db-wal"] {
        std::fs::copy(folder.path().join(name), left.path().join(name)).expect("it is there");
    }
    store.close().await;
    let store = open(&file_in(&left), "a.example.com").await.expect("it is whole");
    store.commit(telling()).await.expect("it is sound");
    store.close().await;
}

async fn of_a_newer_release<C: Connection>(url: &str)
where
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    SqlStore::migrate(url).await.expect("the schema is made");
    let mut connection = C::connect(url).await.expect("it is reached");
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 99, description, success, checksum, execution_time FROM _sqlx_migrations";
    connection.execute(later).await.expect("it is written");
    connection.close().await.expect("it is closed");
    let error = open(url, "a.example.com").await.map(drop).expect_err("it is newer");
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("a newer release"), "{error}");
}

#[tokio::test]
async fn a_schema_of_a_newer_release_is_refused_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    of_a_newer_release::<SqliteConnection>(&file_in(&folder)).await;
}

#[tokio::test]
async fn a_schema_of_a_newer_release_is_refused_on_postgres() {
    if let Some(url) = new_postgres().await {
        of_a_newer_release::<PgConnection>(&url).await;
    }
}
