//! Connections that never come to a request.

use std::time::Duration;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "stalled_headers",
    does: "opens many connections that send nothing, or headers without an end, or one octet a second",
    holds: "others are let in all the while, and each is closed after some 10 s",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    stage.open().await;
    let there = &*stage;
    let begin = async |number: usize| {
        let mut wire = there.wire(number).await?;
        wire.say(BEGUN[number % BEGUN.len()]).await?;
        Ok::<_, std::io::Error>(wire)
    };
    let mut begun = Stage::each(stage.count(40, 450, 3_000), 100, begin).await;
    stage.lets_others_in().await;
    for _ in 0..5 {
        for wire in begun.iter_mut().flatten() {
            // Who is closed already hears of nothing more.
            let _ = wire.say("x").await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for end in Stage::ends(begun, CLOSED).await {
        stage.hold(end.is_ok(), || format!("one ended like this: {end:?}"));
    }
}

const BEGUN: [&str; 4] = ["", "G", "GET / HTTP/1.1\r\nhost: x\r\nx-", "PRI * HTTP/2.0\r\n\r\n"];

/// When the last is closed: 12 s, and what it takes on a busy machine.
const CLOSED: Duration = Duration::from_secs(25);
