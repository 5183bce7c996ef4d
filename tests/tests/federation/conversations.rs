//! Private channels of people of several backends.

use std::collections::BTreeSet;

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::making::id;
use beep_tests::people::{Answer, Person};
use serde_json::{Value, json};

use crate::follower::Follower;

fn is(kind: &'static str) -> impl FnMut(&EventData) -> bool {
    move |data| data.kind() == kind
}

fn says(text: &'static str) -> impl FnMut(&EventData) -> bool {
    move |data| matches!(data, EventData::MessageCreated(message) if message.content == text)
}

/// Has two people of two backends be friends.
async fn befriend(one: (&Person, &str), other: (&Person, &str)) {
    let handle = |(who, domain): (&Person, &str)| json!({ "username": format!("{}@{domain}", who.name) });
    one.0.post("/friend-requests", handle(other)).await.expect(201);
    other.0.post("/friend-requests", handle(one)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_three_backends_talk_in_private() {
    for engine in Engine::at_hand() {
        let (_realm, [a, b, c]) = Realm::of(engine, ["a", "b", "c"]).await;
        let (ann, bea, cem) = (a.sign_up("ann").await, b.sign_up("bea").await, c.sign_up("cem").await);
        befriend((&ann, &a.domain), (&bea, &b.domain)).await;
        // Whom a user of a backend may have in a group is known at the third one by a server of that backend.
        let hall = ann.empty_server("public").await;
        cem.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let mut with_ann = Follower::begin(&a.server, &ann).await;
        let mut with_bea = Follower::begin(&b.server, &bea).await;
        let mut with_cem = Follower::begin(&c.server, &cem).await;

        // Whoever of the two opens it, and whichever backend owns it: it is one.
        let made = ann.post("/channels", json!({ "kind": "direct", "user": bea.id })).await.expect(201);
        with_bea.until("the direct channel", is("channel.created")).await;
        with_ann.until("the direct channel", is("channel.created")).await;
        let again = bea.post("/channels", json!({ "kind": "direct", "user": ann.id })).await.expect(200);
        assert_eq!(again, made);
        ann.says(&id(&made), "hello, Bea").await;
        with_bea.until("what Ann says", says("hello, Bea")).await;
        bea.says(&id(&made), "hello, Ann").await;
        with_ann.until("what Bea says", says("hello, Ann")).await;

        // A group of the first backend takes in somebody of the third by a participant of the second.
        let group =
            ann.post("/channels", json!({ "kind": "group", "users": [bea.id], "name": "Hiking" })).await.expect(201);
        let path = format!("/channels/{}", id(&group));
        with_bea.until("the group", is("channel.created")).await;
        ann.says(&id(&group), "before").await;
        bea.post(&format!("{path}/members"), json!({ "user": cem.id })).await.expect(201);
        with_cem.until("the group", is("channel.created")).await;
        with_ann.until("who came", is("channel.member_added")).await;
        let everybody = json!([ann.id, bea.id, cem.id]);
        for who in [&ann, &bea, &cem] {
            assert_eq!(who.get(&path).await.expect(200)["participants"], everybody);
            let listed = who.get("/channels").await.expect(200);
            let listed = listed["items"].as_array().expect("a list").iter().find(|channel| id(channel) == id(&group));
            assert_eq!(listed.map(|channel| &channel["participants"]), Some(&everybody));
        }
        let history = cem.get(&format!("{path}/messages")).await.expect(200);
        assert_eq!(history["items"][0]["content"], "before", "who comes sees what was said");
        cem.says(&id(&group), "hello, all").await;
        for follower in [&mut with_ann, &mut with_bea] {
            follower.until("what Cem says", says("hello, all")).await;
        }
        cem.patch(&path, json!({ "name": "Hills" })).await.expect(200);
        with_bea
            .until(
                "the name",
                |data| matches!(data, EventData::ChannelUpdated(channel) if channel.name.as_deref() == Some("Hills")),
            )
            .await;

        // Who made it leaves; the next one may remove others, from another backend.
        ann.delete(&format!("{path}/members/me")).await.expect(204);
        with_cem.until("who left", is("channel.member_removed")).await;
        with_bea.until("who left", is("channel.member_removed")).await;
        cem.delete(&format!("{path}/members/{}", bea.id)).await.refused(403, "hierarchy");
        bea.delete(&format!("{path}/members/{}", cem.id)).await.expect(204);
        with_cem.until("that it is over", is("channel.member_removed")).await;
        cem.get(&path).await.refused(404, "not_found");
        bea.delete(&format!("{path}/members/me")).await.expect(204);
        for who in [&ann, &bea, &cem] {
            let listed = who.get("/channels").await.expect(200);
            let groups =
                listed["items"].as_array().expect("a list").iter().filter(|channel| channel["kind"] == "group");
            assert_eq!(groups.collect::<Vec<_>>(), Vec::<&Value>::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_and_a_setting_hold_whichever_backend_owns_the_conversation() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let ann = a.sign_up("ann").await;
    let (hall, _) = ann.community("public").await;
    let mut owners = BTreeSet::new();
    // Which of the two backends owns it follows from the ids.
    for number in 0.. {
        let bea = b.sign_up(&format!("bea{number}")).await;
        bea.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let made = id(&ann.post("/channels", json!({ "kind": "direct", "user": bea.id })).await.expect(201));
        let (messages, typing) = (format!("/channels/{made}/messages"), format!("/channels/{made}/typing"));
        let block = format!("/blocks/{}", ann.id);
        let refused = |answer: Answer| {
            let body = answer.refused(403, "permission_denied");
            (body["detail"].clone(), body["missing"].clone())
        };
        ann.says(&made, "hello").await;
        bea.put(&block, json!({})).await.expect(204);
        let blocked = refused(ann.post(&messages, json!({ "content": "hello?" })).await);
        assert_eq!(refused(ann.post(&typing, json!({})).await), blocked);
        let group = json!({ "kind": "group", "users": [bea.id] });
        assert_eq!(refused(ann.post("/channels", group.clone()).await), blocked);
        bea.delete(&block).await.expect(204);
        ann.says(&made, "hello again").await;
        bea.patch("/self", json!({ "direct_from": "friends" })).await.expect(200);
        assert_eq!(
            refused(ann.post(&messages, json!({ "content": "hello!" })).await),
            blocked,
            "nobody can tell which"
        );
        let mut with_bea = Follower::begin(&b.server, &bea).await;
        let request = json!({ "username": format!("{}@{}", bea.name, b.domain) });
        ann.post("/friend-requests", request).await.expect(201);
        with_bea.until("the request", is("friend_request.received")).await;
        let requests = bea.get("/friend-requests?direction=incoming").await.expect(200);
        bea.post(&format!("/friend-requests/{}/accept", id(&requests["items"][0])), json!({})).await.expect(200);
        ann.says(&made, "friend").await;
        ann.post("/channels", group).await.expect(201);
        owners.insert(made.rsplit_once('@').expect("it is qualified").1.to_owned());
        if owners.len() == 2 {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_asked_is_written_to_as_far_as_is_known() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let ann = a.sign_up("ann").await;
    let (hall, _) = ann.community("public").await;
    for number in 0.. {
        let bea = b.sign_up(&format!("bea{number}")).await;
        bea.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let made = id(&ann.post("/channels", json!({ "kind": "direct", "user": bea.id })).await.expect(201));
        if made.ends_with(&a.domain) {
            b.link.cut();
            ann.says(&made, "for later").await;
            b.link.mend();
            Follower::begin(&b.server, &bea).await.reads("for later").await;
            break;
        }
    }
}
