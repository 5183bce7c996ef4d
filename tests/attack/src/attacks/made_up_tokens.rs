//! Access tokens that somebody made up.

use beep_tests::people::Person;

use crate::address::{BYSTANDER, Spread};
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "made_up_tokens",
    does: "asks with tokens that look genuine, thousands of times",
    holds: "each is refused and counted for its address, and others are answered",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let ann = Person::sign_up(stage.server(), "ann").await.at(BYSTANDER.into());
    stage.open().await;
    let mut limited = wave(stage, &ann).await;
    while stage.goes_on() {
        limited |= wave(stage, &ann).await;
    }
    stage.hold(limited || stage.spread() == Spread::Thousand, || "one address is never limited".to_owned());
}

/// Says whether somebody was limited.
async fn wave(stage: &mut Stage, ann: &Person) -> bool {
    let there = &*stage;
    let tokens = [altered(&ann.token), "v4.public.".to_owned(), "x".repeat(8_000), String::new()];
    let count = stage.count(700, 5_000, 20_000);
    let asks = async |number: usize| {
        let headers = format!("authorization: Bearer {}\r\n", tokens[number % tokens.len()]);
        let mut wire = there.wire(number).await?;
        let mut answers = Vec::new();
        for _ in 0..PER_CONNECTION {
            answers.push(wire.ask("GET", "/v1/self", &headers, b"").await?);
        }
        Ok::<_, std::io::Error>(answers)
    };
    let (answers, own) = tokio::join!(Stage::each(count / PER_CONNECTION, 16, asks), ann.get("/self"));
    stage.hold(own.status == 200, || format!("somebody honest was answered {}", own.body));
    let mut told = Vec::new();
    for answers in answers {
        match answers {
            Ok(answers) => told.extend(answers.into_iter().map(Ok)),
            Err(error) => told.push(Err(error)),
        }
    }
    stage.hold_statuses(&told, &[401, 429]);
    told.iter().flatten().any(|heard| heard.status == 429)
}

/// A token with another signature.
fn altered(token: &str) -> String {
    let (middle, end) = token.split_at(token.len() / 2);
    let (one, rest) = end.split_at(1);
    format!("{middle}{}{rest}", if one == "A" { "B" } else { "A" })
}

const PER_CONNECTION: usize = 50;
