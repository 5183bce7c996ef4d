//! Who is let in and who is talked to, by certificate and name: the table of what can be wrong, with the code of each.

use std::net::{IpAddr, Ipv4Addr};

use beep_tests::database::Engine;
use beep_tests::federation::authority::{Authority, Identity, Wanted};
use beep_tests::federation::dns::{Entry, Service, TTL_S, federator};
use beep_tests::federation::fake::{Fake, Reaction};
use beep_tests::federation::peer::{Broken, Peer, Reply};
use beep_tests::federation::realm::{Backend, Realm, domain, infra};
use beep_tests::people::Person;
use futures_util::future::join_all;
use serde_json::json;

/// What a certificate is, beside its names.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Good,
    None,
    Stranger,
    Expired,
    NotYet,
    CommonName,
    ServerOnly,
    ClientOnly,
}

/// What the DNS says of a domain. `T` stands for the host that serves it.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// One record that leads to `T`.
    Plain,
    /// Three records, the last of which leads to `T`, and nothing is at the others.
    Several,
    /// One record that leads to `T`, written in upper case.
    Upper,
    /// The record is found under another name, which is found under another.
    Aliases,
    /// The record lives for no time.
    NoTime,
    /// The record says that there is no such service.
    Offered,
    /// There is no record.
    Absent,
    /// The DNS fails.
    Failing,
    /// The DNS says nothing.
    Silent,
    /// The record leads to an address.
    Address,
}

/// What a certificate and a name come to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// Good.
    Believed,
    /// The certificate is not to be trusted, for this use at least.
    Untrusted,
    /// The certificate is for somebody else.
    Mismatch,
    /// Nobody is found under the name.
    Undiscovered,
}

use Verdict::{Believed, Mismatch, Undiscovered, Untrusted};

