//! Deleting an account: what others see of it, and what is left in the database.

use std::collections::{BTreeMap, BTreeSet};

use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::{id, ids};
use beep_tests::people::{PASSWORD, Person, ask_unsigned};
use beep_tests::server::Server;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Column, Row, TypeInfo, ValueRef};

async fn befriend(one: &Person, other: &Person) {
    one.post("/friend-requests", json!({ "username": other.name })).await.expect(201);
    other.post("/friend-requests", json!({ "username": one.name })).await.expect(201);
}

async fn delete(who: &Person, password: &str) -> beep_tests::people::Answer {
    who.ask(Method::DELETE, "/self", Some(json!({ "password": password }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_gone_for_all_and_its_messages_stay() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let cem = Person::sign_up(&server, "cem").await;
        let (hall, channel) = bob.community("public").await;
        ann.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let said = ann.says(&channel, "hello from ann").await;
        befriend(&ann, &cem).await;
        befriend(&ann, &bob).await;
        let direct = id(&ann.post("/channels", json!({ "kind": "direct", "user": cem.id })).await.expect(201));
        ann.says(&direct, "hello cem").await;
        let group = json!({ "kind": "group", "users": [bob.id, cem.id] });
        let group = id(&ann.post("/channels", group).await.expect(201));
        let own = ann.empty_server("private").await;
        let phone = ann.on_another_device().await;

        // Not by a wrong password, and not while she owns a server.
        delete(&ann, "a wrong password").await.refused(401, "invalid_credentials");
        ann.delete("/self").await.refused(422, "invalid_request");
        delete(&ann, PASSWORD).await.refused(409, "conflict");
        ann.delete(&format!("/servers/{own}")).await.expect(204);
        ann.get("/self").await.expect(200);

        let (mut at_phone, _) = Gateway::connect(&server, &phone).await;
        let (mut at_bob, _) = Gateway::connect(&server, &bob).await;
        let (mut at_cem, _) = Gateway::connect(&server, &cem).await;
        delete(&ann, PASSWORD).await.expect(204);
        assert_eq!(at_phone.end().await.0, Some(4001), "signed out everywhere");
        for session in [&ann, &phone] {
            session.get("/self").await.refused(401, "unauthenticated");
            delete(session, PASSWORD).await.refused(401, "unauthenticated");
        }
        for login in ["ann", "ann@example.com"] {
            let body = json!({ "login": login, "password": PASSWORD });
            ask_unsigned(&server, Method::POST, "/login", Some(body)).await.refused(401, "invalid_credentials");
        }

        // Who knew her is told that she is deleted, and that she left.
        for gateway in [&mut at_bob, &mut at_cem] {
            let told = gateway.until(|data| matches!(data, EventData::FriendRemoved(_))).await;
            let profiles = told.iter().filter_map(|event| match &event.data {
                EventData::UserUpdated(user) => Some((user.id.to_string(), user.username.as_str(), user.deleted)),
                _ => None,
            });
            assert_eq!(profiles.collect::<Vec<_>>(), [(ann.id.clone(), "deleted", true)]);
        }
        let profile = bob.get(&format!("/users/{}", ann.id)).await.expect(200);
        assert_eq!((&profile["deleted"], &profile["display_name"]), (&json!(true), &Value::Null));
        bob.get("/users?handle=ann").await.refused(404, "not_found");
        assert_eq!(ids(&bob.get("/search/users?q=ann").await.expect(200)), Vec::<String>::new());
        bob.get(&format!("/servers/{hall}/members/{}", ann.id)).await.refused(404, "not_found");
        for friend in [&bob, &cem] {
            assert_eq!(friend.get("/friends").await.expect(200)["items"], json!([]));
        }
        let there = bob.get(&format!("/channels/{group}")).await.expect(200);
        assert!(!there["participants"].to_string().contains(&ann.id), "{there}");

        // What she said is there, by a user who is deleted; nobody writes to her any more.
        let message = bob.get(&format!("/channels/{channel}/messages/{said}")).await.expect(200);
        assert_eq!((&message["content"], &message["author"]), (&json!("hello from ann"), &json!(ann.id)));
        let history = cem.get(&format!("/channels/{direct}/messages")).await.expect(200);
        assert_eq!(history["items"][0]["content"], "hello cem");
        let body = json!({ "content": "are you there?" });
        cem.post(&format!("/channels/{direct}/messages"), body).await.refused(403, "permission_denied");
        cem.post("/friend-requests", json!({ "username": "ann" })).await.refused(404, "not_found");
        let invited = json!({ "user": ann.id });
        bob.post(&format!("/servers/{hall}/invitations"), invited).await.refused(404, "not_found");

        // The name rests; the address is free at once.
        let register = |name: &str| json!({ "email": "ann@example.com", "password": PASSWORD, "username": name });
        let taken = ask_unsigned(&server, Method::POST, "/register", Some(register("ann"))).await;
        taken.refused(409, "username_taken");
        ask_unsigned(&server, Method::POST, "/register", Some(register("anna"))).await.expect(201);
        let code = server.mailed_code("ann@example.com");
        let activate = json!({ "email": "ann@example.com", "code": code });
        let anna = ask_unsigned(&server, Method::POST, "/activate", Some(activate)).await.expect(200);
        assert_ne!(anna["user"]["id"], ann.id);

        // When both are gone, so is their conversation.
        delete(&cem, PASSWORD).await.expect(204);
        cem.get("/self").await.refused(401, "unauthenticated");
    }
}

/// The last administrator stays, until there is another.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_not_deleted() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let role = "application_administrator";
    assert!(server.admin(&["grant", &ann.id, role]).await.status.success());
    delete(&ann, PASSWORD).await.refused(409, "last_administrator");
    ann.put(&format!("/admin/users/{}/roles/{role}", bob.id), json!({})).await.expect(204);
    delete(&ann, PASSWORD).await.expect(204);
    bob.delete(&format!("/admin/users/{}/roles/{role}", bob.id)).await.refused(409, "last_administrator");
}

/// What becomes of each table when an account is deleted. A table that is not here fails the test: say what becomes of it,
/// and see to it.
const TABLES: &[(&str, Fate)] = &[
    ("account", Fate::Erased("the row stays, with the id in place of the names and the address")),
    ("account_removal", Fate::Erased("says by its id that something is left to remove, and goes with that")),
    ("audit_entry", Fate::Stays("ids, in the record of a server or of the backend, for as long as that is kept")),
    ("backend", Fate::Apart),
    ("ban", Fate::Stays("ids and a reason, in the record of a server")),
    ("block", Fate::Erased("those by the user go; in those of others the id stays")),
    (
        "channel",
        Fate::Erased("the user is no participant of a group; of a direct conversation they stay one by their id"),
    ),
    ("channel_override", Fate::Erased("the id stays")),
    ("dead_letter", Fate::Apart),
    ("domain_ban", Fate::Erased("the id of who made it stays")),
    ("email_change", Fate::Erased("goes")),
    ("event", Fate::Stays("earlier profiles go from the user's own stream; what others were told goes with the log")),
    ("event_scope", Fate::Erased("the id stays, for as long as the log")),
    ("former_role", Fate::Apart),
    ("friendship", Fate::Erased("goes, once the other's backend knows that it ended")),
    ("global_role", Fate::Erased("goes")),
    ("idempotency_key", Fate::Erased("goes")),
    ("inbound", Fate::Apart),
    ("invitation", Fate::Erased("those by the user and for them go")),
    ("invitation_seat", Fate::Erased("goes")),
    ("join_intent", Fate::Erased("goes")),
    ("log", Fate::Apart),
    ("mail_code", Fate::Erased("goes")),
    ("member", Fate::Erased("goes, but for a direct conversation")),
    ("member_role", Fate::Erased("goes")),
    ("message", Fate::Stays("what they said stays, by the id")),
    ("mute", Fate::Stays("ids and a reason, in the record of a server")),
    ("name_part", Fate::Erased("goes")),
    ("nickname_part", Fate::Erased("goes")),
    ("origin", Fate::Apart),
    ("outbound", Fate::Apart),
    ("outbound_event", Fate::Apart),
    ("pending_leave", Fate::Erased("the id stays until the other backend has heard of it")),
    ("presence", Fate::Erased("goes")),
    ("purge", Fate::Erased("the id stays until it is done")),
    ("reaction", Fate::Erased("the id stays, by which it counts")),
    ("read_mark", Fate::Erased("goes")),
    ("registration", Fate::Erased("one for the address goes")),
    ("remote_invitation", Fate::Erased("goes")),
    ("remote_user", Fate::Apart),
    ("removed_channel", Fate::Apart),
    ("removed_reaction", Fate::Apart),
    ("report", Fate::Stays("what they reported stays with their id, for a year after it is resolved")),
    ("restriction", Fate::Erased("the id stays, in the record of a server")),
    ("role", Fate::Apart),
    ("second_factor", Fate::Erased("goes")),
    ("second_factor_setup", Fate::Erased("goes")),
    ("secret_key", Fate::Apart),
    ("session", Fate::Erased("all end, and say nothing of their devices")),
    ("space", Fate::Erased("the id of the owner of a direct conversation stays")),
    ("space_part", Fate::Apart),
    ("space_remote", Fate::Apart),
    ("stream", Fate::Erased("the id stays, with the number of the last event")),
    ("suspension", Fate::Stays("ids and a reason, until it is over")),
    ("username_hold", Fate::Stays("keeps the name from others for 30 days")),
];

/// What becomes of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// It says nothing of users.
    Apart,
    /// What the user told of themself is not in it any more.
    Erased(&'static str),
    /// Something that the user told stays, for a reason.
    Stays(&'static str),
}

/// All that a database says: of each table the values of its rows, as text.
async fn contents(url: &str) -> BTreeMap<String, Vec<String>> {
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("it opens");
        let names: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
                .fetch_all(&pool)
                .await
                .expect("they are listed");
        let mut found = BTreeMap::new();
        for name in names {
            let select = sqlx::AssertSqlSafe(format!("SELECT * FROM {name}"));
            let rows = sqlx::query(select).fetch_all(&pool).await.expect("it is read");
            let values = rows.iter().flat_map(|row| {
                row.columns().iter().filter_map(|column| {
                    let value = row.try_get_raw(column.ordinal()).expect("it is there");
                    match value.type_info().name() {
                        "TEXT" => row.try_get::<Option<String>, _>(column.ordinal()).expect("a text"),
                        "BLOB" => row
                            .try_get::<Option<Vec<u8>>, _>(column.ordinal())
                            .expect("octets")
                            .map(|octets| String::from_utf8_lossy(&octets).into_owned()),
                        _ => None,
                    }
                })
            });
            found.insert(name, values.collect());
        }
        return found;
    }
    let pool = sqlx::PgPool::connect(url).await.expect("it opens");
    let names: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&pool)
        .await
        .expect("they are listed");
    let mut found = BTreeMap::new();
    for name in names {
        // Octets are shown escaped, so that words in them can be read.
        let select = sqlx::AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM {name} AS t"));
        sqlx::query("SET bytea_output = 'escape'").execute(&pool).await.expect("it is set");
        let rows: Vec<String> = sqlx::query_scalar(select).fetch_all(&pool).await.expect("it is read");
        found.insert(name, rows);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_seen_to_when_an_account_is_deleted() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let bob = Person::sign_up(&server, "bob").await;
        let (hall, channel) = bob.community("public").await;
        // Whatever she tells of herself has this word in it.
        let body = json!({ "email": "mark_er@example.com", "password": PASSWORD, "username": "mark_er" });
        ask_unsigned(&server, Method::POST, "/register", Some(body)).await.expect(201);
        let activate = json!({ "email": "mark_er@example.com", "code": server.mailed_code("mark_er@example.com") });
        let signed_in = ask_unsigned(&server, Method::POST, "/activate", Some(activate)).await.expect(200);
        let ann = Person::of(&server.url(), "mark_er", &signed_in);
        let login = json!({ "login": "mark_er", "password": PASSWORD, "label": "mark_er's phone" });
        ask_unsigned(&server, Method::POST, "/login", Some(login)).await.expect(200);
        let profile = json!({ "display_name": "mark_er A.", "first_name": "mark_er", "last_name": "mark_er",
            "bio": "about mark_er" });
        ann.request(Method::PATCH, "/self")
            .header("idempotency-key", "mark_er")
            .json(&profile)
            .send()
            .await
            .expect("sent");
        ann.put("/self/presence", json!({ "status": "idle", "text": "mark_er" })).await.expect(204);
        ann.put("/self/email", json!({ "email": "mark_er@mail.example", "password": PASSWORD })).await.expect(202);
        let reset = json!({ "email": "mark_er@example.com" });
        ask_unsigned(&server, Method::POST, "/password-reset", Some(reset)).await.expect(202);
        let again = json!({ "email": "mark_er@example.com", "password": PASSWORD, "username": "somebody" });
        ask_unsigned(&server, Method::POST, "/register", Some(again)).await.expect(201);
        ann.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        bob.patch(&format!("/servers/{hall}/members/{}", ann.id), json!({ "nickname": "mark_er" })).await.expect(200);
        befriend(&ann, &bob).await;
        ann.says(&channel, "mark_er was here").await;
        let before = contents(server.database()).await;
        let known: BTreeSet<_> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
        let there: BTreeSet<_> = before.keys().filter(|name| !name.starts_with("_sqlx")).cloned().collect();
        assert_eq!(there, known, "each table is listed, and no other");

        delete(&ann, PASSWORD).await.expect(204);
        let mut after = contents(server.database()).await;
        after.retain(|name, _| there.contains(name));
        let telling: BTreeSet<_> = after
            .iter()
            .filter(|(_, values)| values.iter().any(|value| value.contains("mark_er")))
            .map(|(name, _)| name.as_str())
            .collect();
        let stays = TABLES.iter().filter(|(_, fate)| matches!(fate, Fate::Stays(_))).map(|(name, _)| *name);
        let stays: BTreeSet<_> = stays.collect();
        assert!(telling.is_subset(&stays), "{engine:?}: {:?}", telling.difference(&stays).collect::<Vec<_>>());
        let told = before.iter().filter(|(_, values)| values.iter().any(|value| value.contains("mark_er"))).count();
        assert!(told >= 8, "she was known before: {told}");
    }
}
