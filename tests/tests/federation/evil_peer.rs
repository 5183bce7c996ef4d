//! A peer with a valid certificate and bad intent: whatever it sends gets its code, reaches nothing that is not its
//! own, and slows nobody down.

use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use beep_tests::federation::authority::Identity;
use beep_tests::federation::fake::{Fake, Reaction};
use beep_tests::federation::peer::{Broken, Reply, Wire, request};
use beep_tests::federation::realm::{Backend, Realm, domain};
use beep_tests::making::ids;
use beep_tests::people::{Person, http};
use beep_tests::server::free_address;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{user, users_uuid};

const EVIL: &str = "evil.example.com";

/// A backend with an owner and a server, and an evil peer with a certificate.
struct World {
    realm: Realm,
    own: Backend,
    owner: Person,
    /// A public server and its channel.
    server: String,
    channel: String,
    fake: Fake,
    identity: Identity,
    metrics: String,
}

impl World {
    async fn new() -> Self {
        let mut realm = Realm::new(Engine::Sqlite).await;
        let metrics = free_address();
        let flags = ["--limits.rates", "off", "--metrics.listen", &metrics];
        let own = realm.backend_with("own", &flags).await;
        let owner = own.sign_up("owner").await;
        let (server, channel) = owner.community("public").await;
        let (fake, identity) = realm
            .fake("evil", |heard| match heard.path.as_str() {
                "/federation/meta/versions" => Reaction::json(&json!({ "supported": [1], "software": "evil" })),
                "/federation/users/by-ids" => Reaction::json(&json!({ "users": [user(EVIL, "mallory")] })),
                "/federation/users/by-handle" => Reaction::json(&user(EVIL, "mallory")),
                "/federation/events/on-events" => {
                    let events = heard.body["events"].as_array().map_or(0, Vec::len) as u64;
                    let first = heard.body["first_seq"].as_u64().unwrap_or(1);
                    Reaction::json(&json!({ "acked_seq": first + events - 1 }))
                }
                _ => Reaction::problem(404, "not_found"),
            })
            .await;
        Self { realm, own, owner, server, channel, fake, identity, metrics }
    }

    async fn wire(&self) -> Wire {
        let peer = self.realm.peer(Some(&self.identity));
        peer.connect(self.own.ingress, &self.own.infra).await.expect("the certificate is good")
    }

