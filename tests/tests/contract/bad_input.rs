//! Bad input: a problem document with the right code each time, nothing written, nobody panics.

use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::making::id;
use beep_tests::operation::{self, Entry};
use beep_tests::people::{Answer, Person, ask_unsigned};
use beep_tests::server::Server;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::schema::Document;
use crate::world::{World, members};

/// Somebody with a server, before which all input is put.
struct Stage {
    server: Server,
    owner: Person,
    world: World,
    document: Document,
    before: Vec<Value>,
}

impl Stage {
    async fn set(engine: Engine) -> Self {
        Self::on(Server::shared(engine).await).await
    }

    async fn on(server: Server) -> Self {
        let owner = Person::sign_up(&server, "owner").await;
        let member = Person::sign_up(&server, "member").await;
        let world = World::make(&owner, &member, "private").await;
        let session = owner.get("/self/sessions").await.expect(200)["items"][0]["id"].clone();
        let world = world.with("session", session.as_str().expect("an id"));
        let document = Document::of(&server).await;
        let mut stage = Self { server, owner, world, document, before: Vec::new() };
        stage.before = stage.member_context().await;
        stage
    }

    /// All that could have been written.
    async fn member_context(&self) -> Vec<Value> {
        let (server, channel) = (self.world.id("server"), self.world.id("channel"));
        let mut standing = Vec::new();
        for path in [
            "/self".to_owned(),
            "/self/sessions".to_owned(),
            "/servers".to_owned(),
            format!("/servers/{server}/roles"),
            format!("/servers/{server}/members"),
            format!("/servers/{server}/invitations"),
            format!("/servers/{server}/channels"),
            format!("/channels/{channel}/messages"),
            format!("/channels/{channel}/events?after_seq=0"),
        ] {
            standing.push(self.owner.get(&path).await.expect(200));
        }
        standing
    }

    /// Asserts that nothing was written and nobody panicked.
    async fn struck(&self) {
        assert_eq!(self.member_context().await, self.before, "something was written");
        let log = self.server.log();
        assert!(!log.contains("panicked"), "{log}");
    }

    /// Asks for an operation with a body as it is.
    async fn raw(&self, entry: &Entry, body: impl Into<reqwest::Body>) -> Answer {
        let path = entry.fill(|name| self.world.id(name).to_owned());
        let request = self.owner.request(entry.method.clone(), &path).header("content-type", "application/json");
        let answer = Answer::read(request.body(body).send().await.expect("the server answers")).await;
        proper(&answer, entry.name);
        answer
    }

    /// Asks for an operation with these members in place of what it takes.
    async fn with(&self, entry: &Entry, members: Map<String, Value>) -> Answer {
        let asked = entry.beside(entry.fill(|name| self.world.id(name).to_owned()), members);
        let answer = self.owner.ask(asked.method, &asked.path, asked.body).await;
        proper(&answer, entry.name);
        answer
    }
}

/// Asserts that a refusal is a whole problem document, and no failure of the backend.
#[track_caller]
fn proper(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.body);
    if answer.status < 400 {
        return;
    }
    let media = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    assert_eq!(media, Some("application/problem+json"), "{what}");
    assert_eq!(answer.body["status"], answer.status, "{what}");
    for member in ["type", "title", "detail", "code"] {
        let text = answer.body[member].as_str();
        assert!(text.is_some_and(|text| !text.is_empty() && text.len() < 600), "{what}: {member} of {}", answer.body);
    }
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    assert!(!detail.contains("struct ") && !detail.contains("::"), "{what} names Rust's types: {detail}");
}

/// Asserts that a request was refused for one field.
#[track_caller]
fn names(answer: &Answer, field: &str, what: &str) {
    assert_eq!(
        (answer.status, answer.body["code"].as_str()),
        (422, Some("invalid_request")),
        "{what}: {}",
        answer.body
    );
    let named = answer.body["errors"][0]["field"].as_str().unwrap_or_default();
    let inside = named.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']));
    assert!(inside, "{what}: names `{named}` instead of `{field}`: {}", answer.body);
}

