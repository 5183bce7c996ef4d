//! A `ready` that is as large as its owner can make it.

use std::sync::Arc;

use beep_proto::gateway::ServerFrame;
use beep_tests::gateway::{Gateway, ReceivedEntry};
use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "large_ready",
    does: "owns servers with as many channels as there may be, each with the longest topic, and has somebody join",
    holds: "everybody is told that they are ready, or in words why not",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let guest = Person::sign_up(stage.server(), "guest").await;
    let servers = large_servers(&owner, stage.size(2, 8), stage.size(60, 499)).await;
    for server in &servers {
        guest.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    }
    stage.open().await;
    for (who, person) in [("the owner", &owner), ("a member", &guest)] {
        let mut gateways = Vec::new();
        for number in 0..stage.size(3, 20) {
            gateways.push(stage.gateway(number, None).await);
        }
        let begun = gateways.into_iter().map(|gateway| async {
            let mut gateway = gateway?;
            gateway.hello(&person.token, None).await;
            Ok::<_, String>(told(&mut gateway).await)
        });
        for told in futures_util::future::join_all(begun).await {
            stage.hold(matches!(told, Ok(Ok(()))), || format!("{who} was told: {told:?}"));
        }
    }
}

/// Makes public servers with so many channels.
pub(super) async fn large_servers(owner: &Person, servers: usize, channels: usize) -> Vec<String> {
    let topic: Arc<str> = "😀".repeat(1_024).into();
    let mut made = Vec::new();
    for _ in 0..servers {
        let (server, _) = owner.community("public").await;
        let path = format!("/servers/{server}/channels");
        let make = async |number: usize| {
            let body = json!({ "name": format!("channel {number}"), "topic": *topic });
            owner.post(&path, body).await.expect(201);
        };
        Stage::each(channels, 8, make).await;
        made.push(server);
    }
    made
}

/// Waits for the answer to a hello.
async fn told(gateway: &mut Gateway) -> Result<(), String> {
    match gateway.hear().await {
        ReceivedEntry::Closed(code) => Err(format!("closed with {code:?} and without a word")),
        ReceivedEntry::Frame(frame) => match *frame {
            ServerFrame::Ready(_) | ServerFrame::Error(_) => Ok(()),
            other => Err(format!("{other:?}")),
        },
    }
}
