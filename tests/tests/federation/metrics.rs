//! What `/metrics` says of other backends, and whom it names.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::people::http;
use beep_tests::server::Server;
use serde_json::json;

use crate::follower::Follower;
use crate::within;

/// What the backend counts.
async fn read(server: &Server) -> String {
    let log = server.log();
    let bound =
        log.lines().find(|line| line.contains("serving metrics")).and_then(|line| line.split("address=").nth(1));
    let bound = bound.unwrap_or_else(|| panic!("the log says where metrics are served:\n{log}")).trim();
    let answer = http().get(format!("http://{bound}/metrics")).send().await.expect("it answers");
    answer.text().await.expect("it is text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_comes_twice_is_applied_once() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let a = realm.backend_with("a", &["--metrics.listen", "127.0.0.1:0", "--limits.rates", "off"]).await;
    let b = realm.backend("b").await;
    let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
    let (server, channel) = bea.community("public").await;
    ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    bea.says(&channel, "before").await;
    with_ann.reads("before").await;
    let batches = async || {
        let told = read(&a.server).await;
        let line = r#"beep_federation_answered_total{domain="b.example.com",call="events/on-events"} "#;
        let count = told.lines().find_map(|told| told.strip_prefix(line));
        count.and_then(|count| count.parse::<u64>().ok()).expect("batches were answered")
    };
    let before = batches().await;
    // The answer to the next batch is lost: it has come, and its sender does not know.
    a.link.lose_answers(1);
    bea.says(&channel, "once").await;
    with_ann.reads("once").await;
    within("the batch comes again", async {
        while batches().await < before + 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    bea.says(&channel, "after").await;
    with_ann.reads("after").await;
    let told: Vec<_> = with_ann.told.iter().map(|(.., content)| content.as_str()).collect();
    assert_eq!((told, a.link.still_to_lose()), (vec!["before", "once", "after"], 0));
    with_ann.is_up_to_date().await;
    assert_eq!(with_ann.resyncs, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn backends_that_showed_who_they_are_are_counted_by_name() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let mut a = realm.backend("a").await;
    let b = realm.backend_with("b", &["--metrics.listen", "127.0.0.1:0", "--limits.rates", "off"]).await;
    let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
    let (server, channel) = bea.community("public").await;
    ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    bea.says(&channel, "hello").await;
    with_ann.reads("hello").await;
    bea.get(&format!("/users?handle=ann@{}", a.domain)).await.expect(200);
    bea.get("/users?handle=ann@nowhere.example.org").await.refused(502, "discovery_failure");
    // Who comes with a good certificate and the name of another is not let in, nor named.
    let stranger = realm.peer(Some(&realm.authority.issue(&["federator.x.example.com"])));
    let mut wire = stranger.connect(b.ingress, &b.infra).await.expect("the certificate is good");
    let refused = wire.call("x.example.com", "meta/versions", &json!({})).await.expect("it answers");
    refused.refused(502, "discovery_failure");

    let told = read(&b.server).await;
    for line in [
        r#"beep_federation_answered_total{domain="a.example.com",call="commands/execute"} "#,
        r#"beep_federation_calls_total{domain="a.example.com",call="users/by-handle"} 1"#,
        r#"beep_federation_call_failures_total{code="discovery_failure"} 1"#,
        r#"beep_federation_refused_total{code="discovery_failure"} 1"#,
        r#"beep_federation_sent_total{domain="a.example.com"} "#,
    ] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
    assert!(!told.contains("nowhere") && !told.contains("x.example"), "{told}");

    // What waits for a backend that is down is counted until it is back.
    a.server.kill().await;
    bea.says(&channel, "nobody there").await;
    let queued = async |expected: &str| {
        let line = format!(r#"beep_federation_queued{{domain="a.example.com"}} {expected}"#);
        within(&line, async {
            while !read(&b.server).await.lines().any(|told| told == line) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    queued("1").await;
    a.server.run().await;
    with_ann
        .until(
            "what was said meanwhile",
            |data| matches!(data, EventData::MessageCreated(message) if message.content == "nobody there"),
        )
        .await;
    queued("0").await;
}
