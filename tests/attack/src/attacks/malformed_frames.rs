//! What is no frame, over the gateway.

use beep_tests::people::Person;
use tokio_tungstenite::tungstenite::Message;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "malformed_frames",
    does: "sends what is no frame over the gateway, before and after the hello",
    holds: "the connection is closed with 4000, with its reason, or with 4001 where somebody is not who they say",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let attacker = Person::sign_up(stage.server(), "attacker").await;
    stage.open().await;
    let token = &attacker.token;
    let hello = format!(r#"{{"op":"hello","d":{{"access_token":"{token}","cursor":null}}}}"#);
    let bad = [
        "{", "", "null", "[]", "\"hello\"", r#"{"op":"hello"}"#, r#"{"op":"hello","d":{"access_token":1,"cursor":null}}"#,
        r#"{"op":"\u0000"}"#, r#"{"op":"\ud800"}"#, r#"{"d":{},"op":"hello"}"#,
    ];
    let mut texts: Vec<_> = bad.into_iter().map(|text| (Message::text(text), 4000)).collect();
    texts.push((Message::text(format!("{}{}", "[".repeat(20_000), "]".repeat(20_000))), 4000));
    texts.push((Message::text("x".repeat(500_000)), 4000));
    texts.push((Message::binary(vec![0xff; 100]), 4000));
    let cursor = format!(r#"{{"op":"hello","d":{{"access_token":"{token}","cursor":"\u0000"}}}}"#);
    texts.push((Message::text(cursor), 4000));
    let nobody = r#"{"op":"hello","d":{"access_token":"v4.public.\u0000","cursor":null}}"#;
    texts.push((Message::text(nobody), 4001));
    for (number, (message, code)) in texts.iter().enumerate() {
        for greets in [false, true] {
            // A second hello is no frame that one may send, whoever it names.
            let code = if greets { 4000 } else { *code };
            let mut gateway = stage.gateway(number, None).await.expect("one is let in");
            if greets {
                gateway.send(Message::text(hello.clone())).await;
                drop(gateway.hear().await);
            }
            gateway.send(message.clone()).await;
            let (closed, said) = gateway.end().await;
            let proper = closed == Some(code) && said.len() == 1;
            stage.hold(proper, || format!("number {number}, greeted {greets}: closed with {closed:?} after {said:?}"));
        }
    }
}
