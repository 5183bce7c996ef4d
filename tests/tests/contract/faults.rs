//! What goes wrong around the program in ordinary operation: a log that nobody can write or reads, a disk that is full,
//! a database that was copied badly.

use std::path::{Path, PathBuf};
use std::process::Command;

use beep_tests::PATIENCE;
use beep_tests::database::Engine;
use beep_tests::people::{Person, http};
use beep_tests::server::Server;
use serde_json::json;
use tokio::time::timeout;

use crate::process::run_in;

/// Starts a backend by a shell script, in which `"$0" "$@"` is its command line. It logs all it can.
async fn start_by(script: &str) -> Server {
    let flags = ["--log.filter", "debug", "--limits.rates", "off"];
    let launcher = ["bash", "-c", script];
    timeout(PATIENCE, Server::start_under(&launcher, Engine::Sqlite, &flags))
        .await
        .expect("nothing of the log holds it up")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_stops_no_request() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let pipe = place.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("`mkfifo` runs").success());
    for script in [
        // No space is left.
        "exec \"$0\" \"$@\" 2>/dev/full",
        // Whoever read it is gone.
        "exec \"$0\" \"$@\" 2> >(:)",
        // Nobody reads it, so it is soon full.
        &format!("exec \"$0\" \"$@\" 2<>'{}'", pipe.display()),
    ] {
        let mut server = start_by(script).await;
        let ann = Person::sign_up(&server, "ann").await;
        let (_, channel) = ann.community("private").await;
        // Each request is logged: together they are more than a pipe holds.
        for number in 0..300 {
            ann.says(&channel, &format!("message {number}")).await;
        }
        assert_eq!(http().get(format!("{}/readyz", server.url())).send().await.expect("it answers").status(), 200);
        assert_eq!(server.stop().await, Some(0), "{script}");
    }
}

/// Limits how long the files of a process may become, in octets; what would be longer fails as on a full disk.
fn limit_files(server: &Server, octets: &str) {
    let limit = format!("--fsize={octets}:unlimited");
    let done = Command::new("prlimit").args(["--pid", &server.pid().to_string(), &limit]).status();
    assert!(done.expect("`prlimit` runs").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_is_not_ready_and_is_recovered_from() {
    let server = start_by("trap '' XFSZ; exec \"$0\" \"$@\" 2>/dev/full").await;
    let ann = Person::sign_up(&server, "ann").await;
    let (_, channel) = ann.community("private").await;
    let ready =
        async || http().get(format!("{}/readyz", server.url())).send().await.expect("it answers").status().as_u16();
    let send = async || ann.post(&format!("/channels/{channel}/messages"), json!({ "content": "hello" })).await.status;
    assert_eq!((ready().await, send().await), (200, 201));
    let log = std::fs::metadata(server.directory().join("beep.db-wal")).expect("it is open").len();
    limit_files(&server, &log.to_string());
    assert_eq!((send().await, ready().await), (500, 503));
    ann.get("/self").await.expect(200);
    limit_files(&server, "unlimited");
    let recovers = async {
        while ready().await != 200 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, recovers).await.expect("it finds out by itself");
    assert_eq!(send().await, 201);
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_one_line_and_exit_1() {
    let mut server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let (_, channel) = ann.community("private").await;
    for number in 0..50 {
        ann.says(&channel, &format!("{number} {}", "x".repeat(1_000))).await;
    }
    let database = server.directory().join("beep.db");
    let log = std::fs::read(beside(&database)).expect("it is open");
    assert_eq!(server.stop().await, Some(0));
    // Half of it is of nothing, and it looks as if it had not been closed.
    let mut octets = std::fs::read(&database).expect("it is there");
    let half = octets.len() / 2;
    octets[half..].fill(0xff);
    std::fs::write(&database, octets).expect("it is ours");
    std::fs::write(beside(&database), &log[..32]).expect("it is ours");
    let directory = server.directory().to_str().expect("a path is text");
    let same = ["--listen", "127.0.0.1:0", "--data_dir", directory, "--database.url", server.database()];
    let ran = run_in(server.directory(), &[&["--log.filter", "error"], &same[..]].concat(), &[]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.error);
    assert!(ran.error.contains("is damaged") && ran.error.lines().count() == 1, "{}", ran.error);
    let looked = run_in(server.directory(), &[&["doctor"], &same[..]].concat(), &[]).await;
    assert_eq!(looked.code, Some(1), "{}", looked.out);
    assert!(looked.out.contains("is damaged") && looked.out.contains("restore a backup"), "{}", looked.out);
}
