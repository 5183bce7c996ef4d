//! Two backends by one command: `examples/two-backends`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use beep_client::{Client, EventData, GatewayEvent, channels, messages, servers};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::within;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_chat_across_what_one_command_started() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let mut process = Command::new(binary())
        .arg("0")
        .env("TMPDIR", place.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the example starts");
    let mut lines = BufReader::new(process.stdout.take().expect("standard output is piped")).lines();
    let mut said = Vec::new();
    let told = async {
        while let Some(line) = lines.next_line().await.expect("it is text") {
            let last = line == "Ctrl-C stops both.";
            said.push(line);
            if last {
                return;
            }
        }
        panic!("it ended:\n{}", said.join("\n"));
    };
    within("it says what to open", told).await;
    assert!(said.iter().any(|line| line == "b.example.com and a.example.com can talk to each other"), "{said:?}");
    let (ada, bob) = (log_in(&said, "a.example.com").await, log_in(&said, "b.example.com").await);
    let garden = bob.servers().list(servers::List::new()).await.expect("bob is in one").items.remove(0);
    assert!(garden.id.to_string().ends_with("@a.example.com") && garden.name == "Garden");
    let channels = bob.channels().list(channels::List::new(&garden.id)).await.expect("bob sees them");
    let mut events = ada.events();
    let mut next = async || within("something happens", events.next()).await.expect("it goes on").expect("it is well");
    while !matches!(next().await, GatewayEvent::Ready(_)) {}
    bob.messages().send(messages::Send::new(&channels.items[0].id, "across")).await.expect("bob may send");
    loop {
        if let GatewayEvent::Event(event) = next().await
            && let EventData::MessageCreated(message) = event.data
            && message.content == "across"
        {
            let author = message.author.expect("a user spoke");
            assert!(author.to_string().ends_with("@b.example.com"));
            break;
        }
    }
    let id = process.id().expect("the process runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("`kill` runs").success());
    let ended = within("the program stops", process.wait()).await.expect("its status is known");
    assert_eq!(ended.code(), Some(0));
    let left: Vec<_> = std::fs::read_dir(place.path()).expect("it is readable").collect();
    assert!(left.is_empty(), "nothing is kept: {left:?}");
}

/// Logs in as the line of a backend says.
async fn log_in(said: &[String], domain: &str) -> Client {
    let line = said.iter().find(|line| line.trim_start().starts_with(domain) && line.contains("log in as"));
    let words: Vec<_> = line.expect("it says so").split_whitespace().collect();
    let [_, url, _, _, "as", name, ..] = words[..] else { panic!("{words:?}") };
    let password = line.expect("it says so").split('`').nth(1).expect("a password");
    let client = Client::builder(url).build().expect("the URL is one");
    client.login(name, password).await.expect("there is an account");
    client
}

/// The example's program, beside the server's.
fn binary() -> PathBuf {
    let binary = beep_tests::server::binary().parent().map(|folder: &Path| folder.join("two-backends"));
    let binary = binary.expect("the server's program is in a folder");
    assert!(binary.exists(), "build it first: cargo build --package two-backends");
    binary
}
