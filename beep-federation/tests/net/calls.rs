//! What works between backends that mean well.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use beep_federation::Rpc;
use beep_federation::net::{Call, CallError, Counts, EgressSettings};
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::authority::{Files, Order};
use crate::backend::{World, domain, quick};

#[tokio::test]
async fn both_ways() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    let answer = a.ask("b.example.com").await.expect("all is well");
    assert_eq!(answer, serde_json::json!({ "asked_by": "a.example.com", "octets": 2 }));
    let answer = b.ask("a.example.com").await.expect("all is well");
    assert_eq!(answer["asked_by"], "b.example.com");
}

#[tokio::test]
async fn a_thousand_calls_share_one_connection_and_one_question_for_versions() {
    let world = World::new();
    let (a, b) = (Arc::new(world.backend("a").await), world.backend("b").await);
    let asking = (0..10).map(|_| {
        let a = a.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                a.ask("b.example.com").await.expect("all is well");
            }
        })
    });
    for asking in asking.collect::<Vec<_>>() {
        asking.await.expect("it did not panic");
    }
    assert_eq!(a.egress.counts(), Counts { connections: 1, open: 1, calls: 1000 });
    assert_eq!(b.answers.asked.load(Ordering::SeqCst), 1000);
    assert_eq!(b.answers.versions.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn more_at_once_than_the_other_side_takes_wait_their_turn() {
    let world = World::new();
    let (a, b) = (Arc::new(world.backend("a").await), world.backend("b").await);
    let asking: Vec<_> = (0..300)
        .map(|_| {
            let a = a.clone();
            tokio::spawn(async move { a.call("b.example.com", Rpc::EventsPull, b"{}".to_vec()).await })
        })
        .collect();
    b.answers.lets.add_permits(300);
    for asking in asking {
        asking.await.expect("it did not panic").expect("all is well");
    }
    assert_eq!(a.egress.counts().connections, 1);
}

#[tokio::test]
async fn a_record_that_leads_to_another_backend_brings_it_nothing() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    world.zone.point(&domain("e.example.com"), "federator.b.example.com", b.address.port());
    let failed = a.ask("e.example.com").await.expect_err("that host serves b.example.com");
    assert_eq!(failed, CallError::Misdirected);
    assert_eq!((failed.problem().status, failed.problem().code.as_str()), (502, "validation_error"));
    let reached = b.answers.asked.load(Ordering::SeqCst) + b.answers.versions.load(Ordering::SeqCst);
    assert_eq!(reached, 0, "b was told what was meant for another");
    a.ask("b.example.com").await.expect("its own calls still arrive");
}

#[tokio::test]
async fn a_refusal_comes_back_as_it_was_said() {
    let world = World::new();
    let (a, _b) = (world.backend("a").await, world.backend("b").await);
    let refused = a.call("b.example.com", Rpc::UsersByHandle, b"{}".to_vec()).await.expect_err("nobody is called so");
    let CallError::Refused(problem) = &refused else { panic!("{refused}") };
    assert_eq!((problem.status, problem.code.as_str()), (404, "not_found"));
    assert_eq!(problem.detail, "nobody is called that");
    assert!(!refused.is_transient());
    assert_eq!(refused.problem(), **problem);
}

#[tokio::test]
async fn bodies_are_whole_up_to_their_limit() {
    let world = World::new();
    let (a, _b) = (world.backend("a").await, world.backend("b").await);
    for (rpc, limit) in [(Rpc::Execute, 1 << 20), (Rpc::OnEvents, 4 << 20)] {
        let answer = a.call("b.example.com", rpc, vec![b' '; limit]).await.expect("it is within the limit");
        assert_eq!(answer["octets"], limit);
        let refused = a.call("b.example.com", rpc, vec![b' '; limit + 1]).await.expect_err("it is too large");
        assert_eq!(refused.problem().status, 413);
        assert_eq!(refused.problem().code.as_str(), "payload_too_large");
    }
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(a.egress.counts().connections, 1);
}

