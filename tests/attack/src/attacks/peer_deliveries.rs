//! Events of another backend without an end.

use beep_tests::chance::nobodys_id;
use beep_tests::federation::peer::Broken;
use beep_tests::federation::realm::domain;
use beep_tests::people::Person;
use serde_json::json;

use crate::abroad::{self, Evil};
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "peer_deliveries",
    does: "has an accomplice join its server, and tells that server whole again and again, each time as another one, with events as large as they may be",
    holds: "what is too much is put off, and honest people are heard as fast as before",
    spreads: false,
    by_peer: true,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let accomplice = Person::sign_up(stage.server(), "accomplice").await;
    let garden = format!("{}@{}", nobodys_id(), domain("evil"));
    let evil = stage.abroad().evil_with_server("evil", &garden, &accomplice.id, CHANNEL).await;
    accomplice.post(&format!("/servers/{garden}/join"), json!({})).await.expect(200);
    stage.open().await;
    let mut put_off = false;
    for version in 2.. {
        let told = tell(stage, &evil, &garden, &accomplice.id, version).await;
        put_off |= told == Ok(429);
        stage.hold(matches!(told, Ok(200 | 429)), || format!("events were answered {told:?}"));
        if version > stage.size(4, 40) && !stage.goes_on() {
            break;
        }
    }
    stage.hold(put_off || stage.size(true, false), || "nothing was ever put off".to_owned());
    stage.lets_peers_in().await;
}

/// Tells of the server whole, in a stream that goes on; gives how it was answered.
async fn tell(stage: &Stage, evil: &Evil, garden: &str, accomplice: &str, version: usize) -> Result<u16, String> {
    let channels = stage.size(50, 1_500);
    let states = 2;
    let events: Vec<_> = (0..states)
        .map(|at| json!({ "state": abroad::garden(&evil.domain, garden, accomplice, channels, states * version + at) }))
        .collect();
    let body = json!({ "stream": STREAM, "first_seq": states * (version - 2) + 1, "events": events });
    let reply = evil.ask(stage.address(0), "events/on-events", &body).await.map_err(|Broken(why)| why)?;
    Ok(reply.status)
}

/// The id of its first channel.
const CHANNEL: &str = "01930000-0001-7000-8000-000000000000";

const STREAM: &str = "0193aaaa-0000-7000-8000-000000000001";
