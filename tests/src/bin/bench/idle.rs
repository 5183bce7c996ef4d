//! Resident memory for each gateway connection that is signed in and idle.

use std::time::Duration;

use beep_tests::database::Engine;

use crate::broadcast::Bare;
use crate::crowd::{Crowd, Size, body};
use crate::durable::nonce;
use crate::figure::{self, Aim, number};
use crate::gateway::Socket;
use crate::process::{self, Memory};

/// 5,000 connections of a few hundred people, all members of one server.
pub(crate) async fn bench() {
    let bare = bare().await;
    let crowd = Crowd::gather(Engine::Sqlite, Size { people: PEOPLE, servers: 1, channels_each: 5 }).await;
    let pid = crowd.server.pid();
    // What is needed once, whoever comes first, is not a connection's.
    let warm_up: Vec<_> = connect(&crowd, WARM_UP).await;
    drop(warm_up);
    let before = settled(pid).await;
    let mut sockets = connect(&crowd, CONNECTIONS).await;
    let idle = settled(pid).await;
    figure::beside("a signed-in connection", each(before, idle), bare, "KiB", Aim::None);
    figure::alone("the same against its aim", each(before, idle), "KiB", Aim::AtMost(8.0));
    let mut sender = crowd.senders(1).await.remove(0);
    let channel = format!("/v1/channels/{}/messages", crowd.channels[0]);
    for _ in 0..MESSAGES {
        assert_eq!(sender.post(&channel, &body(nonce())).await.0, 201);
    }
    for socket in &mut sockets {
        for _ in 0..MESSAGES {
            socket.frame().await;
        }
    }
    let told = settled(pid).await;
    figure::detail(&format!("{} KiB after each was sent {MESSAGES} events", number(each(before, told))));
    figure::detail(&format!(
        "resident {} MiB before, {} MiB with {CONNECTIONS} connections of {PEOPLE} people",
        number(before.resident / 1024.0),
        number(idle.resident / 1024.0)
    ));
}

async fn connect(crowd: &Crowd, count: usize) -> Vec<Socket> {
    let mut sockets = Vec::with_capacity(count);
    for person in crowd.people.iter().cycle().take(count) {
        sockets.push(Socket::sign_in(crowd.server.address(), &person.token).await);
    }
    sockets
}

async fn bare() -> f64 {
    let bare = Bare::start().await;
    let mut sockets = Vec::with_capacity(CONNECTIONS);
    for _ in 0..WARM_UP {
        Socket::open(&bare.address, "/").await.frame().await;
    }
    let before = settled(bare.pid()).await;
    for _ in 0..CONNECTIONS {
        let mut socket = Socket::open(&bare.address, "/").await;
        socket.frame().await;
        sockets.push(socket);
    }
    each(before, settled(bare.pid()).await)
}

/// What is resident once nothing happens any more.
async fn settled(pid: u32) -> Memory {
    tokio::time::sleep(Duration::from_secs(1)).await;
    process::memory(pid)
}

/// KiB for one connection.
fn each(before: Memory, after: Memory) -> f64 {
    (after.resident - before.resident) / CONNECTIONS as f64
}

const CONNECTIONS: usize = 5_000;
const PEOPLE: usize = 250;
const WARM_UP: usize = 100;
const MESSAGES: usize = 10;
