//! Text that was deleted or edited, looked for on every way to the past.

use std::time::Duration;

use beep_proto::gateway::ServerFrame;
use beep_tests::gateway::ReceivedEntry;
use beep_tests::people::{Answer, Person};
use reqwest::Method;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "deleted_text",
    does: "joins after a text was deleted, edited or taken away by a ban, and reads all of the past",
    holds: "nobody is told the text any more: by events, by resuming, or by the answer to a repeated request",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let author = Person::sign_up(stage.server(), "author").await;
    let reader = Person::sign_up(stage.server(), "reader").await;
    stage.open().await;
    let (server, channel) = owner.community("public").await;
    for person in [&author, &reader] {
        person.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    }
    let cursor = reader.get("/events").await.expect(200)["next"].as_str().expect("a cursor").to_owned();
    let messages = format!("/channels/{channel}/messages");
    let send_once = async || {
        let request = author.request(Method::POST, &messages).header("idempotency-key", "once");
        let request = request.json(&json!({ "content": format!("{SECRET} and sent again") }));
        Answer::read(request.send().await.expect("the server answers")).await
    };
    let sent = send_once().await.expect(201);
    let sent = sent["id"].as_str().expect("an id").to_owned();
    owner.says(&channel, KEPT).await;
    let deleted = author.says(&channel, &format!("{SECRET} and deleted")).await;
    let edited = author.says(&channel, &format!("{SECRET} and edited")).await;
    author.says(&channel, &format!("{SECRET} and banned")).await;
    for id in [&sent, &deleted] {
        author.delete(&format!("{messages}/{id}")).await.expect(204);
    }
    let again = send_once().await;
    stage.hold(again.status == 404, || format!("the request again was answered {}", again.status));
    author.patch(&format!("{messages}/{edited}"), json!({ "content": "nothing to see" })).await.expect(200);
    let since = json!({ "delete_messages_since": "1970-01-01T00:00:00Z" });
    owner.put(&format!("/servers/{server}/bans/{}", author.id), since).await.expect(200);

    let late = Person::sign_up(stage.server(), "late").await;
    late.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let mut told = Vec::new();
    for person in [&late, &reader, &owner] {
        for path in [format!("/channels/{channel}/events?after_seq=0"), messages.clone(), format!("{messages}?around={deleted}")] {
            told.push((path.clone(), person.get(&path).await.expect(200).to_string()));
        }
    }
    let page = reader.ask(Method::GET, &format!("/events?cursor={cursor}&limit=100"), None).await;
    told.push(("the events since".to_owned(), page.expect(200).to_string()));
    told.push(("the request again".to_owned(), again.body.to_string()));
    told.push(("a resumed gateway".to_owned(), resumed(stage, &reader, &cursor).await));
    for (where_from, text) in told {
        stage.hold(!text.contains(SECRET), || format!("{where_from}: {text}"));
    }
    // The past was told, and not refused: what was not deleted is in it.
    let all = reader.get(&messages).await.expect(200).to_string();
    stage.hold(all.contains(KEPT), || format!("what was kept is not told: {all}"));
}

/// All that a gateway says that goes on from a cursor.
async fn resumed(stage: &Stage, reader: &Person, cursor: &str) -> String {
    let mut gateway = stage.gateway(0, None).await.expect("one is let in");
    gateway.hello(&reader.token, Some(cursor)).await;
    let mut told = String::new();
    let listening = async {
        loop {
            match gateway.hear().await {
                ReceivedEntry::Frame(frame) if matches!(*frame, ServerFrame::CaughtUp(_)) => break,
                ReceivedEntry::Frame(frame) => {
                    told += &serde_json::to_string(&frame).expect("a frame can be written");
                }
                other => panic!("it ended before all was told: {other:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), listening).await.expect("all is told soon");
    told
}

/// What the owner says, who is not banned.
const KEPT: &str = "the garden is green";

const SECRET: &str = "the treasure is under the stairs";
