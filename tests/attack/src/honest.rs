//! Two people who do nothing but talk, from an address of their own, and how long what one says takes to the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use beep_proto::gateway::{EventData, ServerFrame};
use beep_tests::gateway::{Format, Gateway, ReceivedEntry};
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, timeout};

use crate::abroad::Abroad;
use crate::address::HONEST;
use crate::wire::{Wire, connect};

/// The two before they talk.
#[derive(Clone)]
pub(crate) struct Pair {
    who: &'static str,
    speaker: Person,
    /// Where the backend of the speaker listens, which is attacked.
    to: String,
    listener: Person,
    /// Where that of the listener listens.
    from: String,
    channel: String,
}

impl Pair {
    /// Has them meet.
    pub(crate) async fn meet(server: &Server) -> Self {
        let speaker = Person::sign_up(server, "honest").await;
        let listener = Person::sign_up(server, "faithful").await;
        let (place, channel) = speaker.community("private").await;
        listener.accept(&speaker.invite(&place).await).await;
        let (to, from) = (server.address().to_owned(), server.address().to_owned());
        Self { who: "of one backend", speaker, to, listener, from, channel }
    }

    /// Has somebody of the attacked backend meet somebody of another.
    pub(crate) async fn meet_across(abroad: &Abroad) -> Self {
        let speaker = abroad.own.sign_up("outgoing").await;
        let listener = abroad.good.sign_up("attentive").await;
        let (place, channel) = speaker.community("public").await;
        listener.post(&format!("/servers/{place}/join"), json!({})).await.expect(200);
        let (to, from) = (abroad.own.server.address().to_owned(), abroad.good.server.address().to_owned());
        Self { who: "of two backends", speaker, to, listener, from, channel }
    }

    /// Where they are.
    pub(crate) fn who(&self) -> &'static str {
        self.who
    }

    /// Has them talk until they are stopped, on a thread of their own: what others here do holds them up the least.
    pub(crate) fn talk(&self) -> Talk {
        let told = Arc::new(Told::default());
        let (count, counted) = watch::channel(0);
        let (pair, telling) = (self.clone(), told.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(text)?.block_on(pair.converse(&telling, &count))
        });
        Talk { told, counted, thread }
    }

    async fn converse(self, telling: &Told, count: &watch::Sender<u64>) -> Result<(), String> {
        let stream = connect(&self.from, HONEST, None).await.map_err(text)?;
        let mut gateway = Gateway::upgrade(stream, &self.from, Format::Json).await.map_err(text)?;
        gateway.hello(&self.listener.token, None).await;
        let mut wire = Wire::open(&self.to, HONEST).await.map_err(text)?;
        let path = format!("/v1/channels/{}/messages", self.channel);
        let headers = format!("authorization: Bearer {}\r\n", self.speaker.token);
        let mut turns = tokio::time::interval(PACE);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut number = 0_u64;
        while !telling.is_over.load(Ordering::Relaxed) {
            turns.tick().await;
            let content = format!("number {number}");
            let body = json!({ "content": content }).to_string();
            let begun = Instant::now();
            let sent = wire.ask("POST", &path, &headers, body.as_bytes()).await.map_err(text)?;
            if sent.status != 201 {
                return Err(format!("a message was answered {} {}", sent.status, sent.code()));
            }
            timeout(MOST, hears(&mut gateway, &content)).await.map_err(|_| "a message never came")??;
            telling.add(begun.elapsed());
            number += 1;
            count.send_replace(number);
        }
        Ok(())
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Reads up to a message.
async fn hears(gateway: &mut Gateway, content: &str) -> Result<(), String> {
    loop {
        match gateway.hear().await {
            ReceivedEntry::Closed(code) => return Err(format!("the gateway closed with {code:?}")),
            ReceivedEntry::Frame(frame) => match *frame {
                ServerFrame::Event(event) => {
                    if matches!(event.data, EventData::MessageCreated(message) if message.content == content) {
                        return Ok(());
                    }
                }
                ServerFrame::Error(closing) => return Err(format!("the gateway said {}", closing.code.as_str())),
                _ => {}
            },
        }
    }
}

/// Two people who talk.
pub(crate) struct Talk {
    told: Arc<Told>,
    counted: watch::Receiver<u64>,
    thread: JoinHandle<Result<(), String>>,
}

#[derive(Default)]
struct Told {
    delays: Mutex<Vec<Duration>>,
    is_over: AtomicBool,
}

impl Told {
    fn add(&self, delay: Duration) {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner).push(delay);
    }
}

impl Talk {
    /// Waits for so many more messages, or until the two can talk no longer.
    pub(crate) async fn messages(&mut self, count: u64) {
        let until = *self.counted.borrow() + count;
        let _ = self.counted.wait_for(|counted| *counted >= until).await;
    }

    /// How many messages were heard.
    pub(crate) fn count(&self) -> u64 {
        *self.counted.borrow()
    }

    /// How long each message took since this was asked before.
    pub(crate) fn delays(&self) -> Delays {
        let mut delays = std::mem::take(&mut *self.told.delays.lock().unwrap_or_else(PoisonError::into_inner));
        delays.sort_unstable();
        Delays(delays)
    }

    /// Ends it; says what ended it before.
    pub(crate) async fn end(self) -> Result<(), String> {
        self.told.is_over.store(true, Ordering::Relaxed);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        ended.map_err(|error| error.to_string())?.map_err(|_| "they panicked".to_owned())?
    }
}

/// How long messages took, the fastest first.
pub(crate) struct Delays(Vec<Duration>);

impl Delays {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// What 99 of 100 were faster than, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        let at = (self.0.len() * 99).div_ceil(100);
        self.0.get(at.saturating_sub(1)).map_or(0.0, |delay| delay.as_secs_f64() * 1e3)
    }
}

/// How often they say something; within the limit of a user.
const PACE: Duration = Duration::from_millis(60);

/// How long a message may take.
const MOST: Duration = Duration::from_secs(60);
