//! What it answers when it is asked.

use super::*;

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