#[tokio::test]
async fn the_allow_list_holds_in_both_directions_and_changes_at_once() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    assert!(a.ask("b.example.com").await.is_ok());
    a.allow(Some(&["c.example.com"]));
    assert_eq!(a.code("b.example.com").await, "federation_denied");
    assert_eq!(a.egress.counts().calls, 1, "it was not even asked");
    a.allow(Some(&["b.example.com"]));
    assert!(a.ask("b.example.com").await.is_ok());

    b.allow(Some(&["c.example.com"]));
    let denied = a.ask("b.example.com").await.expect_err("it is not on the list");
    assert!(matches!(&denied, CallError::Refused(problem) if problem.status == 403), "{denied}");
    assert_eq!(denied.problem().code.as_str(), "federation_denied");
    b.allow(None);
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(a.egress.counts().connections, 1);
    assert_eq!(a.code("a.example.com").await, "federation_denied");
}

#[tokio::test]
async fn a_domain_without_a_record_is_a_failure_of_discovery() {
    let world = World::new();
    let a = world.backend("a").await;
    assert_eq!(a.code("nowhere.example.com").await, "discovery_failure");
    world.zone.point(&domain("off.example.com"), ".", 0);
    assert_eq!(a.code("off.example.com").await, "discovery_failure");
    let circuit = a.egress.circuit(&domain("off.example.com"));
    assert_eq!(circuit, beep_federation::net::CircuitState::Closed);
}

#[tokio::test]
async fn the_peer_is_looked_up_too() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    // The certificate is good, but for a host that no longer serves the domain.
    world.zone.point(&a.domain, "federator.elsewhere.example.com", a.address.port());
    assert_eq!(a.code("b.example.com").await, "validation_error");
    world.zone.point(&a.domain, ".", 0);
    b.discoverer.forget(&a.domain);
    assert_eq!(a.code("b.example.com").await, "discovery_failure");
    assert_eq!(b.answers.versions.load(Ordering::SeqCst), 0, "nothing of it reached the backend");
}

#[tokio::test]
async fn the_next_target_is_tried() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend_with("b", &Order::of(&["*.b.example.com"])).await);
    // Nobody listens on the port of the first.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let targets = [(10, "one.b.example.com", closed), (20, "two.b.example.com", b.address.port())];
    world.zone.set(&b.domain, &targets);
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(a.egress.counts().connections, 1);
}

#[tokio::test]
async fn a_backend_that_moved_is_found_at_its_new_host() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    assert!(a.ask("b.example.com").await.is_ok());
    let moved = world.backend_with("b", &Order::of(&["federator.c.example.com"])).await;
    world.zone.point(&b.domain, "federator.c.example.com", moved.address.port());
    a.discoverer.forget(&b.domain);
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(moved.answers.asked.load(Ordering::SeqCst), 1);
    assert_eq!(a.egress.counts().connections, 2);
}

#[tokio::test]
async fn a_connection_that_ended_is_opened_again() {
    let world = World::new();
    let (a, mut b) = (world.backend("a").await, world.backend("b").await);
    assert!(a.ask("b.example.com").await.is_ok());
    b.stop().await;
    let again = world.backend("b").await;
    a.discoverer.forget(&again.domain);
    let call = Call {
        to: again.domain.clone(),
        rpc: Rpc::Run,
        body: Bytes::from_static(b"{}"),
        repeatable: false,
        answer_limit: 8 << 20,
    };
    a.egress.call(call).await.expect("what was never sent may be sent again");
    assert_eq!(again.answers.asked.load(Ordering::SeqCst), 1);
    assert_eq!(a.egress.counts().connections, 2);
}

