//! Changing what one signs in with: the password, a forgotten one, the mail address, and signing out elsewhere.

use std::path::PathBuf;

use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::people::{Answer, PASSWORD, Person, ask_unsigned};
use beep_tests::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

async fn post(server: &Server, path: &str, body: Value) -> Answer {
    ask_unsigned(server, Method::POST, path, Some(body)).await
}

async fn login(server: &Server, login: &str, password: &str) -> Answer {
    post(server, "/login", json!({ "login": login, "password": password })).await
}

/// An answer that must look the same whatever the reason behind it.
fn faceless(answer: Answer) -> (u16, Value) {
    (answer.status, answer.body)
}

/// The subjects of the mails to an address, oldest first.
pub(crate) fn subjects(server: &Server, address: &str) -> Vec<String> {
    let mails = std::fs::read_dir(server.directory().join("mail")).expect("the mail directory is there");
    let mut mails: Vec<PathBuf> = mails.map(|entry| entry.expect("it is readable").path()).collect();
    mails.sort();
    let texts = mails.iter().map(|mail| std::fs::read_to_string(mail).expect("a mail is text"));
    let to = format!("To: {address}\nSubject: ");
    let theirs = texts.filter_map(|text| text.strip_prefix(&to).map(str::to_owned));
    theirs.map(|rest| rest.lines().next().expect("a subject").to_owned()).collect()
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_and_ends_the_other_sessions() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let phone = ann.on_another_device().await;
        let (mut at_phone, _) = Gateway::connect(&server, &phone).await;
        let (mut at_desk, _) = Gateway::connect(&server, &ann).await;
        let change = |current: &str, new: &str| json!({ "current": current, "new": new });

        ann.put("/self/password", change("a wrong password", "another password"))
            .await
            .refused(401, "invalid_credentials");
        for (new, code) in [("short", "too_short"), ("password", "common"), ("ann@example.com", "common")] {
            let refused = ann.put("/self/password", change(PASSWORD, new)).await.refused(422, "invalid_request");
            assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!("new"), &json!(code)));
        }
        phone.get("/self").await.expect(200);

        ann.put("/self/password", change(PASSWORD, "another password")).await.expect(204);
        assert_eq!(at_phone.end().await.0, Some(4001), "its gateway is closed at once");
        phone.get("/self").await.refused(401, "unauthenticated");
        post(&server, "/access", json!({ "refresh_token": phone.refresh })).await.refused(401, "unauthenticated");
        ann.get("/self").await.expect(200);
        assert_eq!(at_desk.event().await.data.kind(), "session.revoked", "the session that asked stays");
        login(&server, "ann", PASSWORD).await.refused(401, "invalid_credentials");
        login(&server, "ann", "another password").await.expect(200);
        assert_eq!(
            subjects(&server, "ann@example.com").last().expect("a mail"),
            "Your password at localhost was changed"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_by_a_mailed_code() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let (mut gateway, _) = Gateway::connect(&server, &ann).await;
        let complete = async |email: &str, code: &str, password: &str| {
            let body = json!({ "email": email, "code": code, "password": password });
            post(&server, "/password-reset/complete", body).await
        };
        // Nobody learns who has an account: by no answer, and by no mail of a stranger.
        let mut seen = Vec::new();
        for address in ["ann@example.com", "nobody@example.com"] {
            let ask = async || faceless(post(&server, "/password-reset", json!({ "email": address })).await);
            let mut of = vec![faceless(complete(address, "000000", "another password").await), ask().await];
            of.push(faceless(complete(address, "none", "another password").await));
            of.push(faceless(complete(address, "none", "short").await));
            of.push(ask().await);
            seen.push(of);
        }
        assert_eq!(seen[0], seen[1]);
        let statuses: Vec<_> = seen[0].iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [401, 202, 401, 422, 202]);
        assert_eq!(subjects(&server, "nobody@example.com"), Vec::<String>::new());

        // Five wrong codes spend the right one; the newest alone counts, and it is good for this alone.
        let code = server.mailed_code("ann@example.com");
        for _ in 0..5 {
            complete("ann@example.com", other_than(&code), "another password")
                .await
                .refused(401, "invalid_credentials");
        }
        complete("ann@example.com", &code, "another password").await.refused(401, "invalid_credentials");
        post(&server, "/password-reset", json!({ "email": "ANN@example.com" })).await.expect(202);
        let fresh = server.mailed_code("ann@example.com");
        let activate = json!({ "email": "ann@example.com", "code": fresh });
        post(&server, "/activate", activate).await.refused(401, "invalid_credentials");
        complete("ann@example.com", &fresh, "password").await.refused(422, "invalid_request");

        complete("ann@example.com", &fresh, "another password").await.expect(204);
        assert_eq!(gateway.end().await.0, Some(4001));
        ann.get("/self").await.refused(401, "unauthenticated");
        complete("ann@example.com", &fresh, "a third password").await.refused(401, "invalid_credentials");
        login(&server, "ann", PASSWORD).await.refused(401, "invalid_credentials");
        login(&server, "ann@example.com", "another password").await.expect(200);
        assert_eq!(
            subjects(&server, "ann@example.com").last().expect("a mail"),
            "Your password at localhost was changed"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_address_is_changed_once_the_new_one_is_confirmed() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let change = |email: &str, password: &str| json!({ "email": email, "password": password });
        let activate =
            async |email: &str, code: &str| post(&server, "/activate", json!({ "email": email, "code": code })).await;

        ann.put("/self/email", change("new@example.com", "a wrong password")).await.refused(401, "invalid_credentials");
        ann.put("/self/email", change("new", PASSWORD)).await.refused(422, "invalid_request");
        // An address in use hears of it; the answer is that for any other.
        let taken = faceless(ann.put("/self/email", change("bob@example.com", PASSWORD)).await);
        assert_eq!(taken, (202, Value::Null));
        assert_eq!(subjects(&server, "bob@example.com").last().expect("a mail"), "You have an account at localhost");

        let asked = faceless(ann.put("/self/email", change("New@example.com", PASSWORD)).await);
        assert_eq!(asked, taken);
        let code = server.mailed_code("New@example.com");
        assert_eq!(ann.get("/self").await.expect(200)["email"], "ann@example.com", "nothing has changed yet");
        activate("new@example.com", other_than(&code)).await.refused(401, "invalid_credentials");
        // It confirms no address that it was not sent to.
        activate("bob@example.com", &code).await.refused(401, "invalid_credentials");
        activate("other@example.com", &code).await.refused(401, "invalid_credentials");
        let signed_in = activate("new@example.com", &code).await.expect(200);
        assert_eq!(
            (&signed_in["user"]["id"], &signed_in["user"]["email"]),
            (&json!(ann.id), &json!("New@example.com"))
        );
        assert_eq!(ann.get("/self").await.expect(200)["email"], "New@example.com");
        activate("new@example.com", &code).await.refused(401, "invalid_credentials");
        login(&server, "ann@example.com", PASSWORD).await.refused(401, "invalid_credentials");
        login(&server, "new@example.com", PASSWORD).await.expect(200);
        let told = subjects(&server, "ann@example.com");
        assert_eq!(told.last().expect("a mail"), "Your mail address at localhost was changed");

        // Of several changes the last counts, and a new password ends what the former one began.
        for address in ["first@example.com", "second@example.com"] {
            bob.put("/self/email", change(address, PASSWORD)).await.expect(202);
        }
        let (first, second) = (server.mailed_code("first@example.com"), server.mailed_code("second@example.com"));
        activate("first@example.com", &first).await.refused(401, "invalid_credentials");
        activate("first@example.com", &second).await.refused(401, "invalid_credentials");
        bob.put("/self/password", json!({ "current": PASSWORD, "new": "another password" })).await.expect(204);
        activate("second@example.com", &second).await.refused(401, "invalid_credentials");
        // The former address is free, also for who registers.
        let body = json!({ "email": "ann@example.com", "password": PASSWORD, "username": "other" });
        post(&server, "/register", body).await.expect(201);
        activate("ann@example.com", &server.mailed_code("ann@example.com")).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_sessions_are_ended_at_once() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let (phone, tablet) = (ann.on_another_device().await, ann.on_another_device().await);
        let (mut at_phone, _) = Gateway::connect(&server, &phone).await;
        ask_unsigned(&server, Method::DELETE, "/self/sessions", None).await.refused(401, "unauthenticated");
        tablet.delete("/self/sessions").await.expect(204);
        assert_eq!(at_phone.end().await.0, Some(4001));
        for ended in [&ann, &phone] {
            ended.get("/self").await.refused(401, "unauthenticated");
        }
        tablet.delete("/self/sessions").await.expect(204);
        assert_eq!(tablet.get("/self/sessions").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
        bob.get("/self").await.expect(200);
    }
}