/// Name of the row, certificate, its names, what the DNS says; the verdict on who calls, and on who is called. In names, `T`
/// stands for the host, `D` for the domain.
type Row = (&'static str, Kind, &'static [&'static str], Names, Verdict, Verdict);

const ROWS: &[Row] = &[
    ("good", Kind::Good, &["T"], Names::Plain, Believed, Believed),
    ("none", Kind::None, &[], Names::Plain, Untrusted, Untrusted),
    ("unknown-authority", Kind::Stranger, &["T"], Names::Plain, Untrusted, Untrusted),
    ("expired", Kind::Expired, &["T"], Names::Plain, Untrusted, Untrusted),
    ("not-yet", Kind::NotYet, &["T"], Names::Plain, Untrusted, Untrusted),
    ("server-only", Kind::ServerOnly, &["T"], Names::Plain, Untrusted, Believed),
    ("client-only", Kind::ClientOnly, &["T"], Names::Plain, Believed, Untrusted),
    ("wrong", Kind::Good, &["federator.elsewhere.example.com"], Names::Plain, Mismatch, Mismatch),
    ("domain-itself", Kind::Good, &["D"], Names::Plain, Mismatch, Mismatch),
    (
        "among-many",
        Kind::Good,
        &["x.example.org", "T", "y.example.org", "*.z.example.org"],
        Names::Plain,
        Believed,
        Believed,
    ),
    ("wildcard", Kind::Good, &["*.D"], Names::Plain, Believed, Believed),
    ("wildcard-two", Kind::Good, &["*.example.com"], Names::Plain, Mismatch, Mismatch),
    ("wildcard-part", Kind::Good, &["fed*.D"], Names::Plain, Mismatch, Mismatch),
    ("wildcard-inside", Kind::Good, &["federator.*.example.com"], Names::Plain, Mismatch, Mismatch),
    ("common-name", Kind::CommonName, &[], Names::Plain, Mismatch, Mismatch),
    ("common-name-wrong", Kind::CommonName, &["x.example.org"], Names::Plain, Mismatch, Mismatch),
    ("upper", Kind::Good, &["UPPER T"], Names::Plain, Believed, Believed),
    ("upper-record", Kind::Good, &["T"], Names::Upper, Believed, Believed),
    ("trailing-dot", Kind::Good, &["T."], Names::Plain, Believed, Believed),
    ("address-only", Kind::Good, &["127.0.0.1"], Names::Plain, Mismatch, Mismatch),
    ("several", Kind::Good, &["T"], Names::Several, Believed, Believed),
    ("aliases", Kind::Good, &["T"], Names::Aliases, Believed, Believed),
    ("no-time", Kind::Good, &["T"], Names::NoTime, Believed, Believed),
    ("not-offered", Kind::Good, &["T"], Names::Offered, Undiscovered, Undiscovered),
    ("absent", Kind::Good, &["T"], Names::Absent, Undiscovered, Undiscovered),
    ("failing", Kind::Good, &["T"], Names::Failing, Undiscovered, Undiscovered),
    ("silent", Kind::Good, &["T"], Names::Silent, Undiscovered, Undiscovered),
    ("address", Kind::Good, &["T", "127.0.0.1"], Names::Address, Undiscovered, Undiscovered),
];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_is_let_in_by_the_table() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let stranger = Authority::new("Strangers");
    let asking = ROWS.iter().map(|row| {
        let (name, kind, names, says, ..) = *row;
        realm.says(name, says, 8448);
        let identity = certificate(&realm.authority, &stranger, name, kind, names);
        let (peer, own) = (realm.peer(identity.as_ref()), &own);
        async move { (row, ask(&peer, own, &domain(name)).await) }
    });
    let mut wrong = Vec::new();
    for ((name, .., caller, _), became) in join_all(asking).await {
        if !is_as(*caller, &became) {
            wrong.push(format!("{name}: expected {caller:?}, became {became:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!own.server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_called_is_believed_by_the_table() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let stranger = Authority::new("Strangers");
    let mut called = Vec::new();
    for (name, kind, names, says, _, verdict) in ROWS {
        // Without one, nobody can be called.
        let Some(identity) = certificate(&realm.authority, &stranger, name, *kind, names) else { continue };
        let asked = domain(name);
        let fake = Fake::start("127.0.0.1", &realm.authority, &identity, move |heard| answer(&asked, heard)).await;
        realm.says(name, *says, fake.address().port());
        called.push((*name, *verdict, fake));
    }
    assert_eq!(called.len(), ROWS.len() - 1);
    let asking = called.iter().map(|(name, ..)| looks_for(&ann, name));
    let mut wrong = Vec::new();
    for ((name, verdict, fake), (status, code)) in called.iter().zip(join_all(asking).await) {
        let expected = match verdict {
            Believed => (200, None),
            Untrusted => (502, Some("authentication_failure")),
            Mismatch => (502, Some("validation_error")),
            Undiscovered => (502, Some("discovery_failure")),
        };
        if (status, code.as_deref()) != expected {
            wrong.push(format!("{name}: expected {verdict:?}, became {status} {code:?}"));
        }
        let heard = fake.heard();
        if heard.is_empty() == (*verdict == Believed) {
            wrong.push(format!("{name}: it was asked {heard:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_moves_is_followed_and_the_old_place_gets_nothing_more() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let ann = own.sign_up("ann").await;
    let here = |heard: &_| answer("moving.example.com", heard);
    let (old, _) = realm.fake("moving", here).await;
    assert_eq!(looks_for(&ann, "moving").await.0, 200);
    let identity = realm.authority.issue(&["new.example.com"]);
    let new = Fake::start("127.0.0.1", &realm.authority, &identity, here).await;
    realm.dns.host("new.example.com", new.address().ip());
    realm.dns.serves("moving.example.com", vec![Service::at("new.example.com", new.address().port())]);
    let before = old.heard().len();
    // The answer of the DNS lives for a while; until then the old place is asked.
    let asked = async {
        while new.heard().is_empty() {
            assert_eq!(looks_for(&ann, "moving").await.0, 200, "on the way nothing is refused");
        }
    };
    crate::within("the new place is asked", asked).await;
    let between = old.heard().len();
    for _ in 0..5 {
        assert_eq!(looks_for(&ann, "moving").await.0, 200);
    }
    assert_eq!(old.heard().len(), between);
    assert!(between >= before);
    // Who has the old certificate alone is not believed any more.
    let old_identity = realm.authority.issue(&[&infra("moving")]);
    let came = ask(&realm.peer(Some(&old_identity)), &own, "moving.example.com").await;
    assert!(is_as(Mismatch, &came), "{came:?}");
    let came = ask(&realm.peer(Some(&identity)), &own, "moving.example.com").await;
    assert!(is_as(Believed, &came), "{came:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_is_shown_without_a_restart() {
    let (realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let ann = a.sign_up("ann").await;
    b.sign_up("bob").await;
    assert_eq!(looks_for_on(&ann, "bob", "b").await.0, 200);
    let renewed = realm.authority.issue_as(&Wanted::new(&[&b.infra]).common_name("renewed"));
    b.shows(&renewed);
    let peer = realm.peer(None);
    let shown = async {
        loop {
            let stream = peer.dial(b.ingress, &b.infra).await.expect("the ingress takes connections");
            let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
            if chain == renewed.chain() {
                return;
            }
        }
    };
    crate::within("the new certificate is shown", shown).await;
    assert_eq!(looks_for_on(&ann, "bob", "b").await.0, 200);
    // What cannot be read is not taken: the good one stays.
    b.shows(&Identity { certificate: "nothing".to_owned(), key: renewed.key.clone() });
    let other = Person::sign_up(&b.server, "carl").await;
    assert_eq!(looks_for_on(&ann, &other.name, "b").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_tls_and_other_protocols_are_refused() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let identity = realm.authority.issue(&[&infra("other")]);
    let older = Peer::speaking(&realm.authority, Some(&identity), &[&rustls::version::TLS12], &[b"h2"]);
    let said = older.dial(own.ingress, &own.infra).await.map(drop).expect_err("TLS 1.2 is refused");
    assert!(said.0.to_lowercase().contains("protocol"), "{said:?}");
    let other = Peer::speaking(&realm.authority, Some(&identity), &[&rustls::version::TLS13], &[b"http/1.1"]);
    if let Ok(mut stream) = other.dial(own.ingress, &own.infra).await {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let request = b"POST /federation/meta/versions HTTP/1.1\r\nHost: own\r\nContent-Length: 2\r\n\r\n{}";
        let _ = stream.write_all(request).await;
        let mut said = Vec::new();
        let _ = crate::within("the connection ends", stream.read_to_end(&mut said)).await;
        assert!(!said.windows(12).any(|part| part == b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&said));
    }
}

/// Says in the DNS where the domain of a row is served.
trait Says {
    fn says(&self, name: &str, says: Names, port: u16);
}

impl Says for Realm {
    fn says(&self, name: &str, says: Names, port: u16) {
        let (dns, domain, infra) = (&self.dns, domain(name), infra(name));
        dns.host(&infra, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let target = Service::at(&infra, port);
        match says {
            Names::Plain => dns.serves(&domain, vec![target]),
            Names::Several => {
                let nowhere = |host: &str| Service { priority: 1, ..Service::at(host, 1) };
                dns.host("one.example.org", IpAddr::V4(Ipv4Addr::LOCALHOST));
                let last = Service { priority: 2, ..target };
                dns.serves(&domain, vec![nowhere("one.example.org"), nowhere("two.example.org"), last]);
            }
            Names::Upper => dns.serves(&domain, vec![Service { target: infra.to_uppercase(), ..target }]),
            Names::Aliases => {
                let (one, two) = (format!("one.{domain}"), format!("two.{domain}"));
                dns.answer(&federator(&domain), Entry::Alias(one.clone(), TTL_S));
                dns.answer(&one, Entry::Alias(two.clone(), TTL_S));
                dns.answer(&two, Entry::Services(vec![target], TTL_S));
                dns.answer(&infra, Entry::Alias(format!("host.{domain}"), TTL_S));
                dns.host(&format!("host.{domain}"), IpAddr::V4(Ipv4Addr::LOCALHOST));
            }
            Names::NoTime => dns.answer(&federator(&domain), Entry::Services(vec![target], 0)),
            Names::Offered => dns.serves(&domain, vec![Service { target: ".".to_owned(), ..target }]),
            Names::Absent => dns.forget(&federator(&domain)),
            Names::Failing => dns.answer(&federator(&domain), Entry::Failure),
            Names::Silent => dns.answer(&federator(&domain), Entry::Silence),
            Names::Address => dns.serves(&domain, vec![Service { target: "127.0.0.1".to_owned(), ..target }]),
        }
    }
}

fn certificate(
    authority: &Authority,
    stranger: &Authority,
    name: &str,
    kind: Kind,
    names: &[&str],
) -> Option<Identity> {
    let (host, domain) = (infra(name), domain(name));
    let named = names.iter().map(|name| match *name {
        "UPPER T" => host.to_uppercase(),
        "D" => domain.clone(),
        name => name.replace('T', &host).replace('D', &domain),
    });
    let named: Vec<String> = named.collect();
    let wanted = Wanted::new(&named.iter().map(String::as_str).collect::<Vec<_>>());
    Some(match kind {
        Kind::None => return None,
        Kind::Good => authority.issue_as(&wanted),
        Kind::Stranger => stranger.issue_as(&wanted),
        Kind::Expired => authority.issue_as(&wanted.between(2020, 2022)),
        Kind::NotYet => authority.issue_as(&wanted.between(2080, 2085)),
        Kind::CommonName => authority.issue_as(&wanted.common_name(&host)),
        Kind::ServerOnly => authority.issue_as(&wanted.server_only()),
        Kind::ClientOnly => authority.issue_as(&wanted.client_only()),
    })
}

/// Asks a backend in the name of a domain which versions it speaks.
async fn ask(peer: &Peer, of: &Backend, origin: &str) -> Result<Reply, Broken> {
    let mut wire = peer.connect(of.ingress, &of.infra).await?;
    wire.call(origin, "meta/versions", &json!({})).await
}

/// Whether an ingress did what the verdict on who called demands.
fn is_as(verdict: Verdict, became: &Result<Reply, Broken>) -> bool {
    let refused =
        |status, code| matches!(became, Ok(reply) if (reply.status, reply.code().as_deref()) == (status, Some(code)));
    match verdict {
        Believed => matches!(became, Ok(reply) if reply.status == 200 && reply.json()["supported"] == json!([1])),
        // By an alert, where TLS lets nothing else be said.
        Untrusted => {
            refused(403, "authentication_failure") || matches!(became, Err(Broken(said)) if said.contains("alert"))
        }
        Mismatch => refused(403, "validation_error"),
        Undiscovered => refused(502, "discovery_failure"),
    }
}

/// Looks for bob on a backend; gives status and code of the answer.
async fn looks_for(ann: &Person, name: &str) -> (u16, Option<String>) {
    looks_for_on(ann, "bob", name).await
}

async fn looks_for_on(ann: &Person, bob: &str, name: &str) -> (u16, Option<String>) {
    let found = ann.get(&format!("/users?handle={bob}@{}", domain(name))).await;
    (found.status, found.body["code"].as_str().map(str::to_owned))
}

/// What a false backend answers that has a user.
fn answer(domain: &str, heard: &beep_tests::federation::fake::ReceivedEntry) -> Reaction {
    match heard.path.as_str() {
        "/federation/meta/versions" => Reaction::json(&json!({ "supported": [1], "software": "fake" })),
        "/federation/users/by-handle" => Reaction::json(&beep_tests::federation::evil::user(domain, "bob")),
        _ => Reaction::problem(404, "not_found"),
    }
}
