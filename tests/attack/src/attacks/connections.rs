//! More connections than an address may have.

use std::time::Duration;

use beep_tests::people::Person;

use crate::address::{BYSTANDER, Spread};
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "connections",
    does: "opens as many connections as it can, and keeps them",
    holds: "an address has 512 of them and is told so, and others are let in",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let ann = Person::sign_up(stage.server(), "ann").await.at(BYSTANDER.into());
    stage.open().await;
    let there = &*stage;
    let count = stage.count(600, 2_000, 4_000);
    let open = async |number: usize| {
        let mut wire = there.wire(number).await?;
        let answer = wire.ask("GET", "/livez", "", b"").await;
        Ok::<_, std::io::Error>((wire, answer))
    };
    // Whoever is answered stays; idle connections are kept, as browsers keep theirs.
    let opened = Stage::each(count, 50, open).await;
    stage.lets_others_in().await;
    let status = ann.get("/self").await.status;
    stage.hold(status == 200, || format!("somebody else was answered {status}"));
    while stage.goes_on() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (mut served, mut told) = (0, 0);
    for answer in opened.iter() {
        match answer {
            Ok((_, Ok(heard))) if heard.status == 200 => served += 1,
            Ok((_, Ok(heard))) if heard.status == 429 => told += 1,
            // The refusal is lost where the request crosses it.
            Ok((_, Err(_))) => {}
            Ok((_, Ok(heard))) => stage.hold(false, || format!("one was answered {}", heard.status)),
            Err(error) => stage.hold(false, || format!("one was not accepted: {error}")),
        }
    }
    match stage.spread() {
        Spread::One => {
            stage.hold(served == MOST, || format!("{served} of one address are served"));
            stage.hold(told > 0, || "nobody is told that there are too many".to_owned());
        }
        Spread::Thousand => stage.hold(served == count, || format!("{served} of {count} are served")),
    }
    // One that goes makes room for another.
    drop(opened);
    let mut turns = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..200 {
        turns.tick().await;
        if stage.ask(0, "GET", "/livez", "", b"").await.is_ok_and(|heard| heard.status == 200) {
            return;
        }
    }
    stage.hold(false, || "connections that ended make no room".to_owned());
}

/// What an address may have by default.
const MOST: usize = 512;
