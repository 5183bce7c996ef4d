//! A connection pooler in front of PostgreSQL, as far as the lock on the database has to do with one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use beep_core::port::{Change, Store};
use beep_store::OpenError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::sql::{new_postgres, open};

/// Whom a session is given to, and for how long.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Mode {
    /// To a client until it goes.
    Session,
    /// To a client for a transaction; the one that was used last comes first.
    Transaction,
}

struct Pooler {
    shared: Arc<Shared>,
    url: String,
    accepting: JoinHandle<()>,
}

struct Shared {
    to: String,
    password: String,
    mode: Mode,
    idle: Mutex<Vec<Session>>,
    /// Sessions of an earlier generation are too old to be used on.
    generation: AtomicU64,
}

/// A session of the database, ready for a statement.
struct Session {
    stream: TcpStream,
    generation: u64,
    /// What the database said as it began.
    greeting: Vec<u8>,
}

impl Pooler {
    /// Stands in front of the database at a URL with host and port.
    async fn start(url: &str, mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let (before, rest) = url.rsplit_once('@').expect("it names a user");
        let (to, database) = rest.split_once('/').expect("it names a database");
        let password = before.rsplit_once(':').map(|(_, password)| password.to_owned()).unwrap_or_default();
        let address = listener.local_addr().expect("it is bound");
        let url = format!("{before}@{address}/{database}");
        let to = if to.contains(':') { to.to_owned() } else { format!("{to}:5432") };
        let shared = Arc::new(Shared { to, password, mode, idle: Mutex::default(), generation: AtomicU64::new(0) });
        let clients = shared.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, clients.clone()));
            }
        });
        Self { shared, url, accepting }
    }

    /// Closes each session before its next use, as a pooler does with those that have lived long enough.
    fn renew_sessions(&self) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    async fn session(&self, startup: &[u8]) -> std::io::Result<Session> {
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some(idle) = self.idle.lock().await.pop().filter(|idle| idle.generation == generation) {
            return Ok(idle);
        }
        let mut stream = TcpStream::connect(&self.to).await?;
        stream.write_all(startup).await?;
        let mut greeting = Vec::new();
        while greeting_goes_on(&mut stream, &mut greeting, &self.password).await? {}
        Ok(Session { stream, generation, greeting })
    }
}

/// Reads one message of the greeting. The pooler says the password itself, so that no client is asked for it.
async fn greeting_goes_on(stream: &mut TcpStream, greeting: &mut Vec<u8>, password: &str) -> std::io::Result<bool> {
    let message = message(stream).await?;
    if message[0] == AUTHENTICATION && message[5..] == CLEARTEXT_PASSWORD {
        let length = u32::try_from(password.len() + 5).expect("a password is short");
        let answer = [b"p", &length.to_be_bytes()[..], password.as_bytes(), b"\0"].concat();
        stream.write_all(&answer).await?;
        return Ok(true);
    }
    greeting.extend_from_slice(&message);
    Ok(message[0] != READY)
}

async fn serve(mut client: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut startup = without_type(&mut client).await?;
    if startup[4..8] == TLS_REQUEST {
        client.write_all(b"N").await?;
        startup = without_type(&mut client).await?;
    }
    let session = shared.session(&startup).await?;
    client.write_all(&session.greeting).await?;
    let mut held = give_back(session, &shared).await;
    loop {
        let asked = message(&mut client).await?;
        let generation = shared.generation.load(Ordering::SeqCst);
        let mut session = match held.take().filter(|session| session.generation == generation) {
            Some(session) => session,
            None => shared.session(&startup).await?,
        };
        session.stream.write_all(&asked).await?;
        let mut is_idle = false;
        if [QUERY, SYNC].contains(&asked[0]) {
            loop {
                let answer = message(&mut session.stream).await?;
                client.write_all(&answer).await?;
                if answer[0] == READY {
                    is_idle = answer[5] == b'I';
                    break;
                }
            }
        }
        held = if is_idle { give_back(session, &shared).await } else { Some(session) };
    }
}

/// Keeps a session for its client, or lets others have it.
async fn give_back(session: Session, shared: &Shared) -> Option<Session> {
    if shared.mode == Mode::Session {
        return Some(session);
    }
    shared.idle.lock().await.push(session);
    None
}

async fn message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut message = vec![stream.read_u8().await?];
    message.extend(without_type(stream).await?);
    Ok(message)
}

async fn without_type(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut message = vec![0; length as usize];
    message[..4].copy_from_slice(&length.to_be_bytes());
    stream.read_exact(&mut message[4..]).await?;
    Ok(message)
}

#[tokio::test]
async fn a_pooler_that_switches_sessions_of_postgres_is_refused() {
    let Some(url) = new_postgres().await else { return };
    let pooler = Pooler::start(&url, Mode::Transaction).await;
    let error = open(&pooler.url, "a.example.com").await.map(drop).expect_err("the lock does not hold");
    assert!(matches!(error, OpenError::Pooled), "{error}");
    assert!(error.to_string().contains("session mode"), "{error}");
}

#[tokio::test]
async fn a_store_fails_when_a_pooler_changes_its_session_of_postgres() {
    let Some(url) = new_postgres().await else { return };
    let pooler = Pooler::start(&url, Mode::Session).await;
    let store = open(&pooler.url, "a.example.com").await.expect("its sessions stay");
    let error = open(&url, "a.example.com").await.map(drop).expect_err("it has the lock");
    assert!(matches!(error, OpenError::InUse), "{error}");
    store.commit(Change::default()).await.expect("it writes");
    pooler.renew_sessions();
    let failed = tokio::time::timeout(std::time::Duration::from_secs(30), store.failed()).await.expect("it is seen");
    assert!(failed.to_string().contains("session mode"), "{failed}");
    store.ping().await.expect_err("it is not ready");
    store.commit(Change::default()).await.expect_err("it writes no more");
    store.close().await;
}

const TLS_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();
const AUTHENTICATION: u8 = b'R';
const CLEARTEXT_PASSWORD: [u8; 4] = 3_u32.to_be_bytes();
const READY: u8 = b'Z';
const QUERY: u8 = b'Q';
const SYNC: u8 = b'S';
