//! Malformed JSON, NUL and half surrogates at every operation.

use beep_tests::operation::{self, Entry};
use beep_tests::people::Person;
use serde_json::{Map, Value};

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "malformed_requests",
    does: "asks for every operation with NUL, half surrogates, broken JSON and deep nesting in every field",
    holds: "none is answered as a fault of the backend, and all is as before",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let attacker = Person::sign_up(stage.server(), "attacker").await;
    let bystander = Person::sign_up(stage.server(), "bystander").await;
    stage.open_with(&["--limits.rates", "off"]).await;
    let before = (bystander.get("/self").await.body, bystander.get("/servers").await.body);
    let headers = format!("authorization: Bearer {}\r\n", attacker.token);
    // What ends the session is asked for by nobody who has to go on.
    let operations = operation::all().into_iter().filter(|entry| entry.name != "sessions.logout");
    for entry in operations {
        let method = entry.method.as_str().to_owned();
        for (path, body) in requests(&entry) {
            let answer = stage.ask(0, &method, &format!("/v1{path}"), &headers, &body).await;
            let proper = answer.as_ref().is_ok_and(|heard| heard.status < 500);
            stage.hold(proper, || {
                let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
                format!("{} at {path} with {shown}: {answer:?}", entry.name)
            });
        }
    }
    let after = (bystander.get("/self").await.body, bystander.get("/servers").await.body);
    stage.hold(before == after, || format!("something of others changed: {after:?}"));
}

/// Requests for an operation, each wrong in another way: path and body.
fn requests(entry: &Entry) -> Vec<(String, Vec<u8>)> {
    let mut requests = Vec::new();
    let sample = operation::sample(entry.name);
    let path_of = |text: &str| entry.fill(|_| text.to_owned());
    let path_names: Vec<_> = entry.path_names().collect();
    let own: Vec<_> = entry.path_names().map(|name| (name, plain(&sample[name]))).collect();
    let path = entry.fill(|name| own.iter().find(|(known, _)| *known == name).map_or(String::new(), |(_, id)| id.clone()));
    for text in IN_PATHS {
        requests.push((path_of(text), b"{}".to_vec()));
    }
    for body in BODIES {
        requests.push((path.clone(), body.to_vec()));
    }
    requests.push((path.clone(), format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)).into_bytes()));
    requests.push((path.clone(), format!("{{\"a\":{}1{}}}", "{\"a\":".repeat(20_000), "}".repeat(20_000)).into_bytes()));
    let fields = entry.fields.iter().map(|field| field.name).filter(|name| !path_names.contains(name));
    for field in fields {
        for text in TEXTS {
            let mut members: Map<String, Value> = sample.clone();
            path_names.iter().for_each(|name| drop(members.remove(*name)));
            if method_has_query(entry) {
                requests.push((format!("{path}?{field}={}", escaped(text)), Vec::new()));
                continue;
            }
            members.insert(field.to_owned(), Value::String(MARK.to_owned()));
            let body = Value::Object(members).to_string();
            requests.push((path.clone(), body.replace(MARK, text).into_bytes()));
        }
    }
    requests
}

fn method_has_query(entry: &Entry) -> bool {
    entry.method == reqwest::Method::GET
}

fn plain(value: &Value) -> String {
    operation::escaped(value.as_str().unwrap_or_default())
}

/// The text of a JSON string as a query has it.
fn escaped(text: &str) -> String {
    match text {
        "\\u0000" => "%00".to_owned(),
        text if text.starts_with("\\u") => "%ED%A0%80".to_owned(),
        text => operation::escaped(text),
    }
}

/// Stands for a text in a body; nothing else looks like it.
const MARK: &str = "MARK-OF-A-TEXT";

/// Texts as JSON writes them: NUL, halves of a pair of surrogates, characters that end a line or turn its direction,
/// what SQL and search patterns read, and one that is long.
const TEXTS: [&str; 9] = [
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud800",
    "a\\u0000b",
    "\\u202e\\u2028",
    "%_\\\\'\\\";--",
    "-1",
    "99999999999999999999999999",
    "1970-01-01T00:00:00Z",
];

/// In place of ids in a path.
const IN_PATHS: [&str; 8] = [
    "%00",
    "%ED%A0%80",
    "%FF%FE",
    "..%2f..%2fetc%2fpasswd",
    "%20",
    "00000000-0000-7000-8000-000000000000@",
    "@localhost",
    "00000000-0000-7000-8000-000000000000%00@localhost",
];

/// In place of a body.
const BODIES: [&[u8]; 8] =
    [b"", b"{", b"null", b"[]", b"{\"a\":\"\\ud800\"}", b"\xff\xfe{}", b"\0", b"{\"content\":1e999999}"];
