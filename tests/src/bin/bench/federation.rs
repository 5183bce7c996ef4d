//! Two backends: what it costs that a server is elsewhere, and how fast one backend follows another.
//!
//! Both backends, the load and the wire of the scenarios between them, which copies each octet once more, share the cores.

use std::time::Instant;

use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::gateway::Gateway;
use serde_json::json;
use tokio::task::JoinSet;

use crate::crowd::body;
use crate::figure::{self, Aim, Times, number};
use crate::http::Http;
use crate::machine;

/// A send, a stream, and what is caught up after an absence.
pub(crate) async fn bench() {
    machine::share_all_cores();
    let (_realm, [mut a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (alice, bob) = (a.sign_up("alice").await, b.sign_up("bob").await);
    let (server, channel) = bob.community("public").await;
    alice.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let path = format!("/v1/channels/{channel}/messages");

    let mut near = Http::connect(a.server.address(), &alice.token).await;
    let mut home = Http::connect(b.server.address(), &bob.token).await;
    let (mut across, mut local) = (Times::default(), Times::default());
    for round in 0..ROUNDS + WARM_UP {
        for (http, times) in [(&mut home, &mut local), (&mut near, &mut across)] {
            let begun = Instant::now();
            let (status, _) = http.post(&path, &body(round as u64)).await;
            assert_eq!(status, 201);
            if round >= WARM_UP {
                times.add(begun.elapsed());
            }
        }
    }
    let (p50, p50_home) = (across.percentile(0.5), local.percentile(0.5));
    figure::alone("a send across, p50 above a local one", p50 - p50_home, "ms", Aim::AtMost(3.0));
    figure::detail(&format!(
        "p50 {} ms (at home {}), p99 {} ms (at home {})",
        number(p50),
        number(p50_home),
        number(across.percentile(0.99)),
        number(local.percentile(0.99)),
    ));
    let calls = f64::from(u32::try_from(ROUNDS + WARM_UP).expect("few")) / 1e3;
    let opened = b.link.taken() as f64;
    figure::alone("connections opened per thousand calls", opened / calls, "", Aim::AtMost(1.0));

    // What the disk takes where nobody elsewhere is told.
    let (_, alone) = bob.community("private").await;
    let alone = format!("/v1/channels/{alone}/messages");
    let limit = flood(b.server.address(), &bob.token, &alone, FIRST_ALONE, STREAMED).await;

    let (mut gateway, _) = Gateway::connect(&a.server, &alice).await;
    let begun = Instant::now();
    let flooded = flood(b.server.address(), &bob.token, &path, FIRST_STREAMED, STREAMED);
    let last = |data: &EventData| matches!(data, EventData::MessageCreated(message) if message.content == LAST);
    // Who does not read what it is told is cut off.
    tokio::join!(flooded, gateway.until(last));
    let followed = begun.elapsed();
    let rate = |took: std::time::Duration| STREAMED as f64 / took.as_secs_f64();
    figure::beside("events a second, durable on both", rate(followed), rate(limit), "/s", Aim::AtLeast(0.5));

    a.server.kill().await;
    flood(b.server.address(), &bob.token, &path, FIRST_QUEUED, QUEUED).await;
    let begun = Instant::now();
    a.server.run().await;
    let (mut gateway, ready) = Gateway::connect(&a.server, &alice).await;
    let newest = ready.channels.iter().find_map(|state| state.channel.last_message_id);
    let told = gateway.until(last).await.len();
    figure::alone(
        "10,000 queued events, with the start of the process",
        begun.elapsed().as_secs_f64(),
        "s",
        Aim::AtMost(5.0),
    );
    figure::detail(&format!("{told} of them after the snapshot, which ended at {newest:?}"));
}

/// Has 16 senders send so many messages, and the last of all; gives how long all took that came before it.
async fn flood(address: &str, token: &str, path: &str, first: u64, count: usize) -> std::time::Duration {
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (address, token, path) = (address.to_owned(), token.to_owned(), path.to_owned());
        senders.spawn_local(async move {
            let mut http = Http::connect(&address, &token).await;
            for round in (sender..count).step_by(SENDERS) {
                let (status, _) = http.post(&path, &body(first + round as u64)).await;
                assert_eq!(status, 201);
            }
        });
    }
    senders.join_all().await;
    let took = begun.elapsed();
    let (status, _) = Http::connect(address, token).await.post(path, &format!(r#"{{"content":"{LAST}"}}"#)).await;
    assert_eq!(status, 201);
    took
}

/// What the last message of a flood says.
const LAST: &str = "the last word";

const WARM_UP: usize = 100;
const ROUNDS: usize = 2_000;
const SENDERS: usize = 16;
const STREAMED: usize = 20_000;
const QUEUED: usize = 10_000;

/// Nonces that nothing else has.
const FIRST_ALONE: u64 = 500_000;
const FIRST_STREAMED: u64 = 1_000_000;
const FIRST_QUEUED: u64 = 2_000_000;
