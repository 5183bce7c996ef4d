//! What is answered without a login and without a table: pages, health, what is not there, and upgrades.

use crate::attack::Attack;
use crate::stage::Stage;
use crate::wire::Heard;

pub(super) const ATTACK: Attack = Attack {
    name: "open_doors",
    does: "asks for pages, health, upgrades and what is not there, as fast as it can",
    holds: "each is answered or told to wait, and what others say comes as fast as before",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    stage.open().await;
    wave(stage).await;
    while stage.goes_on() {
        wave(stage).await;
    }
    stage.lets_others_in().await;
}

async fn wave(stage: &mut Stage) {
    let there = &*stage;
    let per_connection = stage.size(20, 100);
    let asks = async |number: usize| {
        let mut wire = there.wire(number).await?;
        let mut answers: Vec<Heard> = Vec::new();
        for asked in 0..per_connection {
            let (path, headers) = DOORS[(number + asked) % DOORS.len()];
            answers.push(wire.ask("GET", path, headers, b"").await?);
        }
        Ok::<_, std::io::Error>(answers)
    };
    for answers in Stage::each(stage.count(20, 100, 400), 32, asks).await {
        match answers {
            Ok(answers) => answers.into_iter().for_each(|heard| {
                let proper = matches!(heard.status, 200 | 400 | 401 | 404 | 405 | 406 | 422 | 426 | 429);
                stage.hold(proper, || format!("answered {}: {}", heard.status, heard.head));
            }),
            Err(error) => stage.hold(false, || format!("not answered: {error}")),
        }
    }
}

/// Paths, with headers; the upgrade lacks its version, so that the connection goes on speaking HTTP.
const DOORS: [(&str, &str); 9] = [
    ("/readyz", ""),
    ("/livez", ""),
    ("/v1/openapi.json", ""),
    ("/docs", ""),
    ("/", ""),
    ("/v1/nothing", ""),
    ("/nothing/of/the/kind", ""),
    ("/v1/invitations/AAAAAAAAAA", ""),
    ("/v1/gateway", "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
];
