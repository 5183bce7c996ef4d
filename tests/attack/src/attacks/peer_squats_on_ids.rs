//! Another backend that gives what it makes the ids of what others made.

use beep_proto::gateway::EventData;
use beep_tests::federation::realm::domain;
use beep_tests::gateway::Gateway;
use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_squats_on_ids",
    does: "tells an accomplice of a server that has the id of an honest backend's server and channel",
    holds: "people here join the honest server all the same, and hear what is said there",
    spreads: false,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let accomplice = Person::sign_up(stage.server(), "accomplice").await;
    let victim = Person::sign_up(stage.server(), "victim").await;
    let host = stage.abroad().good.sign_up("host").await;
    let (honest, channel) = host.community("public").await;
    let bare = |id: &str| id.split('@').next().unwrap_or_default().to_owned();
    let garden = format!("{}@{}", bare(&honest), domain("evil"));
    stage.abroad().evil_with_server("evil", &garden, &accomplice.id, &bare(&channel)).await;
    accomplice.post(&format!("/servers/{garden}/join"), json!({})).await.expect(200);
    stage.open().await;
    let (mut gateway, _) = Gateway::connect(stage.server(), &victim).await;
    let answer = victim.post(&format!("/servers/{honest}/join"), json!({})).await;
    stage.hold(answer.status == 200, || format!("joining the honest one: {} {}", answer.status, answer.body));
    host.says(&channel, "welcome").await;
    gateway.until(|data| matches!(data, EventData::MessageCreated(message) if message.content == "welcome")).await;
    let seen = victim.get(&format!("/channels/{channel}")).await.status;
    stage.hold(seen == 200, || format!("the channel of the honest one: {seen}"));
    stage.lets_peers_in().await;
}
