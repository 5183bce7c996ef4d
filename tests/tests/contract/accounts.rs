//! Signing up, in and out: codes, cookies, rotation, sessions, the own account, and how often one may guess.

use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::making::{id, ids};
use beep_tests::people::{Answer, PASSWORD, Person, ask_unsigned, builder, http};
use beep_tests::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

async fn post(server: &Server, path: &str, body: Value) -> Answer {
    ask_unsigned(server, Method::POST, path, Some(body)).await
}

fn sign_up(name: &str, password: &str) -> Value {
    json!({ "email": format!("{name}@example.com"), "password": password, "username": name })
}

/// An answer that must look the same whatever the reason behind it.
fn faceless(answer: Answer) -> (u16, Value) {
    (answer.status, answer.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_and_activated_by_a_mailed_code() {
    let server = Server::start(Engine::Sqlite).await;
    let body = json!({ "email": "Ann@Example.com", "password": PASSWORD, "username": "Ann", "display_name": "Ann A." });
    assert_eq!(post(&server, "/register", body).await.expect(201), json!({ "activation": "pending" }));

    // Who has not entered the code learns so by the right password alone.
    let login = |login: &str, password: &str| json!({ "login": login, "password": password });
    post(&server, "/login", login("ann", PASSWORD)).await.refused(403, "account_not_activated");
    let wrong = faceless(post(&server, "/login", login("ann", "a wrong password")).await);
    assert_eq!(wrong.1["code"], "invalid_credentials");
    assert_eq!(wrong, faceless(post(&server, "/login", login("nobody", PASSWORD)).await));
    assert_eq!(wrong, faceless(post(&server, "/login", login("no@example.com", PASSWORD)).await));
    assert_eq!(wrong, faceless(post(&server, "/login", login("not a name", PASSWORD)).await));

    // Five wrong codes spend the right one for who tried them, and the answer is always the same.
    let code = server.mailed_code("ann@example.com");
    let activate = |email: &str, code: &str| json!({ "email": email, "code": code });
    let other = if code == "000000" { "000001" } else { "000000" };
    let unknown = faceless(post(&server, "/activate", activate("no@example.com", other)).await);
    assert_eq!((unknown.0, unknown.1["code"].as_str()), (401, Some("invalid_credentials")));
    for guess in [other, "", "12345", "1234567", "abcdef"] {
        assert_eq!(faceless(post(&server, "/activate", activate("ann@example.com", guess)).await), unknown, "{guess}");
    }
    assert_eq!(faceless(post(&server, "/activate", activate("ann@example.com", &code)).await), unknown, "spent");

    // A new code: mailed to whom it concerns, answered alike to everybody.
    let resent = faceless(post(&server, "/activate/resend", json!({ "email": "ann@example.com" })).await);
    assert_eq!(resent, (202, Value::Null));
    assert_eq!(faceless(post(&server, "/activate/resend", json!({ "email": "no@example.com" })).await), resent);
    let mails = std::fs::read_dir(server.directory().join("mail")).expect("the mail directory is there").count();
    assert_eq!(mails, 2, "nobody is mailed but who has an account");
    let fresh = server.mailed_code("ann@example.com");
    assert!(fresh.len() == 6 && fresh.bytes().all(|octet| octet.is_ascii_digit()), "{fresh}");
    if fresh != code {
        assert_eq!(faceless(post(&server, "/activate", activate("ann@example.com", &code)).await), unknown, "replaced");
    }
    let signed_in = post(&server, "/activate", activate("ANN@example.com", &fresh)).await.expect(200);
    assert_eq!((&signed_in["token_type"], &signed_in["expires_in"]), (&json!("Bearer"), &json!(900)));
    let user = &signed_in["user"];
    assert_eq!((&user["username"], &user["email"]), (&json!("ann"), &json!("Ann@Example.com")), "kept as typed");
    assert_eq!((&user["display_name"], &user["domain"]), (&json!("Ann A."), &json!("localhost")));
    assert!(id(user).ends_with("@localhost"), "ids are qualified");
    assert_eq!(faceless(post(&server, "/activate", activate("ann@example.com", &fresh)).await), unknown, "used");
    let again = faceless(post(&server, "/activate/resend", json!({ "email": "ann@example.com" })).await);
    assert_eq!(again, resent, "an activated account is answered like any other");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_belongs_to_who_confirms_it() {
    let server = Server::start(Engine::Sqlite).await;
    let register = async |name: &str, password: &str| {
        let body = json!({ "email": "victim@example.com", "password": password, "username": name });
        post(&server, "/register", body).await
    };
    let activate =
        async |code: &str| post(&server, "/activate", json!({ "email": "victim@example.com", "code": code })).await;
    let login = async |login: &str, password: &str| {
        post(&server, "/login", json!({ "login": login, "password": password })).await
    };
    // Who registers somebody else's address knows the password of nothing once its owner registers.
    register("mallory", "the password of mallory").await.expect(201);
    let first = server.mailed_code("victim@example.com");
    register("victim", PASSWORD).await.expect(201);
    let second = server.mailed_code("victim@example.com");
    if first != second {
        activate(&first).await.refused(401, "invalid_credentials");
    }
    assert_eq!(activate(&second).await.expect(200)["user"]["username"], "victim");
    login("victim@example.com", "the password of mallory").await.refused(401, "invalid_credentials");
    login("mallory", "the password of mallory").await.refused(401, "invalid_credentials");
    login("victim@example.com", PASSWORD).await.expect(200);
    // The name of what was replaced is free.
    let body = json!({ "email": "other@example.com", "password": PASSWORD, "username": "mallory" });
    post(&server, "/register", body).await.expect(201);
}

/// Strangers who register with the address of an account see what they would see if it had none.
#[tokio::test(flavor = "multi_thread")]
async fn registering_does_not_tell_who_has_an_account() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let mut seen = Vec::new();
    for address in ["ann@example.com", "nobody@example.com"] {
        let name = address.split('@').next().expect("a name");
        let register = async |name: &str, address: &str| {
            let body = json!({ "email": address, "password": "another password", "username": name });
            faceless(post(&server, "/register", body).await)
        };
        let login = async |login: &str| {
            faceless(post(&server, "/login", json!({ "login": login, "password": "another password" })).await)
        };
        let (first, second) = (format!("{name}_1"), format!("{name}_2"));
        seen.push([
            register(&first, address).await,
            login(&first).await,
            login(address).await,
            register(&first, "third@example.com").await,
            register(&second, address).await,
            register(&second, "third@example.com").await,
            faceless(post(&server, "/activate/resend", json!({ "email": address })).await),
            faceless(post(&server, "/activate", json!({ "email": address, "code": "none" })).await),
            register(&first, &format!("{name}_3@example.com")).await,
        ]);
    }
    assert_eq!(seen[0], seen[1]);
    let statuses: Vec<_> = seen[0].iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [201, 403, 403, 409, 201, 409, 202, 401, 201]);
    // The owner is told, without a code, and nothing of the account changed.
    let mails = std::fs::read_dir(server.directory().join("mail")).expect("the mail directory is there");
    let texts = mails.map(|mail| std::fs::read_to_string(mail.expect("it is readable").path()).expect("it is text"));
    let to_ann: Vec<_> = texts.filter(|text| text.starts_with("To: ann@example.com\n")).collect();
    let told = to_ann.iter().filter(|text| text.contains("Subject: You have an account at localhost\n"));
    assert_eq!((to_ann.len(), told.count()), (3, 2), "a code, and one mail for each registration: {to_ann:?}");
    assert_eq!(ann.get("/self").await.expect(200)["username"], "ann");
    ann.on_another_device().await.get("/self").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_spend_the_attempts_of_others() {
    let server = Server::start(Engine::Sqlite).await;
    post(&server, "/register", sign_up("ann", PASSWORD)).await.expect(201);
    let code = server.mailed_code("ann@example.com");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let activate = async |from: &str, code: &str| {
        let request = http().post(format!("{}/v1/activate", server.url())).header("x-forwarded-for", from);
        let request = request.json(&json!({ "email": "ann@example.com", "code": code }));
        Answer::read(request.send().await.expect("the server answers")).await
    };
    for n in 0..30 {
        activate(&format!("2001:db8:0:{n}::1"), wrong).await.refused(401, "invalid_credentials");
    }
    activate("2001:db8:0:99::1", &code).await.refused(401, "invalid_credentials");
    activate("127.0.0.1", &code).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_that_was_given_up_rests() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let rename = async |who: &Person, name: &str| who.patch("/self", json!({ "username": name })).await;
    rename(&ann, "anna").await.expect(200);
    let body = json!({ "email": "mallory@example.com", "password": PASSWORD, "username": "ann" });
    post(&server, "/register", body).await.refused(409, "username_taken");
    rename(&bob, "ann").await.refused(409, "username_taken");
    rename(&ann, "ann").await.expect(200);
    rename(&bob, "anna").await.refused(409, "username_taken");
    // Nobody collects names by changing them.
    for n in 0..4 {
        rename(&ann, &format!("ann{n}")).await.expect(200);
    }
    rename(&ann, "another").await.refused(409, "conflict");
    ann.patch("/self", json!({ "display_name": "Ann" })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_addresses_and_passwords_have_rules() {
    let server = Server::start(Engine::Sqlite).await;
    post(&server, "/register", sign_up("ann", PASSWORD)).await.expect(201);
    let taken = json!({ "email": "other@example.com", "password": PASSWORD, "username": "ANN" });
    post(&server, "/register", taken).await.refused(409, "username_taken");

    let long = "p".repeat(1_025);
    let seven = "é".repeat(7);
    for (password, code) in [
        ("seven77", "too_short"),
        (seven.as_str(), "too_short"),
        (long.as_str(), "too_long"),
        ("password", "common"),
        ("PassWord", "common"),
        ("12345678", "common"),
        ("bobby.smith", "common"),
        ("bobby.smith@example.com", "common"),
    ] {
        let problem =
            post(&server, "/register", sign_up("bobby.smith", password)).await.refused(422, "invalid_request");
        let error = &problem["errors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some("password"), Some(code)), "{password}");
        assert!(!problem.to_string().contains(password) || password.len() < 9, "a password is not repeated");
    }
    for (index, password) in ["é".repeat(8), "p".repeat(1_024)].iter().enumerate() {
        post(&server, "/register", sign_up(&format!("fits{index}"), password)).await.expect(201);
        let body = json!({ "login": format!("fits{index}"), "password": password });
        post(&server, "/login", body).await.refused(403, "account_not_activated");
    }

    let long = "a".repeat(33);
    for (field, value) in [
        ("username", "a"),
        ("username", long.as_str()),
        ("username", "two words"),
        ("username", "ünïcode"),
        ("username", "a@b"),
        ("email", "none"),
        ("email", "@example.com"),
        ("email", "two@at@example.com"),
        ("email", "line\nbreak@example.com"),
        ("display_name", ""),
        ("display_name", "two\nlines"),
    ] {
        let mut body = sign_up("carla", PASSWORD);
        body[field] = json!(value);
        let problem = post(&server, "/register", body).await.refused(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{value}");
    }
    let both = json!({ "email": "none", "password": PASSWORD, "username": "?" });
    let problem = post(&server, "/register", both).await.refused(422, "invalid_request");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2), "every field that does not fit is named");
    post(&server, "/register", sign_up("ab", PASSWORD)).await.expect(201);
    post(&server, "/register", sign_up(&"z_.-".repeat(8), PASSWORD)).await.expect(201);
}

/// What looks or means the same is the same, however a keyboard writes it; what does not is not.
#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_and_one_password_have_one_form() {
    let server = Server::start(Engine::Sqlite).await;
    let body = json!({ "email": "K@b\u{fc}cher.test", "password": "pa\u{308}ssw\u{a0}rd-1", "username": "kate" });
    post(&server, "/register", body).await.expect(201);
    let code = server.mailed_code("k@xn--bcher-kva.test");
    post(&server, "/activate", json!({ "email": "k@BU\u{308}CHER.test", "code": code })).await.expect(200);
    let login = async |login: &str, password: &str| {
        post(&server, "/login", json!({ "login": login, "password": password })).await
    };
    for address in ["k@b\u{fc}cher.test", "K@xn--BCHER-kva.test", "kate"] {
        login(address, "p\u{e4}ssw rd-1").await.expect(200);
    }
    // The Kelvin sign is a K in NFC, and a dotted I is no i.
    login("\u{212a}@b\u{fc}cher.test", "p\u{e4}ssw rd-1").await.expect(200);
    login("\u{212a}ate", "p\u{e4}ssw rd-1").await.refused(401, "invalid_credentials");
    let body = json!({ "email": "\u{130}@x.test", "password": PASSWORD, "username": "dotted" });
    post(&server, "/register", body).await.expect(201);
    let mailed = std::fs::read_dir(server.directory().join("mail")).expect("the mail directory is there");
    let names: Vec<_> = mailed.map(|mail| mail.expect("a mail").file_name().into_string().expect("text")).collect();
    assert!(names.iter().all(|name| !name.contains("i@x.test")), "{names:?}");
    for address in ["a@b.test\u{200b}", "a\u{200b}@b.test", "a@-b.test", "a@b.test?x", ".a@b.test", "a..b@b.test"] {
        let body = json!({ "email": address, "password": PASSWORD, "username": "odd" });
        let problem = post(&server, "/register", body).await.refused(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], "email", "{address:?}");
    }
}

/// The attributes of the cookie that an answer sets, and its value.
fn cookie(answer: &Answer) -> (String, Vec<String>) {
    let header = answer.headers.get("set-cookie").expect("a cookie is set").to_str().expect("it is text");
    let mut parts = header.split("; ").map(str::to_owned);
    let value = parts.next().and_then(|pair| pair.strip_prefix("zuid=").map(str::to_owned));
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort();
    (value.expect("the cookie is `zuid`"), attributes)
}

async fn refresh_by_cookie(server: &Server, value: &str) -> Answer {
    let request =
        http().post(format!("{}/v1/access", server.url())).header("cookie", format!("a=b; zuid={value}; c=d"));
    Answer::read(request.send().await.expect("the server answers")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_credential_is_a_cookie_or_a_member() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let login = json!({ "login": "ANN@example.com", "password": PASSWORD, "label": "desk" });
    let answer = post(&server, "/login", login.clone()).await;
    let (value, attributes) = cookie(&answer);
    assert_eq!(attributes, ["HttpOnly", "Path=/v1/access", "SameSite=Strict"], "no `Secure` on loopback over http");
    let body = answer.expect(200);
    assert_eq!(body["refresh_token"], json!(value), "a client without a cookie jar has the same");
    let mut persistent = login;
    persistent["persist"] = json!(true);
    let (kept, attributes) = cookie(&post(&server, "/login", persistent).await);
    assert_eq!(attributes, ["HttpOnly", "Max-Age=7776000", "Path=/v1/access", "SameSite=Strict"]);

    // Each refresh replaces it, in the cookie as in the body.
    let answer = refresh_by_cookie(&server, &value).await;
    let (next, attributes) = cookie(&answer);
    assert_eq!(attributes, ["HttpOnly", "Path=/v1/access", "SameSite=Strict"]);
    let body = answer.expect(200);
    assert_ne!(next, value);
    assert_eq!(body.get("refresh_token"), None, "scripts need not see it");
    assert_eq!(id(&body["user"]), ann.id);
    let (_, attributes) = cookie(&refresh_by_cookie(&server, &kept).await);
    assert!(attributes.contains(&"Max-Age=7776000".to_owned()), "it stays one that outlives the browser");

    // A page of another origin uses it neither to refresh nor to sign out.
    for path in ["/access", "/access/logout"] {
        let request = http().post(format!("{}/v1{path}", server.url())).header("cookie", format!("zuid={next}"));
        let request = request.header("origin", "https://blog.example.com");
        Answer::read(request.send().await.expect("the server answers")).await.refused(401, "unauthenticated");
    }

    // It is good nowhere else, and the new access token is good everywhere.
    let elsewhere = http().get(format!("{}/v1/self", server.url())).header("cookie", format!("zuid={next}"));
    Answer::read(elsewhere.send().await.expect("the server answers")).await.refused(401, "unauthenticated");
    let bearer = http().get(format!("{}/v1/self", server.url())).bearer_auth(&next);
    Answer::read(bearer.send().await.expect("the server answers")).await.refused(401, "unauthenticated");
    let fresh = ann.with_token(body["access_token"].as_str().expect("a token"));
    assert_eq!(id(&fresh.get("/self").await.expect(200)), ann.id);

    // Signing out takes the cookie away and ends the session at once.
    let request = http().post(format!("{}/v1/access/logout", server.url())).header("cookie", format!("zuid={next}"));
    let answer = Answer::read(request.send().await.expect("the server answers")).await;
    let (value, attributes) = cookie(&answer);
    assert_eq!((value.as_str(), attributes.contains(&"Max-Age=0".to_owned())), ("", true));
    assert_eq!(answer.expect(204), Value::Null);
    fresh.get("/self").await.refused(401, "unauthenticated");
    refresh_by_cookie(&server, &next).await.refused(401, "unauthenticated");
    post(&server, "/access/logout", json!({ "refresh_token": next })).await.expect(204);
    post(&server, "/access/logout", json!({})).await.refused(401, "unauthenticated");
    post(&server, "/access", json!({})).await.refused(401, "unauthenticated");
    ann.get("/self").await.expect(200);

    // Who has nothing at hand but an access token signs out by it.
    ann.post("/access/logout", json!({})).await.expect(204);
    ann.get("/self").await.refused(401, "unauthenticated");
    post(&server, "/access", json!({ "refresh_token": ann.refresh })).await.refused(401, "unauthenticated");
    ann.post("/access/logout", json!({})).await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_was_just_replaced_gives_the_newest() {
    let mut server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let other = ann.on_another_device().await;
    let url = server.url();
    let refresh = async |token: &str| {
        let request = http().post(format!("{url}/v1/access")).json(&json!({ "refresh_token": token }));
        Answer::read(request.send().await.expect("the server answers")).await
    };
    let next = |body: &Value| body["refresh_token"].as_str().expect("a credential").to_owned();

    // The answer was lost: the same successor is given again, as often as it takes.
    let first = ann.refresh.clone();
    let answered = refresh(&first).await.expect(200);
    let second = next(&answered);
    assert_eq!(next(&refresh(&first).await.expect(200)), second);
    assert_eq!(next(&refresh(&first).await.expect(200)), second);
    let at_once = (0..8).map(|_| refresh(&second));
    let third: Vec<_> =
        futures_util::future::join_all(at_once).await.into_iter().map(|answer| answer.expect(200)).collect();
    assert!(third.iter().all(|answer| next(answer) == next(&third[0])), "also when asked at once");

    // Of several tabs each may come last with what the first replaced.
    let newest = next(&third[0]);
    for replaced in [&first, &second] {
        assert_eq!(next(&refresh(replaced).await.expect(200)), newest);
    }
    let last = ann.with_token(third[0]["access_token"].as_str().expect("a token"));
    last.get("/self").await.expect(200);

    // One that was replaced long ago is in two hands.
    server.stop().await;
    server.age_replaced_tokens().await;
    server.run().await;
    let log = server.log().len();
    refresh(&first).await.refused(401, "unauthenticated");
    refresh(&newest).await.refused(401, "unauthenticated");
    last.get("/self").await.refused(401, "unauthenticated");
    ann.get("/self").await.refused(401, "unauthenticated");
    other.get("/self").await.expect(200);
    refresh(&other.refresh).await.expect(200);
    // The log is written beside the requests, and whole at the end.
    server.stop().await;
    let said = server.log().split_off(log);
    assert!(said.contains("used again"), "the log says so: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended() {
    let mut server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let login = json!({ "login": "ann", "password": PASSWORD, "label": "phone" });
    let signed_in = post(&server, "/login", login).await.expect(200);
    let session = signed_in["session_id"].as_str().expect("an id").to_owned();
    let phone = ann.with_token(signed_in["access_token"].as_str().expect("a token"));
    let listed = phone.get("/self/sessions").await.expect(200);
    let [own, desk] = listed["items"].as_array().expect("a list").as_slice() else { panic!("two sessions: {listed}") };
    assert_eq!((own["id"].as_str(), &own["label"], &own["current"]), (Some(&*session), &json!("phone"), &json!(true)));
    assert_eq!(
        (&desk["label"], &desk["current"], &desk["address"]),
        (&Value::Null, &json!(false), &json!("127.0.0.1"))
    );
    assert!(own["last_used_at"].is_string() && own["created_at"].is_string());

    // Those of others are not there.
    let absent = faceless(bob.delete(&format!("/self/sessions/{}", nobodys_id())).await);
    assert_eq!((absent.0, absent.1["code"].as_str()), (404, Some("not_found")));
    assert_eq!(faceless(bob.delete(&format!("/self/sessions/{session}")).await), absent);
    phone.get("/self").await.expect(200);

    ann.delete(&format!("/self/sessions/{session}")).await.expect(204);
    phone.get("/self").await.refused(401, "unauthenticated");
    post(&server, "/access", json!({ "refresh_token": signed_in["refresh_token"] }))
        .await
        .refused(401, "unauthenticated");
    assert_eq!(faceless(ann.delete(&format!("/self/sessions/{session}")).await), absent, "it has ended already");
    let left = ann.get("/self/sessions").await.expect(200);
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));

    // Lists go page by page.
    let phone = ann.on_another_device().await;
    let own = ids(&phone.get("/self/sessions").await.expect(200));
    assert_eq!((own.len(), phone.pages("/self/sessions", 1).await), (2, own));
    phone.post("/access/logout", json!({})).await.expect(204);

    // A restart forgets neither who is signed in nor who is not.
    assert_eq!(server.stop().await, Some(0));
    server.run().await;
    phone.get("/self").await.refused(401, "unauthenticated");
    ann.get("/self").await.expect(200);
    let own = id(&ann.get("/self/sessions").await.expect(200)["items"][0]);
    ann.delete(&format!("/self/sessions/{own}")).await.expect(204);
    ann.get("/self").await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_changed_in_part_and_seen_by_others_in_public() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let all = json!({ "display_name": "Ann", "first_name": "Annabel", "last_name": "Lee", "bio": "by\nthe sea" });
    let changed = ann.patch("/self", all.clone()).await.expect(200);
    for (name, value) in all.as_object().expect("an object") {
        assert_eq!(changed[name], *value);
    }
    assert_eq!((&changed["email"], &changed["two_factor"]), (&json!("ann@example.com"), &json!(false)));
    assert_eq!(changed["global_roles"], json!([]));
    let changed = ann.patch("/self", json!({ "last_name": null, "bio": null })).await.expect(200);
    assert_eq!((&changed["last_name"], &changed["bio"]), (&Value::Null, &Value::Null), "null takes away");
    assert_eq!(
        (&changed["first_name"], &changed["display_name"]),
        (&json!("Annabel"), &json!("Ann")),
        "the rest stays"
    );
    assert_eq!(ann.patch("/self", json!({})).await.expect(200), changed, "nothing changes nothing");
    ann.patch("/self", json!({ "username": "bob" })).await.refused(409, "username_taken");
    let problem = ann.patch("/self", json!({ "username": "x", "bio": "b".repeat(501) })).await;
    let problem = problem.refused(422, "invalid_request");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2));
    assert_eq!(ann.get("/self").await.expect(200), changed, "refused as a whole");

    // Others see what is public, by id with and without its home, and by handle.
    let seen = bob.get(&format!("/users/{}", ann.id)).await.expect(200);
    assert_eq!(
        (&seen["username"], &seen["display_name"], &seen["deleted"]),
        (&json!("ann"), &json!("Ann"), &json!(false))
    );
    for private in ["email", "first_name", "last_name", "two_factor", "global_roles"] {
        assert!(seen.get(private).is_none(), "`{private}` is private");
    }
    let bare = ann.id.split('@').next().expect("an id");
    for path in [format!("/users/{bare}"), "/users?handle=ann".into(), "/users?handle=ANN@localhost".into()] {
        assert_eq!(bob.get(&path).await.expect(200), seen, "{path}");
    }
    ann.patch("/self", json!({ "username": "Ann.Lee" })).await.expect(200);
    assert_eq!(bob.get("/users?handle=ann.lee").await.expect(200)["id"], seen["id"]);
    post(&server, "/register", sign_up("carla", PASSWORD)).await.expect(201);
    for path in [
        "/users?handle=ann".to_owned(),
        "/users?handle=ann.lee@b.example.com".to_owned(),
        "/users?handle=not%20a%20name".to_owned(),
        "/users?handle=".to_owned(),
        "/users?handle=carla".to_owned(),
        format!("/users/{bare}@b.example.com"),
        format!("/users/{}", nobodys_id()),
    ] {
        bob.get(&path).await.refused(404, "not_found");
    }
    let body = json!({ "login": "ann.lee", "password": PASSWORD });
    post(&server, "/login", body).await.expect(200);
}

/// Fails to sign in from an address of loopback.
async fn guess(server: &Server, from: [u8; 4], login: &str, password: &str) -> Answer {
    let client = builder().local_address(std::net::IpAddr::from(from));
    let request = client.build().expect("a client can be made").post(format!("{}/v1/login", server.url()));
    let request = request.json(&json!({ "login": login, "password": password }));
    Answer::read(request.send().await.expect("the server answers")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_few_by_account_and_by_network_and_limits_are_told() {
    let server = Server::start_with(Engine::Sqlite, &[]).await;
    let (here, there, far) = ([127, 0, 0, 1], [127, 0, 0, 2], [127, 0, 0, 3]);
    let ann = Person::sign_up(&server, "ann").await;
    Person::sign_up(&server, "bob").await;
    for _ in 0..25 {
        guess(&server, there, "bob", PASSWORD).await.expect(200);
    }
    let mut failures = 0;
    let refused = loop {
        let answer = guess(&server, here, "ann", "a wrong password").await;
        if answer.status == 429 {
            break answer;
        }
        answer.refused(401, "invalid_credentials");
        failures += 1;
        assert!(failures < 100, "guessing is never limited");
    };
    assert!(failures >= 5, "some mistakes are forgiven: {failures}");
    let wait = refused.headers.get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let seconds: u64 = wait.and_then(|text| text.parse().ok()).expect("it says in seconds when to come back");
    assert!(seconds >= 1);
    assert_eq!(refused.body["retry_after"], json!(seconds));
    refused.refused(429, "rate_limited");
    guess(&server, here, "ann", PASSWORD).await.refused(429, "rate_limited");
    guess(&server, here, "ANN ", PASSWORD).await.refused(429, "rate_limited");
    guess(&server, here, "ann@example.com", PASSWORD).await.refused(429, "rate_limited");
    // Elsewhere she gets in, whatever strangers do here, and resending codes has its own limit.
    guess(&server, there, "ann", PASSWORD).await.expect(200);
    let resend = async || post(&server, "/activate/resend", json!({ "email": "ann@example.com" })).await.status;
    let mut resent = 0;
    while resend().await == 202 {
        resent += 1;
        assert!(resent < 100, "sending mails is never limited");
    }
    guess(&server, there, "ann", PASSWORD).await.expect(200);
    // An address has many people, and is not limited for one of them.
    guess(&server, here, "bob", PASSWORD).await.expect(200);
    let people: Vec<_> = (0..60).map(|number| format!("nobody{number}")).collect();
    let at_once = futures_util::future::join_all(people.iter().map(|name| guess(&server, far, name, PASSWORD))).await;
    for answer in at_once {
        answer.refused(401, "invalid_credentials");
    }

    // Who is signed in goes on, and is told what is left, also by a refusal.
    let body = json!({ "name": "Garden", "visibility": "private" });
    for answer in [ann.get("/self").await, ann.get("/channels/none").await, ann.post("/servers", body).await] {
        let header = |name: &str| -> u64 {
            let value = answer.headers.get(name).unwrap_or_else(|| panic!("{name} is there: {}", answer.body));
            value.to_str().expect("it is text").parse().expect("it is a number")
        };
        assert!(header("ratelimit-remaining") < header("ratelimit-limit"));
        assert!(header("ratelimit-reset") >= 1);
    }
    // A bad token is counted for the address, and one too many says that nothing is left.
    let nobody = ann.with_token("no token");
    let header = |answer: &Answer, name: &str| -> Option<u64> { answer.headers.get(name)?.to_str().ok()?.parse().ok() };
    let refused = loop {
        let at_once = futures_util::future::join_all((0..50).map(|_| nobody.get("/self"))).await;
        if let Some(refused) = at_once.iter().find(|answer| answer.status == 429) {
            break refused.clone();
        }
        for answer in at_once {
            assert!(header(&answer, "ratelimit-remaining") < header(&answer, "ratelimit-limit"));
            answer.refused(401, "unauthenticated");
        }
    };
    assert!(header(&refused, "ratelimit-limit").is_some() && header(&refused, "ratelimit-reset") >= Some(1));
    assert_eq!(header(&refused, "ratelimit-remaining"), Some(0));
    assert!(header(&refused, "retry-after") >= Some(1));
    let mut ids = std::collections::HashSet::new();
    for path in ["/self", "/backend", "/nowhere", "/servers/none", "/openapi.json"] {
        let answer = ann.get(path).await;
        let request = answer.headers.get("x-request-id").unwrap_or_else(|| panic!("{path} has an id"));
        assert!(ids.insert(request.clone()), "each request has an id of its own");
    }
}
