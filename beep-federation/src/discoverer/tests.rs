use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::*;
use crate::discovery::{MAX_ABSENCE, MAX_LIFE, MIN_LIFE};
use crate::resolver::SrvEntry;

/// A clock that stands until it is set.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Answers from a list, each question only once it is let; counts what it was asked.
struct Fake {
    answers: Mutex<HashMap<String, SrvAnswer>>,
    asked: AtomicUsize,
    lets: Semaphore,
}

#[async_trait]
impl Resolver for Fake {
    async fn srv(&self, name: &str) -> SrvAnswer {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.lets.acquire().await.expect("it is never closed").forget();
        self.answers.lock().expect("nobody panicked").get(name).cloned().unwrap_or(SrvAnswer::Failed)
    }

    async fn addresses(&self, _host: &str) -> Result<Vec<IpAddr>, AddressError> {
        Err(AddressError::Absent)
    }
}

struct Stage {
    clock: Arc<SetClock>,
    fake: Arc<Fake>,
    discoverer: Arc<Discoverer>,
}

impl Stage {
    fn new() -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(1_000_000)));
        let fake = Arc::new(Fake { answers: Mutex::default(), asked: AtomicUsize::new(0), lets: Semaphore::new(1000) });
        let discoverer = Arc::new(Discoverer::new(fake.clone(), clock.clone(), SrvService::default()));
        Self { clock, fake, discoverer }
    }

    fn answer(&self, domain: &str, answer: SrvAnswer) {
        let name = format!("_wire-server-federator._tcp.{domain}");
        self.fake.answers.lock().expect("nobody panicked").insert(name, answer);
    }

    fn pass(&self, time: Duration) {
        self.turn(i64::try_from(time.as_millis()).expect("not that long"));
    }

    fn turn(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.fake.asked.load(Ordering::SeqCst)
    }

    /// The first host that serves a domain, or why there is none.
    async fn host(&self, domain: &str) -> Result<String, DiscoveryError> {
        let discovery = self.discoverer.discover(&self::domain(domain)).await?;
        let targets = discovery.targets(self.clock.now())?;
        Ok(targets[0].host.to_string())
    }
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).expect("a domain")
}

fn found(host: &str, ttl: Duration) -> SrvAnswer {
    let record = SrvEntry { priority: 10, weight: 5, port: 443, target: host.to_owned() };
    SrvAnswer::Found { records: vec![record], ttl }
}

const A: &str = "a.example.com";
const MILLI: Duration = Duration::from_millis(1);

#[tokio::test]
async fn an_answer_is_kept_for_its_time_and_not_longer() {
    for (ttl, life) in [
        (Duration::ZERO, MIN_LIFE),
        (Duration::from_secs(60), Duration::from_secs(60)),
        (Duration::from_secs(7 * 24 * 60 * 60), MAX_LIFE),
    ] {
        let stage = Stage::new();
        stage.answer(A, found("old.example.com", ttl));
        assert_eq!(stage.host(A).await.as_deref(), Ok("old.example.com"));
        stage.answer(A, found("new.example.com", ttl));
        stage.pass(life - MILLI);
        assert_eq!(stage.host(A).await.as_deref(), Ok("old.example.com"), "{ttl:?}");
        assert_eq!(stage.asked(), 1);
        stage.pass(MILLI);
        assert_eq!(stage.host(A).await.as_deref(), Ok("new.example.com"), "{ttl:?}");
        assert_eq!(stage.asked(), 2);
    }
}

#[tokio::test]
async fn an_absence_is_kept_for_five_minutes_at_most() {
    let stage = Stage::new();
    stage.answer(A, SrvAnswer::Absent { ttl: MAX_LIFE });
    assert_eq!(stage.host(A).await, Err(DiscoveryError::Absent));
    stage.answer(A, found("new.example.com", MIN_LIFE));
    stage.pass(MAX_ABSENCE - MILLI);
    assert_eq!(stage.host(A).await, Err(DiscoveryError::Absent));
    stage.pass(MILLI);
    assert_eq!(stage.host(A).await.as_deref(), Ok("new.example.com"));
    assert_eq!(stage.asked(), 2);
}

