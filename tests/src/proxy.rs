//! A TCP proxy between clients and a server, which cuts connections on command.
//!
//! A cut hits every connection that the proxy carries: some end in order, some are reset, by the proxy's own chance.
//! It comes on [`Proxy::cut`], or by itself at an exact number of octets that the server has said, so that it also hits
//! the middle of a frame or of an answer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::chance::Chance;

/// A proxy; it ends when it is dropped, and with it the connections that it carries.
pub struct Proxy {
    address: SocketAddr,
    wires: Arc<Wires>,
    accepting: JoinHandle<()>,
}

/// What the connections of a proxy share.
struct Wires {
    /// Counts the cuts; each connection watches it.
    cuts: watch::Sender<usize>,
    fate: Mutex<Fate>,
}

/// When the next cut is due.
struct Fate {
    chance: Chance,
    /// Octets that were carried from the server so far.
    carried: u64,
    /// At which numbers of octets connections are cut, in order.
    planned: VecDeque<u64>,
}

impl Proxy {
    /// Listens on a free port for connections to `to`, a host and a port.
    pub async fn start(to: &str, chance: Chance) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let fate = Mutex::new(Fate { chance, carried: 0, planned: VecDeque::new() });
        let wires = Arc::new(Wires { cuts: watch::Sender::new(0), fate });
        let accepting = tokio::spawn(accept(listener, to.to_owned(), wires.clone()));
        Self { address, wires, accepting }
    }

    /// Where it listens: `http://127.0.0.1:…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:…`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.wires.cut();
    }

    /// Cuts every connection once the server has said so many octets more.
    pub fn cut_after(&self, octets: u64) {
        let mut fate = self.wires.fate();
        let at = fate.carried + octets;
        let place = fate.planned.partition_point(|planned| *planned < at);
        fate.planned.insert(place, at);
    }

    /// How often connections were cut.
    pub fn cuts(&self) -> usize {
        *self.wires.cuts.borrow()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Wires {
    fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().expect("nobody panics with it")
    }

    /// How many of so many octets from the server pass, and whether a cut follows.
    fn pass(&self, octets: usize) -> (usize, bool) {
        let mut fate = self.fate();
        let octets = octets as u64;
        let due = fate.planned.front().map(|at| at - fate.carried).filter(|left| *left <= octets);
        if due.is_some() {
            fate.planned.pop_front();
        }
        let passed = due.unwrap_or(octets);
        fate.carried += passed;
        (usize::try_from(passed).expect("it is not more than there were"), due.is_some())
    }
}

async fn accept(listener: TcpListener, to: String, wires: Arc<Wires>) {
    loop {
        let (client, _) = listener.accept().await.expect("the proxy can accept");
        let cut = wires.cuts.subscribe();
        // Without a server the client's connection ends at once.
        if let Ok(server) = TcpStream::connect(&to).await {
            tokio::spawn(carry(client, server, cut, wires.clone()));
        }
    }
}

/// Carries one connection to its end, or to the next cut.
async fn carry(mut client: TcpStream, mut server: TcpStream, mut cut: watch::Receiver<usize>, wires: Arc<Wires>) {
    for end in [&client, &server] {
        let _ = end.set_nodelay(true);
    }
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let is_cut = tokio::select! {
        _ = cut.changed() => true,
        is_cut = answer(&mut from_server, &mut to_client, &wires) => is_cut,
        _ = tokio::io::copy(&mut from_client, &mut to_server) => false,
    };
    if is_cut && wires.fate().chance.below(2) == 0 {
        for end in [&client, &server] {
            let _ = end.set_zero_linger();
        }
    }
}

/// Carries what the server says; tells whether that ended by a cut.
async fn answer(server: &mut ReadHalf<'_>, client: &mut WriteHalf<'_>, wires: &Wires) -> bool {
    let mut octets = vec![0; 16 * 1024];
    loop {
        let read = server.read(&mut octets).await.unwrap_or(0);
        if read == 0 {
            return false;
        }
        let (passed, is_cut) = wires.pass(read);
        if client.write_all(&octets[..passed]).await.is_err() {
            return false;
        }
        if is_cut {
            wires.cut();
            return true;
        }
    }
}
