//! Several backends that can reach each other: an authority that all trust, a DNS that all ask, a wire to each.
//!
//! `a` is the backend of the domain `a.example.com`, served by the host `federator.a.example.com`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::database::Engine;
use crate::federation::authority::{Authority, Identity, write};
use crate::federation::dns::{Dns, Service};
use crate::federation::fake::{Fake, Reaction, ReceivedEntry};
use crate::federation::link::Link;
use crate::federation::peer::Peer;
use crate::people::Person;
use crate::server::{Server, free_address_on};

/// Backends and what is between them.
pub struct Realm {
    /// Whom all trust.
    pub authority: Authority,
    /// Whom all ask for names.
    pub dns: Dns,
    engine: Engine,
    directory: tempfile::TempDir,
    roots: PathBuf,
    /// How many backends and false backends there are, each on an address of its own.
    places: u8,
}

/// One of the backends.
pub struct Backend {
    /// The process.
    pub server: Server,
    /// What leads to it.
    pub link: Link,
    /// Its domain.
    pub domain: String,
    /// The host that serves it at first.
    pub infra: String,
    /// Where its ingress listens.
    pub ingress: SocketAddr,
    directory: PathBuf,
    /// The flags that it is a backend among others by.
    flags: Vec<String>,
}

impl Realm {
    /// An authority, a DNS, and no backends yet.
    pub async fn new(engine: Engine) -> Self {
        // The first of a process decides which cryptography all of it uses.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = Authority::new("Tests");
        let directory = tempfile::tempdir().expect("a directory can be made");
        let roots = write(directory.path(), "roots.pem", &authority.pem());
        Self { authority, dns: Dns::start().await, engine, directory, roots, places: 0 }
    }

    /// A realm of backends, without rate limits.
    pub async fn of<const N: usize>(engine: Engine, names: [&str; N]) -> (Self, [Backend; N]) {
        let mut realm = Self::new(engine).await;
        let mut backends = Vec::new();
        for name in names {
            backends.push(realm.backend(name).await);
        }
        (realm, backends.try_into().unwrap_or_else(|_| unreachable!("there are as many as names")))
    }

    /// Starts one more backend, without rate limits.
    pub async fn backend(&mut self, name: &str) -> Backend {
        self.backend_with(name, &["--limits.rates", "off"]).await
    }

    /// The same with further flags, and rate limits as they are by default.
    pub async fn backend_with(&mut self, name: &str, flags: &[&str]) -> Backend {
        let host = self.place();
        let ingress = free_address_on(&host.to_string());
        let link = Link::start(&host.to_string(), &ingress).await;
        let (domain, infra) = (domain(name), infra(name));
        self.dns.serves(&domain, vec![Service::at(&infra, link.address().port())]);
        self.dns.host(&infra, host);
        let directory = self.directory.path().join(name);
        std::fs::create_dir(&directory).expect("a directory can be made");
        let (certificate, key) = self.authority.issue(&[&infra]).write(&directory);
        let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
        let (roots, resolver) = (self.roots.display().to_string(), self.dns.address().to_string());
        let own = [
            ("--domain", domain.as_str()),
            ("--federation.enabled", "true"),
            ("--federation.listen", &ingress),
            ("--federation.certificate", &certificate),
            ("--federation.key", &key),
            ("--federation.trust_roots", &roots),
            ("--federation.resolver", &resolver),
            ("--federation.allow_private_targets", "true"),
        ];
        let own: Vec<&str> = own.iter().flat_map(|(flag, value)| [*flag, *value]).collect();
        let all: Vec<&str> = own.iter().chain(flags).copied().collect();
        let server = Server::start_with(self.engine, &all).await;
        let ingress = ingress.parse().expect("it is an address");
        let flags = own.into_iter().map(str::to_owned).collect();
        Backend { server, link, domain, infra, ingress, directory, flags }
    }

    /// Gives a domain a place in the DNS, and a false backend there that reacts as it is told; also its certificate.
    pub async fn fake(
        &mut self,
        name: &str,
        react: impl Fn(&ReceivedEntry) -> Reaction + Send + Sync + 'static,
    ) -> (Fake, Identity) {
        let host = self.place();
        let identity = self.authority.issue(&[&infra(name)]);
        let fake = Fake::start(&host.to_string(), &self.authority, &identity, react).await;
        self.dns.serves(&domain(name), vec![Service::at(&infra(name), fake.address().port())]);
        self.dns.host(&infra(name), host);
        (fake, identity)
    }

    /// Has others find a backend without the wire that stories break.
    pub fn unwired(&self, backend: &Backend) {
        self.dns.serves(&backend.domain, vec![Service::at(&backend.infra, backend.ingress.port())]);
    }

    /// Somebody who has a certificate, or none, and trusts the authority.
    pub fn peer(&self, identity: Option<&Identity>) -> Peer {
        Peer::new(&self.authority, identity)
    }

    /// An address of loopback that nothing of this realm has.
    fn place(&mut self) -> IpAddr {
        self.places += 1;
        IpAddr::V4(Ipv4Addr::new(127, 0, 1, self.places))
    }
}

impl Backend {
    /// Somebody who signs up here.
    pub async fn sign_up(&self, name: &str) -> Person {
        Person::sign_up(&self.server, name).await
    }

    /// Kills the process and starts it again.
    pub async fn crash(&mut self) {
        self.server.kill().await;
        self.server.run().await;
    }

    /// Stops the process and starts it with these flags beside those that make it a backend among others.
    pub async fn restart_as(&mut self, flags: &[&str]) {
        let all: Vec<&str> = self.flags.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        self.server.restart_as(&all).await;
    }

    /// Shows another certificate from now on.
    pub fn shows(&self, identity: &Identity) {
        identity.write(&self.directory);
    }
}

/// The domain of a backend.
pub fn domain(name: &str) -> String {
    format!("{name}.example.com")
}

/// The host that serves a backend.
pub fn infra(name: &str) -> String {
    format!("federator.{name}.example.com")
}

impl Drop for Backend {
    /// What a backend has said of others is what explains a story that went wrong.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.server.log();
            let lines: Vec<_> = log.lines().filter(|line| line.contains("federation")).collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("what {} said last of others:\n{last}", self.domain);
        }
    }
}
