//! Answers of another backend that never come, or never end.

use std::time::{Duration, Instant};

use beep_tests::federation::evil;
use beep_tests::federation::fake::{Reaction, ReceivedEntry};
use beep_tests::federation::realm::domain;
use beep_tests::people::Person;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_endless_answers",
    does: "has accomplices ask for users of backends that say nothing, drip, or send octets without an end",
    holds: "each is told so in time, and honest people notice nothing",
    spreads: false,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let accomplice = Person::sign_up(stage.server(), "accomplice").await;
    for (name, reaction) in [
        ("hangs", Reaction::Hang),
        ("drips", Reaction::Drip(Duration::from_millis(50))),
        ("endless", Reaction::Endless),
    ] {
        let react = move |heard: &ReceivedEntry| match heard.path.as_str() {
            "/federation/meta/versions" => evil::versions(),
            _ => reaction.clone(),
        };
        stage.abroad().evil_that(name, react).await;
    }
    // What is connected before is not counted as lost.
    for name in NAMES {
        accomplice.get(&format!("/users?handle=bob@{}", domain(name))).await;
    }
    stage.open().await;
    let accomplice = stage.moved(&accomplice, 0);
    wave(stage, &accomplice).await;
    while stage.goes_on() {
        wave(stage, &accomplice).await;
    }
}

async fn wave(stage: &mut Stage, accomplice: &Person) {
    let ask = async |number: usize| {
        let begun = Instant::now();
        let answer = accomplice.get(&format!("/users?handle=bob{number}@{}", domain(NAMES[number % 3]))).await;
        (answer.status, begun.elapsed())
    };
    for (status, took) in Stage::each(stage.size(9, 60), 60, ask).await {
        let holds = [429, 502, 503].contains(&status) && took < LONGEST;
        stage.hold(holds, || format!("one was answered {status} after {took:?}"));
    }
}

const NAMES: [&str; 3] = ["hangs", "drips", "endless"];

/// An answer has 10 s, and what may be asked again is asked twice.
const LONGEST: Duration = Duration::from_secs(30);
