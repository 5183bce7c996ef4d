//! Friends of another backend: whatever is between the two backends, both come to stand as the last words of both say.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::making::id;
use beep_tests::people::Person;
use serde_json::{Value, json};

use crate::follower::Follower;

async fn listed(who: &Person, path: &str) -> Vec<Value> {
    let page = who.get(path).await.expect(200);
    page["items"].as_array().expect("a list").iter().map(|item| item["user"]["id"].clone()).collect()
}

async fn open(who: &Person, direction: &str) -> Vec<Value> {
    let page = who.get(&format!("/friend-requests?direction={direction}")).await.expect(200);
    page["items"].as_array().expect("a list").clone()
}

fn is(kind: &'static str) -> impl FnMut(&EventData) -> bool {
    move |data| data.kind() == kind
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_two_backends_become_friends_and_part() {
    for engine in Engine::at_hand() {
        let (_realm, [a, b]) = Realm::of(engine, ["a", "b"]).await;
        let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
        let mut with_ann = Follower::begin(&a.server, &ann).await;
        let mut with_bea = Follower::begin(&b.server, &bea).await;
        let handle = |who: &Person, domain: &str| json!({ "username": format!("{}@{domain}", who.name) });

        let made = ann.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        assert_eq!((&made["from"]["id"], &made["to"]["id"]), (&json!(ann.id), &json!(bea.id)));
        with_bea.until("the request", is("friend_request.received")).await;
        let told = open(&bea, "incoming").await;
        assert_eq!((&told[0]["from"]["id"], &told[0]["from"]["username"]), (&json!(ann.id), &json!(ann.name)));
        let accept = format!("/friend-requests/{}/accept", id(&told[0]));
        ann.post(&accept, json!({})).await.refused(404, "not_found");
        assert_eq!(bea.post(&accept, json!({})).await.expect(200)["user"]["id"], ann.id);
        with_ann.until("that it is accepted", is("friend_request.accepted")).await;
        assert_eq!(
            (listed(&ann, "/friends").await, listed(&bea, "/friends").await),
            (vec![json!(bea.id)], vec![json!(ann.id)])
        );
        bea.post("/friend-requests", handle(&ann, &a.domain)).await.refused(409, "already_friends");

        bea.delete(&format!("/friends/{}", ann.id)).await.expect(204);
        with_ann.until("the end", is("friend.removed")).await;
        assert_eq!(listed(&ann, "/friends").await, Vec::<Value>::new());

        // Declined and withdrawn, each is told.
        ann.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        with_bea.until("the request", is("friend_request.received")).await;
        let told = open(&bea, "incoming").await;
        bea.post(&format!("/friend-requests/{}/decline", id(&told[0])), json!({})).await.expect(204);
        with_ann.until("that it is declined", is("friend_request.declined")).await;
        let made = ann.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        with_bea.until("the request", is("friend_request.received")).await;
        ann.delete(&format!("/friend-requests/{}", id(&made))).await.expect(204);
        with_bea.until("that it is withdrawn", is("friend_request.cancelled")).await;
        assert_eq!((open(&bea, "incoming").await, open(&ann, "outgoing").await), (vec![], vec![]));

        // Who is blocked elsewhere cannot tell either.
        bea.put(&format!("/blocks/{}", ann.id), json!({})).await.expect(204);
        ann.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        let cleo = a.sign_up("cleo").await;
        cleo.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        let from_cleo = |data: &EventData| matches!(data, EventData::FriendRequestReceived(told) if told.from.id.to_string() == cleo.id);
        with_bea.until("the other request", from_cleo).await;
        let senders: Vec<_> = open(&bea, "incoming").await.iter().map(|told| told["from"]["id"].clone()).collect();
        assert_eq!(senders, [json!(cleo.id)]);
        assert_eq!(open(&ann, "outgoing").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_the_other_is_down_is_heard_when_it_is_back() {
    let (_realm, [a, mut b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
    let to_bea = json!({ "username": format!("{}@{}", bea.name, b.domain) });
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    ann.post("/friend-requests", to_bea.clone()).await.expect(201);
    let mut with_bea = Follower::begin(&b.server, &bea).await;
    if open(&bea, "incoming").await.is_empty() {
        with_bea.until("the request", is("friend_request.received")).await;
    }
    b.server.kill().await;
    ann.delete(&format!("/friend-requests/{}", id(&open(&ann, "outgoing").await[0]))).await.expect(204);
    b.server.run().await;
    let mut with_bea = Follower::begin(&b.server, &bea).await;
    if !open(&bea, "incoming").await.is_empty() {
        with_bea.until("that it is withdrawn", is("friend_request.cancelled")).await;
    }
    assert_eq!(open(&bea, "incoming").await, Vec::<Value>::new());
    // A kill of who asks loses nothing either: what was answered is told later.
    ann.post("/friend-requests", to_bea).await.expect(201);
    with_bea.until("the request", is("friend_request.received")).await;
    bea.post(&format!("/friend-requests/{}/accept", id(&open(&bea, "incoming").await[0])), json!({})).await.expect(200);
    with_ann.until("that it is accepted", is("friend_request.accepted")).await;
}