    /// How many calls of the evil domain have reached the domain logic.
    async fn answered(&self) -> u64 {
        let text = http().get(format!("http://{}/metrics", self.metrics)).send().await.expect("metrics are there");
        let text = text.text().await.expect("they are text");
        let of_evil =
            text.lines().filter(|line| line.starts_with("beep_federation_answered_total") && line.contains(EVIL));
        of_evil.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Lets somebody of the evil domain become a member of the public server, as is their right.
    async fn joins(&self, wire: &mut Wire) {
        let joined = execute(wire, &mallory(), "servers.join", json!({ "server": self.server })).await;
        assert_eq!(joined.json()["status"], 200, "{}", joined.json());
    }

    /// What the public channel holds.
    async fn history(&self) -> Vec<String> {
        let page = self.owner.get(&format!("/channels/{}/messages?limit=100", self.channel)).await.expect(200);
        let items = page["items"].as_array().expect("a list").iter();
        items.map(|message| message["content"].as_str().expect("a text").to_owned()).collect()
    }
}

fn mallory() -> String {
    format!("{}@{EVIL}", users_uuid("mallory"))
}

async fn execute(wire: &mut Wire, actor: &str, operation: &str, arguments: Value) -> Reply {
    perform(wire, "commands/execute", actor, operation, arguments, &beep_tests::chance::nobodys_id()).await
}

async fn run(wire: &mut Wire, actor: &str, operation: &str, arguments: Value) -> Reply {
    perform(wire, "queries/run", actor, operation, arguments, "").await
}

async fn perform(wire: &mut Wire, call: &str, actor: &str, operation: &str, arguments: Value, key: &str) -> Reply {
    let mut body = json!({ "actor": actor, "operation": operation, "arguments": arguments });
    if !key.is_empty() {
        body["idempotency_key"] = key.into();
    }
    wire.call(EVIL, call, &body).await.expect("it is answered")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_nobody_but_itself() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    world
        .realm
        .dns
        .serves("third.example.com", vec![beep_tests::federation::dns::Service::at("federator.third.example.com", 1)]);
    let before = world.answered().await;
    let versions = json!({});
    for origin in ["third.example.com", "own.example.com", "evil.example.com.example.org", "federator.evil.example.com"]
    {
        let reply = wire.call(origin, "meta/versions", &versions).await.expect("it is answered");
        match origin {
            "third.example.com" | "own.example.com" => reply.refused(403, "validation_error"),
            _ => reply.refused(502, "discovery_failure"),
        }
    }
    for origin in [
        "",
        "evil",
        "10.0.0.1",
        "[::1]",
        "evil.example.com, own.example.com",
        "EVIL..example.com",
        "evil.example.com:443",
        "https://evil.example.com",
    ] {
        let reply = wire.call(origin, "meta/versions", &versions).await.expect("it is answered");
        reply.refused(403, "validation_error");
    }
    let plain = || Request::builder().method("POST").uri("https://federator/federation/meta/versions");
    for request in [
        plain(),
        plain().header("wire-origin-domain", EVIL).header("wire-origin-domain", EVIL),
        plain().header("wire-origin-domain", EVIL).header("wire-domain", "own.example.com"),
        plain().header("wire-origin-domain", &b"evil\xff.example.com"[..]),
    ] {
        let reply = wire.ask(request.body(()).expect("it is a request"), "{}").await.expect("it is answered");
        reply.refused(403, "validation_error");
    }
    assert_eq!(world.answered().await, before, "something has reached the domain logic");
    // The old name of the header is read, and case does not matter.
    for request in [plain().header("wire-domain", EVIL), plain().header("wire-origin-domain", "Evil.Example.Com.")] {
        let reply = wire.ask(request.body(()).expect("it is a request"), "{}").await.expect("it is answered");
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_for_nobody_elses_users() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    let before = world.history().await;
    let send = json!({ "channel": world.channel, "content": "I am somebody else" });
    let third = format!("{}@third.example.com", users_uuid("trudy"));
    let uuid = world.owner.id.split('@').next().expect("an id").to_owned();
    for actor in [
        world.owner.id.as_str(),
        &third,
        &format!("{uuid}@OWN.example.com"),
        &format!("{}@own.example.com", users_uuid("mallory")),
    ] {
        for (call, operation) in [
            ("commands/execute", "messages.send"),
            ("commands/execute", "servers.delete"),
            ("queries/run", "messages.list"),
        ] {
            let mut arguments = send.clone();
            arguments["server"] = world.server.clone().into();
            let reply = perform(&mut wire, call, actor, operation, arguments, "").await;
            reply.refused(403, "validation_error");
        }
    }
    // The owner's own id at the evil domain is another user, who is nobody here.
    let reply =
        execute(&mut wire, &format!("{uuid}@{EVIL}"), "servers.delete", json!({ "server": world.server })).await;
    assert!(matches!(reply.json()["status"].as_u64(), Some(403 | 404)), "{}", reply.json());
    // Nobody at all may only what needs no login.
    let body = json!({ "operation": "messages.list", "arguments": { "channel": world.channel } });
    let reply = wire.call(EVIL, "queries/run", &body).await.expect("it is answered");
    assert_ne!(reply.status, 200, "{}", reply.json());
    assert_eq!(world.history().await, before);
    world.owner.get(&format!("/servers/{}", world.server)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_nothing_where_it_has_no_member() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    let (private, hidden) = world.owner.community("private").await;
    world.owner.says(&hidden, "between us").await;
    let role = world.owner.everyone(&private).await;
    let (m, server, channel) = (mallory(), private.as_str(), hidden.as_str());
    for (operation, arguments) in [
        ("servers.get", json!({ "server": server })),
        ("members.list", json!({ "server": server })),
        ("roles.list", json!({ "server": server })),
        ("channels.list", json!({ "server": server })),
        ("channels.get", json!({ "channel": channel })),
        ("messages.list", json!({ "channel": channel })),
        ("messages.events", json!({ "channel": channel, "after_seq": 0 })),
        ("servers.permissions", json!({ "server": server })),
        ("invitations.list", json!({ "server": server })),
    ] {
        let reply = run(&mut wire, &m, operation, arguments).await;
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!(404)), "{operation}: {}", reply.json());
        assert!(!String::from_utf8_lossy(&reply.octets).contains("between us"));
    }
    for (operation, arguments) in [
        ("messages.send", json!({ "channel": channel, "content": "hello" })),
        ("channels.create", json!({ "server": server, "name": "den" })),
        ("channels.delete", json!({ "channel": channel })),
        ("servers.update", json!({ "server": server, "name": "mine" })),
        ("servers.delete", json!({ "server": server })),
        ("servers.join", json!({ "server": server })),
        ("roles.update", json!({ "server": server, "role": role, "permissions": ["administrator"] })),
        ("members.assign_role", json!({ "server": server, "user": m, "role": role })),
        ("invitations.create", json!({ "server": server })),
    ] {
        let reply = execute(&mut wire, &m, operation, arguments).await;
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!(404)), "{operation}: {}", reply.json());
    }
    // Statements about it, too, are for those who have members there; and what is elsewhere is not here.
    for server in [
        server,
        &world.server,
        &format!("{}@third.example.com", beep_tests::chance::nobodys_id()),
        &format!("{}@{EVIL}", beep_tests::chance::nobodys_id()),
    ] {
        let reply = wire.call(EVIL, "servers/snapshot", &json!({ "server": server })).await.expect("it is answered");
        reply.refused(404, "not_found");
        let reply = wire.call(EVIL, "events/digest", &json!({ "servers": [server] })).await.expect("it is answered");
        let none = reply.status == 404 || reply.json()["digests"] == json!([]);
        assert!(none, "{reply:?}");
    }
    let reply = wire.call(EVIL, "events/pull", &json!({ "after_seq": 0, "limit": 500 })).await.expect("it is answered");
    assert!(!String::from_utf8_lossy(&reply.octets).contains(private.split('@').next().expect("an id")), "{reply:?}");
    // What is asked of this backend, but belongs to another, or is the caller's own matter, is not carried out.
    for (call, operation, arguments) in [
        (
            "commands/execute",
            "messages.send",
            json!({ "channel": format!("{}@third.example.com", beep_tests::chance::nobodys_id()), "content": "?" }),
        ),
        (
            "commands/execute",
            "messages.send",
            json!({ "channel": format!("{}@{EVIL}", beep_tests::chance::nobodys_id()), "content": "?" }),
        ),
        ("commands/execute", "servers.create", json!({ "name": "Evil", "visibility": "public" })),
        (
            "commands/execute",
            "accounts.register",
            json!({ "email": "m@example.com", "password": "correct horse", "username": "m" }),
        ),
        ("commands/execute", "self.update", json!({ "display_name": "Evil" })),
        ("queries/run", "self.get", json!({})),
        ("queries/run", "sessions.list", json!({})),
        ("queries/run", "events.list", json!({})),
        ("queries/run", "messages.send", json!({ "channel": world.channel, "content": "a query" })),
        ("commands/execute", "messages.list", json!({ "channel": world.channel })),
        ("commands/execute", "no.such", json!({})),
    ] {
        let reply = perform(&mut wire, call, &m, operation, arguments, "").await;
        let refused = reply.status >= 400 || reply.json()["status"].as_u64().is_some_and(|status| status >= 400);
        assert!(refused && reply.status < 500, "{operation}: {reply:?}");
    }
    assert_eq!(ids(&world.owner.get("/servers").await.expect(200)).len(), 2);
    assert_eq!(world.history().await, Vec::<String>::new());
    let third = world.fake.heard().into_iter().filter(|heard| heard.path.starts_with("/federation/commands"));
    assert_eq!(third.count(), 0, "nothing was passed on");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_forges_no_event_and_repeats_nothing() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    world.joins(&mut wire).await;
    let said = world.owner.says(&world.channel, "the truth").await;
    // What the backend tells the evil one of its own server shows what its words look like.
    let is_the_message = |heard: &beep_tests::federation::fake::Heard| {
        heard.path.ends_with("on-events") && heard.body.to_string().contains("the truth")
    };
    let told = world.fake.until(is_the_message).await;
    let entries = told.body["events"].as_array().expect("a batch").clone();
    let genuine = entries.iter().find(|entry| entry.to_string().contains("the truth")).expect("it is among them");
    let stream = beep_tests::chance::nobodys_id();
    let forged = |from: &str, to: &str| -> Value {
        let text = genuine.to_string().replace("the truth", "a lie").replace(from, to);
        serde_json::from_str(&text).expect("it is JSON as before")
    };
    let third = "third.example.com";
    let batch = [
        forged("", ""),
        forged("own.example.com", third),
        forged(&said, &beep_tests::chance::nobodys_id()),
        json!({ "event": { "type": "message.created" } }),
        json!({ "state": 7 }),
        json!("nonsense"),
        json!([]),
        json!({ "a": { "newer": "kind" } }),
        forged("message.created", "server.deleted"),
        forged("message.created", "quite.new"),
    ];
    let batch = batch.iter().chain(&entries).cloned().collect::<Vec<_>>();
    let count = batch.len() as u64;
    let mut body = json!({ "stream": stream, "first_seq": 1, "events": batch });
    for _ in 0..3 {
        let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
        assert_eq!((reply.status, &reply.json()["acked_seq"]), (200, &json!(count)), "{}", reply.json());
    }
    // A gap is not jumped, and a lie about numbers is no more than a lie.
    body["first_seq"] = (count + 100).into();
    let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
    assert!(reply.status != 200 || reply.json()["acked_seq"] == json!(count), "{reply:?}");
    for first in [json!(0), json!(-1), json!(u64::MAX), json!("1"), json!(1.5), Value::Null] {
        body["first_seq"] = first.clone();
        let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    let many = vec![json!({}); 100_000];
    let body = json!({ "stream": stream, "first_seq": count + 1, "events": many });
    let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
    reply.refused(422, "invalid_request");
    assert_eq!(world.history().await, ["the truth"]);
    assert!(world.own.server.admin(&["grant", &world.owner.name, "application_administrator"]).await.status.success());
    let status = world.owner.get("/admin/federation").await.expect(200);
    let remote = status["remotes"].as_array().into_iter().flatten().find(|remote| remote["domain"] == EVIL);
    let kept = remote.map(|remote| remote["set_aside"].clone());
    assert_eq!(kept, Some(json!(8 + entries.len())), "each once, and what says nothing not at all: {status}");
    let aside = &status["set_aside"][0];
    assert_eq!(aside["domain"], EVIL);
    for told in ["error", "entry"] {
        assert!(aside[told].as_str().is_some_and(|told| !told.is_empty()), "{aside}");
    }
    world.owner.get(&format!("/servers/{}", world.server)).await.expect(200);
    let lies = world.owner.get("/servers").await.expect(200);
    assert_eq!(ids(&lies), std::slice::from_ref(&world.server));

    // The same command is carried out once.
    let key = beep_tests::chance::nobodys_id();
    let arguments = json!({ "channel": world.channel, "content": "said once" });
    let mut replies = Vec::new();
    for _ in 0..5 {
        let reply = perform(&mut wire, "commands/execute", &mallory(), "messages.send", arguments.clone(), &key).await;
        replies.push(reply.json());
    }
    assert!(
        replies.iter().all(|reply| reply["status"] == 201 && reply["body"]["id"] == replies[0]["body"]["id"]),
        "{replies:?}"
    );
    assert_eq!(world.history().await, ["said once", "the truth"]);
    assert!(!world.own.server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_lead_nowhere() {
    let world = World::new().await;
    let before = world.answered().await;
    for path in [
        "/federation/meta/versions/",
        "/federation//meta/versions",
        "//federation/meta/versions",
        "/federation/meta//versions",
        "/federation/./meta/versions",
        "/federation/meta/../meta/versions",
        "/federation/x/../../federation/meta/versions",
        "/federation/meta/%76ersions",
        "/federation/meta%2fversions",
        "/federation/%2e%2e/meta/versions",
        "/federation/meta/versions%00",
        "/federation/meta/versions?x=1",
        "/federation/meta/versions?",
        "/federation/META/versions",
        "/federation/meta/versions;x",
        "/federation/meta",
        "/federation/",
        "/",
        "/v1/backend",
        "/v1/self",
        "/metrics",
        "/federation/admin/federation",
        "/federation/meta/versions/../../../v1/backend",
    ] {
        // Few refusals fit on one connection.
        let mut wire = world.wire().await;
        let request = request(EVIL, "meta/versions");
        let uri: http::Uri = format!("https://federator{path}").parse().expect("the client takes it");
        let (mut head, ()) = request.into_parts();
        head.uri = uri;
        let reply = wire.ask(Request::from_parts(head, ()), "{}").await.expect("it is answered");
        reply.refused(404, "not_found");
    }
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        let mut wire = world.wire().await;
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.method = method.parse().expect("it is a method");
        let reply = wire.ask(Request::from_parts(head, ()), "").await;
        // An answer to HEAD has no body that could come before the stream's end.
        let refused = reply.as_ref().map_or(method == "HEAD", |reply| reply.status == 404);
        assert!(refused, "{method}: {reply:?}");
    }
    assert_eq!(world.answered().await, before, "something has reached the domain logic");
    // An absolute form where a path belongs: only by hand, as no client writes it.
    for path in [
        "/federation/meta/versions",
        "https://own.example.com/federation/meta/versions",
        "own.example.com/federation/meta/versions",
        "*",
    ] {
        let peer = world.realm.peer(Some(&world.identity));
        let mut stream = peer.dial(world.own.ingress, &world.own.infra).await.expect("the certificate is good");
        stream.write_all(&by_hand(path)).await.expect("it can be sent");
        let reading = async {
            loop {
                // Its head: three octets of length, one of kind, one of flags, four of the stream.
                let mut head = [0; 9];
                if stream.read_exact(&mut head).await.is_err() {
                    return String::new();
                }
                let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                stream.read_exact(&mut payload).await.expect("a frame is whole");
                match head[3] {
                    0 => return String::from_utf8_lossy(&payload).into_owned(),
                    // The stream, or the connection, is given up.
                    3 | 7 => return String::new(),
                    _ => {}
                }
            }
        };
        let said = crate::within(&format!("{path} is answered, or refused"), reading).await;
        assert_eq!(said.contains("\"supported\""), path == "/federation/meta/versions", "{path}: {said}");
    }
    assert_eq!(world.answered().await, before + 1, "something has reached the domain logic");
    assert_eq!(world.wire().await.call(EVIL, "meta/versions", &json!({})).await.expect("an answer").status, 200);
}

/// 10 MiB of zeros in 64 KiB of gzip: a zero, and that so often again (RFC 1951, 3.2.6: the fixed codes).
fn bomb() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |code: u32, length: u32| bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    // The last block, of fixed codes; then the literal 0.
    put(0b1, 1);
    put(0b10, 2);
    put(0b0011_0000, 8);
    for _ in 0..40_640 {
        // 258 octets, from one octet back.
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let octets = bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |octet, bit| octet << 1 | u8::from(*bit)));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(octets).chain([0; 8]).collect()
}

