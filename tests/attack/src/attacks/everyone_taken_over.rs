//! The role that everyone has, edited by who has no other.

use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "everyone_taken_over",
    does: "edits the role of everyone and its overrides, where that role may manage roles and channels",
    holds: "both are refused, and everyone may do what they could",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let member = Person::sign_up(stage.server(), "member").await;
    let other = Person::sign_up(stage.server(), "other").await;
    let (server, channel) = owner.community("public").await;
    for person in [&member, &other] {
        person.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    }
    let everyone = owner.everyone(&server).await;
    let all = ["view_channels", "send_messages", "manage_roles", "manage_channels"];
    let role = format!("/servers/{server}/roles/{everyone}");
    owner.patch(&role, json!({ "permissions": all })).await.expect(200);
    stage.open().await;
    let edited = member.patch(&role, json!({ "permissions": ["view_channels", "manage_roles"] })).await;
    stage.hold(edited.status == 403, || format!("editing was answered {}: {}", edited.status, edited.body));
    let over = format!("/channels/{channel}/overrides/role/{everyone}");
    let denied = member.put(&over, json!({ "allow": [], "deny": ["send_messages"] })).await;
    stage.hold(denied.status == 403, || format!("denying was answered {}: {}", denied.status, denied.body));
    let removed = member.delete(&role).await;
    stage.hold((400..500).contains(&removed.status), || format!("removing was answered {}", removed.status));
    let said = other.post(&format!("/channels/{channel}/messages"), json!({ "content": "hello" })).await;
    stage.hold(said.status == 201, || format!("a message was answered {}: {}", said.status, said.body));
}
