//! Requests of other backends whose bodies do not end.

use beep_tests::federation::peer::{Broken, request};
use bytes::Bytes;

use crate::abroad::Evil;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_giant_bodies",
    does: "sends bodies as another backend as fast as they are taken, and never ends them",
    holds: "each is refused once it is larger than its call takes, and honest backends are answered as fast as before",
    spreads: true,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let evil = stage.abroad().evil("evil").await;
    stage.open().await;
    wave(stage, &evil).await;
    while stage.goes_on() {
        wave(stage, &evil).await;
    }
    stage.lets_peers_in().await;
}

async fn wave(stage: &mut Stage, evil: &Evil) {
    let there = &*stage;
    let give = async |number: usize| {
        let wire = evil.wire(there.address(number)).await?;
        let (mut answer, mut sending) = wire.begin(request(&evil.domain, "events/on-events")).await?;
        let piece = Bytes::from(vec![b' '; 64 * 1024]);
        let mut taken = 0;
        let sends = async {
            while taken < MOST {
                sending.reserve_capacity(piece.len());
                let room = std::future::poll_fn(|context| sending.poll_capacity(context)).await;
                let Some(Ok(room)) = room else { return };
                if sending.send_data(piece.slice(..room.min(piece.len())), false).is_err() {
                    return;
                }
                taken += room;
            }
        };
        let refused = tokio::select! {
            reply = &mut answer => reply.map(|reply| reply.status().as_u16()).unwrap_or(0),
            () = sends => 0,
        };
        Ok::<_, Broken>((refused, taken))
    };
    for given in Stage::each(stage.count(4, 16, 64), 8, give).await {
        // Who asks for too much at once is refused before anything is taken, and a connection may end.
        let holds = given.as_ref().map_or(true, |(status, taken)| *taken < MOST && [0, 413, 429, 503].contains(status));
        stage.hold(holds, || format!("one was taken like this: {given:?}"));
    }
}

/// More than any call takes, with what is under way.
const MOST: usize = 32 * 1024 * 1024;
