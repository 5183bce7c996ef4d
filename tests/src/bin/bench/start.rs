//! How long a backend takes to start, and what it holds while nothing happens.

use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use beep_tests::server::Server;

use crate::broadcast::Bare;
use crate::figure::{self, Aim, median, number};
use crate::process;

/// A start on an empty data directory and starts on one that is there. Both share the core of this process, which
/// waits.
pub(crate) async fn bench() {
    let mut bare = Vec::new();
    let mut resident = 0.0;
    for _ in 0..TURNS {
        let begun = Instant::now();
        let started = Bare::start_under(&[]).await;
        bare.push(milliseconds(begun));
        resident = process::memory(started.pid()).resident / 1024.0;
    }
    let bare = median(&mut bare);
    let mut first = Vec::new();
    let mut again = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..TURNS {
        let begun = Instant::now();
        let mut server = Server::start(Engine::Sqlite).await;
        first.push(milliseconds(begun));
        server.stop().await;
        let begun = Instant::now();
        server.run().await;
        again.push(milliseconds(begun));
        tokio::time::sleep(SETTLE).await;
        memory.push(process::memory(server.pid()));
    }
    figure::alone("start to ready, new data directory", median(&mut first), "ms", Aim::AtMost(50.0));
    figure::alone("start to ready, data directory at hand", median(&mut again), "ms", Aim::AtMost(50.0));
    let of = |which: fn(&process::Memory) -> f64| median(&mut memory.iter().map(which).collect::<Vec<_>>()) / 1024.0;
    figure::alone("resident while idle", of(|memory| memory.resident), "MiB", Aim::AtMost(15.0));
    figure::detail(&format!(
        "{} MiB of it belong to no file; a bare WebSocket server: {} ms, {} MiB",
        number(of(|memory| memory.anonymous)),
        number(bare),
        number(resident)
    ));
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

const TURNS: usize = 7;
const SETTLE: Duration = Duration::from_millis(500);