fn writing() -> impl Iterator<Item = Entry> {
    operation::all().into_iter().filter(|entry| entry.method != Method::GET)
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_object() {
    let stage = Stage::set(Engine::Sqlite).await;
    let nested = |name: &str| format!("{{\"{name}\":{}1{}}}", "[".repeat(100), "]".repeat(100)).into_bytes();
    let objects = format!("{}1{}", "{\"content\":".repeat(100), "}".repeat(100)).into_bytes();
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"{\"content\":\"a\"".to_vec(),
        b"{\"content\":\"a\"} {}".to_vec(),
        b"{'content':'a'}".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"17".to_vec(),
        b"\x00".to_vec(),
        b"\xff\xfe{\x00}\x00".to_vec(),
        b"{\"content\":\"\xff\"}".to_vec(),
        b"{\"\xc3\x28\":1}".to_vec(),
        b"{\"content\":\"\\ud800\"}".to_vec(),
        b"{\"a\":1e999999}".to_vec(),
        nested("content"),
        nested("nobody_reads_this"),
        objects,
        b"[".repeat(10_000),
    ];
    for entry in writing() {
        for body in &bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let answer = stage.raw(&entry, body.clone()).await;
            let got = (answer.status, answer.body["code"].as_str());
            assert_eq!(got, (422, Some("invalid_request")), "{} {shown:?}: {}", entry.name, answer.body);
        }
        let empty = stage.document.required(&entry);
        if let Some(field) = empty.first() {
            for body in ["", " \n", "{}"] {
                names(&stage.raw(&entry, body).await, field, entry.name);
            }
        }
    }
    stage.struck().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_a_surrogate_pair_is_refused_by_its_field() {
    let stage = Stage::set(Engine::Sqlite).await;
    for (name, body, field) in [
        ("messages.send", r#"{"content":"\ud800"}"#, "content"),
        ("messages.send", r#"{"content":"a","nonce":"\udfff"}"#, "nonce"),
        ("servers.create", r#"{"description":null,"name":"x\ud83dy"}"#, "name"),
        ("roles.create", r#"{"name":"r","permissions":["view_channels","\ud800"]}"#, "permissions"),
    ] {
        names(&stage.raw(&operation::named(name), body).await, field, body);
    }
    stage.struck().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_over_the_limit() {
    let stage = Stage::set(Engine::Sqlite).await;
    let limit = ask_unsigned(&stage.server, Method::GET, "/backend", None).await.expect(200);
    let limit = limit["limits"]["body_octets"].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.expect("the limit is told");
    assert_eq!(limit, 1024 * 1024);
    let sized = |octets: usize| format!("{{\"content\":\"{}\"}}", "a".repeat(octets - 14));
    assert_eq!(sized(limit).len(), limit);
    for entry in writing() {
        let answer = stage.raw(&entry, sized(limit + 1)).await;
        let got = (answer.status, answer.body["code"].as_str());
        assert_eq!(got, (413, Some("payload_too_large")), "{}: {}", entry.name, answer.body);
    }
    let send = operation::named("messages.send");
    names(&stage.raw(&send, sized(limit)).await, "content", "a body at the limit is read");
    let spaces = stage.raw(&send, " ".repeat(limit + 1)).await;
    assert_eq!(spaces.status, 413, "{}", spaces.body);
    stage.struck().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_wrong_types_and_missing_ones() {
    for engine in Engine::at_hand() {
        let stage = Stage::set(engine).await;
        let mut tried = 0;
        for entry in writing() {
            let whole = members(&entry);
            for (field, schema) in stage.document.body(&entry) {
                for wrong in [
                    json!(17),
                    json!(-1),
                    json!(1.5),
                    json!(1e30),
                    json!(u64::MAX),
                    json!(true),
                    json!("no such thing"),
                    json!([17]),
                    json!(["no such thing"]),
                    json!(["view_channels", "No_Such"]),
                    json!({ "a": 1 }),
                ] {
                    if stage.document.allows(&schema, &wrong) {
                        continue;
                    }
                    let mut members = whole.clone();
                    members.insert(field.clone(), wrong.clone());
                    names(&stage.with(&entry, members).await, &field, &format!("{} {field}={wrong}", entry.name));
                    tried += 1;
                }
            }
            let body = stage.document.body(&entry);
            let nullable = |field: &str| {
                body.iter().any(|(name, schema)| name == field && stage.document.allows(schema, &Value::Null))
            };
            for field in stage.document.required(&entry) {
                let null = Some(Value::Null).filter(|_| !nullable(&field));
                for missing in [None].into_iter().chain(null.map(Some)) {
                    let mut members = whole.clone();
                    members.remove(&field);
                    members.extend(missing.map(|null| (field.clone(), null)));
                    names(&stage.with(&entry, members).await, &field, entry.name);
                }
            }
        }
        assert!(tried > 150, "the document says what fields hold: {tried}");
        stage.struck().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_against_the_rules() {
    for engine in Engine::at_hand() {
        let stage = Stage::set(engine).await;
        let long = |characters: usize| "x".repeat(characters);
        for (name, field, value) in [
            ("servers.create", "name", json!("")),
            ("servers.create", "name", json!(long(101))),
            ("servers.create", "name", json!("two\nlines")),
            ("servers.create", "name", json!("nul\u{0}")),
            ("servers.create", "name", json!("\u{2800}")),
            ("servers.create", "name", json!("two\u{2028}lines")),
            ("servers.create", "description", json!(long(1_001))),
            ("servers.update", "name", json!(" ")),
            ("servers.update", "description", json!("bell\u{7}")),
            ("roles.create", "name", json!("")),
            ("roles.create", "name", json!(long(101))),
            ("roles.create", "name", json!("x\u{2066}\u{202e} role")),
            ("roles.create", "position", json!(0)),
            ("roles.create", "position", json!(-5)),
            ("roles.create", "position", json!(1_000_001)),
            ("roles.create", "position", json!(i64::MAX)),
            ("roles.create", "color", json!(0x100_0000)),
            ("roles.create", "permissions", json!(["fly"])),
            ("roles.create", "permissions", json!(["VIEW_CHANNELS"])),
            ("roles.update", "permissions", json!(["view_channels", "manage_weather"])),
            ("roles.update", "position", json!(0)),
            ("roles.update", "color", json!(-1)),
            ("channels.create", "name", json!(long(101))),
            ("channels.create", "name", json!("\u{200b} \u{3164}")),
            ("channels.create", "topic", json!(long(1_025))),
            ("channels.create", "slow_mode_s", json!(21_601)),
            ("channels.update", "slow_mode_s", json!(u32::MAX)),
            ("channels.update", "position", json!(i64::from(i32::MAX) + 1)),
            ("channels.put_role_override", "allow", json!(["fly"])),
            ("channels.put_role_override", "allow", json!(["administrator"])),
            ("channels.put_role_override", "deny", json!(["administrator"])),
            ("channels.put_member_override", "deny", json!([""])),
            // Of the contract, and not built: refused, where to drop them would lose what somebody meant.
            ("messages.send", "attachments", json!([nobodys_id()])),
            ("servers.create", "icon", json!(nobodys_id())),
            ("servers.update", "icon", json!(nobodys_id())),
            ("self.update", "avatar", json!(nobodys_id())),
            ("invitations.create", "max_uses", json!(0)),
            ("invitations.create", "max_uses", json!(u64::from(u32::MAX) + 1)),
            ("invitations.create", "expires_at", json!("2020-01-01T00:00:00.000Z")),
            ("invitations.create", "expires_at", json!("tomorrow")),
            ("invitations.create", "expires_at", json!("2030-13-01T00:00:00.000Z")),
            ("invitations.create", "expires_at", json!("99999-01-01T00:00:00Z")),
            ("members.kick", "reason", json!(long(513))),
            ("bans.put", "reason", json!(long(513))),
            ("bans.put", "delete_messages_since", json!("yesterday")),
            ("users.search", "q", json!("")),
            ("users.search", "q", json!(" ")),
            ("messages.send", "content", json!("")),
            ("messages.send", "content", json!(" \n\t ")),
            ("messages.send", "content", json!("\u{200b}\u{feff}")),
            ("messages.send", "content", json!("a\u{0}b")),
            ("messages.send", "content", json!("🗝".repeat(4_001))),
            ("messages.send", "nonce", json!(long(65))),
            ("messages.send", "nonce", json!("")),
            ("messages.send", "nonce", json!("a\u{2029}b")),
            ("messages.send", "reply_to", json!("")),
            ("messages.edit", "content", json!(long(4_001))),
            ("messages.edit", "content", json!("\u{fe0f}")),
            ("sessions.login", "label", json!(long(65))),
            ("sessions.login", "label", json!("\u{ad}")),
            ("self.update", "username", json!("x")),
            ("self.update", "display_name", json!(long(65))),
            ("self.update", "display_name", json!("Eve\u{202e}")),
            ("self.update", "display_name", json!("Admin\u{200d}")),
            ("self.update", "first_name", json!("nul\u{0}")),
            ("self.update", "first_name", json!("\u{301}")),
            ("self.update", "bio", json!(long(501))),
        ] {
            let entry = operation::named(name);
            let mut members = members(&entry);
            members.insert(field.to_owned(), value.clone());
            let answer = stage.with(&entry, members).await;
            let administrator = value == json!(["administrator"]); // one refusal for both fields
            names(&answer, if administrator { "allow" } else { field }, &format!("{name} {field}={value}"));
        }
        let both = json!({ "allow": ["send_messages"], "deny": ["send_messages", "attach_files"] });
        let entry = operation::named("channels.put_role_override");
        let both = both.as_object().cloned().expect("an object");
        names(&stage.with(&entry, both).await, "deny", "what is allowed is not denied");
        for (name, members) in [
            ("servers.update", json!({ "name": "Loft", "version": 99 })),
            ("channels.update", json!({ "name": "loft", "version": 0 })),
            ("roles.update", json!({ "name": "loft", "version": 7 })),
            (
                "channels.put_role_override",
                json!({ "allow": [], "deny": ["send_messages"], "version": u64::from(u32::MAX) }),
            ),
        ] {
            let members = members.as_object().cloned().expect("an object");
            let answer = stage.with(&operation::named(name), members).await;
            assert_eq!((answer.status, answer.body["code"].as_str()), (409, Some("conflict")), "{name}");
            assert!(answer.body["current"]["version"].is_u64(), "{name}: {}", answer.body);
        }
        // What no row of a database would hold is an answer like any other.
        for (name, members, status) in [
            ("sessions.login", json!({ "login": "nul\u{0}", "password": "nul\u{0}" }), 401),
            ("sessions.login", json!({ "login": long(5_000), "password": long(5_000) }), 401),
            ("sessions.login", json!({ "login": long(100_000), "password": long(100_000) }), 413),
            ("accounts.activate", json!({ "email": "x@example.com", "code": "nul\u{0}" }), 401),
            ("accounts.activate", json!({ "email": "x@example.com", "code": long(10_000) }), 401),
            ("sessions.refresh", json!({ "refresh_token": "nul\u{0}" }), 401),
            ("sessions.refresh", json!({ "refresh_token": long(10_000) }), 401),
        ] {
            let members = members.as_object().cloned().expect("an object");
            let answer = stage.with(&operation::named(name), members).await;
            assert_eq!(answer.status, status, "{name}: {}", answer.body);
        }
        for key in [long(65), String::new(), " ".to_owned(), "é".to_owned()] {
            let request = stage.owner.request(Method::POST, "/servers").header("idempotency-key", key.as_bytes());
            let body = json!({ "name": "Loft", "visibility": "private" });
            let answer = Answer::read(request.json(&body).send().await.expect("the server answers")).await;
            proper(&answer, "a key");
            names(&answer, "Idempotency-Key", &key);
        }
        stage.struck().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_built_yet_may_be_left_empty() {
    let stage = Stage::set(Engine::Sqlite).await;
    for (name, field, nothing) in [
        ("messages.send", "attachments", json!([])),
        ("servers.create", "icon", json!("")),
        ("servers.update", "icon", json!(null)),
        ("self.update", "avatar", json!(null)),
    ] {
        let entry = operation::named(name);
        let mut members = members(&entry);
        members.insert(field.to_owned(), nothing);
        stage.with(&entry, members).await.expect(entry.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_make_has_an_end() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let other = Person::sign_up(&server, "other").await;
    let told = ask_unsigned(&server, Method::GET, "/backend", None).await.expect(200);
    let limit = |name: &str| told["limits"][name].as_u64().and_then(|limit| usize::try_from(limit).ok());
    // However many one is a member of, and however many are made at once.
    let servers = limit("servers_per_user").expect("it is told");
    let make = async |who: &Person| who.post("/servers", json!({ "name": "Attic", "visibility": "public" })).await;
    for answer in join_all((0..servers).map(|_| make(&other))).await {
        let theirs = id(&answer.expect(201));
        owner.post(&format!("/servers/{theirs}/join"), json!({})).await.expect(200);
    }
    let made = join_all((0..servers + 20).map(|_| make(&owner))).await;
    assert_eq!(made.iter().filter(|answer| answer.status == 201).count(), servers);
    for answer in made.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "conflict");
    }
    let hall = id(&made.into_iter().find(|answer| answer.status == 201).expect("one is made").body);

    // Invitations that let nobody in make room for others.
    let invitations = limit("invitations_per_server").expect("it is told");
    let path = format!("/servers/{hall}/invitations");
    let once = owner.post(&path, json!({ "max_uses": 1 })).await.expect(201);
    for _ in 0..(invitations - 1) / 9 {
        for answer in join_all((0..9).map(|_| owner.post(&path, json!({})))).await {
            answer.expect(201);
        }
    }
    owner.post(&path, json!({})).await.refused(409, "conflict");
    other.accept(once["code"].as_str().expect("a code")).await;
    owner.post(&path, json!({})).await.expect(201);
    owner.post(&path, json!({})).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none_and_ids_of_the_wrong_kind() {
    let stage = Stage::set(Engine::Sqlite).await;
    let bare = |name: &str| stage.world.id(name).split('@').next().unwrap_or_default().to_owned();
    let plain = bare("role").replace('-', "");
    let version_4 = format!("{}4{}", &bare("role")[..14], &bare("role")[15..]);
    for entry in operation::all() {
        for name in entry.path_names().filter(|name| *name != "code" && !entry.path.starts_with("/admin")) {
            let own = bare(name);
            let malformed = [
                "x".to_owned(),
                "%20".to_owned(),
                "%00".to_owned(),
                "a".repeat(5_000),
                "g".repeat(36),
                plain.clone(),
                version_4.clone(),
                format!("%7B{own}%7D"),
                format!("{own}%20"),
                format!("{own}@"),
                format!("{own}@no%20domain"),
                format!("{own}@localhost@localhost"),
                "00000000-0000-0000-0000-000000000000".to_owned(),
            ];
            for wrong in malformed {
                let path = entry.fill(|of| if of == name { wrong.clone() } else { stage.world.id(of).to_owned() });
                let asked = entry.beside(path, members(&entry));
                let answer = stage.owner.ask(asked.method, &asked.path, asked.body).await;
                proper(&answer, entry.name);
                names(&answer, name, &format!("{} {asked}", entry.name, asked = asked.path));
            }
            let path = entry.fill(|of| if of == name { "%ff".to_owned() } else { stage.world.id(of).to_owned() });
            let asked = entry.beside(path, members(&entry));
            let answer = stage.owner.ask(asked.method, &asked.path, asked.body).await;
            names(&answer, "path", &asked.path);

            // An id of another kind is well formed, and names nothing. No id is a domain or an emoji.
            if ["domain", "emoji"].contains(&name) {
                continue;
            }
            let (server, kind) = (bare("server"), bare(if name == "channel" { "server" } else { "channel" }));
            for other in [kind, bare("message"), server].into_iter().filter(|other| *other != own) {
                let path = entry.fill(|of| if of == name { other.clone() } else { stage.world.id(of).to_owned() });
                let asked = entry.beside(path, members(&entry));
                let answer = stage.owner.ask(asked.method, &asked.path, asked.body).await;
                proper(&answer, entry.name);
                let got = (answer.status, answer.body["code"].as_str());
                assert_eq!(got, (404, Some("not_found")), "{} {}: {}", entry.name, asked.path, answer.body);
            }
        }
    }
    stage.struck().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_make_no_sense() {
    for engine in Engine::at_hand() {
        let stage = Stage::on(Server::start(engine).await).await;
        let long = "x".repeat(10_000);
        for entry in operation::all().into_iter().filter(|entry| entry.method == Method::GET) {
            let path = entry.fill(|name| stage.world.id(name).to_owned());
            let needed = entry.beside(path.clone(), members(&entry));
            let (base, join) = if needed.path.contains('?') { (needed.path, '&') } else { (needed.path, '?') };
            for (field, schema) in stage.document.query(&entry) {
                let numeric = !stage.document.allows(&schema, &json!("17"));
                let wrong: &[&str] = match field.as_str() {
                    "cursor" => &["", "x", "%00", "AAAA", "AQAAAAAAAAAAAAAAAAAA", "%F0%9F%97%9D", &long],
                    "limit" => &["", "x", "0", "101", "-1", "1.5", "99999999999999999999", "0x10", "1%00"],
                    "wait" => &["31", "-1", "x", "99999999999999999999"],
                    _ if numeric => &["", "x", "-1", "1.5", "99999999999999999999"],
                    "q" | "handle" => &[],
                    _ => &["", "x", "%00", "%ff"],
                };
                for value in wrong {
                    let path = match members(&entry).contains_key(&field) {
                        true => format!("{path}?{field}={value}"),
                        false => format!("{base}{join}{field}={value}"),
                    };
                    let answer = stage.owner.get(&path).await;
                    proper(&answer, &path);
                    names(&answer, &field, &path);
                }
                let twice = format!("{base}{join}{field}=1&{field}=2");
                names(&stage.owner.get(&twice).await, &field, &twice);
            }
            for odd in ["limits=0", "&&&", "=", "%", "a%00=b", "%ff=%ff", long.as_str()] {
                let answer = stage.owner.get(&format!("{base}{join}{odd}")).await;
                proper(&answer, entry.name);
                // Nobody is called `xaver`, and the owner is no administrator.
                let found = [200, 404].contains(&answer.status) || entry.path.starts_with("/admin");
                assert!(found, "{} {odd}: unknown fields are ignored: {}", entry.name, answer.body);
            }
        }
        let server = stage.world.id("server");
        for text in ["%00", "%ff", "%25", "__", "'", "%5C", "%22", "*", long.as_str(), "%F0%9F%97%9D", "%C4%B0"] {
            for path in [format!("/servers/discover?q={text}"), format!("/servers/{server}/members?q={text}")] {
                let found = stage.owner.get(&path).await.expect(200);
                assert_eq!(found["items"], json!([]), "{path}: nobody is called so");
            }
            stage.owner.get(&format!("/users?handle={text}")).await.refused(404, "not_found");
        }
        let channel = stage.world.id("channel");
        let path = format!("/channels/{channel}/messages?before={id}&after={id}", id = stage.world.id("message"));
        stage.owner.get(&path).await.refused(422, "invalid_request");
        stage.struck().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_that_were_made_up() {
    let stage = Stage::set(Engine::Sqlite).await;
    let other = Server::start(Engine::Sqlite).await;
    let elsewhere = Person::sign_up(&other, "owner").await;
    let next = async |who: &Person| {
        let page = who.get("/events").await.expect(200);
        page["next"].as_str().expect("a cursor").to_owned()
    };
    let (own, foreign) = (next(&stage.owner).await, next(&elsewhere).await);
    stage.owner.get(&format!("/events?cursor={own}")).await.expect(200);
    let refuse = async |cursor: &str| {
        let answer = stage.owner.get(&format!("/events?cursor={cursor}")).await;
        proper(&answer, cursor);
        names(&answer, "cursor", cursor);
    };
    refuse(&foreign).await;
    refuse(&own[..own.len() - 1]).await;
    refuse(&format!("{own}A")).await;
    refuse(&format!("{own}=")).await;
    for at in 0..own.len() {
        let altered = if &own[at..=at] == "A" { "B" } else { "A" };
        refuse(&format!("{}{altered}{}", &own[..at], &own[at + 1..])).await;
    }
    // That of a list is only a place in its order; one of another kind is refused or a place, never a failure.
    let server = stage.world.id("server");
    let page = stage.owner.get(&format!("/servers/{server}/members?limit=1")).await.expect(200);
    let member = page["next"].as_str().expect("there are two members");
    for path in ["/servers", "/servers/discover", &format!("/servers/{server}/invitations"), "/events"] {
        for cursor in [member, &own] {
            let answer = stage.owner.get(&format!("{path}?cursor={cursor}")).await;
            proper(&answer, path);
            assert!(answer.status == 422 || (path, cursor) == ("/events", &*own), "{path} {}", answer.body);
        }
    }
    stage.struck().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_and_methods_that_are_none() {
    let stage = Stage::set(Engine::Sqlite).await;
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::POST, "/self"),
        (Method::PUT, "/servers"),
        (Method::DELETE, "/openapi.json"),
        (Method::OPTIONS, "/servers"),
        (Method::from_bytes(b"BREW").expect("a method"), "/servers"),
        (Method::GET, "/"),
        (Method::GET, "/self/"),
        (Method::GET, "/servers/discover/"),
    ] {
        let answer = stage.owner.ask(method.clone(), path, None).await;
        proper(&answer, path);
        answer.refused(404, "not_found");
    }
    names(&stage.owner.get("/servers//roles").await, "server", "an empty id");
    let answer = stage.owner.get("/gateway").await;
    proper(&answer, "a gateway without an upgrade");
    answer.refused(422, "invalid_request");
    // A body that breaks off, and headers that never end, concern nobody else.
    let host = stage.server.address();
    let broken = format!("POST /v1/login HTTP/1.1\r\nhost: {host}\r\ncontent-length: 100\r\n\r\n{{\"login\"");
    let headers = format!("GET /v1/backend HTTP/1.1\r\nhost: {host}\r\nx: {}", "y".repeat(1_000_000));
    for octets in [broken, headers, "\0\0\0\0".to_owned(), "GET / HTTP/9.9\r\n\r\n".to_owned()] {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut socket = tokio::net::TcpStream::connect(host).await.expect("the server listens");
        // It need not take all of them.
        let _ = socket.write_all(octets.as_bytes()).await;
        let _ = socket.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(beep_tests::PATIENCE, socket.read_to_end(&mut answer)).await.expect("it ends");
        let told = String::from_utf8_lossy(&answer);
        assert!(!told.starts_with("HTTP/1.1 2") && !told.starts_with("HTTP/1.1 5"), "{told}");
    }
    stage.struck().await;
}
