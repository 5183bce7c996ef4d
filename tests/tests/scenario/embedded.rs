//! A backend inside another program, under a path of its own: `examples/embedded`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use beep_client::view::Visibility;
use beep_client::{Client, EventData, GatewayEvent, channels, messages, servers};
use beep_proto::operation::servers::Template;
use beep_tests::people::{Answer, PASSWORD, http};
use beep_tests::server::{free_address, mailed_code};
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::within;

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_is_mounted_beside_the_routes_of_its_host() {
    let program = Program::start().await;
    assert_eq!(text(&program.url("/")).await, "The chat is under /chat.\n");
    let document: serde_json::Value =
        serde_json::from_str(&text(&program.url("/chat/v1/openapi.json")).await).expect("it is JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{document}");
    assert_eq!(status(&program.url("/v1/backend")).await, 404, "the host's own paths stay the host's");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_finds_its_parts_under_any_path() {
    let program = Program::start().await;
    let page = text(&program.url("/chat/docs")).await;
    let parts: Vec<_> = page.split('"').filter(|part| part.ends_with(".js") || part.ends_with(".css")).collect();
    assert!(!parts.is_empty(), "{page}");
    let base = reqwest::Url::parse(&program.url("/chat/docs")).expect("it is a URL");
    for part in parts {
        let url = base.join(part).expect("it is a URL");
        assert_eq!(status(url.as_str()).await, 200, "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_goes_to_the_mounted_path_alone() {
    let program = Program::start().await;
    let ask = async |path: &str, body, cookie: &str| {
        let request = http().post(program.url(path)).json(&body).header(COOKIE, cookie);
        Answer::read(request.send().await.expect("the program answers")).await
    };
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "username": "ada" });
    ask("/chat/v1/register", body, "").await.expect(201);
    let body = json!({ "email": "ada@example.com", "code": program.mailed_code("ada@example.com") });
    let answer = ask("/chat/v1/activate", body, "").await;
    let cookie = answer.headers.get(SET_COOKIE).expect("it sets a cookie").to_str().expect("it is text").to_owned();
    answer.expect(200);
    let mut parts = cookie.split("; ");
    let zuid = parts.next().expect("it has a value");
    assert!(zuid.starts_with("zuid="), "{cookie}");
    let attributes: Vec<_> = parts.collect();
    assert!(attributes.contains(&"Path=/chat/v1/access") && attributes.contains(&"HttpOnly"), "{cookie}");
    assert!(!attributes.contains(&"Secure"), "on plain HTTP on loopback a browser would drop it: {cookie}");
    let renewed = ask("/chat/v1/access", json!({}), zuid).await.expect(200);
    assert_eq!(renewed["user"]["username"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_chat_in_another_program() {
    let mut program = Program::start().await;
    let (ada, bob) = (program.sign_up("ada").await, program.sign_up("bob").await);
    let asked = servers::Create::new("Garden", Visibility::Public).template(Template::Community);
    let garden = ada.servers().create(asked).await.expect("a server can be made");
    bob.servers().join(servers::Join::new(&garden.id)).await.expect("it is public");
    let channels = ada.channels().list(channels::List::new(&garden.id)).await.expect("its owner sees them");
    let mut events = bob.events();
    let mut next = async || within("something happens", events.next()).await.expect("it goes on").expect("it is well");
    assert!(matches!(next().await, GatewayEvent::Ready(_)));
    ada.messages().send(messages::Send::new(&channels.items[0].id, "hello, bob")).await.expect("ada may send");
    let GatewayEvent::Event(event) = next().await else { panic!("an event comes first") };
    let EventData::MessageCreated(message) = event.data else { panic!("not a message: {event:?}") };
    assert_eq!(message.content, "hello, bob");
    assert_eq!(program.stop().await, Some(0));
    assert!(matches!(next().await, GatewayEvent::Disconnected { .. }));
}

async fn text(url: &str) -> String {
    let answer = http().get(url).send().await.expect("the program answers");
    assert_eq!(answer.status(), 200, "{url}");
    answer.text().await.expect("it is text")
}

async fn status(url: &str) -> u16 {
    http().get(url).send().await.expect("the program answers").status().as_u16()
}

/// The example as a process.
struct Program {
    process: Child,
    directory: tempfile::TempDir,
    address: String,
}

impl Program {
    async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let mut process = Command::new(binary())
            .env("LISTEN", free_address())
            .env("DATA_DIR", directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the example starts");
        let mut lines = BufReader::new(process.stdout.take().expect("standard output is piped")).lines();
        let line = within("the program says that it listens", lines.next_line()).await.expect("it is text");
        let line = line.expect("the program says something");
        let address = line.strip_prefix("listening on http://").expect("the start message").to_owned();
        Self { process, directory, address }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn mailed_code(&self, address: &str) -> String {
        mailed_code(self.directory.path(), address)
    }

    /// Signs somebody up with the SDK, which is told the path in the URL.
    async fn sign_up(&self, name: &str) -> Client {
        let client = Client::builder(self.url("/chat")).build().expect("the URL is one");
        let email = format!("{name}@example.com");
        let asked = beep_client::accounts::Register::new(email.as_str(), PASSWORD, name);
        client.accounts().register(asked).await.expect("the name is free");
        client.activate(&email, self.mailed_code(&email)).await.expect("the code is right");
        client
    }

    async fn stop(&mut self) -> Option<i32> {
        let id = self.process.id().expect("the process runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("`kill` runs");
        assert!(asked.success());
        within("the program stops", self.process.wait()).await.expect("its status is known").code()
    }
}

/// The example's program, beside the server's.
fn binary() -> PathBuf {
    let binary = beep_tests::server::binary().parent().map(|folder: &Path| folder.join("embedded"));
    let binary = binary.expect("the server's program is in a folder");
    assert!(binary.exists(), "build it first: cargo build --package embedded");
    binary
}