/// An HTTP/2 connection's beginning with one request whose path is any text (RFC 7541, 6.2.2: literals, not indexed).
fn by_hand(path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    let headers = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "federator"),
        (":path", path),
        ("wire-origin-domain", EVIL),
    ];
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("it is short"));
            block.extend_from_slice(text.as_bytes());
        }
    }
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).expect("it is short").to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    };
    // The preface, empty settings, and a head that is also the end.
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0, &[]), frame(1, 0x5, 1, &block)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_small_whole_and_what_they_say() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    let large = vec![b' '; (1 << 20) + 1];
    let said = wire.ask(request(EVIL, "commands/execute"), large.clone()).await.expect("it is answered");
    said.refused(413, "payload_too_large");
    // Also where the head does not say so.
    let (answer, mut sending) = world.wire().await.begin(request(EVIL, "commands/execute")).await.expect("it is taken");
    let piece = Bytes::from(vec![b' '; 64 * 1024]);
    for _ in 0..20 {
        if sending.send_data(piece.clone(), false).is_err() {
            break;
        }
    }
    drop((answer, sending));
    let batch = vec![b' '; (4 << 20) + 1];
    let said = world.wire().await.ask(request(EVIL, "events/on-events"), batch).await.expect("it is answered");
    said.refused(413, "payload_too_large");

    let deep = |call: &'static str, depth: usize| {
        let (open, close) = ("{\"a\":".repeat(depth), "}".repeat(depth));
        let body = match call {
            "commands/execute" => {
                format!("{{\"actor\":\"{}\",\"operation\":\"messages.send\",\"arguments\":{open}1{close}}}", mallory())
            }
            _ => format!(
                "{{\"stream\":\"{}\",\"first_seq\":1,\"events\":[{open}1{close}]}}",
                beep_tests::chance::nobodys_id()
            ),
        };
        (call, body)
    };
    let mut wire = world.wire().await;
    for (call, body) in
        [deep("commands/execute", 100_000), deep("events/on-events", 100_000), ("users/by-ids", "[".repeat(500_000))]
    {
        let reply = wire.ask(request(EVIL, call), body).await.expect("it is answered");
        match call {
            // A batch may hold what nobody can read: that is set aside.
            "events/on-events" => assert_eq!((reply.status, &reply.json()["acked_seq"]), (200, &json!(1)), "{reply:?}"),
            _ => reply.refused(422, "invalid_request"),
        }
    }
    let many: Vec<String> =
        (0..10_000).map(|_| format!("{}@own.example.com", beep_tests::chance::nobodys_id())).collect();
    let reply = wire.call(EVIL, "users/by-ids", &json!({ "ids": many })).await.expect("it is answered");
    reply.refused(422, "invalid_request");

    for body in [
        "",
        "{",
        "nonsense",
        "null",
        "[]",
        "7",
        "{\"actor\":7}",
        "{\"operation\":null}",
        "\u{0}",
        "{\"version\":2}",
        "{}{}",
    ] {
        let reply = wire.ask(request(EVIL, "commands/execute"), body.to_owned()).await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    let not_text = wire.ask(request(EVIL, "commands/execute"), vec![0xff; 100]).await.expect("it is answered");
    not_text.refused(422, "invalid_request");

    // Heads that lie about the body.
    for (length, body) in
        [("2", "{} and more"), ("100", "{}"), ("-1", "{}"), ("two", "{}"), ("99999999999999999999", "{}")]
    {
        let mut wire = world.wire().await;
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.headers.insert("content-length", length.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), body.to_owned()).await;
        // The protocol itself forbids it: the stream may end without an answer.
        let refused = |reply: &Reply| matches!(reply.status, 400 | 413);
        assert!(reply.as_ref().map_or(true, refused), "{length}: {reply:?}");
    }
    // A bomb is not taken apart, and costs nothing.
    let (bomb, before) = (bomb(), memory(&world.own));
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "x"] {
        let mut wire = world.wire().await;
        let (mut head, ()) = request(EVIL, "commands/execute").into_parts();
        head.headers.insert("content-encoding", encoding.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), bomb.clone()).await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    assert!(memory(&world.own) < before + 20 * 1024, "from {before} to {} KiB", memory(&world.own));
    // A head without an end.
    let mut wire = world.wire().await;
    let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
    head.headers.insert("x-long", "x".repeat(100_000).parse().expect("it is text"));
    let reply = wire.ask(Request::from_parts(head, ()), "{}").await;
    assert!(reply.as_ref().map_or(true, |reply| reply.status >= 400), "{reply:?}");
    // A version that nobody speaks.
    let mut wire = world.wire().await;
    for version in ["0", "2", "one", ""] {
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.headers.insert("beep-federation-version", version.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), "{}").await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    assert!(!world.own.server.log().contains("panicked"));
    assert_eq!(world.wire().await.call(EVIL, "meta/versions", &json!({})).await.expect("an answer").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_damped_and_local_people_notice_nothing() {
    let world = World::new().await;
    let quiet = latency(&world, 60).await;
    let before = memory(&world.own);
    let peer = world.realm.peer(Some(&world.identity));
    let (end, ends) = tokio::sync::watch::channel(false);
    let from = Instant::now();
    let mut flooding = Vec::new();
    for number in 0..FLOODERS {
        let (peer, to, infra, mut ends) = (peer.clone(), world.own.ingress, world.own.infra.clone(), ends.clone());
        flooding.push(tokio::spawn(async move {
            let (mut damped, mut answered) = (0, 0);
            while !*ends.borrow_and_update() {
                let Ok(wire) = peer.connect(to, &infra).await else { continue };
                for round in 0..20 {
                    let asking = (0..AT_ONCE).map(|_| {
                        let body = match (number + round) % 16 {
                            0 => " ".repeat(200_000),
                            1 => json!({ "ids": vec![mallory(); 100] }).to_string(),
                            _ => "{}".to_owned(),
                        };
                        let wire = &wire;
                        async move {
                            let (answer, mut sending) = wire.begin(request(EVIL, "users/by-ids")).await?;
                            let _ = sending.send_data(body.into(), true);
                            Wire::read(answer).await
                        }
                    });
                    let replies = join_all(asking).await;
                    let of = |status: u16| {
                        move |reply: &&Result<Reply, Broken>| reply.as_ref().is_ok_and(|it| it.status == status)
                    };
                    damped += replies.iter().filter(of(429)).count();
                    answered += replies.iter().filter(|reply| reply.is_ok()).count();
                    if *ends.borrow_and_update() || replies.iter().all(Result::is_err) {
                        break;
                    }
                }
            }
            (damped, answered)
        }));
    }
    // Some hold places without saying anything, or say it one octet at a time.
    let mut holding = Vec::new();
    for _ in 0..20 {
        if let Ok(stream) = tokio::net::TcpStream::connect(world.own.ingress).await {
            holding.push(stream);
        }
    }
    let mut dripping = Vec::new();
    for _ in 0..10 {
        let Ok(wire) = peer.connect(world.own.ingress, &world.own.infra).await else { continue };
        let Ok((answer, mut sending)) = wire.begin(request(EVIL, "commands/execute")).await else { continue };
        let _ = sending.send_data(Bytes::from_static(b"{"), false);
        dripping.push((wire, answer, sending));
    }
    let flooded = latency(&world, 60).await;
    let after = memory(&world.own);
    end.send_replace(true);
    let ended = join_all(flooding).await.into_iter().map(|ended| ended.expect("a flooder ends well"));
    let (damped, answered) = ended.fold((0, 0), |(damped, answered), one| (damped + one.0, answered + one.1));
    eprintln!(
        "quiet {quiet:?}, flooded {flooded:?}; {answered} answered, {damped} damped; {before} KiB, then {after} KiB"
    );
    // 1,000 at once and 500 a second, and what was under way at both ends.
    let passed = answered - damped;
    let most = 1_000 + 2 * FLOODERS * AT_ONCE + (from.elapsed().as_secs_f64() * 500.0) as usize;
    assert!(passed <= most, "{passed} requests came through in {:?}", from.elapsed());
    // The flooders share the machine's few processors with the backend, which is not optimised here.
    assert!(flooded < quiet * 20 + Duration::from_millis(200), "local latency {quiet:?} became {flooded:?}");
    assert!(after < before + 200 * 1024, "{before} KiB became {after} KiB");
    drop((holding, dripping));
    // Afterwards there is room again for those who behave.
    let mut good = world.wire().await;
    let asked = async {
        while good.call(EVIL, "meta/versions", &json!({})).await.map_or(0, |reply| reply.status) != 200 {
            good = world.wire().await;
        }
    };
    crate::within("there is room again", asked).await;
}

/// The median time of a message that is sent at home.
async fn latency(world: &World, times: usize) -> Duration {
    let mut took = Vec::new();
    for number in 0..times {
        let from = Instant::now();
        world.owner.says(&world.channel, &format!("message {number}")).await;
        took.push(from.elapsed());
    }
    took.sort();
    took[times / 2]
}

/// KiB of memory that a backend's process has.
fn memory(of: &Backend) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", of.server.pid())).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it says how much it has");
    line.trim().trim_end_matches(" kB").parse().expect("it is a number")
}

