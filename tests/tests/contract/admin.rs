//! Global roles: who gives and takes them, on the command line and over HTTP. And finding users.

use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::making::ids;
use beep_tests::people::Person;
use beep_tests::server::Server;
use futures_util::future::join_all;
use serde_json::json;

async fn done(server: &Server, words: &[&str]) -> String {
    let ran = server.admin(words).await;
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("it writes text");
    assert_eq!((ran.status.code(), text(ran.stderr).as_str()), (Some(0), ""), "{words:?}");
    text(ran.stdout)
}

async fn fails(server: &Server, words: &[&str], code: i32, named: &str) {
    let ran = server.admin(words).await;
    let error = String::from_utf8(ran.stderr).expect("it writes text");
    assert_eq!((ran.status.code(), error.lines().count()), (Some(code), 1), "{words:?}: {error}");
    assert!(error.starts_with("beep-server: ") && error.contains(named), "{words:?}: {error}");
}

fn at(user: &str, role: &str) -> String {
    format!("/admin/users/{user}/roles/{role}")
}

const ADMINISTRATOR: &str = "application_administrator";

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_makes_an_administrator_who_makes_others() {
    for engine in Engine::at_hand() {
        let mut server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let roles = async |of: &Person| of.get("/self").await.expect(200)["global_roles"].clone();
        assert_eq!(roles(&ann).await, json!([]));
        let refused = ann.put(&at(&ann.id, ADMINISTRATOR), json!({})).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!([ADMINISTRATOR]));

        // On a backend that runs, and on one that does not.
        assert!(
            done(&server, &["grant", "ann", ADMINISTRATOR])
                .await
                .starts_with(&format!("ann ({}, ann@example.com, since 2", ann.id)),
            "{engine:?}"
        );
        assert_eq!(roles(&ann).await, json!([ADMINISTRATOR]));
        server.stop().await;
        done(&server, &["grant", "bob", "user_moderator"]).await;
        fails(&server, &["revoke", "ann", ADMINISTRATOR], 1, "last administrator").await;
        server.run().await;
        let ann = ann.on_another_device().await;
        assert_eq!((roles(&ann).await, roles(&bob).await), (json!([ADMINISTRATOR]), json!(["user_moderator"])));
        fails(&server, &["grant", "nobody", ADMINISTRATOR], 1, "`nobody`").await;
        // A name may be that of somebody else by now; an id is not.
        let bare = bob.id.split('@').next().expect("an id");
        for id in [bare, &bob.id] {
            let told = done(&server, &["grant", id, "user_moderator"]).await;
            assert!(told.starts_with(&format!("bob ({}, bob@example.com, since 2", bob.id)), "{told}");
        }
        fails(&server, &["grant", &nobodys_id(), ADMINISTRATOR], 1, "there is no account").await;
        fails(&server, &["revoke", "ann", ADMINISTRATOR], 1, "last administrator").await;
        fails(&server, &["grant", "ann", "emperor"], 2, "emperor").await;
        fails(&server, &["grant", "ann"], 2, "").await;

        // A moderator is no administrator.
        bob.put(&at(&bob.id, ADMINISTRATOR), json!({})).await.refused(403, "permission_denied");
        ann.put(&at(&bob.id, "server_moderator"), json!({})).await.expect(204);
        ann.put(&at(&bob.id, "server_moderator"), json!({})).await.expect(204);
        assert_eq!(roles(&bob).await, json!(["user_moderator", "server_moderator"]));
        ann.delete(&at(&bob.id, "user_moderator")).await.expect(204);
        ann.delete(&at(&bob.id, "user_moderator")).await.expect(204);
        assert_eq!(roles(&bob).await, json!(["server_moderator"]));
        ann.put(&at(&nobodys_id(), "user_moderator"), json!({})).await.refused(404, "not_found");
        ann.put(&at(&bob.id, "emperor"), json!({})).await.refused(422, "invalid_request");
        let elsewhere = format!("{}@b.example.com", bob.id.split('@').next().unwrap_or_default());
        let refused = ann.put(&at(&elsewhere, "user_moderator"), json!({})).await.refused(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], "user");

        // Of two who step down at once one stays.
        ann.delete(&at(&ann.id, ADMINISTRATOR)).await.refused(409, "last_administrator");
        ann.put(&at(&bob.id, ADMINISTRATOR), json!({})).await.expect(204);
        let (one, other) = (at(&ann.id, ADMINISTRATOR), at(&bob.id, ADMINISTRATOR));
        let ended = join_all([ann.delete(&one), bob.delete(&other)]).await;
        let mut statuses: Vec<_> = ended.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_open_the_socket_and_it_goes_with_the_process() {
    use std::os::unix::fs::PermissionsExt;
    let mut server = Server::start(Engine::Sqlite).await;
    let socket = server.directory().join("control.sock");
    assert_eq!(std::fs::metadata(&socket).expect("it is there").permissions().mode() & 0o777, 0o600);
    // One that a killed process left behind is in nobody's way.
    server.kill().await;
    assert!(socket.exists());
    server.run().await;
    Person::sign_up(&server, "ann").await;
    done(&server, &["grant", "ann", ADMINISTRATOR]).await;
    assert_eq!(server.stop().await, Some(0));
    assert!(!socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_by_how_their_names_begin() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let anton = Person::sign_up(&server, "anton").await;
    let bob = Person::sign_up(&server, "bob").await;
    bob.patch("/self", json!({ "display_name": "Ännchen" })).await.expect(200);
    let body = json!({ "email": "x@example.com", "password": "correct horse", "username": "annoyed" });
    beep_tests::people::ask_unsigned(&server, reqwest::Method::POST, "/register", Some(body)).await.expect(201);
    let find = async |query: &str| ann.get(&format!("/search/users?{query}")).await;
    assert_eq!(ids(&find("q=AN").await.expect(200)), [ann.id.clone(), anton.id.clone()]);
    assert_eq!(ids(&find("q=%C3%A4nn").await.expect(200)), std::slice::from_ref(&bob.id));
    let found = find("q=anton&domain=localhost").await.expect(200);
    assert_eq!((&found["items"][0]["username"], found["items"][0].get("email")), (&json!("anton"), None));
    let first = find("q=an&limit=1").await.expect(200);
    let next = first["next"].as_str().expect("there is more");
    let second = find(&format!("q=an&limit=1&cursor={next}")).await.expect(200);
    assert_eq!((ids(&first), ids(&second)), (vec![ann.id.clone()], vec![anton.id.clone()]));
    find("q=").await.refused(422, "invalid_request");
    find("limit=1").await.refused(422, "invalid_request");
    find("q=an&domain=b.example.com").await.refused(403, "federation_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allow_list_is_never_left_out() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    done(&server, &["grant", "ann", ADMINISTRATOR]).await;
    let list = "/admin/federation/allow-list";
    let body = json!({ "domains": ["b.example.com"] });
    assert_eq!(ann.put(list, body).await.expect(200)["allow_list"], json!(["b.example.com"]));
    for body in [json!({}), json!({ "domain": ["c.example.com"] })] {
        let problem = ann.put(list, body).await.refused(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], "domains");
    }
    assert_eq!(ann.get("/admin/federation").await.expect(200)["allow_list"], json!(["b.example.com"]));
    assert_eq!(ann.put(list, json!({ "domains": null })).await.expect(200)["allow_list"], json!(null));
}
