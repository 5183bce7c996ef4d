//! The wire that leads to a backend, which a story can cut, slow down, stall, and let lose answers.
//!
//! It carries octets of TLS and reads none. What a receiver sees twice or late comes of senders that repeat: a wire that
//! delivers a request and loses its answer plays duplicates, and several such wires at once play disorder.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::PATIENCE;

/// A wire to one backend; it ends when it is dropped, and with it what it carries.
pub struct Link {
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

/// What a wire does with what it is given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flow {
    /// It carries everything.
    Pass,
    /// It carries everything, each piece so much later.
    Delay(Duration),
    /// It takes connections and what they say, and carries nothing.
    Stall,
    /// It takes no connections; those that it had are reset.
    Cut,
}

struct State {
    to: Mutex<String>,
    flow: watch::Sender<Flow>,
    /// Counts the resets; each connection watches it.
    resets: watch::Sender<usize>,
    /// Connections that were taken so far.
    taken: watch::Sender<usize>,
    /// How many answers are still to be lost.
    losing: AtomicUsize,
    /// After how many octets more towards the backend all connections are reset; 0: none are.
    truncating: AtomicU64,
    /// Octets carried so far, both ways.
    carried: AtomicU64,
}

impl Link {
    /// Listens on a free port of an address, for connections to `to`, a host and a port.
    pub async fn start(on: &str, to: &str) -> Self {
        let listener = TcpListener::bind((on, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State {
            to: Mutex::new(to.to_owned()),
            flow: watch::Sender::new(Flow::Pass),
            resets: watch::Sender::new(0),
            taken: watch::Sender::new(0),
            losing: AtomicUsize::new(0),
            truncating: AtomicU64::new(0),
            carried: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, state.clone()));
        Self { address, state, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does, also with the connections that it has.
    pub fn set(&self, flow: Flow) {
        self.state.flow.send_replace(flow);
        if flow == Flow::Cut {
            self.reset();
        }
    }

    /// Carries everything again.
    pub fn mend(&self) {
        self.set(Flow::Pass);
    }

    /// Takes no connections until it is mended, and resets those that it has.
    pub fn cut(&self) {
        self.set(Flow::Cut);
    }

    /// Resets the connections that it has.
    pub fn reset(&self) {
        self.state.resets.send_modify(|resets| *resets += 1);
    }

    /// Leads elsewhere from the next connection on.
    pub fn lead_to(&self, to: &str) {
        to.clone_into(&mut self.state.to.lock().expect("nobody panics with it"));
    }

    /// Loses so many answers: what the backend says next on a connection that has carried a request is not carried,
    /// and the connection is reset. The backend has done what it was asked.
    pub fn lose_answers(&self, count: usize) {
        self.state.losing.store(count, Ordering::SeqCst);
    }

    /// How many answers it has yet to lose.
    pub fn still_to_lose(&self) -> usize {
        self.state.losing.load(Ordering::SeqCst)
    }

    /// Resets all connections after so many octets more towards the backend: mostly amid a frame.
    pub fn truncate_after(&self, octets: u64) {
        self.state.truncating.store(octets.max(1), Ordering::SeqCst);
    }

    /// How many connections it has taken.
    pub fn taken(&self) -> usize {
        *self.state.taken.borrow()
    }

    /// Octets that it has carried, both ways.
    pub fn carried(&self) -> u64 {
        self.state.carried.load(Ordering::SeqCst)
    }

    /// Waits until it has taken so many connections.
    pub async fn until_taken(&self, count: usize) {
        let mut taken = self.state.taken.subscribe();
        let enough = taken.wait_for(|taken| *taken >= count);
        let waited = tokio::time::timeout(PATIENCE, enough).await;
        waited.unwrap_or_else(|_| panic!("nobody connects to {}", self.address)).expect("it listens");
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        let (near, _) = listener.accept().await.expect("the wire can accept");
        state.taken.send_modify(|taken| *taken += 1);
        if *state.flow.borrow() == Flow::Cut {
            let _ = near.set_zero_linger();
            continue;
        }
        let reset = state.resets.subscribe();
        tokio::spawn(carry(near, reset, state.clone()));
    }
}

/// Carries one connection to its end, or to the next reset.
async fn carry(mut near: TcpStream, mut reset: watch::Receiver<usize>, state: Arc<State>) {
    let to = state.to.lock().expect("nobody panics with it").clone();
    let Ok(mut far) = TcpStream::connect(&to).await else {
        let _ = near.set_zero_linger();
        return;
    };
    for end in [&near, &far] {
        let _ = end.set_nodelay(true);
    }
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    // How many pieces the backend has said: the first are the handshake's.
    let said = AtomicUsize::new(0);
    let is_reset = tokio::select! {
        _ = reset.changed() => true,
        broken = pump(&mut from_near, &mut to_far, &state, |octets| state.truncates(octets)) => broken,
        broken = pump(&mut from_far, &mut to_near, &state, |_| {
            let settled = said.fetch_add(1, Ordering::SeqCst) >= PIECES_OF_A_HANDSHAKE;
            (settled && state.loses()).then_some(0)
        }) => broken,
    };
    if is_reset {
        for end in [&near, &far] {
            let _ = end.set_zero_linger();
        }
    }
}

/// Carries one way until the end, or until `breaks` says after how many octets of a piece the connection breaks, which
/// it tells.
async fn pump(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    state: &State,
    breaks: impl Fn(usize) -> Option<usize>,
) -> bool {
    let mut flow = state.flow.subscribe();
    let mut octets = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut octets).await.unwrap_or(0);
        if read == 0 {
            return false;
        }
        let now = *flow.borrow_and_update();
        match now {
            Flow::Delay(by) => tokio::time::sleep(by).await,
            Flow::Stall => {
                let _ = flow.wait_for(|flow| *flow != Flow::Stall).await;
            }
            Flow::Pass | Flow::Cut => {}
        }
        let broken = breaks(read);
        let passed = broken.unwrap_or(read);
        if to.write_all(&octets[..passed]).await.is_err() {
            return false;
        }
        state.carried.fetch_add(passed as u64, Ordering::SeqCst);
        if broken.is_some() {
            return true;
        }
    }
}

impl State {
    /// After how many of so many octets towards the backend everything is reset, if it is.
    fn truncates(&self, octets: usize) -> Option<usize> {
        let octets = octets as u64;
        let less = |left: u64| (left > 0).then(|| left.saturating_sub(octets));
        let left = self.truncating.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).ok()?;
        if left > octets {
            return None;
        }
        self.resets.send_modify(|resets| *resets += 1);
        usize::try_from(left).ok()
    }

    /// Whether what the backend says now is lost.
    fn loses(&self) -> bool {
        self.losing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// Pieces that a backend says at most before it answers the first request.
const PIECES_OF_A_HANDSHAKE: usize = 6;
