//! As many logins as there may be, each of which has to be hashed.

use std::time::{Duration, Instant};

use beep_tests::people::{PASSWORD, Person};
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "crowd_of_logins",
    does: "signs in under hundreds of names at once",
    holds: "who comes too late is told to try again, and somebody honest signs in meanwhile",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let ann = Person::sign_up(stage.server(), "ann").await;
    stage.open().await;
    wave(stage, &ann).await;
    while stage.goes_on() {
        wave(stage, &ann).await;
    }
}

async fn wave(stage: &mut Stage, ann: &Person) {
    let there = &*stage;
    let login = async |number: usize| {
        let body = json!({ "login": format!("nobody{number}"), "password": "not this one either" }).to_string();
        there.ask(number, "POST", "/v1/login", "", body.as_bytes()).await
    };
    let crowd = Stage::each(stage.count(200, 300, 1_000), AT_ONCE, login);
    let (answers, took) = tokio::join!(crowd, signs_in(ann));
    stage.hold_statuses(&answers, &[401, 429]);
    let without_wait = answers.iter().flatten().any(|heard| heard.status == 429 && heard.retry_after().is_none());
    stage.hold(!without_wait, || "some are told to try again and not when".to_owned());
    stage.hold(took < MOST, || format!("somebody honest signed in after {took:?}"));
}

/// Signs in as programs do: who is told to try again waits and tries again. Says how long it took.
async fn signs_in(ann: &Person) -> Duration {
    let begun = Instant::now();
    let mut turns = tokio::time::interval(Duration::from_secs(1));
    while begun.elapsed() < MOST {
        turns.tick().await;
        if ann.post("/login", json!({ "login": ann.name, "password": PASSWORD })).await.status == 200 {
            break;
        }
    }
    begun.elapsed()
}

/// More than there is room for in line, and fewer than a listening socket has room for.
const AT_ONCE: usize = 300;

const MOST: Duration = Duration::from_secs(30);
