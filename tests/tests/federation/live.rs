//! Presence and typing between backends.

use beep_client::EventData;
use beep_proto::gateway::{ClientFrame, Focus, FocusedMembers};
use beep_proto::view::PresenceStatus;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::gateway::Gateway;
use beep_tests::people::Person;
use serde_json::json;

use crate::follower::Follower;

/// Waits until somebody is told to be seen so.
async fn seen(gateway: &mut Gateway, of: &Person, status: PresenceStatus) {
    let is_it = |data: &EventData| matches!(data, EventData::PresenceUpdated(told) if told.user.to_string() == of.id && told.status == status);
    gateway.transient_until(is_it).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_two_backends_see_each_other_come_and_write() {
    for engine in Engine::at_hand() {
        let (_realm, [a, b]) = Realm::of(engine, ["a", "b"]).await;
        let (ann, bea, cem) = (a.sign_up("ann").await, b.sign_up("bea").await, b.sign_up("cem").await);
        let handle = |who: &Person, domain: &str| json!({ "username": format!("{}@{domain}", who.name) });
        ann.post("/friend-requests", handle(&bea, &b.domain)).await.expect(201);
        bea.post("/friend-requests", handle(&ann, &a.domain)).await.expect(201);
        let (hall, channel) = ann.community("public").await;
        for who in [&bea, &cem] {
            who.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        }

        // Who is there before the other connects is asked for, and who comes later is told.
        let (mut at_bea, _) = Gateway::connect(&b.server, &bea).await;
        let (mut at_ann, _) = Gateway::connect(&a.server, &ann).await;
        seen(&mut at_ann, &bea, PresenceStatus::Online).await;
        seen(&mut at_bea, &ann, PresenceStatus::Online).await;
        ann.put("/self/presence", json!({ "status": "dnd", "text": "hiking" })).await.expect(204);
        seen(&mut at_bea, &ann, PresenceStatus::Dnd).await;
        ann.put("/self/presence", json!({ "status": "invisible" })).await.expect(204);
        seen(&mut at_bea, &ann, PresenceStatus::Offline).await;
        ann.put("/self/presence", json!({ "status": "online" })).await.expect(204);

        // A fellow member who looks at the list sees them too, unless they are blocked.
        let (mut at_cem, _) = Gateway::connect(&b.server, &cem).await;
        let focus = Focus {
            channels: vec![channel.parse().expect("an id")],
            members: vec![FocusedMembers {
                server: hall.parse().expect("an id"),
                ranges: Vec::new(),
                users: vec![ann.id.parse().expect("an id"), bea.id.parse().expect("an id")],
            }],
        };
        at_cem.say(&ClientFrame::Focus(focus.clone())).await;
        seen(&mut at_cem, &ann, PresenceStatus::Online).await;
        seen(&mut at_cem, &bea, PresenceStatus::Online).await;
        let from_ann = Focus { channels: focus.channels.clone(), members: Vec::new() };
        at_ann.say(&ClientFrame::Focus(from_ann)).await;
        at_ann.pong().await;
        ann.put(&format!("/blocks/{}", cem.id), json!({})).await.expect(204);
        ann.put("/self/presence", json!({ "status": "idle" })).await.expect(204);
        bea.put("/self/presence", json!({ "status": "idle" })).await.expect(204);
        let is_bea =
            |data: &EventData| matches!(data, EventData::PresenceUpdated(told) if told.user.to_string() == bea.id);
        let told = at_cem.transient_until(is_bea).await;
        let idle = |data: &EventData| matches!(data, EventData::PresenceUpdated(told) if told.status == PresenceStatus::Idle && told.user.to_string() == ann.id);
        assert!(!told.iter().any(|event| idle(&event.data)), "who is blocked sees nothing more");

        // Who writes is told across, either way. The owner tells what the other backend was told the channel of.
        let mut follower = Follower::begin(&b.server, &bea).await;
        ann.says(&channel, "hello").await;
        follower.until("what Ann says", |data| matches!(data, EventData::MessageCreated(_))).await;
        let writes = |who: &str| {
            let who = who.to_owned();
            move |data: &EventData| matches!(data, EventData::TypingStarted(told) if told.user.to_string() == who)
        };
        ann.post(&format!("/channels/{channel}/typing"), json!({})).await.expect(204);
        at_cem.transient_until(writes(&ann.id)).await;
        bea.post(&format!("/channels/{channel}/typing"), json!({})).await.expect(204);
        at_ann.transient_until(writes(&bea.id)).await;
        at_cem.transient_until(writes(&bea.id)).await;
    }
}
