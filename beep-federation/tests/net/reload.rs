//! Certificates that change while backends talk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use beep_federation::net::{EgressSettings, Tls, TlsError, TlsFiles};
use tokio::sync::watch;

use crate::authority::{Authority, Files, Order};
use crate::backend::{World, domain, quick};

const A: &str = "federator.a.example.com";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_notices_a_renewal() {
    let world = World::new();
    let (a, b) = (Arc::new(world.backend("a").await), Arc::new(world.backend("b").await));
    let (renewing, answered) = (Arc::new(AtomicBool::new(true)), watch::Sender::new([0; 4]));
    let asking: Vec<_> = [(a.clone(), "b.example.com"), (b.clone(), "a.example.com")]
        .into_iter()
        .flat_map(|(from, to)| [(from.clone(), to), (from, to)])
        .enumerate()
        .map(|(own, (from, to))| {
            let (renewing, answered) = (renewing.clone(), answered.clone());
            tokio::spawn(async move {
                let mut asked: u64 = 0;
                while renewing.load(Ordering::SeqCst) || asked < 50 {
                    from.ask(to).await.expect("a renewal is not noticed");
                    asked += 1;
                    answered.send_modify(|answered| answered[own] = asked);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for _ in 0..10 {
        for (backend, host) in [(&a, A), (&b, "federator.b.example.com")] {
            backend.files.write(&world.authority.issue(&Order::of(&[host])));
            assert!(backend.tls.reload().expect("the files are good"));
            // Each of them is answered, so that none meets one renewal after the other with the same call.
            let before = *answered.borrow();
            let all = |now: &[u64; 4]| now.iter().zip(before).all(|(now, before)| *now > before);
            answered.subscribe().wait_for(all).await.expect("they go on asking");
        }
    }
    renewing.store(false, Ordering::SeqCst);
    for asking in asking {
        asking.await.expect("no call failed");
    }
    assert!(a.egress.counts().connections > 1, "the new certificates were used");
}

#[tokio::test]
async fn a_new_certificate_is_shown_at_the_next_call() {
    let world = World::new();
    let (a, _b) = (world.backend_with("a", &Order::of(&["federator.x.example.com"])).await, world.backend("b").await);
    assert_eq!(a.code("b.example.com").await, "validation_error");
    a.files.write(&world.authority.issue(&Order::of(&[A])));
    assert!(a.tls.reload().expect("the files are good"));
    assert!(a.ask("b.example.com").await.is_ok());
    assert!(!a.tls.reload().expect("the files are good"), "nothing changed since");
}

#[tokio::test]
async fn an_authority_that_is_no_longer_trusted_is_out_at_once() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    assert!(a.ask("b.example.com").await.is_ok());
    let other = Authority::new();
    b.files.write_roots(&other.pem());
    assert!(b.tls.reload().expect("the files are good"));
    // The connection that there was ends, and its session is not resumed.
    loop {
        match a.ask("b.example.com").await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break assert_eq!(error.problem().code.as_str(), "authentication_failure"),
        }
    }
    b.files.write_roots(&(other.pem() + &world.authority.pem()));
    assert!(b.tls.reload().expect("the files are good"));
    assert!(a.ask("b.example.com").await.is_ok());
}

#[tokio::test]
async fn a_broken_file_changes_nothing() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    let other = world.authority.issue(&Order::of(&[A]));
    let certificate = std::fs::read_to_string(a.files.path("certificate.pem")).expect("it is there");
    let key = std::fs::read_to_string(a.files.path("key.pem")).expect("it is there");
    for (certificate, key) in [
        ("".to_owned(), key.clone()),
        ("nonsense".to_owned(), key.clone()),
        (certificate[..certificate.len() / 2].to_owned(), key.clone()),
        (certificate.clone(), "".to_owned()),
        (certificate.clone(), other.1.clone()),
        (other.0.clone(), key.clone()),
        (key.clone(), certificate.clone()),
    ] {
        a.files.write(&(certificate, key));
        assert!(matches!(a.tls.reload(), Err(TlsError::Content { .. } | TlsError::Unfit(_))));
        assert!(!a.tls.reload().expect("it is complained of once"));
        assert!(a.ask("b.example.com").await.is_ok());
        assert!(b.ask("a.example.com").await.is_ok());
    }
    a.files.write_roots("");
    assert!(a.tls.reload().is_err());
    std::fs::remove_file(a.files.path("key.pem")).expect("it was there");
    assert!(matches!(a.tls.reload(), Err(TlsError::Unreadable { .. })));
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(a.egress.counts().connections, 1);
    a.files.write(&other);
    a.files.write_roots(&world.authority.pem());
    assert!(a.tls.reload().expect("the files are good"));
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(a.egress.counts().connections, 2);
}

#[test]
fn a_certificate_for_another_host_than_the_settings_name_is_not_used() {
    let world = World::new();
    let issue = |names: &[&'static str]| world.authority.issue(&Order::of(names));
    let files = Files::new(&issue(&[A]), &world.authority.pem());
    let load = |host: &str| {
        let files = TlsFiles { infra_domain: Some(domain(host)), ..files.tls() };
        Tls::load(files, world.clock.clone())
    };
    let tls = load("Federator.A.example.com.").expect("it is for that host");
    let line = load("new.a.example.com").expect_err("it is for another").to_string();
    let certificate = files.path("certificate.pem").display().to_string();
    assert_eq!(line, format!("{certificate} is for `{A}`, but not for `new.a.example.com`"));

    // One that comes while the backend runs is refused too, and the one before it is kept.
    for names in [&["new.a.example.com"][..], &["*.example.com"], &[]] {
        files.write(&issue(names));
        assert!(matches!(tls.reload(), Err(TlsError::AnotherHost { .. })), "{names:?}");
        assert!(!tls.reload().expect("it is complained of once"));
    }
    files.write(&issue(&["x.example.org", "*.a.example.com"]));
    assert!(tls.reload().expect("a wildcard covers it"));
    assert!(load("new.a.example.com").is_ok());
}

#[tokio::test]
async fn files_are_looked_at_without_being_told() {
    let world = World::new();
    let files = Files::new(&world.authority.issue(&Order::of(&["federator.x.example.com"])), &world.authority.pem());
    let a = world.started("a", files, quick(), EgressSettings::default()).await;
    let _b = world.backend("b").await;
    let watching = tokio::spawn(a.tls.clone().watch(Duration::from_millis(5)));
    assert_eq!(a.code("b.example.com").await, "validation_error");
    a.files.write(&world.authority.issue(&Order::of(&[A])));
    while a.ask("b.example.com").await.is_err() {
        tokio::task::yield_now().await;
    }
    watching.abort();
}
