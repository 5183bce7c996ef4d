//! Many certificates and domains.

use beep_tests::federation::peer::Broken;
use beep_tests::people::Person;
use serde_json::json;

use crate::abroad::Evil;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_certificates",
    does: "asks from as many domains as it likes, each with a certificate of its own, and sends each a little",
    holds: "no memory is kept for each, and honest people notice nothing",
    spreads: true,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let count = stage.count(20, 200, 1_000);
    let evils = stage.abroad().mutes(count);
    let owner = Person::sign_up(stage.server(), "owner").await;
    let (server, _) = owner.community("public").await;
    stage.open().await;
    let before = stage.resident();
    wave(stage, &evils, &server).await;
    while stage.goes_on() {
        wave(stage, &evils, &server).await;
    }
    let grown = stage.resident() - before;
    stage.hold(grown < 256.0, || format!("it took {grown:.0} MiB more"));
    stage.lets_peers_in().await;
}

async fn wave(stage: &mut Stage, evils: &[Evil], server: &str) {
    let there = &*stage;
    let ask = async |number: usize| {
        let evil = &evils[number];
        let mut wire = evil.wire(there.address(number)).await?;
        let events = json!({ "stream": STREAM, "first_seq": 1, "events": [{}, { "state": 7 }] });
        let join = json!({ "actor": evil.mallory(), "operation": "servers.join", "arguments": { "server": server } });
        let mut replies = Vec::new();
        for (call, body) in [("meta/versions", json!({})), ("events/on-events", events), ("commands/execute", join)] {
            replies.push(wire.call(&evil.domain, call, &body).await?);
        }
        Ok::<_, Broken>(replies)
    };
    let mut answered = 0;
    for replies in Stage::each(evils.len(), 32, ask).await.into_iter().flatten() {
        for reply in replies {
            answered += 1;
            let status = reply.status;
            stage.hold([200, 429].contains(&status), || format!("{status} {}", reply.code().unwrap_or_default()));
        }
    }
    stage.hold(answered > 0, || "nothing was answered".to_owned());
}

const STREAM: &str = "0193aaaa-0000-7000-8000-000000000002";
