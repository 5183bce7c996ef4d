//! Logins with names of a megabyte.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "huge_logins",
    does: "signs in under names of a million characters, each another one",
    holds: "each is refused, and the backend keeps none of them",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    stage.open().await;
    let before = stage.resident();
    wave(stage).await;
    while stage.goes_on() {
        wave(stage).await;
    }
    // What it needed meanwhile it gives back, if not at once.
    let until = Instant::now() + PATIENCE;
    let mut grown = stage.resident() - before;
    while grown >= MOST_MIB && Instant::now() < until {
        let _ = stage.ask(0, "GET", "/livez", "", b"").await;
        grown = stage.resident() - before;
    }
    stage.hold(grown < MOST_MIB, || format!("the backend kept {grown:.0} MiB"));
}

async fn wave(stage: &mut Stage) {
    let there = &*stage;
    let login = async |number: usize| {
        let login = format!("{number:04}{}", "a".repeat(1_000_000));
        let body = json!({ "login": login, "password": "correct horse" }).to_string();
        there.ask(number, "POST", "/v1/login", "", body.as_bytes()).await
    };
    let answers = Stage::each(stage.count(30, 300, 1_000), 4, login).await;
    stage.hold_statuses(&answers, &[413, 429]);
}

const MOST_MIB: f64 = 64.0;
const PATIENCE: Duration = Duration::from_secs(30);
