//! The shortest way from nothing to a message across.

use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::gateway::Gateway;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_message_goes_across_and_back() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (alice, bob) = (a.sign_up("alice").await, b.sign_up("bob").await);
    let body = json!({ "name": "far", "visibility": "public", "template": "community" });
    let server = bob.request(Method::POST, "/servers").json(&body).send().await.expect("it answers");
    let server: serde_json::Value = server.json().await.expect("JSON");
    println!("{server}");
    let id = server["id"].as_str().expect("an id");
    let (mut gateway, _) = Gateway::connect(&a.server, &alice).await;
    let joined = alice.request(Method::POST, &format!("/servers/{id}/join")).send().await.expect("it answers");
    println!("{} {}", joined.status(), joined.text().await.expect("a text"));
    let event = gateway.event().await;
    println!("{event:?}");
    let channels = alice.request(Method::GET, &format!("/servers/{id}/channels")).send().await.expect("it answers");
    let channels: serde_json::Value = channels.json().await.expect("JSON");
    println!("{channels}");
    let channel = channels["items"][0]["id"].as_str().expect("a channel").to_owned();
    let path = format!("/channels/{channel}/messages");
    let sent = bob.request(Method::POST, &path).json(&json!({ "content": "hello" })).send().await.expect("it answers");
    assert_eq!(sent.status(), 201);
    let events = gateway.until(|data| matches!(data, EventData::MessageCreated(_))).await;
    println!("{events:?}");
    for n in 0..20 {
        let begun = std::time::Instant::now();
        let sent = alice
            .request(Method::POST, &path)
            .json(&json!({ "content": format!("back {n}") }))
            .send()
            .await
            .expect("it answers");
        let took = begun.elapsed();
        println!("{} {}", sent.status(), sent.text().await.expect("a text").len());
        let _ = gateway.until(|data| matches!(data, EventData::MessageCreated(_))).await;
        println!("{took:?} {:?}", begun.elapsed());
    }
    let (bobs, _) = Gateway::connect(&b.server, &bob).await;
    drop(bobs);
}
