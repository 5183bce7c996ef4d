//! What a real DNS server says, and what is made of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use beep_federation::net::{DnsResolver, DnsServer};
use beep_federation::{AddressError, Resolver, SrvAnswer, SrvEntry};
use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::rdata::{A, AAAA};
use hickory_server::proto::rr::{RData, Record, RecordType};

use crate::dns::{Dns, Reply, Script, alias, name, srv};

const SERVICE: &str = "_wire-server-federator._tcp.a.example.com";

async fn asked(script: Script) -> (SrvAnswer, Dns) {
    let dns = Dns::start(script).await;
    let resolver = DnsResolver::new(DnsServer::At(dns.address)).expect("no file is read");
    (resolver.srv(SERVICE).await, dns)
}

fn entry(priority: u16, port: u16, target: &str) -> SrvEntry {
    SrvEntry { priority, weight: 5, port, target: target.to_owned() }
}

fn absent(seconds: u64) -> SrvAnswer {
    SrvAnswer::Absent { ttl: Duration::from_secs(seconds) }
}

#[tokio::test]
async fn records_come_with_the_least_of_their_times() {
    let (answer, _dns) = asked(|owner, kind| match kind {
        RecordType::SRV => Reply::Records(vec![
            srv(owner, 300, 10, 8443, "Federator.A.example.com"),
            srv(owner, 60, 20, 443, "other.example.org"),
        ]),
        _ => Reply::Nothing(ResponseCode::NoError, None),
    })
    .await;
    let SrvAnswer::Found { records, ttl } = answer else { panic!("{answer:?}") };
    assert_eq!(ttl, Duration::from_secs(60));
    assert_eq!(records.len(), 2);
    assert!(records.iter().any(|one| one.port == 8443 && one.target.eq_ignore_ascii_case("federator.a.example.com.")));
    assert!(records.contains(&entry(20, 443, "other.example.org.")));
}

