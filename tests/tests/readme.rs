//! The README's chat, followed to the letter: its shell lines are run as they stand.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use beep_tests::PATIENCE;
use beep_tests::database::Engine;
use beep_tests::server::{Server, binary};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_chat_as_the_readme_says() {
    let server = Server::start_with(Engine::Sqlite, &[]).await;
    let place = tempfile::tempdir().expect("a directory can be made");
    std::os::unix::fs::symlink(server.directory(), place.path().join("beep-data")).expect("a link can be made");
    let blocks = shell_blocks("## Chat");
    let [sign_up, make, ada, bob] = blocks.as_slice() else { panic!("the README's chat has four blocks: {blocks:?}") };

    let script = format!("set -eu\n{sign_up}\n{make}");
    let ran = shell(&script, &server, place.path()).output().await.expect("bash runs");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("\"content\":\"hello, garden\""), "{said}");

    let mut ada = Terminal::open(ada, &server, place.path()).await;
    let mut bob = Terminal::open(bob, &server, place.path()).await;
    ada.types("general hello, bob").await;
    bob.sees("#general ada: hello, bob").await;
    bob.types("!ping").await;
    ada.sees("#general bob: !ping").await;
    bob.sees("#general ada: pong").await;
}

/// One of the README's terminals: a bot that somebody types to.
struct Terminal {
    bot: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Terminal {
    async fn open(line: &str, server: &Server, place: &Path) -> Self {
        let mut bot = shell(line, server, place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("bash runs");
        let errors = bot.stderr.take().expect("standard error is piped");
        let mut signed_in = BufReader::new(errors).lines();
        let first = timeout(PATIENCE, signed_in.next_line()).await.expect("the bot says that it is signed in");
        let first = first.expect("it is text").expect("the bot says something");
        assert!(first.starts_with("signed in as"), "{first}");
        let lines = BufReader::new(bot.stdout.take().expect("standard output is piped")).lines();
        // What else it says is read, so that it never blocks.
        tokio::spawn(async move { while let Ok(Some(_)) = signed_in.next_line().await {} });
        Self { bot, lines }
    }

    async fn types(&mut self, line: &str) {
        let input = self.bot.stdin.as_mut().expect("standard input is piped");
        input.write_all(format!("{line}\n").as_bytes()).await.expect("the bot reads");
    }

    async fn sees(&mut self, expected: &str) {
        let found = async {
            while let Some(line) = self.lines.next_line().await.expect("it is text") {
                if line == expected {
                    return;
                }
            }
            panic!("the bot stopped before it showed `{expected}`");
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("`{expected}` was never shown"));
    }
}

/// A shell in which the README's address is that of the server under test, and `cargo run --package bot` is the bot
/// that was built.
fn shell(script: &str, server: &Server, place: &Path) -> Command {
    let bot = bot().display().to_string();
    let script = script
        .replace("export BOT_URL=http://127.0.0.1:8008", &format!("export BOT_URL={}", server.url()))
        .replace("cargo run --package bot --", &bot)
        .replace("cargo run --package bot", &bot);
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).env("BOT_URL", server.url()).current_dir(place);
    command
}

fn bot() -> PathBuf {
    let bot = binary().with_file_name("bot");
    assert!(bot.exists(), "build it first: cargo build --package bot");
    bot
}

/// The `sh` blocks of a section of the README.
fn shell_blocks(section: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = std::fs::read_to_string(readme).expect("the README is there");
    let (_, rest) = text.split_once(section).expect("the section is there");
    let section = rest.split("\n## ").next().unwrap_or_default();
    section.split("```sh\n").skip(1).filter_map(|block| block.split("\n```").next()).map(str::to_owned).collect()
}
