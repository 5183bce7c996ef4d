//! The newest page of a channel with very many messages, beside that of one with few.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use tokio::task::spawn_local;

use crate::crowd::{Crowd, Size, body};
use crate::durable::nonce;
use crate::figure::{self, Aim, median, number};
use crate::process;

/// 100,000 messages and 100, on SQLite and on PostgreSQL.
pub(crate) async fn bench() {
    for engine in Engine::at_hand() {
        let crowd = Crowd::gather(engine, Size { people: 16, servers: 1, channels_each: 2 }).await;
        fill(&crowd, &crowd.channels[0], LONG).await;
        fill(&crowd, &crowd.channels[1], SHORT).await;
        let (mut long, mut short, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            short.push(read(&crowd, &crowd.channels[1]).await.0);
            let (rate, each) = read(&crowd, &crowd.channels[0]).await;
            long.push(rate);
            cpu.push(each);
        }
        let what = format!("{engine:?}, a page of {PAGE} of {LONG} messages");
        let (long, short) = (median(&mut long), median(&mut short));
        figure::beside(&what, long, short, "/s", Aim::AtLeast(0.9));
        figure::detail(&format!(
            "the limit is a channel of {SHORT}; {} ms CPU of the server a page",
            number(median(&mut cpu))
        ));
    }
}

async fn fill(crowd: &Crowd, channel: &str, count: usize) {
    let path: Rc<str> = format!("/v1/channels/{channel}/messages").into();
    let left = Rc::new(Cell::new(count));
    let mut tasks = Vec::new();
    for mut http in crowd.senders(64).await {
        let (path, left) = (path.clone(), left.clone());
        tasks.push(spawn_local(async move {
            while left.get() > 0 {
                left.set(left.get() - 1);
                assert_eq!(http.post(&path, &body(nonce())).await.0, 201);
            }
        }));
    }
    for task in tasks {
        task.await.expect("a sender ends");
    }
}

/// Pages a second with several readers, and milliseconds of CPU for each.
async fn read(crowd: &Crowd, channel: &str) -> (f64, f64) {
    let path: Rc<str> = format!("/v1/channels/{channel}/messages?limit={PAGE}").into();
    let pages = Rc::new(Cell::new(0_u32));
    let (cpu, begun) = (process::cpu(crowd.server.pid()), Instant::now());
    let mut tasks = Vec::new();
    for mut http in crowd.senders(READERS).await {
        let (path, pages) = (path.clone(), pages.clone());
        tasks.push(spawn_local(async move {
            while begun.elapsed() < ROUND {
                let (status, page) = http.get(&path).await;
                assert!(status == 200 && page.len() > PAGE * 100, "{}", String::from_utf8_lossy(page));
                pages.set(pages.get() + 1);
            }
        }));
    }
    for task in tasks {
        task.await.expect("a reader ends");
    }
    let (cpu, took) = (process::cpu(crowd.server.pid()) - cpu, begun.elapsed());
    let pages = f64::from(pages.get());
    (pages / took.as_secs_f64(), cpu.as_secs_f64() * 1e3 / pages)
}

const LONG: usize = 100_000;
const SHORT: usize = 100;
const PAGE: usize = 50;
const READERS: usize = 16;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);
