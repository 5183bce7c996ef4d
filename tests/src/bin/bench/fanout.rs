//! Deliveries of one channel's messages to many gateway connections, beside a bare broadcast of as many octets.
//!
//! Flat out means: as fast as messages can be sent, with a bounded number that the slowest receiver has not got yet.

use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use tokio::io::AsyncWriteExt;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::MissedTickBehavior;

use crate::audience::Audience;
use crate::broadcast::Bare;
use crate::crowd::{Crowd, Size, body};
use crate::durable::{self, nonce};
use crate::figure::{self, Aim, Times, number};
use crate::gateway::Socket;
use crate::{load, process};

/// 100 and 1,000 connections, flat out and at a steady rate.
pub(crate) async fn bench() {
    let crowd = Crowd::gather(Engine::Sqlite, Size { people: 20, servers: 1, channels_each: 1 }).await;
    let message = durable::measure(&crowd, SENDERS).await.cpu_ms;
    figure::detail(&format!("sending one message, which nobody hears, takes the server {} ms CPU", number(message)));
    for connections in [100, 1_000] {
        let ours = ours(&crowd, connections).await;
        let bare = bare(connections, ours.octets).await;
        let what = format!("{connections} connections, flat out");
        figure::beside(&what, ours.flat_out.cpu, bare.flat_out.cpu, "CPU s/M", Aim::AtMost(2.0));
        let sends = message * 1e3 / connections as f64;
        let rest = (ours.flat_out.cpu - sends).max(0.0);
        figure::detail(&format!(
            "{} deliveries/s (limit {}), {} octets each; sending takes {} CPU s/M of it, delivering {} (ratio {:.2})",
            number(ours.flat_out.rate),
            number(bare.flat_out.rate),
            ours.octets,
            number(sends),
            number(rest),
            rest / bare.flat_out.cpu,
        ));
        let what = format!("{connections} connections, {STEADY} deliveries/s");
        figure::beside(&what, ours.steady.cpu, bare.steady.cpu, "CPU s/M", Aim::AtMost(2.0));
        figure::detail(&format!(
            "p50 {} ms (limit {}), p99 {} ms (limit {})",
            number(ours.p50),
            number(bare.p50),
            number(ours.p99),
            number(bare.p99)
        ));
    }
}

/// What one server did.
struct Measured {
    /// The length of an event's frame.
    octets: usize,
    flat_out: Deliveries,
    steady: Deliveries,
    p50: f64,
    p99: f64,
}

/// CPU seconds of the server per million deliveries, and deliveries a second.
struct Deliveries {
    cpu: f64,
    rate: f64,
}

async fn ours(crowd: &Crowd, connections: usize) -> Measured {
    let channel = format!("/v1/channels/{}/messages", crowd.channels[0]);
    let mut sockets = Vec::with_capacity(connections);
    for person in crowd.people.iter().cycle().take(connections) {
        sockets.push(Socket::sign_in(crowd.server.address(), &person.token).await);
    }
    let mut first = crowd.senders(1).await.remove(0);
    assert_eq!(first.post(&channel, &body(nonce())).await.0, 201);
    let mut octets = 0;
    for socket in &mut sockets {
        octets = socket.frame().await.len();
    }
    let audience = Audience::listen(sockets);
    let mut senders = Vec::new();
    for mut http in crowd.senders(SENDERS).await {
        let (audience, channel) = (audience.clone(), channel.clone());
        senders.push(spawn_local(async move {
            while audience.takes(1).await {
                assert_eq!(http.post(&channel, &body(nonce())).await.0, 201);
            }
        }));
    }
    let flat_out = flat_out(crowd.server.pid(), &audience, senders).await;
    let send = async || assert_eq!(first.post(&channel, &body(nonce())).await.0, 201);
    let (steady, mut times) = steady(crowd.server.pid(), &audience, send).await;
    audience.leave();
    Measured { octets, flat_out, steady, p50: times.percentile(0.5), p99: times.percentile(0.99) }
}

async fn bare(connections: usize, octets: usize) -> Measured {
    let bare = Bare::start().await;
    let mut sockets = Vec::with_capacity(connections);
    for _ in 0..connections {
        let mut socket = Socket::open(&bare.address, "/").await;
        socket.frame().await;
        sockets.push(socket);
    }
    let audience = Audience::listen(sockets);
    let mut message = u32::try_from(octets).expect("a frame is not that long").to_be_bytes().to_vec();
    message.resize(4 + octets, b'x');
    let several = message.repeat(SENDERS);
    let mut publisher = bare.publisher().await;
    let other = audience.clone();
    let sender = spawn_local(async move {
        while other.takes(SENDERS as u64).await {
            publisher.write_all(&several).await.expect("the limit reads");
        }
    });
    let flat_out = flat_out(bare.pid(), &audience, vec![sender]).await;
    let mut publisher = bare.publisher().await;
    let send = async || publisher.write_all(&message).await.expect("the limit reads");
    let (steady, mut times) = steady(bare.pid(), &audience, send).await;
    audience.leave();
    Measured { octets, flat_out, steady, p50: times.percentile(0.5), p99: times.percentile(0.99) }
}

/// Measures what a server does while senders send as fast as they can, and stops them.
async fn flat_out(pid: u32, audience: &Audience, senders: Vec<JoinHandle<()>>) -> Deliveries {
    tokio::time::sleep(load::WARM_UP).await;
    let (cpu, begun, before) = (process::cpu(pid), Instant::now(), audience.deliveries());
    tokio::time::sleep(load::MEASURE).await;
    let (cpu, took, count) = (process::cpu(pid) - cpu, begun.elapsed(), audience.deliveries() - before);
    audience.close();
    for sender in senders {
        sender.await.expect("a sender ends");
    }
    audience.until_all_is_heard().await;
    deliveries(cpu, took, count)
}

/// Sends at a steady rate and measures how long each delivery takes.
async fn steady(pid: u32, audience: &Audience, mut send: impl AsyncFnMut()) -> (Deliveries, Times) {
    let pause = Duration::from_secs(1) * u32::try_from(audience.size()).expect("a few") / STEADY;
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (cpu, begun, before) = (process::cpu(pid), Instant::now(), audience.deliveries());
    while begun.elapsed() < STEADY_FOR {
        ticks.tick().await;
        audience.mark();
        send().await;
    }
    audience.until_all_is_heard().await;
    let (cpu, took, count) = (process::cpu(pid) - cpu, begun.elapsed(), audience.deliveries() - before);
    (deliveries(cpu, took, count), audience.times())
}

fn deliveries(cpu: Duration, took: Duration, count: u64) -> Deliveries {
    let count = count as f64;
    Deliveries { cpu: cpu.as_secs_f64() * 1e6 / count, rate: count / took.as_secs_f64() }
}

/// How many send at once, flat out.
const SENDERS: usize = 64;

/// Deliveries a second.
const STEADY: u32 = 5_000;
const STEADY_FOR: Duration = Duration::from_secs(6);
