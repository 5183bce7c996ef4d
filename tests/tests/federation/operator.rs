//! What the command line tells an operator: how far another backend is away, and what ails one's own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use beep_tests::PATIENCE;
use beep_tests::database::Engine;
use beep_tests::federation::authority::{Authority, Identity, Wanted};
use beep_tests::federation::dns::{Dns, Entry, Service, federator};
use beep_tests::federation::realm::{Backend, Realm, domain, infra};
use beep_tests::server::{Server, command, free_address};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// What a run of the program left.
struct Ran {
    code: Option<i32>,
    out: String,
    error: String,
}

/// The settings of `a`, which runs nowhere.
#[derive(Clone)]
struct Settings {
    place: PathBuf,
    flags: Vec<(&'static str, String)>,
}

impl Settings {
    fn new(realm: &Realm, place: &Path) -> Self {
        let settings = Self { place: place.to_owned(), flags: Vec::new() };
        std::fs::write(place.join("roots.pem"), realm.authority.pem()).expect("a file can be written");
        settings
            .with("domain", &domain("a"))
            .with("federation.enabled", "true")
            .with("federation.trust_roots", &place.join("roots.pem").display().to_string())
            .with("federation.resolver", &realm.dns.address().to_string())
            .with("federation.allow_private_targets", "true")
            .showing(&realm.authority.issue(&[&infra("a")]))
    }

    fn with(&self, key: &'static str, value: &str) -> Self {
        let mut changed = self.without(key);
        changed.flags.push((key, value.to_owned()));
        changed
    }

    fn without(&self, key: &str) -> Self {
        let mut changed = self.clone();
        changed.flags.retain(|(other, _)| *other != key);
        changed
    }

    /// With a certificate and its key.
    fn showing(&self, identity: &Identity) -> Self {
        let place = tempfile::tempdir_in(&self.place).expect("a directory can be made").keep();
        let (certificate, key) = identity.write(&place);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
        let shown = |path: PathBuf| path.display().to_string();
        self.with("federation.certificate", &shown(certificate)).with("federation.key", &shown(key))
    }

