//! Durable messages a second through a whole backend, beside rows put into a table in batches.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use tokio::task::spawn_local;

use crate::batched;
use crate::crowd::{Crowd, Size, body};
use crate::figure::{self, Aim, Times, number};
use crate::http::Http;
use crate::process;

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

/// What was measured of messages that were sent.
pub(crate) struct Load {
    /// Messages a second.
    pub(crate) rate: f64,
    /// Milliseconds that half of them took at most.
    pub(crate) p50: f64,
    /// Milliseconds that all but one in a hundred took at most.
    pub(crate) p99: f64,
    /// Milliseconds of CPU that the process which wrote them took for one.
    pub(crate) cpu_ms: f64,
}

/// Has so many senders send, each one message after the other, over all channels.
pub(crate) async fn measure(crowd: &Crowd, senders: usize) -> Load {
    let channels: Rc<[String]> =
        crowd.channels.iter().map(|channel| format!("/v1/channels/{channel}/messages")).collect();
    let stop = Rc::new(Cell::new(false));
    let counted = Rc::new(Cell::new(false));
    let mut tasks = Vec::new();
    for (number, http) in crowd.senders(senders).await.into_iter().enumerate() {
        tasks.push(spawn_local(send(http, channels.clone(), number, counted.clone(), stop.clone())));
    }
    tokio::time::sleep(WARM_UP).await;
    let (cpu, begun) = (process::cpu(crowd.server.pid()), Instant::now());
    counted.set(true);
    tokio::time::sleep(MEASURE).await;
    counted.set(false);
    let (cpu, took) = (process::cpu(crowd.server.pid()) - cpu, begun.elapsed());
    stop.set(true);
    let mut times = Times::default();
    for task in tasks {
        times.join(task.await.expect("a sender ends"));
    }
    let count = times.count() as f64;
    Load {
        rate: count / took.as_secs_f64(),
        p50: times.percentile(0.5),
        p99: times.percentile(0.99),
        cpu_ms: cpu.as_secs_f64() * 1e3 / count,
    }
}

async fn send(
    mut http: Http,
    channels: Rc<[String]>,
    sender: usize,
    counted: Rc<Cell<bool>>,
    stop: Rc<Cell<bool>>,
) -> Times {
    let mut times = Times::default();
    for number in 0.. {
        if stop.get() {
            break;
        }
        let begun = Instant::now();
        let (status, answer) = http.post(&channels[(sender * 31 + number) % channels.len()], &body(nonce())).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(answer));
        if counted.get() {
            times.add(begun.elapsed());
        }
    }
    times
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

/// How long a load lasts before it is measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// How long a load is measured.
pub(crate) const MEASURE: Duration = Duration::from_secs(4);
