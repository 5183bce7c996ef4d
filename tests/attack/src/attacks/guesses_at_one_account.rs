//! Guesses by strangers at one account.

use std::time::Duration;

use beep_tests::people::{PASSWORD, Person};
use serde_json::json;

use crate::address::{BYSTANDER, HONEST};
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "guesses_at_one_account",
    does: "guesses at one password under the name and the address of the account, and has codes sent again",
    holds: "guesses are few; the owner signs in at once where they did before, and after a short wait elsewhere",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let ann = Person::sign_up(stage.server(), "ann").await.at(HONEST.into());
    let right = json!({ "login": "ann", "password": PASSWORD });
    ann.post("/login", right.clone()).await.expect(200);
    stage.open().await;
    let there = &*stage;
    let guess = async |number: usize| {
        let login = if number.is_multiple_of(2) { "ann" } else { "ann@example.com" };
        let body = json!({ "login": login, "password": format!("wrong horse {number}") }).to_string();
        there.ask(number, "POST", "/v1/login", "", body.as_bytes()).await
    };
    let count = stage.count(30, 60, 300);
    let answers = Stage::each(count, 4, guess).await;
    stage.hold_statuses(&answers, &[401, 429]);
    let guesses = answers.iter().flatten().filter(|heard| heard.status == 401).count();
    // So many from one address, and so many from all; a few more come back while it lasts.
    let most = stage.count(22, 25, 150);
    stage.hold(guesses <= most, || format!("{guesses} of {count} guesses were tried"));

    let there = &*stage;
    let resend = async |number: usize| {
        there.ask(number, "POST", "/v1/activate/resend", "", br#"{"email":"ann@example.com"}"#).await
    };
    let answers = Stage::each(stage.count(25, 40, 100), 4, resend).await;
    stage.hold_statuses(&answers, &[202, 429]);

    let status = ann.post("/login", right.clone()).await.status;
    stage.hold(status == 200, || format!("where she signed in before the owner was answered {status}"));
    let elsewhere = ann.at(BYSTANDER.into());
    let first = elsewhere.post("/login", right.clone()).await;
    if first.status != 200 {
        let wait = first.body["retry_after"].as_u64().unwrap_or(u64::MAX);
        stage.hold(first.status == 429 && wait <= SHORT, || format!("elsewhere the owner is told {}", first.body));
        tokio::time::sleep(Duration::from_secs(wait.min(SHORT))).await;
        let status = elsewhere.post("/login", right).await.status;
        stage.hold(status == 200, || format!("after a wait elsewhere the owner was answered {status}"));
    }
}

/// The longest wait that is short, in seconds.
const SHORT: u64 = 5;
