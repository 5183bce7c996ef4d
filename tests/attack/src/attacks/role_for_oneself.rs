//! A role that opens a channel, given to oneself.

use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "role_for_oneself",
    does: "gives themself a role that is allowed in a secret channel, or takes one off that denies something",
    holds: "both are refused, and the channel stays hidden",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let bob = Person::sign_up(stage.server(), "bob").await;
    let (server, channel) = owner.community("public").await;
    bob.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let secret = owner.make_channel(&server, "secret").await;
    let everyone = owner.everyone(&server).await;
    let staff = owner.make_role(&server, "staff", 1, &[]).await;
    let held_back = owner.make_role(&server, "held back", 1, &[]).await;
    let moderator = owner.make_role(&server, "moderator", 5, &["manage_roles"]).await;
    owner.overrides(&secret, &format!("role/{everyone}"), &[], &["view_channels"]).await;
    owner.overrides(&secret, &format!("role/{staff}"), &["view_channels"], &[]).await;
    owner.overrides(&channel, &format!("role/{held_back}"), &[], &["send_messages"]).await;
    owner.give(&server, &bob, &moderator).await;
    owner.give(&server, &bob, &held_back).await;
    stage.open().await;
    let at = |role: &str| format!("/servers/{server}/members/{}/roles/{role}", bob.id);
    let given = bob.put(&at(&staff), json!({})).await;
    stage.hold(given.status == 403, || format!("giving was answered {}: {}", given.status, given.body));
    let taken = bob.delete(&at(&held_back)).await;
    stage.hold(taken.status == 403, || format!("taking was answered {}: {}", taken.status, taken.body));
    let seen = bob.get(&format!("/channels/{secret}")).await;
    stage.hold(seen.status == 404, || format!("the channel was answered {}", seen.status));
    let said = bob.post(&format!("/channels/{channel}/messages"), json!({ "content": "hello" })).await;
    stage.hold(said.status == 403, || format!("a message was answered {}", said.status));
}