/// Who flood, each over a connection of their own.
const FLOODERS: usize = 8;

/// Requests that each of them has under way.
const AT_ONCE: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn its_answers_do_no_harm() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let elsewhere = realm.fake("elsewhere", |_| Reaction::json(&json!({}))).await.0;
    let place = format!("https://{}/federation/users/by-handle", elsewhere.address());
    let redirect =
        |status: u16| Reaction::Answer { status, headers: vec![("location", place.clone())], body: Vec::new() };
    let with = |name: &'static str, value: &str, body: &[u8]| {
        let headers = vec![("content-type", "application/json".to_owned()), (name, value.to_owned())];
        Reaction::Answer { status: 200, headers, body: body.to_vec() }
    };
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let somebody = user("third.example.com", "bob");
    let error: &[&str] = &["remote_error"];
    let gone: &[&str] = &["remote_unavailable", "remote_error"];
    let table: Vec<(&str, Reaction, &[&str])> = vec![
        ("moved", redirect(302), error),
        ("moved-for-ever", redirect(308), error),
        ("hang", Reaction::Hang, &["remote_unavailable"]),
        ("drip", Reaction::Drip(Duration::from_millis(50)), gone),
        ("endless", Reaction::Endless, gone),
        ("truncate", Reaction::Truncate(user("truncate.example.com", "bob").to_string().into_bytes()), gone),
        ("close", Reaction::Close, &["remote_unavailable"]),
        ("nonsense", with("x-x", "x", b"nonsense"), error),
        ("empty", with("x-x", "x", b""), error),
        ("null", with("x-x", "x", b"null"), error),
        ("deep", with("x-x", "x", deep.as_bytes()), error),
        ("large", with("x-x", "x", &vec![b' '; 20 << 20]), error),
        ("bomb", with("content-encoding", "gzip", &bomb()), error),
        ("other-user", Reaction::json(&somebody), error),
        ("own-user", Reaction::json(&user("own.example.com", "bob")), error),
        ("other-name", Reaction::json(&user("other-name.example.com", "eve")), error),
        ("odd-status", Reaction::Answer { status: 599, headers: Vec::new(), body: Vec::new() }, gone),
        (
            "html",
            Reaction::Answer {
                status: 404,
                headers: vec![("content-type", "text/html".to_owned())],
                body: b"<html>".to_vec(),
            },
            error,
        ),
        ("own-code", Reaction::problem(401, "unauthenticated"), &["remote_error", "unauthenticated"]),
    ];
    let mut fakes = Vec::new();
    for (name, reaction, _) in &table {
        let reaction = reaction.clone();
        fakes.push(
            realm
                .fake(name, move |heard| match heard.path.as_str() {
                    "/federation/meta/versions" => Reaction::json(&json!({ "supported": [1], "software": "evil" })),
                    _ => reaction.clone(),
                })
                .await
                .0,
        );
    }
    let before = memory(&own);
    let asking = table.iter().map(|(name, ..)| async {
        let from = Instant::now();
        let answer = ann.get(&format!("/users?handle=bob@{}", domain(name))).await;
        (answer, from.elapsed())
    });
    let local = async {
        let (server, channel) = ann.community("public").await;
        for number in 0..50 {
            ann.says(&channel, &format!("meanwhile {number}")).await;
        }
        server
    };
    let (answers, _) = futures_util::future::join(join_all(asking), local).await;
    let mut wrong = Vec::new();
    for ((name, _, codes), (answer, took)) in table.iter().zip(answers) {
        let code = answer.body["code"].as_str().unwrap_or_default();
        if !codes.contains(&code) || took > Duration::from_secs(25) {
            wrong.push(format!("{name}: expected {codes:?}, became {} {} after {took:?}", answer.status, answer.body));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(elsewhere.heard().is_empty() && elsewhere.connections() == 0, "a redirect was followed");
    assert!(memory(&own) < before + 150 * 1024);
    assert!(!own.server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_what_has_arrived_turn_nobody_in_circles() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let owner = own.sign_up("owner").await;
    let (server, channel) = owner.community("public").await;
    let table: [(&str, Reaction); 7] = [
        ("nothing", Reaction::json(&json!({ "acked_seq": 0 }))),
        ("everything", Reaction::json(&json!({ "acked_seq": u64::MAX }))),
        ("negative", Reaction::json(&json!({ "acked_seq": -1 }))),
        ("other", Reaction::json(&json!({}))),
        ("gone", Reaction::problem(410, "resync_required")),
        ("broken", Reaction::problem(500, "internal")),
        ("damped", Reaction::problem(429, "rate_limited")),
    ];
    let mut liars = Vec::new();
    for (name, reaction) in table {
        let home = domain(name);
        let (fake, identity) = realm
            .fake(name, move |heard| match heard.path.as_str() {
                "/federation/meta/versions" => Reaction::json(&json!({ "supported": [1], "software": "evil" })),
                "/federation/users/by-ids" => Reaction::json(&json!({ "users": [user(&home, "mallory")] })),
                "/federation/events/on-events" => reaction.clone(),
                _ => Reaction::problem(404, "not_found"),
            })
            .await;
        let peer = realm.peer(Some(&identity));
        let mut wire = peer.connect(own.ingress, &own.infra).await.expect("the certificate is good");
        let actor = format!("{}@{}", users_uuid("mallory"), domain(name));
        let body = json!({ "actor": actor, "operation": "servers.join", "arguments": { "server": server } });
        let joined = wire.call(&domain(name), "commands/execute", &body).await.expect("it is answered");
        assert_eq!(joined.json()["status"], 200, "{}", joined.json());
        liars.push((name, fake));
    }
    owner.says(&channel, "listen").await;
    let told = |heard: &beep_tests::federation::fake::Heard| heard.path.ends_with("on-events");
    for (_, liar) in &liars {
        liar.until(told).await;
    }
    let before: Vec<usize> = liars.iter().map(|(_, liar)| liar.heard().len()).collect();
    const MESSAGES: usize = 100;
    for number in 0..MESSAGES {
        owner.says(&channel, &format!("message {number}")).await;
    }
    let mut wrong = Vec::new();
    for ((name, liar), before) in liars.iter().zip(before) {
        let asked = liar.heard().len() - before;
        // A batch for each message at most, and what else there is to ask.
        if asked > MESSAGES + MESSAGES / 2 {
            wrong.push(format!("{name}: asked {asked} times about {MESSAGES} messages"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!own.server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_lead_inside_are_not_followed() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let flags = ["--limits.rates", "off", "--federation.allow_private_targets", "false"];
    let own = realm.backend_with("own", &flags).await;
    let ann = own.sign_up("ann").await;
    let (fake, _) = realm.fake("evil", |_| Reaction::json(&user(EVIL, "mallory"))).await;
    let answer = ann.get(&format!("/users?handle=mallory@{EVIL}")).await;
    assert!(matches!(answer.status, 502 | 503), "{answer:?}");
    assert_eq!(fake.connections(), 0, "a private address was connected to");
}
