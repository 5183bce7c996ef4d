//! Hidden is absent: what somebody may not see answers exactly as what does not exist, in every operation.

use beep_proto::operation::Effect;
use beep_tests::PATIENCE;
use beep_tests::database::Engine;
use beep_tests::operation::{self, Asked, Entry};
use beep_tests::people::{Answer, Person, ask_unsigned};
use beep_tests::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{About, World, about, variants};

/// All of an answer that could tell one reason from another.
fn face(answer: &Answer) -> (u16, Value, Vec<String>) {
    let told = |name: &&str| !["x-request-id", "date"].contains(name);
    let mut headers: Vec<_> = answer.headers.keys().map(|name| name.as_str()).filter(told).map(str::to_owned).collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

async fn ask(who: &Person, asked: &Asked) -> Answer {
    who.ask(asked.method.clone(), &asked.path, asked.body.clone()).await
}

/// Asks for the same of two worlds, expects the same answer, and gives it.
async fn alike(who: &Person, entry: &Entry, optional: &[String], real: &World, other: &World) -> Answer {
    let first = ask(who, &real.ask(entry, optional)).await;
    let second = ask(who, &other.ask(entry, optional)).await;
    let what = format!("{} {optional:?} as {}", entry.name, who.name);
    assert_eq!(face(&first), face(&second), "{what}: a thing that is there is told from one that is not");
    first
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{what}: {}", answer.body);
}

async fn document(server: &Server) -> Value {
    ask_unsigned(server, Method::GET, "/openapi.json", None).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing() {
    let server = Server::start(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let stranger = Person::sign_up(&server, "stranger").await;
    let private = World::make(&owner, &member, "private").await;
    let public = World::make(&owner, &member, "public").await;
    let variants = variants(&document(&server).await);
    assert!(variants.len() > operation::all().len(), "ids in queries and bodies are walked as well");
    for (entry, optional) in variants {
        let what = format!("{} {optional:?}", entry.name);
        match about(&entry) {
            About::Server => {
                let answer = alike(&stranger, &entry, &optional, &private, &World::nowhere()).await;
                refused(&answer, 404, "not_found", &what);
                // A public server is there; what is in it is not told from what is nowhere.
                let inside = ["channel", "role", "message", "invitation", "user"];
                let empty = public.but(&inside, &World::nowhere());
                match (entry.effect, entry.name) {
                    (Effect::Enters, _) => continue, // which the stranger may
                    (Effect::Leaves, _) => {
                        ask(&stranger, &public.ask(&entry, &optional)).await.refused(404, "not_found")
                    }
                    (Effect::None, "servers.get") => {
                        alike(&stranger, &entry, &optional, &public, &empty).await.expect(200)
                    }
                    (Effect::None | Effect::Declines | Effect::Opens | Effect::Adds, _) => {
                        let answer = alike(&stranger, &entry, &optional, &public, &empty).await;
                        refused(&answer, 403, "permission_denied", &what);
                        assert!(answer.body["missing"].is_array(), "{what}: {}", answer.body);
                        if entry.name == "servers.update" {
                            assert_eq!(answer.body["missing"], json!(["manage_server"]));
                        }
                        answer.body
                    }
                };
            }
            About::Channel => {
                for world in [&private, &public] {
                    let answer = alike(&stranger, &entry, &optional, world, &World::nowhere()).await;
                    refused(&answer, 404, "not_found", &what);
                }
            }
            About::Code | About::Nothing => {}
        }
    }
    let listed = stranger.get("/servers").await.expect(200);
    assert_eq!(listed["items"], json!([]), "the walk let nobody in");
    let found = stranger.get("/servers/discover?q=cellar").await.expect(200);
    let found: Vec<_> = found["items"].as_array().into_iter().flatten().map(|server| server["id"].as_str()).collect();
    assert_eq!(found, [Some(public.id("server"))], "only the public one is found");
    stranger.post(&format!("/servers/{}/join", public.id("server")), json!({})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_may_not_view_finds_no_channel() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let document = document(&server).await;
    for visibility in ["private", "public"] {
        let world = World::make(&owner, &member, visibility).await;
        let at = world.id("server").to_owned();
        let manager = owner.make_role(&at, "manager", 5, &["manage_channels", "manage_messages", "manage_roles"]).await;
        // First one who holds nothing, then one who could do all of it in a channel that they see.
        for step in ["nothing granted", "managing but denied the view"] {
            if step != "nothing granted" {
                owner.give(&at, &member, &manager).await;
            }
            for (entry, optional) in variants(&document) {
                let what = format!("{} {optional:?}, {step}", entry.name);
                let names_channel = optional.iter().any(|field| field == "channel");
                if about(&entry) != About::Channel && !names_channel {
                    continue;
                }
                let hidden = ["channel", "message"];
                let nothing = World::nowhere();
                let answer = alike(&member, &entry, &optional, &world, &world.but(&hidden, &nothing)).await;
                refused(&answer, 404, "not_found", &what);
                let answer =
                    alike(&member, &entry, &optional, &world, &world.but(&["message", "role"], &nothing)).await;
                refused(&answer, 404, "not_found", &what);
            }
            let listed = member.get(&format!("/servers/{at}/channels")).await.expect(200);
            assert_eq!(listed["items"], json!([]), "{step}");
        }
        // What is not theirs to know by rank looks the same as well.
        let revoke = |id: &str| format!("/servers/{at}/invitations/{id}");
        let theirs = member.delete(&revoke(world.id("invitation"))).await;
        assert_eq!(face(&theirs), face(&member.delete(&revoke(World::nowhere().id("invitation"))).await));
        refused(&theirs, 403, "permission_denied", "an invitation");
    }
    owner.get("/servers").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_ones_own_is_no_key_to_another() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let neighbour = Person::sign_up(&server, "neighbour").await;
    let friend = Person::sign_up(&server, "friend").await;
    let document = document(&server).await;
    for visibility in ["private", "public"] {
        let theirs = World::make(&owner, &member, visibility).await;
        let own = World::make(&neighbour, &friend, visibility).await;
        for (entry, optional) in variants(&document) {
            let within: &[&str] = match about(&entry) {
                About::Server => &["channel", "role", "message", "invitation", "user"],
                About::Channel => &["role", "message", "user"],
                About::Code | About::Nothing => continue,
            };
            // Who is banned or invited need be no member, and that somebody is a user is known to all.
            let concerns_others = entry.name == "invitations.create" && optional.iter().any(|field| field == "user");
            if entry.name == "bans.put" || concerns_others {
                continue;
            }
            // A place in the history is no message: it may be any id.
            let place = optional.iter().any(|field| ["before", "after", "around"].contains(&field.as_str()));
            let inside = |field: &str| within.contains(&field) || field == "reply_to";
            if place || !entry.path_names().map(str::to_owned).chain(optional.clone()).any(|field| inside(&field)) {
                continue;
            }
            let what = format!("{} {optional:?}", entry.name);
            let (mixed, empty) = (own.but(within, &theirs), own.but(within, &World::nowhere()));
            let answer = alike(&neighbour, &entry, &optional, &mixed, &empty).await;
            match optional.first().map(String::as_str) {
                Some("reply_to") => refused(&answer, 422, "invalid_request", &what),
                _ => refused(&answer, 404, "not_found", &what),
            }
        }
        // What was tried changed nothing.
        let message = format!("/channels/{}/messages/{}", theirs.id("channel"), theirs.id("message"));
        assert_eq!(owner.get(&message).await.expect(200)["edited_at"], Value::Null);
        let channel = owner.get(&format!("/channels/{}", theirs.id("channel"))).await.expect(200);
        assert_eq!((&channel["version"], &channel["overrides"]), (&json!(1), &json!({})));
        let channel = neighbour.get(&format!("/channels/{}", own.id("channel"))).await.expect(200);
        assert_eq!((&channel["version"], &channel["overrides"]), (&json!(1), &json!({})));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_backend_owns_is_not_here() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let world = World::make(&owner, &member, "public").await;
    for (entry, optional) in variants(&document(&server).await) {
        if [About::Server, About::Channel].contains(&about(&entry)) || entry.name == "users.get" {
            let asked = world.elsewhere().ask(&entry, &optional);
            refused(&ask(&owner, &asked).await, 404, "not_found", &asked.path);
        }
    }
    owner.get(&format!("/channels/{}", world.id("channel"))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_let_nobody_in_look_alike() {
    for engine in Engine::at_hand() {
        codes_on(engine).await;
    }
}

async fn codes_on(engine: Engine) {
    let server = Server::shared(engine).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let stranger = Person::sign_up(&server, "stranger").await;
    let world = World::make(&owner, &member, "private").await;
    let invitations = format!("/servers/{}/invitations", world.id("server"));
    let make = async |who: &Person, body: Value| who.post(&invitations, body).await.expect(201);
    let code = |invitation: &Value| invitation["code"].as_str().expect("a code").to_owned();

    let revoked = make(&owner, json!({})).await;
    owner.delete(&format!("{invitations}/{}", revoked["id"].as_str().expect("an id"))).await.expect(204);
    let exhausted = code(&make(&owner, json!({ "max_uses": 1 })).await);
    Person::sign_up(&server, "guest").await.accept(&exhausted).await;
    let made = make(&owner, json!({})).await;
    // Two seconds after a time that the backend gave: the test has no clock of its own to agree with.
    let soon = later(made["created_at"].as_str().expect("a time"), 2);
    let expired = code(&make(&owner, json!({ "expires_at": soon })).await);
    // Whose maker may no longer invite.
    let inviter = owner.make_role(world.id("server"), "inviter", 3, &["manage_invitations"]).await;
    owner.give(world.id("server"), &member, &inviter).await;
    let orphaned = code(&make(&member, json!({})).await);
    owner.delete(&format!("/servers/{}/roles/{inviter}", world.id("server"))).await.expect(204);
    let gone = World::make(&owner, &member, "private").await;
    owner.delete(&format!("/servers/{}", gone.id("server"))).await.expect(204);

    let preview = async |code: &str| ask_unsigned(&server, Method::GET, &format!("/invitations/{code}"), None).await;
    let end = tokio::time::Instant::now() + PATIENCE;
    while preview(&expired).await.status == 200 {
        assert!(tokio::time::Instant::now() < end, "the invitation expires");
    }
    let unknown = preview("nosuchcode").await;
    refused(&unknown, 404, "not_found", "an unknown code");
    let refusal = stranger.post("/invitations/nosuchcode/accept", json!({})).await;
    refused(&refusal, 404, "not_found", "an unknown code");
    for (code, why) in [
        (code(&revoked), "revoked"),
        (exhausted, "exhausted"),
        (expired, "expired"),
        (orphaned, "of somebody who may not invite"),
        (gone.id("code").to_owned(), "of a server that is gone"),
        ("x".repeat(5_000), "long"),
        ("%00".to_owned(), "of no character"),
        ("%F0%9F%97%9D".to_owned(), "of a strange character"),
    ] {
        assert_eq!(face(&preview(&code).await), face(&unknown), "{why}");
        let answer = stranger.post(&format!("/invitations/{code}/accept"), json!({})).await;
        assert_eq!(face(&answer), face(&refusal), "{why}");
    }
    assert_eq!(preview(world.id("code")).await.expect(200)["server"]["name"], "Cellar");
}

/// A time some seconds after another, both as the wire writes them.
fn later(time: &str, seconds: i64) -> String {
    let time: beep_proto::time::Time = serde_json::from_value(json!(time)).expect("it is a time");
    let later = beep_core::time::Timestamp::from_millis(time.0.millis() + seconds * 1_000);
    let later = serde_json::to_value(beep_proto::time::Time(later)).expect("a time can be written");
    later.as_str().expect("it is text").to_owned()
}
