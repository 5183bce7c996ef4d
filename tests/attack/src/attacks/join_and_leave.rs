//! Somebody with large servers who joins and leaves a small one.

use beep_tests::people::Person;
use serde_json::json;

use super::large_ready::large_servers;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "join_and_leave",
    does: "owns large servers, listens, and joins and leaves a small one as fast as the limit lets",
    holds: "each is answered, and what others say to each other comes as fast as before",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let attacker = Person::sign_up(stage.server(), "attacker").await;
    let other = Person::sign_up(stage.server(), "other").await;
    large_servers(&attacker, stage.size(2, 5), stage.size(60, 499)).await;
    let (small, _) = other.community("public").await;
    stage.open().await;
    let mut gateway = stage.gateway(0, None).await.expect("one is let in");
    gateway.hello(&attacker.token, None).await;
    drop(gateway.hear().await);
    // What the gateway says has to be read: who is too slow is closed, and hears of nothing.
    let listening = tokio::spawn(async move { while let beep_tests::gateway::ReceivedEntry::Frame(_) = gateway.hear().await {} });
    let attacker = stage.moved(&attacker, 1);
    let mut rounds = 0;
    while rounds < stage.size(20, 100) || stage.goes_on() {
        rounds += 1;
        let joined = attacker.post(&format!("/servers/{small}/join"), json!({})).await;
        // Who could not leave is a member still.
        stage.hold([200, 409, 429].contains(&joined.status), || format!("joining: {}", joined.body));
        let left = attacker.delete(&format!("/servers/{small}/members/me")).await;
        let answered = [204, 429].contains(&left.status) || (left.status == 404 && joined.status == 429);
        stage.hold(answered, || format!("leaving: {}", left.body));
    }
    listening.abort();
    let _ = listening.await;
}
