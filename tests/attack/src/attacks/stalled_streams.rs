//! HTTP/2 requests, many on each connection, whose bodies come but for their last octet.

use std::io;
use std::time::Duration;

use beep_tests::people::Person;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;

use crate::attack::Attack;
use crate::stage::Stage;
use crate::wire::connect;

pub(super) const ATTACK: Attack = Attack {
    name: "stalled_streams",
    does: "signs in, and begins a hundred requests on each of its HTTP/2 connections, each with all but the last octet of a megabyte",
    holds: "others are let in all the while, and each request is refused after 30 s",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let attacker = Person::sign_up(stage.server(), "attacker").await;
    let authorization = format!("Bearer {}", attacker.token);
    stage.open().await;
    let there = &*stage;
    let octets = Bytes::from(vec![b'['; 999_999]);
    let begin = async |number: usize| {
        let stream = connect(there.server().address(), there.address(number), None).await?;
        let (sender, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
        let driver = tokio::spawn(connection);
        let mut begun = Vec::new();
        for _ in 0..REQUESTS {
            let mut ready = sender.clone().ready().await.map_err(io::Error::other)?;
            let request = Request::patch("http://x/v1/self").header("authorization", &authorization);
            let request = request.body(()).map_err(io::Error::other)?;
            let (answer, mut body) = ready.send_request(request, false).map_err(io::Error::other)?;
            body.send_data(octets.clone(), false).map_err(io::Error::other)?;
            begun.push((answer, body));
        }
        Ok::<_, io::Error>((driver, begun))
    };
    let begun = Stage::each(stage.count(3, 8, 60), 20, begin).await;
    stage.lets_others_in().await;
    for connection in begun {
        let (driver, begun) = match connection {
            Ok(connection) => connection,
            Err(error) => {
                stage.hold(false, || format!("a connection was not taken: {error}"));
                continue;
            }
        };
        let answers = begun.into_iter().map(|(answer, body)| async {
            let answer = tokio::time::timeout(REFUSED, answer).await;
            drop(body);
            answer.map(|answer| answer.map(|answer| answer.status().as_u16()))
        });
        for answer in join_all(answers).await {
            // A stream may be reset instead, which ends it as well.
            let refused = matches!(&answer, Ok(Ok(400..=599) | Err(_)));
            stage.hold(refused, || format!("one ended like this: {answer:?}"));
        }
        driver.abort();
        let _ = driver.await;
    }
}

/// Fewer than a connection may have at once.
const REQUESTS: usize = 100;

/// When the last is refused: 30 s, and what it takes on a busy machine.
const REFUSED: Duration = Duration::from_secs(50);
