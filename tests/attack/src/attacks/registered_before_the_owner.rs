//! Somebody registers an address before its owner does.

use beep_tests::people::{PASSWORD, ask_unsigned};
use reqwest::Method;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "registered_before_the_owner",
    does: "registers a stranger's address, and waits until they confirm it",
    holds: "the owner registers all the same, and neither the first password nor the first code works",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    stage.open().await;
    let email = "victim@example.com";
    let register = |password: &str, username: &str| json!({ "email": email, "password": password, "username": username });
    let post = async |stage: &Stage, path: &str, body| ask_unsigned(stage.server(), Method::POST, path, Some(body)).await;
    post(stage, "/register", register("mallory's own words", "mallory")).await.expect(201);
    let stolen = stage.server().mailed_code(email);
    let owned = post(stage, "/register", register(PASSWORD, "victim")).await;
    stage.hold(owned.status == 201, || format!("the owner is refused: {}", owned.body));
    let code = stage.server().mailed_code(email);
    if stolen != code {
        let answer = post(stage, "/activate", json!({ "email": email, "code": stolen })).await;
        stage.hold(answer.status == 401, || format!("the first code was answered {}", answer.status));
    }
    let activated = post(stage, "/activate", json!({ "email": email, "code": code })).await;
    stage.hold(activated.status == 200, || format!("the owner's code is refused: {}", activated.body));
    stage.hold(activated.body["user"]["username"] == "victim", || "the account has mallory's name".to_owned());
    for login in [email, "mallory", "victim"] {
        let answer = post(stage, "/login", json!({ "login": login, "password": "mallory's own words" })).await;
        stage.hold(answer.status == 401, || format!("mallory signs in as {login}: {}", answer.status));
    }
    let answer = post(stage, "/login", json!({ "login": email, "password": PASSWORD })).await;
    stage.hold(answer.status == 200, || format!("the owner does not sign in: {}", answer.body));
}
