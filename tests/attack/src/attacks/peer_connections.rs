//! Connections of other backends, and of nobody.

use std::time::Duration;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_connections",
    does: "opens as many connections to other backends' door as it can, with and without a certificate, and says nothing on them",
    holds: "honest backends are let in all the while",
    spreads: true,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let evil = stage.abroad().evil("evil").await;
    let stranger = stage.abroad().stranger();
    stage.open().await;
    let there = &*stage;
    let count = stage.count(60, 1_000, 3_000);
    // Who says nothing leaves others of the same address no place: those who show who they are come first.
    let known = Stage::each(count / 2, 50, |number| evil.wire(there.address(number))).await;
    let silent = Stage::each(count, 50, |number| evil.dial(there.address(number))).await;
    let unknown = Stage::each(count / 4, 50, |number| stranger.wire(there.address(number))).await;
    stage.lets_peers_in().await;
    stage.hold(known.iter().any(Result::is_ok), || "nobody with a certificate was let in".to_owned());
    while stage.goes_on() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop((silent, known, unknown));
    stage.lets_peers_in().await;
}
