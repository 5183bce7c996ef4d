//! What somebody has read in a server of another backend is kept at their home, and follows them there.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::people::Person;
use serde_json::json;

use crate::follower::Follower;

async fn unread(who: &Person, channel: &str) -> (u64, u64) {
    let state = who.get(&format!("/channels/{channel}/read")).await.expect(200);
    (state["unread"].as_u64().expect("a number"), state["mentions"].as_u64().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_stays_at_the_home_of_its_user() {
    for engine in Engine::at_hand() {
        let (_realm, [a, b]) = Realm::of(engine, ["a", "b"]).await;
        let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
        let (hall, channel) = ann.community("public").await;
        bea.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let mut at_desk = Follower::begin(&b.server, &bea).await;
        let mut at_phone = Follower::begin(&b.server, &bea.on_another_device().await).await;
        let first = ann.says(&channel, "one").await;
        ann.says(&channel, &format!("two <@{}>", bea.id)).await;
        ann.says(&channel, "@everyone").await;
        for follower in [&mut at_desk, &mut at_phone] {
            follower.reads("@everyone").await;
        }
        // Who wrote last is the owner of the server, which is known at home as well.
        assert_eq!(unread(&bea, &channel).await, (3, 2));
        let read = |data: &EventData| matches!(data, EventData::ReadUpdated(_));
        bea.put(&format!("/channels/{channel}/read"), json!({ "message_id": first })).await.expect(204);
        let told = at_phone.until("what was read", read).await;
        assert!(matches!(told, EventData::ReadUpdated(state) if (state.unread, state.mentions) == (2, 2)));
        bea.put(&format!("/servers/{hall}/read"), json!({})).await.expect(204);
        let told =
            at_desk.until("what was read", |data| matches!(data, EventData::ReadUpdated(state) if state.unread == 0));
        told.await;
        assert_eq!(unread(&bea, &channel).await, (0, 0));
        // The owner is not asked, so it need not be there.
        let (mut a, last) = (a, ann.says(&channel, "last").await);
        at_desk.reads("last").await;
        a.server.kill().await;
        assert_eq!(unread(&bea, &channel).await, (1, 0));
        bea.put(&format!("/channels/{channel}/read"), json!({ "message_id": last })).await.expect(204);
        assert_eq!(unread(&bea, &channel).await, (0, 0));
    }
}
