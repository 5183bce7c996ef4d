//! Many receivers, what each has heard, and how far senders may run ahead of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, spawn_local};

use crate::figure::Times;
use crate::gateway::Socket;

/// Connections that count what they are sent.
pub(crate) struct Audience {
    heard: Vec<Cell<u64>>,
    sent: Cell<u64>,
    /// What all have heard, as of a moment ago.
    slowest: Cell<u64>,
    looked: Cell<Instant>,
    closed: Cell<bool>,
    /// When messages were sent, from the `marks_from`th on.
    marks: RefCell<Vec<Instant>>,
    marks_from: Cell<u64>,
    times: RefCell<Times>,
    tasks: RefCell<Vec<JoinHandle<()>>>,
}

impl Audience {
    /// Begins to read from connections on which nothing is under way.
    pub(crate) fn listen(sockets: Vec<Socket>) -> Rc<Self> {
        let audience = Rc::new(Self {
            heard: sockets.iter().map(|_| Cell::new(0)).collect(),
            sent: Cell::new(0),
            slowest: Cell::new(0),
            looked: Cell::new(Instant::now()),
            closed: Cell::new(false),
            marks: RefCell::default(),
            marks_from: Cell::new(u64::MAX),
            times: RefCell::default(),
            tasks: RefCell::default(),
        });
        let buffer = Rc::new(RefCell::new(vec![0; BUFFER]));
        for (number, socket) in sockets.into_iter().enumerate() {
            let task = spawn_local(audience.clone().hear(number, socket, buffer.clone()));
            audience.tasks.borrow_mut().push(task);
        }
        audience
    }

    /// How many they are.
    pub(crate) fn size(&self) -> usize {
        self.heard.len()
    }

    /// Waits until so many messages more may be sent, and counts them as sent; `false` once it is closed.
    pub(crate) async fn takes(&self, count: u64) -> bool {
        while !self.closed.get() {
            if self.sent.get() + count - self.slowest.get() <= MOST_AHEAD {
                self.sent.set(self.sent.get() + count);
                return true;
            }
            if self.looked.get().elapsed() < Duration::from_micros(500) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.look();
        }
        false
    }

    /// Takes no more messages by [`Self::takes`].
    pub(crate) fn close(&self) {
        self.closed.set(true);
    }

    /// Counts one message as sent now; how long it takes to each receiver goes into [`Self::times`].
    pub(crate) fn mark(&self) {
        self.marks_from.set(self.marks_from.get().min(self.sent.get()));
        self.sent.set(self.sent.get() + 1);
        self.marks.borrow_mut().push(Instant::now());
    }

    /// How long marked messages took, to each receiver.
    pub(crate) fn times(&self) -> Times {
        self.times.borrow().clone()
    }

    /// All that was heard by anybody.
    pub(crate) fn deliveries(&self) -> u64 {
        self.heard.iter().map(Cell::get).sum()
    }

    /// Waits until everybody has heard all that was sent.
    pub(crate) async fn until_all_is_heard(&self) {
        let begun = Instant::now();
        while self.slowest.get() < self.sent.get() {
            assert!(begun.elapsed() < PATIENCE, "{} of {} reached everybody", self.slowest.get(), self.sent.get());
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.look();
        }
        let each = self.sent.get();
        assert!(self.heard.iter().all(|heard| heard.get() == each), "somebody heard more than was sent");
    }

    /// Hangs up. To be called at the end: the readers and what they read for hold each other.
    pub(crate) fn leave(&self) {
        self.tasks.borrow_mut().drain(..).for_each(|task| task.abort());
    }

    fn look(&self) {
        self.slowest.set(self.heard.iter().map(Cell::get).min().unwrap_or(u64::MAX));
        self.looked.set(Instant::now());
    }

    async fn hear(self: Rc<Self>, number: usize, mut socket: Socket, buffer: Rc<RefCell<Vec<u8>>>) {
        loop {
            socket.stream.readable().await.expect("the socket is open");
            let mut buffer = buffer.borrow_mut();
            let read = match socket.stream.try_read(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(error) => panic!("a receiver was cut off: {error}"),
            };
            assert_ne!(read, 0, "a receiver was hung up on");
            let ended = socket.scanner.take(&buffer[..read]);
            let before = self.heard[number].replace(self.heard[number].get() + ended);
            if before >= self.marks_from.get() {
                let (now, marks) = (Instant::now(), self.marks.borrow());
                for heard in before..before + ended {
                    let at = usize::try_from(heard - self.marks_from.get()).expect("marks fit into memory");
                    self.times.borrow_mut().add(now - marks[at]);
                }
            }
        }
    }
}

/// How many messages may be sent that the slowest receiver has not heard: what a backend queues is more.
const MOST_AHEAD: u64 = 2_048;

/// What is read at once.
const BUFFER: usize = 256 * 1024;

const PATIENCE: Duration = Duration::from_secs(20);
