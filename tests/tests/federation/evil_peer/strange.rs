//! What it says that is longer or stranger than it may be.

use std::sync::{Arc, Mutex};

use beep_tests::chance::nobodys_id;
use beep_tests::federation::evil::{done, member, versions};
use beep_tests::people::ask_unsigned;
use reqwest::Method;

use super::*;

/// A server of the evil backend as it tells it of, with one member of another backend; hardly any of it may be so.
fn server(id: &str, member: &str) -> Value {
    let role = |everyone: bool, permissions: Value| {
        json!({
            "id": nobodys_id(), "server_id": id, "name": "r".repeat(300), "color": -1, "position": 1,
            "permissions": permissions, "everyone": everyone, "version": 1,
        })
    };
    let channel = json!({
        "id": format!("{}@{EVIL}", nobodys_id()), "kind": "stage", "server_id": id, "name": "the\0den",
        "topic": "t\0", "position": 0, "slow_mode_s": 0, "overrides": {}, "participants": [],
        "last_message_id": null, "version": 1, "seq": 1,
    });
    json!({
        "server": {
            "kind": "community", "id": id, "name": "Evil\nGarden", "description": "d".repeat(5_000),
            "visibility": "members_of_members", "icon": null, "owner": mallory(), "member_count": 2,
            "created_at": "2026-01-01T00:00:00Z", "version": 1,
        },
        "roles": [role(true, json!(["view_channels", "levitate"])), role(false, json!([])), { "id": "of none" }],
        "channels": [channel, { "id": 7 }],
        "members": [self::member(id, member)],
        "seq": 1,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_does_not_fit_keeps_a_server_out() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let id = format!("{}@{EVIL}", nobodys_id());
    let whole = server(&id, &ann.id);
    let (joined, shown) = (done(200, &member(&id, &ann.id)), done(200, &whole["server"]));
    let (fake, _) = realm
        .fake("evil", move |heard| match (heard.path.as_str(), heard.body["operation"].as_str()) {
            ("/federation/meta/versions", _) => versions(),
            ("/federation/servers/snapshot", _) => Reaction::json(&whole),
            (_, Some("servers.join")) => joined.clone(),
            (_, Some("servers.get")) => shown.clone(),
            _ => Reaction::problem(404, "not_found"),
        })
        .await;
    ann.post(&format!("/servers/{id}/join"), json!({})).await.expect(200);
    let servers = ann.get("/servers").await.expect(200);
    assert_eq!((ids(&servers), &servers["items"][0]["name"]), (vec![id.clone()], &json!("Evil Garden")));
    assert_eq!(servers["items"][0]["visibility"], "private");
    // What is passed on to a client is made to fit as well.
    let shown = ann.get(&format!("/servers/{id}")).await.expect(200);
    assert_eq!((&shown["name"], shown["description"].as_str().map(str::len)), (&json!("Evil Garden"), Some(1_000)));
    assert!(fake.heard().iter().any(|heard| heard.path.ends_with("servers/snapshot")));
    assert!(!own.server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in_is_told_where_the_server_does_not_arrive() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let id = format!("{}@{EVIL}", nobodys_id());
    let joined = Arc::new(Mutex::new(done(200, &member(&id, &ann.id))));
    let answer = joined.clone();
    let (_fake, _) = realm
        .fake("evil", move |heard| match (heard.path.as_str(), heard.body["operation"].as_str()) {
            ("/federation/meta/versions", _) => versions(),
            (_, Some("servers.join")) => answer.lock().expect("nobody panics").clone(),
            _ => Reaction::problem(404, "not_found"),
        })
        .await;
    let join = async || ann.post(&format!("/servers/{id}/join"), json!({})).await;
    join().await.refused(502, "remote_error");
    let problem = json!({
        "type": "about:blank", "title": "", "status": 409, "detail": "", "code": "already_member",
    });
    *joined.lock().expect("nobody panics") = done(409, &problem);
    join().await.refused(502, "remote_error");
    assert_eq!(ids(&ann.get("/servers").await.expect(200)), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_for_who_is_not_signed_in() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let (fake, _) = realm.fake("evil", |_| versions()).await;
    for path in [format!("/invitations/code@{EVIL}"), "/invitations/code@d1.example.com".to_owned()] {
        ask_unsigned(&own.server, Method::GET, &path, None).await.refused(401, "unauthenticated");
        ann.with_token("of nobody").get(&path).await.refused(401, "unauthenticated");
    }
    assert_eq!((fake.connections(), fake.heard().len()), (0, 0));
    ann.get(&format!("/invitations/code@{EVIL}")).await.refused(502, "remote_error");
    assert_eq!(fake.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_the_size_and_the_form_of_what_was_asked() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let id = format!("{}@{EVIL}", nobodys_id());
    let trees = json!({ "status": 200, "body": vec![json!([]); 100_000] });
    let own_user = user("own.example.com", "ann");
    let mut renamed = own_user.clone();
    (renamed["id"], renamed["display_name"]) = (ann.id.clone().into(), "Renamed".into());
    let mut listed = member(&id, &ann.id);
    listed["profile"] = renamed;
    let list = done(200, &json!({ "items": [listed], "next": null }));
    let (_fake, _) = realm
        .fake("evil", move |heard| match (heard.path.as_str(), heard.body["operation"].as_str()) {
            ("/federation/meta/versions", _) => versions(),
            (_, Some("members.list")) => list.clone(),
            (_, Some("servers.get")) => Reaction::json(&trees),
            _ => done(200, &json!({ "some": "thing" })),
        })
        .await;
    ann.get(&format!("/servers/{id}")).await.refused(502, "remote_error");
    ann.get(&format!("/servers/{id}/roles")).await.refused(502, "remote_error");
    let members = ann.get(&format!("/servers/{id}/members")).await.expect(200);
    let profile = &members["items"][0]["profile"];
    assert_eq!((&profile["id"], &profile["display_name"]), (&json!(ann.id), &Value::Null), "{members}");
    assert_eq!(profile["username"], ann.name);
}
