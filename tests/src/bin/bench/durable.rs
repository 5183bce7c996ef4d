//! Durable messages a second through a whole backend, beside rows put into a table in batches.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use beep_tests::database::Engine;
use tokio::task::spawn_local;

use crate::batched;
use crate::crowd::{Crowd, Size, body};
use crate::figure::{self, Aim, Times, number};
use crate::http::Http;
use crate::load::{self, Load, Phase};

/// SQLite and PostgreSQL, each with 1, 16 and 64 senders.
pub(crate) async fn bench() {
    for engine in Engine::at_hand() {
        let size = Size { people: 16, servers: SERVERS, channels_each: CHANNELS / SERVERS };
        let crowd = Crowd::gather(engine, size).await;
        for senders in [1, 16, 64] {
            let limit = batched::measure(engine, senders).await;
            let ours = measure(&crowd, senders).await;
            let what = format!("{engine:?}, {senders} senders");
            let aim = if senders == 64 { Aim::AtLeast(0.5) } else { Aim::None };
            figure::beside(&what, ours.rate, limit.rate, "/s", aim);
            figure::detail(&format!(
                "p50 {} ms (limit {}), p99 {} ms (limit {}), {} ms CPU a message (limit {})",
                number(ours.p50),
                number(limit.p50),
                number(ours.p99),
                number(limit.p99),
                number(ours.cpu_ms),
                number(limit.cpu_ms),
            ));
        }
    }
}

/// Has so many senders send, each one message after the other, over all channels.
pub(crate) async fn measure(crowd: &Crowd, senders: usize) -> Load {
    let channels: Rc<[String]> =
        crowd.channels.iter().map(|channel| format!("/v1/channels/{channel}/messages")).collect();
    let phase = Phase::default();
    let senders = crowd.senders(senders).await.into_iter().enumerate();
    let senders = senders.map(|(number, http)| spawn_local(send(http, channels.clone(), number, phase.clone())));
    load::measure(crowd, &phase, senders.collect()).await.0
}

async fn send(mut http: Http, channels: Rc<[String]>, sender: usize, phase: Phase) -> [Times; 1] {
    let mut times = Times::new();
    for number in 0.. {
        if phase.is_over() {
            break;
        }
        let begun = Instant::now();
        let (status, answer) = http.post(&channels[(sender * 31 + number) % channels.len()], &body(nonce())).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(answer));
        if phase.is_measured() {
            times.add(begun.elapsed());
        }
    }
    [times]
}

/// A number that no other message of this run has.
pub(crate) fn nonce() -> u64 {
    thread_local!(static LAST: Cell<u64> = const { Cell::new(0) });
    LAST.set(LAST.get() + 1);
    LAST.get()
}

/// How many channels messages go to.
pub(crate) const CHANNELS: usize = 200;
const SERVERS: usize = 8;
