//! Requests whose bodies never come.

use std::time::Duration;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "stalled_bodies",
    does: "begins many requests, and sends one octet of each body",
    holds: "others are let in all the while, and each is refused and closed after 30 s",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage, "POST /v1/access HTTP/1.1\r\n", 10_000, 1)),
};

/// Begins requests with a head, to which a length is added, and with so many octets of the body.
pub(super) async fn play(stage: &mut Stage, head: &str, length: usize, octets: usize) {
    stage.open().await;
    let head = format!("{head}host: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    let there = &*stage;
    let begin = async |number: usize| {
        let mut wire = there.wire(number).await?;
        wire.say(&head).await?;
        // Who is refused does not read it.
        let _ = wire.say("[".repeat(octets)).await;
        Ok::<_, std::io::Error>(wire)
    };
    let begun = Stage::each(stage.count(40, 450, 2_000), 100, begin).await;
    stage.lets_others_in().await;
    for end in Stage::ends(begun, CLOSED).await {
        let answer = end.map(|told| String::from_utf8_lossy(&told).into_owned()).map_err(|error| error.to_string());
        let refused = |text: &String| text.is_empty() || text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 503");
        stage.hold(answer.as_ref().is_ok_and(refused), || format!("one ended like this: {answer:?}"));
    }
}

/// When the last is closed: 30 s, and what it takes to be told so on a busy machine.
const CLOSED: Duration = Duration::from_secs(45);