    async fn run(&self, words: &[&str]) -> Ran {
        let mut command = command();
        command.args(words).current_dir(&self.place).stdin(Stdio::null()).kill_on_drop(true);
        for (key, value) in &self.flags {
            command.arg(format!("--{key}={value}"));
        }
        let output = timeout(PATIENCE, command.output()).await.expect("it ends").expect("the program runs");
        let text = |octets: Vec<u8>| String::from_utf8(octets).expect("it writes text");
        Ran { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
    }

    /// Expects the way to a backend to end at a step, with what to do.
    async fn stops(&self, to: &str, step: &str, why: &str, then: &str) {
        let ran = self.run(&["federation", "check", to]).await;
        let all = format!("{}{}", ran.out, ran.error);
        assert_eq!(ran.code, Some(1), "{all}");
        assert!(ran.error.starts_with("beep-server: ") && ran.error.lines().count() == 1, "{all}");
        let mut lines = ran.out.lines().rev();
        let (advice, last) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        assert!(last.starts_with("fail ") && last.contains(step) && last.contains(why), "{step}, {why}: {all}");
        assert!(advice.trim_start().starts_with("-> ") && advice.contains(then), "{then}: {all}");
        assert_eq!(ran.out.matches("fail ").count(), 1, "nothing comes after: {all}");
    }

    /// Expects a line of the doctor, and its exit code.
    async fn ails(&self, code: i32, line: &str) -> String {
        let ran = self.run(&["doctor"]).await;
        let all = format!("{}{}", ran.out, ran.error);
        assert_eq!(ran.code, Some(code), "{all}");
        assert_eq!(ran.error.lines().count(), usize::from(code != 0), "{all}");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.out.lines().any(|said| words(said).contains(line)), "{line}: {all}");
        ran.out
    }
}

/// `b`, which runs, and the settings of `a`, whom the DNS knows.
async fn two(flags: &[&str]) -> (Realm, Backend, Settings, tempfile::TempDir) {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let b = realm.backend_with("b", flags).await;
    realm.dns.serves(&domain("a"), vec![Service::at(&infra("a"), 8448)]);
    let place = tempfile::tempdir().expect("a directory can be made");
    let settings = Settings::new(&realm, place.path());
    (realm, b, settings, place)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_a_backend_that_is_well_is_walked_to_its_end() {
    let (_realm, b, settings, _place) = two(&[]).await;
    let ran = settings.run(&["federation", "check", "B.example.com."]).await;
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""), "{}", ran.out);
    let steps = "settings,own certificate,trust,resolver,own DNS,DNS,address,TCP,TLS,versions,authorization";
    let lines: Vec<_> = ran.out.lines().collect();
    for (line, step) in lines.iter().zip(steps.split(',')) {
        assert!(line.starts_with(&format!("ok    {step}")), "{step}: {}", ran.out);
    }
    assert_eq!(lines.len(), 12, "{}", ran.out);
    for said in [&b.infra, "federator.a.example.com", "days left", "beep-server ", "can talk to each other"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    let off = settings.with("federation.enabled", "false").run(&["federation", "check", "b.example.com"]).await;
    assert!(off.code == Some(0) && off.out.starts_with("warn  settings"), "{}{}", off.out, off.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_on_the_own_side_ends_the_way() {
    let (realm, _b, a, place) = two(&[]).await;
    let b = "b.example.com";
    a.with("federation.allow_list", "c.example.com").stops(b, "settings", "`federation.allow_list`", "add it").await;
    std::fs::write(place.path().join("allow-list.json"), r#"["c.example.com"]"#).expect("a file can be written");
    let kept = a.with("data_dir", &place.path().display().to_string());
    kept.stops(b, "settings", "list of the administrators", "PUT /v1/admin/federation/allow-list").await;
    a.stops("a.example.com", "settings", "own domain", "another").await;
    let off = a.with("federation.enabled", "false");
    off.without("federation.key").stops(b, "own certificate", "needs `federation.key`", "federation ca issue").await;
    let of = |wanted: &Wanted| a.showing(&realm.authority.issue_as(wanted));
    let host = infra("a");
    let renew = "federation ca issue";
    of(&Wanted::new(&[&host]).between(2020, 2022)).stops(b, "own certificate", "expired on 2022-01-01", renew).await;
    of(&Wanted::new(&[&host]).between(2080, 2090)).stops(b, "own certificate", "from 2080-01-01", "clock").await;
    of(&Wanted::new(&[&host]).server_only()).stops(b, "own certificate", "not be used by clients", renew).await;
    of(&Wanted::new(&[]).common_name(&host)).stops(b, "own certificate", "for no name", renew).await;
    of(&Wanted::new(&["x.example.org"])).stops(b, "own DNS", "does not cover", "issue a certificate").await;
    let moved = a.with("federation.infra_domain", "new.a.example.com");
    moved.stops(b, "own certificate", "`new.a.example.com`", "issue new.a.example.com").await;
    let mixed = a.showing(&Identity { key: realm.authority.issue(&[&host]).key, ..realm.authority.issue(&[&host]) });
    mixed.stops(b, "own certificate", "do not match", "belongs to the certificate").await;
    let absent = a.with("federation.trust_roots", "absent.pem");
    absent.stops(b, "own certificate", "absent.pem", "").await;
    a.with("federation.resolver", &free_address()).stops(b, "own DNS", "gave no answer", "dig SRV").await;
    realm.dns.forget(&federator("a.example.com"));
    a.stops(b, "own DNS", "has no host", "_wire-server-federator._tcp.a.example.com. 300 IN SRV").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_on_the_other_side_ends_the_way() {
    let (realm, b, a, place) = two(&[]).await;
    let port = b.link.address().port();
    a.stops("c.example.com", "DNS", "has no host", "IN SRV 0 0 8448").await;
    realm.dns.serves("d.example.com", vec![Service::at(".", 0)]);
    a.stops("d.example.com", "DNS", "offers no federation", "IN SRV").await;
    realm.dns.answer(&federator("e.example.com"), Entry::Failure);
    a.stops("e.example.com", "DNS", "gave no answer", "dig SRV").await;
    realm.dns.serves("f.example.com", vec![Service::at(&infra("f"), port)]);
    a.stops("f.example.com", "address", "has no address", "A or AAAA").await;
    let public = a.with("federation.allow_private_targets", "false");
    public.stops("b.example.com", "address", "has the private address", "allow_private_targets").await;
    let local = "127.0.0.1".parse().expect("an address");
    realm.dns.host(&infra("f"), local);
    let closed: std::net::SocketAddr = free_address().parse().expect("an address");
    realm.dns.serves("f.example.com", vec![Service::at(&infra("f"), closed.port())]);
    a.stops("f.example.com", "TCP", "refused", "firewalls").await;
    let plain = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let service = Service::at(&infra("f"), plain.local_addr().expect("it is bound").port());
    realm.dns.serves("f.example.com", vec![service]);
    let talking = tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"220 mail.example.com ready\r\n").await;
        }
    });
    a.stops("f.example.com", "TLS", "handshake failed", "TLS 1.3").await;
    talking.abort();
    // The host of `b` under another name.
    realm.dns.host(&infra("g"), b.link.address().ip());
    realm.dns.serves("g.example.com", vec![Service::at(&infra("g"), port)]);
    a.stops("g.example.com", "TLS", "not for federator.g.example.com", "issue one for").await;
    // Of several hosts each is gone to.
    realm.dns.serves("h.example.com", vec![Service::at(&b.infra, port), Service::at(&infra("h"), port)]);
    a.stops("h.example.com", "address", "federator.h.example.com has no address", "A or AAAA").await;
    let other = place.path().join("other.pem");
    std::fs::write(&other, Authority::new("Other").pem()).expect("a file can be written");
    let trusting_other = a.with("federation.trust_roots", &other.display().to_string());
    trusting_other.stops("b.example.com", "TLS", "not trusted here", "federation ca bundle authority.pem").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_side_refuses_ends_the_way() {
    let (realm, b, a, _place) = two(&["--federation.allow_list", "c.example.com"]).await;
    a.stops("b.example.com", "authorization", "federation_denied", "add a.example.com to the allow list").await;
    let stranger = a.showing(&Authority::new("Stranger").issue(&[&infra("a")]));
    stranger.stops("b.example.com", "authorization", "authentication failed", "to its operator").await;
    // Asking another DNS than `b` does, which knows all that there is.
    let dns = Dns::start().await;
    dns.serves("b.example.com", vec![Service::at(&b.infra, b.link.address().port())]);
    dns.host(&b.infra, b.link.address().ip());
    for (name, host) in [("x.example.com", "federator.x.example.com"), ("a.example.com", "federator.y.example.com")] {
        dns.serves(name, vec![Service::at(host, 8448)]);
    }
    let elsewhere = a.with("federation.resolver", &dns.address().to_string());
    let unknown = elsewhere.with("domain", "x.example.com").showing(&realm.authority.issue(&[&infra("x")]));
    unknown.stops("b.example.com", "authorization", "discovery_failure", "does not find x.example.com").await;
    let moved = elsewhere.showing(&realm.authority.issue(&["federator.y.example.com"]));
    moved.stops("b.example.com", "authorization", "validation_error", "no host that your certificate is for").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_ails_a_backend_and_changes_nothing() {
    let (realm, _b, a, place) = two(&[]).await;
    let data = place.path().join("data");
    let a = a.with("data_dir", &data.display().to_string());
    let out = a.ails(0, "ok own DNS a.example.com is served by federator.a.example.com").await;
    for line in ["ok    disk", "ok    clock", "ok    trust", "warn  mail", "will be created at the first start"] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(!data.exists(), "it was looked for, and not made");
    a.with("mail.url", &format!("smtp://{}", free_address()))
        .ails(1, "fail mail the relay refuses the connection")
        .await;
    a.with("federation.enabled", "false").ails(0, "ok federation off").await;
    a.with("listen", "0.0.0.0:8008").ails(0, "warn settings a.example.com, for people at http://0.0.0.0:8008").await;
    let expired = Wanted::new(&[&infra("a")]).between(2020, 2022);
    a.showing(&realm.authority.issue_as(&expired)).ails(1, "fail own certificate it expired on 2022-01-01").await;
    let other = a.showing(&realm.authority.issue(&["x.example.org"]));
    other.ails(1, "fail own DNS the SRV record of a.example.com leads to federator.a.example.com:8448, which").await;
    a.with("federation.trust_roots", "absent.pem").ails(1, "fail trust absent.pem").await;
    let readable = a.flags.iter().find(|(key, _)| *key == "federation.key").map(|(_, path)| path.clone());
    let readable = readable.expect("there is a key");
    std::fs::set_permissions(&readable, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    a.ails(0, "warn own certificate other users of this machine can read the key").await;
    std::fs::create_dir(&data).expect("a directory can be made");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    a.ails(0, "warn data directory").await;
    let gone = a.with("database.url", "postgres://beep:s3cret@127.0.0.1:1/beep");
    assert!(!gone.ails(1, "fail database postgres://beep:***@127.0.0.1:1/beep").await.contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_does_not_start_with_a_certificate_for_another_host_than_it_is_to_be() {
    let (realm, _b, a, place) = two(&[]).await;
    let a = a.with("data_dir", &place.path().join("data").display().to_string());
    let named = a.with("federation.infra_domain", &infra("a"));
    named.ails(0, "ok own DNS a.example.com is served by federator.a.example.com").await;
    let moved = a.with("federation.infra_domain", "new.a.example.com");
    moved.ails(1, "fail own certificate it is for federator.a.example.com, but not for").await;
    let ran = moved.with("listen", &free_address()).run(&["serve"]).await;
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.error);
    let line = ran.error.lines().last().unwrap_or_default();
    for said in [
        "beep-server: `federation.infra_domain`",
        "is for `federator.a.example.com`",
        "but not for `new.a.example.com`",
    ] {
        assert!(line.contains(said), "{said}: {}", ran.error);
    }
    // It is for both, and the record is behind.
    let both = moved.showing(&realm.authority.issue(&[&infra("a"), "new.a.example.com"]));
    both.ails(0, "warn own DNS the SRV record of a.example.com leads to federator.a.example.com:8448, not to").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_a_database_that_is_in_use() {
    let mut server = Server::start_with(Engine::Sqlite, &["--domain", "a.example.com"]).await;
    let place = tempfile::tempdir().expect("a directory can be made");
    let settings = Settings { place: place.path().to_owned(), flags: Vec::new() };
    let a = settings
        .with("domain", "a.example.com")
        .with("data_dir", &server.directory().display().to_string())
        .with("database.url", server.database());
    a.ails(0, "a running backend has it open").await;
    a.with("domain", "b.example.com").ails(1, "belongs to `a.example.com`, not to `b.example.com`").await;
    assert_eq!(server.stop().await, Some(0));
    a.ails(0, "no backend has it open").await;
    server.run().await;
    a.ails(0, "a running backend has it open").await;
}
