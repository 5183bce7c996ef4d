//! An account is deleted at home: other backends that knew the user hear of it, now or when they are back.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::making::{id, ids};
use beep_tests::people::{PASSWORD, Person};
use reqwest::Method;
use serde_json::json;

use crate::follower::Follower;

/// Bea's server at `b`, and her friend of `a` who is in it.
struct Stage {
    ann: Person,
    bea: Person,
    server: String,
    channel: String,
}

impl Stage {
    async fn of(a: &Backend, b: &Backend) -> Self {
        let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
        let (server, channel) = bea.community("public").await;
        ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        let handle = |who: &Person, domain: &str| json!({ "username": format!("{}@{domain}", who.name) });
        let mut with_bea = Follower::begin(&b.server, &bea).await;
        ann.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        with_bea.until("the request", |data| data.kind() == "friend_request.received").await;
        bea.post("/friend-requests", handle(&ann, &a.domain)).await.expect(201);
        Self { ann, bea, server, channel }
    }

    async fn deletes(&self) {
        self.ann.ask(Method::DELETE, "/self", Some(json!({ "password": PASSWORD }))).await.expect(204);
    }

    /// Waits until the other backend has heard of all of it.
    async fn is_heard(&self, with_bea: &mut Follower) {
        while !self.is_gone().await {
            with_bea.next().await;
        }
    }

    /// Whether the other backend shows her as deleted, and nowhere else.
    async fn is_gone(&self) -> bool {
        let ann = self.ann.id.as_str();
        let profile = self.bea.get(&format!("/users/{ann}")).await.expect(200);
        let members = self.bea.get(&format!("/servers/{}/members", self.server)).await.expect(200);
        let friends = self.bea.get("/friends").await.expect(200);
        let is_deleted = (&profile["deleted"], &profile["username"]) == (&json!(true), &json!("deleted"));
        is_deleted && ![members, friends].iter().any(|page| page.to_string().contains(ann))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_backends_hear_that_an_account_was_deleted() {
    for engine in Engine::at_hand() {
        let (_realm, [a, b]) = Realm::of(engine, ["a", "b"]).await;
        let stage = Stage::of(&a, &b).await;
        let direct = stage.ann.post("/channels", json!({ "kind": "direct", "user": stage.bea.id })).await;
        let direct = id(&direct.body);
        stage.ann.says(&direct, "hello bea").await;
        let mut with_bea = Follower::begin(&b.server, &stage.bea).await;
        let said = stage.ann.says(&stage.channel, "hello all").await;
        with_bea.until("what she says", |data| data.kind() == "message.created").await;
        stage.deletes().await;
        let is_deleted = |data: &EventData| matches!(data, EventData::UserUpdated(user) if user.id.to_string() == stage.ann.id && user.deleted);
        with_bea.until("that she is deleted", is_deleted).await;
        stage.is_heard(&mut with_bea).await;
        let path = format!("/channels/{}/messages/{said}", stage.channel);
        let message = stage.bea.get(&path).await.expect(200);
        assert_eq!((&message["content"], &message["author"]), (&json!("hello all"), &json!(stage.ann.id)));
        // Their conversation stays, and takes nothing more.
        assert_eq!(ids(&stage.bea.get("/channels").await.expect(200)), std::slice::from_ref(&direct));
        let answer = stage.bea.post(&format!("/channels/{direct}/messages"), json!({ "content": "hello?" })).await;
        answer.refused(403, "permission_denied");
        let handle = format!("{}@{}", stage.ann.name, a.domain);
        stage.bea.post("/friend-requests", json!({ "username": handle })).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_was_down_hears_of_a_deleted_account_when_it_is_back() {
    let (_realm, [mut a, mut b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let stage = Stage::of(&a, &b).await;
    b.server.kill().await;
    stage.deletes().await;
    // What is left to remove outlives a crash as well.
    a.server.kill().await;
    a.server.run().await;
    b.server.run().await;
    let mut with_bea = Follower::begin(&b.server, &stage.bea).await;
    stage.is_heard(&mut with_bea).await;
}
