//! The limit of fan-out: a bare WebSocket server that hands whatever one publisher says to everybody, coalescing what
//! has gathered for a connection into one flush. No accounts, no database, nothing is decided.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

use crate::machine;

/// The argument that has this program be the limit.
pub(crate) const VERB: &str = "limit-broadcast";

/// The limit, running on the server's core.
pub(crate) struct Bare {
    process: Child,
    /// Where receivers connect by WebSocket.
    pub(crate) address: String,
    publisher: String,
}

impl Bare {
    /// Starts it on the server's core.
    pub(crate) async fn start() -> Self {
        Self::start_under(&machine::on_server_core()).await
    }

    /// Starts it under another program, which replaces itself by it; under none, on this process's core.
    pub(crate) async fn start_under(launcher: &[&str]) -> Self {
        let own = std::env::current_exe().expect("a program knows its own path");
        let own = own.to_str().expect("its path is UTF-8");
        let line = [launcher, &[own, VERB]].concat();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("the limit starts");
        let mut out = BufReader::new(process.stdout.take().expect("standard output is piped"));
        let mut said = String::new();
        out.read_line(&mut said).await.expect("the limit says where it listens");
        let (address, publisher) = said.trim().split_once(' ').expect("the limit says two addresses");
        Self { process, address: address.to_owned(), publisher: publisher.to_owned() }
    }

    /// A connection whose messages everybody is sent: each is its length in four octets, then itself.
    pub(crate) async fn publisher(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.publisher).await.expect("the limit accepts");
        stream.set_nodelay(true).expect("the socket is open");
        stream
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id().expect("the limit runs")
    }
}

/// Is the limit, until it is killed.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let receivers = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let publishers = TcpListener::bind("127.0.0.1:0").await.expect("another port is free");
        let address = |listener: &TcpListener| listener.local_addr().expect("a listener has an address");
        println!("{} {}", address(&receivers), address(&publishers));
        let room = Arc::new(Room::default());
        let other = room.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = publishers.accept().await {
                tokio::spawn(publish(stream, other.clone()));
            }
        });
        while let Ok((stream, _)) = receivers.accept().await {
            tokio::spawn(receive(stream, room.clone()));
        }
    });
}

/// Everybody who is connected.
#[derive(Default)]
struct Room(Mutex<Vec<Arc<Receiver>>>);

/// What waits for one connection.
#[derive(Default)]
struct Receiver {
    queue: Mutex<VecDeque<Utf8Bytes>>,
    more: Notify,
}

async fn publish(stream: TcpStream, room: Arc<Room>) {
    let mut stream = BufReader::with_capacity(64 * 1024, stream);
    while let Ok(length) = stream.read_u32().await {
        let mut payload = vec![0; length as usize];
        if stream.read_exact(&mut payload).await.is_err() {
            return;
        }
        let payload = Utf8Bytes::try_from(Bytes::from(payload)).expect("publishers speak UTF-8");
        for receiver in &*lock(&room.0) {
            let mut queue = lock(&receiver.queue);
            if queue.len() < MOST_WAITING {
                queue.push_back(payload.clone());
            }
            if queue.len() == 1 {
                receiver.more.notify_one();
            }
        }
    }
}

async fn receive(stream: TcpStream, room: Arc<Room>) {
    let _ = stream.set_nodelay(true);
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(32 * 1024);
    let Ok(mut socket) = accept_async_with_config(stream, Some(config)).await else { return };
    let receiver = Arc::new(Receiver::default());
    lock(&room.0).push(receiver.clone());
    if socket.send(Message::Text("ready".into())).await.is_err() {
        return;
    }
    let _ = converse(&mut socket, &receiver).await;
    lock(&room.0).retain(|other| !Arc::ptr_eq(other, &receiver));
}

async fn converse(
    socket: &mut WebSocketStream<TcpStream>,
    receiver: &Receiver,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    loop {
        tokio::select! {
            biased;
            () = receiver.more.notified() => {
                let taken = std::mem::take(&mut *lock(&receiver.queue));
                for payload in taken {
                    socket.feed(Message::Text(payload)).await?;
                }
                socket.flush().await?;
            }
            read = socket.next() => match read {
                Some(Ok(_)) => {}
                _ => return Ok(()),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As many as a backend lets wait for a connection.
const MOST_WAITING: usize = 8_192;
