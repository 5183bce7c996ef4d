//! Searches that find nothing, which read the most.

use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "searches_for_nothing",
    does: "searches people, members and public servers for what is not there, as often as several accounts may",
    holds: "each is answered with nothing or told to wait, and others are answered as fast as before",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let (server, _) = owner.community("public").await;
    let mut searchers = Vec::new();
    for number in 0..stage.size(2, 10) {
        let searcher = Person::sign_up(stage.server(), &format!("searcher{number}")).await;
        searcher.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        searchers.push(searcher);
    }
    let make = async |number: usize| {
        // What a person may own has an end.
        let maker = &searchers[number % searchers.len()];
        let body = json!({ "name": format!("Garden {number}"), "description": "flowers ".repeat(60), "visibility": "public" });
        maker.post("/servers", body).await.expect(201);
    };
    Stage::each(stage.size(40, 900), 8, make).await;
    stage.open().await;
    let paths = [
        "/servers/discover?q=nothing%20of%20the%20kind".to_owned(),
        "/search/users?q=zzzzzzzz".to_owned(),
        format!("/servers/{server}/members?q=zzzzzzzz"),
    ];
    let searchers: Vec<_> = searchers.iter().enumerate().map(|(n, searcher)| stage.moved(searcher, n)).collect();
    let search = async |number: usize| searchers[number % searchers.len()].get(&paths[number % paths.len()]).await;
    loop {
        for answer in Stage::each(stage.size(60, 6_000), 64, search).await {
            let nothing = answer.status == 200 && answer.body["items"] == json!([]);
            stage.hold(nothing || answer.status == 429, || format!("{}", answer.body));
        }
        if !stage.goes_on() {
            break;
        }
    }
}
