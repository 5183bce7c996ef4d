//! A ban that deletes all that somebody ever wrote.

use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "ban_of_many_messages",
    does: "writes for a night, and has an accomplice ban them with all messages",
    holds: "the messages go, and what others say is stored and told meanwhile",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let writer = Person::sign_up(stage.server(), "writer").await;
    let (server, channel) = owner.community("public").await;
    writer.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let write = async |number: usize| {
        let body = json!({ "content": format!("message {number}") });
        writer.post(&format!("/channels/{channel}/messages"), body).await.expect(201);
    };
    Stage::each(stage.size(300, 50_000), 64, write).await;
    let kept = owner.says(&channel, "of the owner").await;
    stage.open().await;
    let ban = json!({ "delete_messages_since": "1970-01-01T00:00:00Z" });
    let banned = owner.put(&format!("/servers/{server}/bans/{}", writer.id), ban).await;
    stage.hold(banned.status == 200, || format!("the ban was answered {}", banned.body));
    // What is deleted in parts is gone soon.
    let mut turns = tokio::time::interval(std::time::Duration::from_millis(200));
    let mut left = Vec::new();
    for _ in 0..300 {
        turns.tick().await;
        left = beep_tests::making::ids(&owner.get(&format!("/channels/{channel}/messages?limit=100")).await.expect(200));
        if left == [kept.clone()] {
            break;
        }
    }
    stage.hold(left == [kept], || format!("{} messages are left", left.len()));
}
