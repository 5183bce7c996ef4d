//! Somebody who reads their past slowly, and whose session ends meanwhile.

use std::time::Duration;

use beep_proto::gateway::ServerFrame;
use beep_tests::gateway::ReceivedEntry;
use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "told_after_the_session",
    does: "goes on from an old cursor, reads slowly, and goes on reading when the session has ended",
    holds: "what the backend had not sent by then is never told",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let reader = Person::sign_up(stage.server(), "reader").await;
    let (server, channel) = owner.community("public").await;
    reader.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let cursor = reader.get("/events").await.expect(200)["next"].as_str().expect("a cursor").to_owned();
    let content = "x".repeat(4_000);
    let count = 6_000;
    let send = async |_| {
        owner.post(&format!("/channels/{channel}/messages"), json!({ "content": content })).await.expect(201);
    };
    Stage::each(count, 32, send).await;
    stage.open().await;
    let mut gateway = stage.gateway(0, Some(4_096)).await.expect("one is let in");
    gateway.hello(&reader.token, Some(&cursor)).await;
    let first = gateway.hear().await;
    let resumed = matches!(&first, ReceivedEntry::Frame(frame) if matches!(**frame, ServerFrame::Resumed(_)));
    stage.hold(resumed, || format!("the first frame is {first:?}"));
    let end = json!({ "refresh_token": reader.refresh });
    reader.post("/access/logout", end).await.expect(204);
    let mut told = 0;
    let listening = async {
        loop {
            match gateway.hear().await {
                ReceivedEntry::Closed(code) => return code,
                ReceivedEntry::Frame(frame) => told += usize::from(matches!(*frame, ServerFrame::Event(_))),
            }
        }
    };
    let closed = tokio::time::timeout(Duration::from_secs(50), listening).await;
    stage.hold(matches!(closed, Ok(None | Some(4001))), || format!("closed with {closed:?}"));
    // What is on its way is read: a page, and what the sockets hold.
    stage.hold(told < count / 2, || format!("{told} of {count} events were told after the session ended"));
}
