//! The private authority of the command line: what it makes holds in TLS, in both directions and nowhere else.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;

use super::process::{Ran, run_in};

const HOST: &str = "federator.a.example.com";

async fn ca(place: &Path, line: &str) -> Ran {
    let words: Vec<_> = ["federation", "ca"].into_iter().chain(line.split_whitespace()).collect();
    run_in(place, &words, &[]).await
}

async fn done(place: &Path, line: &str) -> String {
    let ran = ca(place, line).await;
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""), "{line}");
    ran.out
}

/// Expects one line on standard error that says what is wrong.
async fn fails(place: &Path, line: &str, code: i32, named: &str) {
    let ran = ca(place, line).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{line}: {}", ran.error);
    assert!(ran.error.starts_with("beep-server: ") && ran.error.lines().count() == 1, "{line}: {}", ran.error);
    assert!(ran.error.contains(named), "{line} names `{named}`: {}", ran.error);
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let read = CertificateDer::pem_file_iter(path).expect("the file is there");
    read.map(|certificate| certificate.expect("it is PEM")).collect()
}

/// Whether a certificate holds as a server's of this name, and as a client's.
fn holds(roots: &Path, certificate: &Path, host: &str, after: Duration) -> (bool, bool) {
    let mut store = RootCertStore::empty();
    for root in certificates(roots) {
        store.add(root).expect("an authority");
    }
    let (store, provider) = (Arc::new(store), Arc::new(default_provider()));
    let now = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs()) + after);
    let chain = certificates(certificate);
    let server = WebPkiServerVerifier::builder_with_provider(store.clone(), provider.clone()).build();
    let client = WebPkiClientVerifier::builder_with_provider(store, provider).build();
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let as_server = server.expect("a verifier").verify_server_cert(&chain[0], &chain[1..], &name, &[], now);
    let as_client = client.expect("a verifier").verify_client_cert(&chain[0], &chain[1..], now);
    (as_server.is_ok(), as_client.is_ok())
}

fn belongs(certificate: &Path, key: &Path) -> bool {
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    CertifiedKey::from_der(certificates(certificate), key, &default_provider()).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_issues_holds_for_its_host_as_server_and_as_client() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let folder = place.path().join("authority");
    let said = done(place.path(), "init --dir authority").await;
    assert!(said.contains("SHA-256") && said.contains("Next: `beep-server federation ca issue"), "{said}");
    let said = done(place.path(), &format!("issue {HOST} --dir authority")).await;
    let (certificate, key) = (folder.join(format!("{HOST}.pem")), folder.join(format!("{HOST}-key.pem")));
    for path in [&certificate, &key] {
        assert!(said.contains(&format!("= \"{}\"", path.display())), "{said}");
    }
    assert!(belongs(&certificate, &key));
    let roots = folder.join("authority.pem");
    let day = Duration::from_secs(24 * 60 * 60);
    for (host, after, expected) in [
        (HOST, Duration::ZERO, (true, true)),
        (HOST, 364 * day, (true, true)),
        (HOST, 366 * day, (false, false)),
        ("a.example.com", Duration::ZERO, (false, true)),
        ("x.federator.a.example.com", Duration::ZERO, (false, true)),
    ] {
        assert_eq!(holds(&roots, &certificate, host, after), expected, "{host} {after:?}");
    }
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("it is readable") {
        let path = entry.expect("it is readable").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 4, "an authority and a host, each with a key");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_made_once_and_a_renewed_certificate_keeps_its_key() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let folder = place.path().join("beep-federation");
    let files = |name: &str| std::fs::read(folder.join(name)).expect("it is there");
    fails(place.path(), &format!("issue {HOST}"), 1, "federation ca init").await;
    done(place.path(), "init").await;
    let authority = (files("authority.pem"), files("authority-key.pem"));
    fails(place.path(), "init", 1, "authority.pem exists already").await;
    assert_eq!((files("authority.pem"), files("authority-key.pem")), authority);
    done(place.path(), &format!("issue {HOST}")).await;
    let (name, key_name) = (format!("{HOST}.pem"), format!("{HOST}-key.pem"));
    let first = (files(&name), files(&key_name));
    let said = done(place.path(), &format!("issue {}.", HOST.to_uppercase())).await;
    assert!(said.starts_with("renewed"), "{said}");
    let second = (files(&name), files(&key_name));
    assert!(second.0 != first.0 && second.1 == first.1);
    done(place.path(), &format!("issue {HOST} --new-key")).await;
    assert!(files(&name) != second.0 && files(&key_name) != second.1);
    assert!(belongs(&folder.join(&name), &folder.join(&key_name)));
    assert_eq!(holds(&folder.join("authority.pem"), &folder.join(&name), HOST, Duration::ZERO), (true, true));
    // Half of an authority is none to go on with, and none to write over.
    std::fs::remove_file(folder.join("authority.pem")).expect("it can be removed");
    fails(place.path(), "init", 1, "authority-key.pem exists already").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_for_a_domain_vouches_for_nobody_else() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let folder = place.path().join("own");
    let said = done(place.path(), "init --dir own --for a.example.com").await;
    assert!(said.contains("for a.example.com and its subdomains"), "{said}");
    done(place.path(), &format!("issue {HOST} --dir own")).await;
    let own = folder.join("authority.pem");
    assert_eq!(holds(&own, &folder.join(format!("{HOST}.pem")), HOST, Duration::ZERO), (true, true));
    for other in ["federator.b.example.com", "example.com", "xa.example.com"] {
        fails(place.path(), &format!("issue {other} --dir own"), 1, "limited to a.example.com").await;
    }
    // Also not by another program that has its key: that is what those who trust it check.
    let read = |name: &str| std::fs::read(folder.join(name)).expect("it is there");
    for (host, expected) in [("x.a.example.com", (true, true)), ("federator.b.example.com", (false, false))] {
        let path = place.path().join("signed.pem");
        let signed = sign_with(&read("authority.pem"), &read("authority-key.pem"), host);
        std::fs::write(&path, signed).expect("a file can be written");
        assert_eq!(holds(&own, &path, host, Duration::ZERO), expected, "{host}");
    }
}

