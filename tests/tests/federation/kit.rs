//! What the stories rely on does what it says: the wires, the names, the peers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use beep_tests::database::Engine;
use beep_tests::federation::authority::Wanted;
use beep_tests::federation::dns::{Dns, Entry, Service, federator};
use beep_tests::federation::fake::Reaction;
use beep_tests::federation::link::{Flow, Link};
use beep_tests::federation::realm::{Realm, infra};
use hickory_server::proto::op::{Message, Query, ResponseCode};
use hickory_server::proto::rr::{Name, RData, RecordType};
use serde_json::json;
use tokio::net::UdpSocket;
use tokio::time::timeout;

#[tokio::test]
async fn a_wire_that_loses_an_answer_has_delivered_the_request() {
    let mut realm = Realm::new(Engine::Memory).await;
    let (fake, identity) = realm.fake("fake", |_| Reaction::json(&json!({ "acked_seq": 1 }))).await;
    let link = Link::start("127.0.0.1", &fake.address().to_string()).await;
    let peer = realm.peer(Some(&identity));
    let mut wire = peer.connect(link.address(), &infra("fake")).await.expect("it is let through");
    for _ in 0..10 {
        wire.call("fake.example.com", "events/on-events", &json!({})).await.expect("it answers");
    }
    link.lose_answers(1);
    wire.call("fake.example.com", "events/on-events", &json!({})).await.expect_err("its answer is lost");
    assert_eq!((fake.heard().len(), link.still_to_lose()), (11, 0));
    let mut wire = peer.connect(link.address(), &infra("fake")).await.expect("the wire is whole");
    wire.call("fake.example.com", "events/on-events", &json!({})).await.expect("it answers");
    link.truncate_after(30);
    let long = json!({ "long": "x".repeat(1_000) });
    wire.call("fake.example.com", "events/on-events", &long).await.expect_err("it is cut short");
    assert_eq!(fake.heard().len(), 12);
    link.cut();
    peer.connect(link.address(), &infra("fake")).await.map(drop).expect_err("it is cut");
    link.set(Flow::Delay(Duration::from_millis(1)));
    peer.connect(link.address(), &infra("fake")).await.map(drop).expect("it is slow and whole");
}

#[tokio::test]
async fn a_false_backend_asks_for_a_certificate() {
    let mut realm = Realm::new(Engine::Memory).await;
    let (fake, _) = realm.fake("fake", |_| Reaction::json(&json!({}))).await;
    for identity in [None, Some(realm.authority.issue_as(&Wanted::new(&["x.example.com"]).between(2020, 2021)))] {
        let wire = realm.peer(identity.as_ref()).connect(fake.address(), &infra("fake")).await;
        if let Ok(mut wire) = wire {
            wire.call("fake.example.com", "meta/versions", &json!({})).await.map(drop).expect_err("it is refused");
        }
    }
    assert!(fake.heard().is_empty());
}

#[tokio::test]
async fn the_name_server_answers_what_the_story_says() {
    let dns = Dns::start().await;
    let address: IpAddr = [127, 0, 0, 9].into();
    dns.serves("a.example.com", vec![Service::at("federator.a.example.com", 7)]);
    dns.host("federator.a.example.com", address);
    dns.answer("alias.example.com", Entry::Alias(federator("a.example.com"), 5));
    dns.answer("broken.example.com", Entry::Failure);
    dns.answer("mute.example.com", Entry::Silence);
    let found = ask(dns.address(), &federator("A.example.com"), RecordType::SRV).await.expect("an answer");
    let targets: Vec<_> = found
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => Some((srv.target.to_string(), srv.port)),
            _ => None,
        })
        .collect();
    assert_eq!(targets, [("federator.a.example.com.".to_owned(), 7)]);
    let found = ask(dns.address(), "alias.example.com", RecordType::SRV).await.expect("an answer");
    assert_eq!(found.answers.len(), 2);
    let found = ask(dns.address(), "federator.a.example.com", RecordType::A).await.expect("an answer");
    assert!(matches!(&found.answers[0].data, RData::A(found) if IpAddr::V4(found.0) == address));
    let found = ask(dns.address(), "broken.example.com", RecordType::SRV).await.expect("an answer");
    assert_eq!(found.metadata.response_code, ResponseCode::ServFail);
    let found = ask(dns.address(), "nobody.example.com", RecordType::SRV).await.expect("an answer");
    assert_eq!((found.metadata.response_code, found.authorities.len()), (ResponseCode::NXDomain, 1));
    assert!(ask(dns.address(), "mute.example.com", RecordType::SRV).await.is_none());
    dns.until_asked("mute.example.com", 1).await;
}

async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Option<Message> {
    let mut message = Message::query();
    message.add_query(Query::query(Name::from_ascii(name).expect("it is a name"), kind));
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
    socket.send_to(&message.to_vec().expect("it can be written"), server).await.expect("it is sent");
    let mut octets = [0; 2048];
    let read = timeout(Duration::from_secs(2), socket.recv(&mut octets)).await.ok()?.expect("it is received");
    Some(Message::from_vec(&octets[..read]).expect("it is a message"))
}
