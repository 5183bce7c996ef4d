//! One invitation, good for one, shown by many who register.

use beep_tests::people::{PASSWORD, Person, ask_unsigned};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "one_code_for_three",
    does: "registers several accounts at once by one invitation that is good for one",
    holds: "one of them gets an account",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let (server, _) = owner.community("private").await;
    let invitation = owner.post(&format!("/servers/{server}/invitations"), json!({ "max_uses": 1 })).await.expect(201);
    stage.open_with(&["--registration", "invite"]).await;
    let there = &*stage;
    let registers = (0..stage.size(3, 30)).map(|number| {
        let body = json!({
            "email": format!("guest{number}@example.com"), "password": PASSWORD, "username": format!("guest{number}"),
            "invitation": invitation["code"],
        });
        ask_unsigned(there.server(), Method::POST, "/register", Some(body))
    });
    let answers = join_all(registers).await;
    let mut made = 0;
    for (number, answer) in answers.iter().enumerate() {
        match answer.status {
            201 => {
                let email = format!("guest{number}@example.com");
                let body = json!({ "email": email, "code": stage.server().mailed_code(&email) });
                let activated = ask_unsigned(stage.server(), Method::POST, "/activate", Some(body)).await;
                made += usize::from(activated.status == 200);
            }
            403 | 404 | 410 | 429 => {}
            status => stage.hold(false, || format!("answered {status}: {}", answer.body)),
        }
    }
    stage.hold(made == 1, || format!("{made} accounts are made"));
    let body = json!({
        "email": "late@example.com", "password": PASSWORD, "username": "late", "invitation": invitation["code"],
    });
    let late = ask_unsigned(stage.server(), Method::POST, "/register", Some(body)).await;
    stage.hold(late.status != 201, || "the code is good afterwards".to_owned());
}