/// A certificate as another program would sign it, whatever the authority is for.
fn sign_with(authority: &[u8], key: &[u8], host: &str) -> String {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).expect("PEM is text");
    let key = rcgen::KeyPair::from_pem(&text(key)).expect("a key");
    let issuer = rcgen::Issuer::from_ca_cert_pem(&text(authority), key).expect("an authority");
    let own = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new([host.to_owned()]).expect("a name");
    params.signed_by(&own, &issuer).expect("it signs").pem()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_joins_authorities_once_each_and_nothing_else() {
    let place = tempfile::tempdir().expect("a directory can be made");
    let at = |path: &str| place.path().join(path);
    for name in ["a", "b", "c"] {
        done(place.path(), &format!("init --dir {name} --for {name}.example.com")).await;
        done(place.path(), &format!("issue federator.{name}.example.com --dir {name}")).await;
    }
    let roots = at("a/trust-roots.pem");
    let said = done(place.path(), "bundle --dir a b/authority.pem b/authority.pem").await;
    assert!(said.contains(&format!("trust_roots = \"{}\"", roots.display())), "{said}");
    assert!(said.contains("for b.example.com and its subdomains") && said.contains("federation check"), "{said}");
    assert_eq!(certificates(&roots).len(), 2);
    // The next one joins those that are there, also from a bundle of another's.
    done(place.path(), "bundle --dir c a/trust-roots.pem").await;
    assert_eq!(certificates(&at("c/trust-roots.pem")).len(), 3);
    done(place.path(), "bundle --dir a c/authority.pem").await;
    assert_eq!(certificates(&roots).len(), 3);
    for name in ["a", "b", "c"] {
        let host = format!("federator.{name}.example.com");
        let path = at(&format!("{name}/{host}.pem"));
        assert_eq!(holds(&roots, &path, &host, Duration::ZERO), (true, true), "{name}");
    }
    done(place.path(), "bundle --dir a --afresh b/authority.pem").await;
    assert_eq!(certificates(&roots).len(), 2);
    let before = std::fs::read(&roots).expect("it is there");
    std::fs::write(at("none.pem"), "nothing").expect("a file can be written");
    for (file, why) in [
        ("b/authority-key.pem", "private key"),
        ("b/federator.b.example.com.pem", "certificate of a host"),
        ("none.pem", "contains no certificate"),
        ("absent.pem", "absent.pem"),
    ] {
        fails(place.path(), &format!("bundle --dir a {file}"), 1, why).await;
    }
    assert_eq!(std::fs::read(&roots).expect("it is there"), before, "what failed changed nothing");
    fails(place.path(), "bundle --dir empty", 1, "no authorities to bundle").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_one_line_and_exit_2() {
    let place = tempfile::tempdir().expect("a directory can be made");
    done(place.path(), "init").await;
    for (line, named) in [
        ("", "is missing"),
        ("dance", "dance"),
        ("issue 10.0.0.1", "10.0.0.1"),
        ("issue federator", "at least two labels"),
        ("issue ../x", "../x"),
        ("init --for no_domain", "no_domain"),
        ("init --dirr x", "--dirr"),
    ] {
        fails(place.path(), line, 2, named).await;
    }
}
