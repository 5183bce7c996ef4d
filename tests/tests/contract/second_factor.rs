//! The second factor: set up, used and taken away, and attacked.

use std::net::Ipv4Addr;

use beep_tests::authenticator::{Authenticator, protect};
use beep_tests::database::Engine;
use beep_tests::people::{Answer, PASSWORD, Person, ask_unsigned};
use beep_tests::server::Server;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::credentials::subjects;

async fn login(server: &Server, login: &str, otp: Option<&str>) -> Answer {
    let body = json!({ "login": login, "password": PASSWORD, "otp": otp });
    ask_unsigned(server, Method::POST, "/login", Some(body)).await
}

fn secrets(of: &[(&str, &str)]) -> Value {
    of.iter().map(|(name, secret)| ((*name).to_owned(), json!(secret))).collect::<serde_json::Map<_, _>>().into()
}

/// A code that was never made.
const NO_CODE: &str = "aaaa-aaaa-aaaa-aaaa";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_set_up_used_and_taken_away() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let has_one = async || ann.get("/self").await.expect(200)["two_factor"].clone();
        let told = || subjects(&server, "ann@example.com").pop().expect("a mail");
        ann.post("/self/2fa", json!({ "password": "a wrong password" })).await.refused(401, "invalid_credentials");
        ann.post("/self/2fa/confirm", json!({ "code": "000000" })).await.refused(401, "invalid_credentials");
        ann.ask(Method::DELETE, "/self/2fa", Some(secrets(&[("password", PASSWORD), ("code", "000000")])))
            .await
            .refused(404, "not_found");

        // Of two begins the last counts; until its code is entered nothing is asked for.
        let early = ann.post("/self/2fa", json!({ "password": PASSWORD })).await.expect(200);
        let begun = ann.post("/self/2fa", json!({ "password": PASSWORD })).await.expect(200);
        let secret = begun["secret"].as_str().expect("a text");
        let address = format!("otpauth://totp/localhost:ann?secret={secret}&issuer=localhost");
        assert!(begun["otpauth_uri"].as_str().expect("a text").starts_with(&address), "{begun}");
        assert!(begun["qr_svg"].as_str().expect("a text").contains("<svg"));
        login(&server, "ann", None).await.expect(200);
        let mut former = Authenticator::of(early["secret"].as_str().expect("a text"));
        let mut app = Authenticator::of(secret);
        for wrong in [former.code(), app.wrong_code(), "none".to_owned()] {
            ann.post("/self/2fa/confirm", json!({ "code": wrong })).await.refused(401, "invalid_credentials");
        }
        assert_eq!(has_one().await, json!(false));
        let codes =
            ann.post("/self/2fa/confirm", json!({ "code": app.code() })).await.expect(200)["recovery_codes"].clone();
        assert_eq!(codes.as_array().map(Vec::len), Some(10));
        assert_eq!(
            (has_one().await, told().as_str()),
            (json!(true), "Your account at localhost has a second factor now")
        );
        ann.post("/self/2fa", json!({ "password": PASSWORD })).await.refused(409, "conflict");

        login(&server, "ann", None).await.refused(401, "otp_required");
        login(&server, "ann", Some("")).await.refused(401, "otp_required");
        login(&server, "ann", Some(&app.wrong_code())).await.refused(401, "otp_invalid");
        let signed_in = login(&server, "ann@example.com", Some(&app.code())).await.expect(200);
        assert_eq!(signed_in["user"]["two_factor"], true);

        let code = codes[0].as_str().expect("a text");
        for (password, code) in [("a wrong password", code), (PASSWORD, NO_CODE), (PASSWORD, "")] {
            let body = secrets(&[("password", password), ("code", code)]);
            ann.ask(Method::DELETE, "/self/2fa", Some(body)).await.refused(401, "invalid_credentials");
        }
        let body = secrets(&[("password", PASSWORD), ("code", code)]);
        ann.ask(Method::DELETE, "/self/2fa", Some(body)).await.expect(204);
        assert_eq!(told(), "Your account at localhost has no second factor any more");
        assert_eq!(has_one().await, json!(false));
        login(&server, "ann", None).await.expect(200);
        // A new one has nothing of the former.
        let (_, others) = protect(&ann).await;
        login(&server, "ann", codes[1].as_str()).await.refused(401, "otp_invalid");
        login(&server, "ann", Some(&others[0])).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_a_second_factor_is_not_used_again() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let (mut app, codes) = protect(&ann).await;
        login(&server, "ann", Some(&app.last_code())).await.refused(401, "otp_invalid");
        let code = app.code();
        login(&server, "ann", Some(&code)).await.expect(200);
        login(&server, "ann", Some(&code)).await.refused(401, "otp_invalid");
        let body = json!({ "current": PASSWORD, "new": "another password", "otp": code });
        ann.put("/self/password", body).await.refused(401, "otp_invalid");

        // Nor a recovery code, however it is typed.
        let typed = codes[0].to_uppercase().replace('-', " ");
        login(&server, "ann", Some(&typed)).await.expect(200);
        let told = subjects(&server, "ann@example.com").pop();
        assert_eq!(told.as_deref(), Some("Your account at localhost was signed in to with a recovery code"));
        for again in [&typed, &codes[0]] {
            login(&server, "ann", Some(again)).await.refused(401, "otp_invalid");
        }
        let renew = |code: &str| secrets(&[("password", PASSWORD), ("code", code)]);
        ann.post("/self/2fa/recovery-codes", renew(&codes[0])).await.refused(401, "invalid_credentials");
        let fresh = ann.post("/self/2fa/recovery-codes", renew(&codes[1])).await.expect(200)["recovery_codes"].clone();
        for former in &codes {
            login(&server, "ann", Some(former)).await.refused(401, "otp_invalid");
        }
        login(&server, "ann", fresh[9].as_str()).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_uses_of_one_code_at_once_one_passes() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let (mut app, codes) = protect(&ann).await;
        for code in [&app.code(), &codes[0]] {
            let answers = join_all((0..100).map(|_| login(&server, "ann", Some(code)))).await;
            let passed = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(passed, 1, "{engine:?}");
            for answer in answers.into_iter().filter(|answer| answer.status != 200) {
                answer.refused(401, "otp_invalid");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_a_second_factor_cannot_be_tried_out() {
    let server = Server::start_with(Engine::Sqlite, &[]).await;
    let ann = Person::sign_up(&server, "ann").await;
    let (mut app, codes) = protect(&ann).await;
    let wrong = app.wrong_code();
    let tries = async |last: u8| {
        let thief = ann.at(Ipv4Addr::new(127, 0, 0, last).into());
        let mut tried = 0;
        loop {
            // One count for the account, however it is named.
            let name = if tried % 2 == 0 { "ann" } else { "ann@example.com" };
            let answer = thief.post("/login", json!({ "login": name, "password": PASSWORD, "otp": wrong })).await;
            if answer.status == 429 {
                answer.refused(429, "rate_limited");
                return tried;
            }
            answer.refused(401, "otp_invalid");
            tried += 1;
        }
    };
    assert_eq!(tries(2).await, 10, "few from one address");
    let thief = ann.at(Ipv4Addr::new(127, 0, 0, 2).into());
    let right = json!({ "login": "ann", "password": PASSWORD, "otp": codes[0] });
    thief.post("/login", right.clone()).await.refused(429, "rate_limited");
    // Nor by way of what a session is asked for again.
    let body = json!({ "current": PASSWORD, "new": "another password", "otp": wrong });
    thief.put("/self/password", body).await.refused(429, "rate_limited");
    assert_eq!(tries(3).await, 10, "and few from all that she never signed in from");
    assert_eq!(tries(4).await, 0);
    // She is not held up where she signed in before, and the password alone is answered as ever.
    thief.post("/login", json!({ "login": "ann", "password": PASSWORD })).await.refused(401, "otp_required");
    login(&server, "ann", Some(&app.code())).await.expect(200);
    ann.at(Ipv4Addr::LOCALHOST.into()).post("/login", right).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_of_a_second_factor_before_the_password_is_right() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        Person::sign_up(&server, "bob").await;
        let (mut app, codes) = protect(&ann).await;
        let mut seen = Vec::new();
        for name in ["ann", "ann@example.com", "bob", "nobody", "nobody@example.com"] {
            let mut answers = Vec::new();
            for otp in [None, Some("000000"), Some(app.last_code().as_str()), Some(&codes[0])] {
                let body = json!({ "login": name, "password": "a wrong password", "otp": otp });
                let answer = ask_unsigned(&server, Method::POST, "/login", Some(body)).await;
                answers.push((answer.status, answer.body["code"].clone(), answer.body["detail"].clone()));
            }
            seen.push(answers);
        }
        assert_eq!(seen[0][0].1, "invalid_credentials");
        assert!(seen.iter().flatten().all(|answer| *answer == seen[0][0]), "{seen:?}");
        // The codes that were shown with a wrong password are as good as before.
        login(&server, "ann", Some(&codes[0])).await.expect(200);
        login(&server, "ann", Some(&app.code())).await.expect(200);
        // Nor does another user.
        let bob = Person::of(&server.url(), "bob", &login(&server, "bob", Some("000000")).await.expect(200));
        let seen = bob.get(&format!("/users/{}", ann.id)).await.expect(200);
        assert_eq!(seen.get("two_factor"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_begun_second_factor_is_of_its_session_and_its_password() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let thief = ann.on_another_device().await;
        let begin = async |who: &Person, password: &str| {
            let begun = who.post("/self/2fa", json!({ "password": password })).await.expect(200);
            Authenticator::of(begun["secret"].as_str().expect("a text"))
        };
        let confirm = async |who: &Person, code: String| who.post("/self/2fa/confirm", json!({ "code": code })).await;
        let mut app = begin(&ann, PASSWORD).await;
        confirm(&thief, app.code()).await.refused(401, "invalid_credentials");
        // A new password ends what somebody who knew the former one has begun.
        ann.put("/self/password", json!({ "current": PASSWORD, "new": "another password" })).await.expect(204);
        confirm(&ann, app.last_code()).await.refused(401, "invalid_credentials");
        let mut app = begin(&ann, "another password").await;
        let code = app.code();
        confirm(&ann, code.clone()).await.expect(200);
        confirm(&ann, code).await.refused(401, "invalid_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_before_what_is_dangerous() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let (hall, _) = ann.community("public").await;
        bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let (_, codes) = protect(&ann).await;
        let mut codes = codes.into_iter();
        let mut dangerous = async |method: Method, path: &str, mut body: Value, status: u16| {
            ann.ask(method.clone(), path, Some(body.clone())).await.refused(401, "otp_required");
            body["otp"] = json!(NO_CODE);
            ann.ask(method.clone(), path, Some(body.clone())).await.refused(401, "otp_invalid");
            body["otp"] = json!(codes.next());
            ann.ask(method, path, Some(body)).await.expect(status)
        };
        let owner = format!("/servers/{hall}/owner");
        let handed_over = dangerous(Method::PUT, &owner, json!({ "user": bob.id, "password": PASSWORD }), 200).await;
        assert_eq!(handed_over["owner"], json!(bob.id));
        let body = json!({ "email": "new@example.com", "password": PASSWORD });
        dangerous(Method::PUT, "/self/email", body, 202).await;
        let body = json!({ "current": PASSWORD, "new": "another password" });
        dangerous(Method::PUT, "/self/password", body, 204).await;
        dangerous(Method::DELETE, "/self", json!({ "password": "another password" }), 204).await;
        ann.get("/self").await.refused(401, "unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mailed_code_stands_for_a_second_factor() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let (_, codes) = protect(&ann).await;
        let post = async |path: &str, body: Value| ask_unsigned(&server, Method::POST, path, Some(body)).await;

        // A new address signs in with the second factor alone, and its code is tried no more often by who lacks that.
        let change = json!({ "email": "new@example.com", "password": PASSWORD, "otp": codes[0] });
        ann.put("/self/email", change).await.expect(202);
        let code = server.mailed_code("new@example.com");
        let activate = async |code: &str, otp: Option<&str>| {
            post("/activate", json!({ "email": "new@example.com", "code": code, "otp": otp })).await
        };
        activate("none", None).await.refused(401, "invalid_credentials");
        activate(&code, None).await.refused(401, "otp_required");
        activate(&code, Some(NO_CODE)).await.refused(401, "otp_invalid");
        assert_eq!(activate(&code, Some(&codes[1])).await.expect(200)["user"]["email"], "new@example.com");
        let change = json!({ "email": "ann@example.com", "password": PASSWORD, "otp": codes[2] });
        ann.put("/self/email", change).await.expect(202);
        let code = server.mailed_code("ann@example.com");
        let again =
            async |otp: &str| post("/activate", json!({ "email": "ann@example.com", "code": code, "otp": otp })).await;
        for _ in 0..5 {
            again(NO_CODE).await.refused(401, "otp_invalid");
        }
        again(&codes[3]).await.refused(401, "invalid_credentials");

        // A new password leaves it as it is.
        post("/password-reset", json!({ "email": "new@example.com" })).await.expect(202);
        let code = server.mailed_code("new@example.com");
        let body = json!({ "email": "new@example.com", "code": code, "password": "another password" });
        post("/password-reset/complete", body).await.expect(204);
        let enter = |otp: Option<&str>| json!({ "login": "ann", "password": "another password", "otp": otp });
        post("/login", enter(None)).await.refused(401, "otp_required");
        post("/login", enter(Some(&codes[3]))).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_takes_away_a_second_factor_that_was_lost() {
    for engine in Engine::at_hand() {
        let mut server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        protect(&ann).await;
        let refused = async |user: &str, why: &str| {
            let ran = server.admin(&["reset-2fa", user]).await;
            let error = String::from_utf8(ran.stderr).expect("it writes text");
            assert!(ran.status.code() == Some(1) && error.contains(why), "{error}");
        };
        refused("nobody", "there is no account `nobody`").await;
        let ran = server.admin(&["reset-2fa", "ann"]).await;
        let said = String::from_utf8(ran.stdout).expect("it writes text");
        assert!(ran.status.success() && said.ends_with(") has no second factor any more\n"), "{said}");
        refused("ann", "this account has no second factor").await;
        let told = subjects(&server, "ann@example.com").pop();
        assert_eq!(told.as_deref(), Some("Your account at localhost has no second factor any more"));
        login(&server, "ann", None).await.expect(200);
        // Of a backend that does not run as well.
        protect(&ann).await;
        server.stop().await;
        assert!(server.admin(&["reset-2fa", &ann.id]).await.status.success());
        server.run().await;
        login(&server, "ann", None).await.expect(200);
    }
}