#[tokio::test]
async fn a_failure_is_not_kept_and_never_falls_back_on_what_was() {
    let stage = Stage::new();
    stage.answer(A, found("old.example.com", MIN_LIFE));
    assert!(stage.host(A).await.is_ok());
    stage.pass(MIN_LIFE);
    stage.answer(A, SrvAnswer::Failed);
    assert_eq!(stage.host(A).await, Err(DiscoveryError::Failed));
    assert_eq!(stage.host(A).await, Err(DiscoveryError::Failed));
    assert_eq!(stage.asked(), 3);
    stage.answer(A, found("new.example.com", MIN_LIFE));
    assert_eq!(stage.host(A).await.as_deref(), Ok("new.example.com"));
}

#[tokio::test]
async fn a_domain_that_offers_nothing_is_kept_too() {
    let stage = Stage::new();
    stage.answer(A, found(".", Duration::from_secs(60)));
    assert_eq!(stage.host(A).await, Err(DiscoveryError::NotOffered));
    assert_eq!(stage.host(A).await, Err(DiscoveryError::NotOffered));
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn a_clock_that_is_turned_back_makes_no_answer_last_longer() {
    let stage = Stage::new();
    stage.answer(A, found("old.example.com", MIN_LIFE));
    assert!(stage.host(A).await.is_ok());
    stage.turn(-60_000);
    stage.answer(A, found("new.example.com", MIN_LIFE));
    assert_eq!(stage.host(A).await.as_deref(), Ok("new.example.com"));
}

/// Polls once, to where it waits.
async fn begin<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) {
    assert!(futures_util::poll!(future).is_pending(), "nothing lets it go on");
}

#[tokio::test]
async fn those_who_ask_at_once_share_one_lookup() {
    let stage = Stage::new();
    stage.fake.lets.forget_permits(1000);
    stage.answer(A, found("f.example.com", MIN_LIFE));
    let mut waiting: Vec<_> = (0..50).map(|_| Box::pin(stage.host(A))).collect();
    for one in &mut waiting {
        begin(one).await;
    }
    assert_eq!(stage.asked(), 1);
    // Whoever began it gives up: the others have their answer none the less.
    drop(waiting.remove(0));
    stage.fake.lets.add_permits(1);
    for one in waiting {
        assert_eq!(one.await.as_deref(), Ok("f.example.com"));
    }
    assert_eq!(stage.host(A).await.as_deref(), Ok("f.example.com"));
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_waited_for_it() {
    let stage = Stage::new();
    stage.fake.lets.forget_permits(1000);
    let mut waiting: Vec<_> = (0..5).map(|_| Box::pin(stage.host(A))).collect();
    for one in &mut waiting {
        begin(one).await;
    }
    stage.fake.lets.add_permits(1);
    for one in waiting {
        assert_eq!(one.await, Err(DiscoveryError::Failed));
    }
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn a_lookup_that_everybody_gave_up_holds_up_nobody() {
    let stage = Stage::new();
    stage.fake.lets.forget_permits(1000);
    stage.answer(A, found("f.example.com", MIN_LIFE));
    let mut given_up = Box::pin(stage.host(A));
    begin(&mut given_up).await;
    drop(given_up);
    stage.fake.lets.add_permits(1);
    assert_eq!(stage.host(A).await.as_deref(), Ok("f.example.com"));
    assert_eq!(stage.asked(), 2);
}

#[tokio::test]
async fn what_is_forgotten_is_asked_for_again() {
    let stage = Stage::new();
    stage.answer(A, found("f.example.com", MAX_LIFE));
    assert!(stage.host(A).await.is_ok());
    stage.discoverer.forget(&domain(A));
    assert!(stage.host(A).await.is_ok());
    assert_eq!(stage.asked(), 2);
}

#[tokio::test]
async fn so_many_domains_are_kept_and_those_in_use_longest() {
    let stage = Stage::new();
    stage.fake.lets.add_permits(2 * MOST);
    stage.answer(A, found("f.example.com", MAX_LIFE));
    assert!(stage.host(A).await.is_ok());
    for n in 0..MOST + MOST / 2 {
        let name = format!("d{n}.example.com");
        stage.answer(&name, found("x.example.com", MAX_LIFE));
        assert!(stage.host(&name).await.is_ok());
        assert!(stage.host(A).await.is_ok());
    }
    assert_eq!(stage.asked(), MOST + MOST / 2 + 1, "the one in use is never asked for again");
    let kept = stage.discoverer.kept.lock().expect("nobody panicked");
    assert!(kept.answers.len() <= MOST);
    assert!(kept.under_way.is_empty());
}
