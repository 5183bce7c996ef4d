//! Requests of another backend without an end.

use beep_tests::federation::evil;
use beep_tests::federation::peer::{Broken, Wire, request};
use beep_tests::people::Person;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::abroad::Evil;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_requests",
    does: "asks whatever another backend may ask, with made-up users, as fast as it is answered",
    holds: "each is answered, refused or put off, and honest people notice nothing",
    spreads: true,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let (server, channel) = owner.community("public").await;
    let evil = stage.abroad().evil("evil").await;
    stage.open().await;
    let asks = asks(&evil, &owner, &server, &channel);
    wave(stage, &evil, &asks).await;
    while stage.goes_on() {
        wave(stage, &evil, &asks).await;
    }
    stage.lets_peers_in().await;
}

/// The calls, each with what it is sent.
fn asks(evil: &Evil, owner: &Person, server: &str, channel: &str) -> Vec<(&'static str, Value)> {
    let by = |number: u64| evil::user_id(&evil.domain, &format!("nobody{number}"));
    let run = |operation: &str, arguments: Value| json!({ "actor": evil.mallory(), "operation": operation, "arguments": arguments });
    vec![
        ("users/by-ids", json!({ "ids": vec![&owner.id; 100] })),
        ("users/presence", json!({ "users": vec![&owner.id; 100] })),
        ("users/search", json!({ "q": "o", "limit": 100 })),
        ("users/contact", json!({ "from": evil.mallory(), "to": owner.id })),
        ("users/connect", json!({ "from": by(1), "to": owner.id, "action": "connect" })),
        ("events/digest", json!({})),
        ("events/pull", json!({ "after_seq": 0, "limit": 500 })),
        ("servers/snapshot", json!({ "server": server })),
        ("queries/run", run("servers.discover", json!({ "q": "garden" }))),
        ("queries/run", run("messages.list", json!({ "channel": channel }))),
        ("commands/execute", run("servers.join", json!({ "server": server }))),
        ("commands/execute", run("servers.leave", json!({ "server": server }))),
    ]
}

async fn wave(stage: &mut Stage, evil: &Evil, asks: &[(&'static str, Value)]) {
    let there = &*stage;
    let flood = async |number: usize| {
        let wire = evil.wire(there.address(number)).await?;
        let wire = &wire;
        let asking = (0..there.size(24, 96)).map(|at| async move {
            let (call, body) = &asks[(number + at) % asks.len()];
            let (answer, mut sending) = wire.begin(request(&evil.domain, call)).await?;
            let _ = sending.send_data(body.to_string().into(), true);
            Wire::read(answer).await
        });
        Ok::<_, Broken>(join_all(asking).await)
    };
    let mut answered = 0;
    for replies in Stage::each(stage.count(4, 32, 200), 8, flood).await.into_iter().flatten() {
        for reply in replies {
            // A connection on which much is refused ends.
            let Ok(reply) = reply else { continue };
            answered += 1;
            let status = reply.status;
            stage.hold(ANSWERS.contains(&status), || format!("{status} {}", reply.code().unwrap_or_default()));
        }
    }
    stage.hold(answered > 0, || "nothing was answered".to_owned());
}

/// How it may be answered.
const ANSWERS: [u16; 9] = [200, 403, 404, 409, 410, 422, 429, 502, 503];
