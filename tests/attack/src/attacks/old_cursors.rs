//! An old cursor, after which much happened, shown many times at once.

use std::time::Duration;

use beep_proto::gateway::ServerFrame;
use beep_tests::gateway::ReceivedEntry;
use beep_tests::people::Person;
use futures_util::future::join_all;
use serde_json::json;

use crate::address::BYSTANDER;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "old_cursors",
    does: "goes on from a cursor after which somebody joined and left thousands of times, many times at once",
    holds: "each is told one page, or what to do instead, and others read meanwhile",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let attacker = Person::sign_up(stage.server(), "attacker").await;
    let accomplice = Person::sign_up(stage.server(), "accomplice").await;
    let other = Person::sign_up(stage.server(), "other").await.at(BYSTANDER.into());
    let (server, _) = attacker.community("public").await;
    let first = attacker.get("/events").await.expect(200);
    let cursor = first["next"].as_str().expect("a cursor").to_owned();
    for _ in 0..stage.size(100, 10_000) {
        accomplice.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        accomplice.delete(&format!("/servers/{server}/members/me")).await.expect(204);
    }
    stage.open().await;
    let path = format!("/events?cursor={cursor}&limit=1");
    let attackers: Vec<_> = (0..stage.size(10, 40)).map(|number| stage.moved(&attacker, number)).collect();
    let mut told = 0;
    loop {
        told += pages(stage, &attackers, &path, &other).await;
        if !stage.goes_on() {
            break;
        }
    }
    stage.hold(told > 0 || stage.size(false, true), || "nobody was told anything".to_owned());
    let mut gateways = Vec::new();
    for number in 0..stage.size(5, 40) {
        gateways.push(stage.gateway(number, None).await);
    }
    let resumed = gateways.into_iter().map(|gateway| async {
        let mut gateway = gateway?;
        gateway.hello(&attacker.token, Some(&cursor)).await;
        resumes(&mut gateway).await
    });
    for end in join_all(resumed).await {
        stage.hold(end.is_ok(), || format!("a gateway: {end:?}"));
    }
}

/// Asks for pages at once, and says how many were told.
async fn pages(stage: &mut Stage, attackers: &[Person], path: &str, other: &Person) -> usize {
    let pages = attackers.iter().map(|attacker| attacker.get(path));
    let read = async {
        let mut statuses = Vec::new();
        // No more often than they may.
        let mut turns = tokio::time::interval(Duration::from_millis(25));
        for _ in 0..10 {
            turns.tick().await;
            statuses.push(other.get("/self").await.status);
        }
        statuses
    };
    let (pages, statuses) = tokio::join!(join_all(pages), read);
    stage.hold(statuses.iter().all(|status| *status == 200), || format!("others were answered {statuses:?}"));
    let mut told = 0;
    for page in pages {
        match page.status {
            200 => {
                told += 1;
                let count = page.body["items"].as_array().map_or(0, Vec::len);
                stage.hold(count == 1, || format!("a page of one has {count}"));
            }
            410 | 429 | 503 => {}
            _ => stage.hold(false, || format!("{}", page.body)),
        }
    }
    told
}

/// Listens until it has caught up, or is told to begin anew or to come back later.
async fn resumes(gateway: &mut beep_tests::gateway::Gateway) -> Result<(), String> {
    loop {
        match gateway.hear().await {
            ReceivedEntry::Closed(code) => return Err(format!("closed with {code:?} and without a word")),
            ReceivedEntry::Frame(frame) => match *frame {
                ServerFrame::CaughtUp(_) | ServerFrame::ResyncRequired(_) => return Ok(()),
                ServerFrame::Error(closing) if closing.reconnect => return Ok(()),
                ServerFrame::Resumed(_) | ServerFrame::Event(_) => {}
                other => return Err(format!("{other:?}")),
            },
        }
    }
}