#[tokio::test]
async fn what_is_under_way_is_finished_when_the_listener_ends() {
    let world = World::new();
    let (a, mut b) = (Arc::new(world.backend("a").await), world.backend("b").await);
    let asking = {
        let a = a.clone();
        tokio::spawn(async move { a.call("b.example.com", Rpc::EventsPull, b"{}".to_vec()).await })
    };
    while b.answers.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let answers = b.answers.clone();
    let (stopped, ()) = tokio::join!(b.stop(), async { answers.lets.add_permits(1) });
    let () = stopped;
    asking.await.expect("it did not panic").expect("it was answered");
    assert_eq!(a.code("b.example.com").await, "remote_unavailable");
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed() {
    let world = World::new();
    let issued = world.authority.issue(&Order::of(&["federator.a.example.com"]));
    let files = Files::new(&issued, &world.authority.pem());
    let settings = EgressSettings { idle: Duration::from_millis(50), ..EgressSettings::default() };
    let (a, _b) = (world.started("a", files, quick(), settings).await, world.backend("b").await);
    assert!(a.ask("b.example.com").await.is_ok());
    while a.egress.counts().open > 0 {
        tokio::task::yield_now().await;
    }
    assert!(a.ask("b.example.com").await.is_ok());
    assert_eq!(a.egress.counts().connections, 2);
}

#[tokio::test]
async fn connections_are_few_and_one_that_nobody_uses_gives_way() {
    for settings in [
        EgressSettings { connections: 2, ..EgressSettings::default() },
        // All hosts have one address here.
        EgressSettings { connections_per_host: 2, ..EgressSettings::default() },
    ] {
        let world = World::new();
        let issued = world.authority.issue(&Order::of(&["federator.a.example.com"]));
        let files = Files::new(&issued, &world.authority.pem());
        let a = Arc::new(world.started("a", files, quick(), settings).await);
        let (b, c, _d) = (world.backend("b").await, world.backend("c").await, world.backend("d").await);
        for _ in 0..2 {
            for other in ["b.example.com", "c.example.com", "d.example.com"] {
                a.ask(other).await.expect("another connection gives way");
            }
        }
        while a.egress.counts().open > 2 {
            tokio::task::yield_now().await;
        }
        let (at_b, at_c) = (b.answers.asked.load(Ordering::SeqCst), c.answers.asked.load(Ordering::SeqCst));
        let held = ["b.example.com", "c.example.com"].map(|other| {
            let a = a.clone();
            tokio::spawn(async move { a.call(other, Rpc::EventsPull, b"{}".to_vec()).await })
        });
        while b.answers.asked.load(Ordering::SeqCst) == at_b || c.answers.asked.load(Ordering::SeqCst) == at_c {
            tokio::task::yield_now().await;
        }
        assert_eq!(a.code("d.example.com").await, "remote_unavailable", "those that are used stay");
        b.answers.lets.add_permits(1);
        c.answers.lets.add_permits(1);
        for held in held {
            held.await.expect("it did not panic").expect("it was answered");
        }
        a.ask("d.example.com").await.expect("there is room again");
    }
}

/// A place where TCP is taken and nobody ever speaks.
async fn black_hole(world: &World, letter: &str) -> TcpListener {
    let address = Ipv4Addr::new(127, 0, 1, 1);
    let listener = TcpListener::bind((address, 0)).await.expect("a port is free");
    let host = format!("federator.{letter}.example.com");
    world.zone.place(&host, address.into());
    world.zone.point(&domain(&format!("{letter}.example.com")), &host, listener.local_addr().expect("bound").port());
    listener
}

#[tokio::test]
async fn what_never_comes_about_takes_no_place_of_what_stands() {
    let world = World::new();
    let issued = world.authority.issue(&Order::of(&["federator.a.example.com"]));
    let files = Files::new(&issued, &world.authority.pem());
    let settings = EgressSettings { connections: 2, openings_per_network: 2, ..EgressSettings::default() };
    let a = Arc::new(world.started("a", files, quick(), settings).await);
    let _b = world.backend("b").await;
    let mut held = Vec::new();
    for letter in ["x", "y"] {
        let hole = black_hole(&world, letter).await;
        let asking = a.clone();
        let opening = tokio::spawn(async move { asking.ask(&format!("{letter}.example.com")).await });
        let (stream, _) = hole.accept().await.expect("it is gone to");
        held.push((opening, stream));
    }
    let _hole = black_hole(&world, "z").await;
    assert_eq!(a.ask("z.example.com").await, Err(CallError::Crowded), "its network has as many as it may");
    a.ask("b.example.com").await.expect("another network is not concerned");
    a.ask("b.example.com").await.expect("its connection stays");
    assert_eq!(a.egress.counts().connections, 1);
    for (opening, stream) in held {
        drop(stream);
        opening.await.expect("it did not panic").expect_err("nobody speaks there");
    }
}
