//! Gateway connections that never say who they are.

use std::time::Instant;

use futures_util::future::join_all;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "gateways_without_hello",
    does: "opens many gateway connections and says nothing",
    holds: "others are let in all the while, and each is closed with 4001 after 10 s",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    stage.open().await;
    let begun = Instant::now();
    let there = &*stage;
    let open = async |number: usize| there.gateway(number, None).await;
    let opened = Stage::each(stage.count(40, 450, 3_000), 50, open).await;
    stage.lets_others_in().await;
    let mut refused = 0;
    let ends = opened.into_iter().map(|gateway| async { Ok::<_, String>(gateway?.end().await) });
    for end in join_all(ends).await {
        match end {
            Ok((Some(4001), said)) if said == ["unauthenticated"] => {}
            // An upgrade may be refused.
            Err(reason) if reason.contains("429") => refused += 1,
            other => stage.hold(false, || format!("one ended like this: {other:?}")),
        }
    }
    let took = begun.elapsed();
    stage.hold(took.as_secs() < 30, || format!("they were held for {took:?}"));
    stage.hold(refused == 0 || stage.count(0, 0, 1) == 0, || format!("{refused} of a thousand addresses were refused"));
}
