//! Requests of other backends whose bodies never come.

use std::time::Duration;

use beep_tests::federation::peer::{Broken, Wire, request};
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_stalled_bodies",
    does: "begins many requests as another backend, and sends one octet of each body",
    holds: "honest backends are answered all the while, and each is refused after 10 s",
    spreads: true,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let evil = stage.abroad().evil("evil").await;
    stage.open().await;
    let there = &*stage;
    let streams = stage.size(10, 100);
    let begin = async |number: usize| {
        let wire = evil.wire(there.address(number)).await?;
        let mut begun = Vec::new();
        for _ in 0..streams {
            let (answer, mut sending) = wire.begin(request(&evil.domain, "events/on-events")).await?;
            let _ = sending.send_data(Bytes::from_static(b"{"), false);
            begun.push((answer, sending));
        }
        Ok::<_, Broken>((wire, begun))
    };
    let begun = Stage::each(stage.count(4, 32, 200), 16, begin).await;
    stage.lets_peers_in().await;
    let (mut wires, mut ends) = (Vec::new(), Vec::new());
    for (wire, begun) in begun.into_iter().flatten() {
        wires.push(wire);
        ends.extend(begun.into_iter().map(|(answer, sending)| async {
            let ended = timeout(CLOSED, Wire::read(answer)).await;
            drop(sending);
            ended
        }));
    }
    stage.hold(!ends.is_empty(), || "no request was taken".to_owned());
    for end in join_all(ends).await {
        let refused = matches!(&end, Ok(Ok(reply)) if reply.status >= 400) || matches!(&end, Ok(Err(_)));
        stage.hold(refused, || format!("one ended like this: {end:?}"));
    }
}

/// When the last is refused: 10 s, and what it takes to be told so on a busy machine.
const CLOSED: Duration = Duration::from_secs(45);
