//! Passwords that nobody can have.

use beep_tests::people::{PASSWORD, Person};
use serde_json::json;

use crate::address::BYSTANDER;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "long_passwords",
    does: "signs in with passwords of a million characters",
    holds: "none is read, hashed or kept, and the owner of the account signs in",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let ann = Person::sign_up(stage.server(), "ann").await;
    stage.open().await;
    let before = stage.resident();
    wave(stage).await;
    while stage.goes_on() {
        wave(stage).await;
    }
    let grown = stage.resident() - before;
    stage.hold(grown < MOST_MIB, || format!("the backend kept {grown:.0} MiB"));
    let body = json!({ "login": ann.name, "password": PASSWORD });
    let status = ann.at(BYSTANDER.into()).post("/login", body).await.status;
    stage.hold(status == 200, || format!("the owner of the account was answered {status}"));
}

async fn wave(stage: &mut Stage) {
    let there = &*stage;
    let login = async |number: usize| {
        let password = format!("{PASSWORD}{}", "x".repeat(1_000_000));
        // Some name an account, and each account has few guesses.
        let login = if number.is_multiple_of(50) { "ann".to_owned() } else { format!("nobody{number}") };
        let body = json!({ "login": login, "password": password }).to_string();
        there.ask(number, "POST", "/v1/login", "", body.as_bytes()).await
    };
    let answers = Stage::each(stage.count(30, 300, 1_000), 16, login).await;
    stage.hold_statuses(&answers, &[413, 429]);
}

const MOST_MIB: f64 = 64.0;
