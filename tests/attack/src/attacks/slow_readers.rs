//! Gateway connections that read nothing of what they are told.

use std::time::Duration;

use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "slow_readers",
    does: "listens with many gateway connections to a busy channel, and reads nothing",
    holds: "the sender is answered as before, and each of them is closed",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let (server, channel) = owner.community("public").await;
    let mut readers = Vec::new();
    for number in 0..stage.size(1, 8) {
        let reader = Person::sign_up(stage.server(), &format!("reader{number}")).await;
        reader.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        readers.push(reader);
    }
    // So much is said that no buffer on the way holds it.
    stage.open_with(&["--limits.rates", "off"]).await;
    let there = &*stage;
    let listen = async |number: usize| {
        let mut gateway = there.gateway(number, Some(4_096)).await?;
        gateway.hello(&readers[number % readers.len()].token, None).await;
        Ok::<_, String>(gateway)
    };
    let listening = Stage::each(stage.count(10, 200, 200), 20, listen).await;
    let refused = listening.iter().filter(|listening| listening.is_err()).count();
    stage.hold(refused == 0, || format!("{refused} are not let in"));
    let content = "x".repeat(4_000);
    let owner = stage.moved(&owner, 0);
    let send = async |_| {
        let body = json!({ "content": content });
        owner.post(&format!("/channels/{channel}/messages"), body).await.status
    };
    let statuses = Stage::each(stage.size(3_000, 6_000), 16, send).await;
    stage.hold(statuses.iter().all(|status| *status == 201), || "some messages were not taken".to_owned());
    // They read on: whoever is not closed would never come to an end.
    let ends = listening.into_iter().map(|gateway| async {
        let mut gateway = gateway?;
        tokio::time::timeout(ENDS, gateway.end()).await.map_err(|_| "it is still open".to_owned())
    });
    for end in futures_util::future::join_all(ends).await {
        let closed = matches!(&end, Ok((None | Some(4002), _)));
        stage.hold(closed, || format!("one ended like this: {end:?}"));
    }
}

const ENDS: Duration = Duration::from_secs(50);
