//! Bodies that name no allow list.

use beep_tests::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "allow_list_left_open",
    does: "sets the allow list with its name misspelt, left out, or of the wrong type",
    holds: "each is refused, and the list stays as it is",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let ann = Person::sign_up(stage.server(), "ann").await;
    let granted = stage.server().admin(&["grant", "ann", "application_administrator"]).await;
    assert!(granted.status.success(), "{granted:?}");
    stage.open().await;
    let path = "/admin/federation/allow-list";
    ann.put(path, json!({ "domains": ["b.example.com"] })).await.expect(200);
    let bodies = [
        Some(json!({ "domain": ["b.example.com"] })),
        Some(json!({ "Domains": ["b.example.com"] })),
        Some(json!({})),
        Some(json!([])),
        Some(Value::Null),
        Some(json!({ "domains": "b.example.com" })),
        Some(json!({ "domains": {} })),
        Some(json!({ "domains": [null] })),
        Some(json!({ "domains": [""] })),
        None,
    ];
    for body in bodies {
        let answer = ann.ask(Method::PUT, path, body.clone()).await;
        stage.hold(answer.status == 422, || format!("{body:?} was answered {}", answer.status));
        let list = ann.get("/admin/federation").await.expect(200)["allow_list"].clone();
        stage.hold(list == json!(["b.example.com"]), || format!("after {body:?} the list is {list}"));
    }
}