#[tokio::test]
async fn a_time_of_zero_is_told_as_it_is() {
    let (answer, _dns) = asked(|owner, _| Reply::Records(vec![srv(owner, 0, 10, 443, "f.example.com")])).await;
    let expected = SrvAnswer::Found { records: vec![entry(10, 443, "f.example.com.")], ttl: Duration::ZERO };
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_root_target_is_told_as_a_dot() {
    let (answer, _dns) = asked(|owner, _| Reply::Records(vec![srv(owner, 60, 0, 0, ".")])).await;
    let expected = SrvAnswer::Found { records: vec![entry(0, 0, ".")], ttl: Duration::from_secs(60) };
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn aliases_are_followed_and_hold_no_longer_than_they_say() {
    // All in one answer, as a resolver gives it.
    let (answer, _dns) = asked(|owner, kind| {
        let chain = [
            alias(SERVICE, 30, "one.example.org"),
            alias("one.example.org", 600, "two.example.org"),
            srv("two.example.org", 300, 10, 443, "f.example.org"),
        ];
        let Some(at) = chain.iter().position(|record| record.name == name(owner)) else {
            return Reply::Nothing(ResponseCode::NXDomain, Some(60));
        };
        match kind {
            RecordType::SRV => Reply::Records(chain[at..].to_vec()),
            kind if chain[at].record_type() == kind => Reply::Records(vec![chain[at].clone()]),
            _ => Reply::Nothing(ResponseCode::NoError, Some(60)),
        }
    })
    .await;
    let records = vec![entry(10, 443, "f.example.org.")];
    assert_eq!(answer, SrvAnswer::Found { records, ttl: Duration::from_secs(30) });

    // One at a time, as an authority gives it that has only its own part.
    let (answer, _dns) = asked(|owner, _| match owner {
        "one.example.org" => Reply::Records(vec![srv(owner, 300, 10, 443, "f.example.org")]),
        _ => Reply::Records(vec![alias(owner, 600, "one.example.org")]),
    })
    .await;
    let SrvAnswer::Found { records, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(records, [entry(10, 443, "f.example.org.")]);

    // In a circle.
    let (answer, _dns) = asked(|owner, _| match owner {
        "one.example.org" => Reply::Records(vec![alias(owner, 600, "two.example.org")]),
        "two.example.org" => Reply::Records(vec![alias(owner, 600, "one.example.org")]),
        _ => Reply::Records(vec![alias(owner, 600, "one.example.org")]),
    })
    .await;
    assert!(!matches!(answer, SrvAnswer::Found { .. }), "{answer:?}");
}

#[tokio::test]
async fn absences_have_their_time() {
    let (answer, _dns) = asked(|_, _| Reply::Nothing(ResponseCode::NXDomain, Some(120))).await;
    assert_eq!(answer, absent(120));
    let (answer, _dns) = asked(|_, _| Reply::Nothing(ResponseCode::NoError, Some(90))).await;
    assert_eq!(answer, absent(90));
    let (answer, _dns) = asked(|_, _| Reply::Nothing(ResponseCode::NXDomain, None)).await;
    assert_eq!(answer, absent(5));
}

#[tokio::test]
async fn a_failing_server_says_nothing_about_the_domain() {
    for script in [
        (|_, _| Reply::Nothing(ResponseCode::ServFail, None)) as Script,
        |_, _| Reply::Nothing(ResponseCode::Refused, None),
        |_, _| Reply::Nothing(ResponseCode::ServFail, Some(60)),
    ] {
        assert_eq!(asked(script).await.0, SrvAnswer::Failed);
    }
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_long() {
    let begun = Instant::now();
    assert_eq!(asked(|_, _| Reply::Silence).await.0, SrvAnswer::Failed);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_too_long_for_udp_comes_over_tcp() {
    let (answer, dns) = asked(|owner, _| {
        let one = |n: u16| srv(owner, 60, n, 443, &format!("host-with-a-rather-long-name-{n}.example.com"));
        Reply::Records((0..100).map(one).collect())
    })
    .await;
    let SrvAnswer::Found { records, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(records.len(), 100);
    assert!(dns.over_tcp.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn what_is_no_name_is_not_asked_for() {
    let dns = Dns::start(|_, _| Reply::Silence).await;
    let resolver = DnsResolver::new(DnsServer::At(dns.address)).expect("no file is read");
    let long = "a.".repeat(130);
    assert_eq!(resolver.srv(&format!("_x._tcp.{long}example.com")).await, SrvAnswer::Failed);
    assert_eq!(resolver.addresses(&long).await, Err(AddressError::Absent));
}

#[tokio::test]
async fn addresses_are_of_both_families() {
    let dns = Dns::start(|owner, kind| match (owner, kind) {
        ("both.example.com", RecordType::A) => {
            let address = |last| Record::from_rdata(name("both.example.com"), 60, RData::A(A::new(192, 0, 2, last)));
            Reply::Records(vec![address(1), address(2)])
        }
        ("both.example.com", RecordType::AAAA) => {
            let address = AAAA(Ipv6Addr::LOCALHOST);
            Reply::Records(vec![Record::from_rdata(name(owner), 60, RData::AAAA(address))])
        }
        ("four.example.com", RecordType::A) => {
            Reply::Records(vec![Record::from_rdata(name(owner), 60, RData::A(A::new(192, 0, 2, 4)))])
        }
        ("four.example.com", _) => Reply::Nothing(ResponseCode::NoError, Some(60)),
        ("broken.example.com", _) => Reply::Nothing(ResponseCode::ServFail, None),
        _ => Reply::Nothing(ResponseCode::NXDomain, Some(60)),
    })
    .await;
    let resolver = DnsResolver::new(DnsServer::At(dns.address)).expect("no file is read");
    let v4 = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
    let mut both = resolver.addresses("both.example.com").await.expect("it has three");
    both.sort();
    assert_eq!(both, [v4(1), v4(2), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    assert_eq!(resolver.addresses("four.example.com").await, Ok(vec![v4(4)]));
    assert_eq!(resolver.addresses("none.example.com").await, Err(AddressError::Absent));
    assert_eq!(resolver.addresses("broken.example.com").await, Err(AddressError::Failed));
}
