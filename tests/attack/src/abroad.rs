//! Other backends: an honest one, with whose people those of the attacked one talk, and hostile ones with valid certificates.

use std::io;
use std::net::Ipv4Addr;

use beep_tests::database::Engine;
use beep_tests::federation::dns::Service;
use beep_tests::federation::evil;
use beep_tests::federation::fake::{Fake, Reaction, ReceivedEntry};
use beep_tests::federation::peer::{Broken, Peer, Reply, Wire};
use beep_tests::federation::realm::{Backend, Realm, domain, infra};
use serde_json::{Value, json};

/// The attacked backend, and the others.
pub(crate) struct Abroad {
    pub(crate) own: Backend,
    pub(crate) good: Backend,
    realm: Realm,
    /// Where hostile backends answer; they end with the stage.
    fakes: Vec<Fake>,
}

/// A hostile backend.
#[derive(Clone)]
pub(crate) struct Evil {
    pub(crate) domain: String,
    peer: Peer,
    to: std::net::SocketAddr,
    name: String,
}

impl Abroad {
    /// The attacked one and an honest one, which find each other without anything between them.
    pub(crate) async fn begin() -> Self {
        let (realm, [own, good]) = Realm::of(Engine::Sqlite, ["own", "good"]).await;
        realm.unwired(&own);
        realm.unwired(&good);
        Self { own, good, realm, fakes: Vec::new() }
    }

    /// Starts the attacked one anew with its default limits.
    pub(crate) async fn open(&mut self, flags: &[&str]) {
        self.own.restart_as(flags).await;
    }

    /// A hostile backend that answers politely.
    pub(crate) async fn evil(&mut self, name: &str) -> Evil {
        let own = domain(name);
        self.evil_that(name, move |heard| evil::polite(&own, heard)).await
    }

    /// One that answers as it is told.
    pub(crate) async fn evil_that(
        &mut self,
        name: &str,
        react: impl Fn(&ReceivedEntry) -> Reaction + Send + Sync + 'static,
    ) -> Evil {
        let (fake, identity) = self.realm.fake(name, react).await;
        self.fakes.push(fake);
        self.of(name, self.realm.peer(Some(&identity)))
    }

    /// One with a server of one channel with this id, which somebody of the attacked one may join.
    pub(crate) async fn evil_with_server(&mut self, name: &str, server: &str, member: &str, channel: &str) -> Evil {
        let home = domain(name);
        let mut state = garden(&home, server, member, 1, 1);
        state["channels"][0]["id"] = json!(format!("{channel}@{home}"));
        let joined = evil::done(200, &evil::member(server, member));
        let react = move |heard: &ReceivedEntry| match (heard.path.as_str(), heard.body["operation"].as_str()) {
            ("/federation/servers/snapshot", _) => Reaction::json(&state),
            (_, Some("servers.join")) => joined.clone(),
            _ => evil::polite(&home, heard),
        };
        self.evil_that(name, react).await
    }

    /// So many hostile backends, each with a certificate of its own, that nobody can call.
    pub(crate) fn mutes(&self, count: usize) -> Vec<Evil> {
        (0..count).map(|number| self.mute(&format!("mute{number}"))).collect()
    }

    /// One of them, by its name.
    pub(crate) fn mute(&self, name: &str) -> Evil {
        let identity = self.realm.authority.issue(&[&infra(name)]);
        self.realm.dns.serves(&domain(name), vec![Service::at(&infra(name), NOBODYS_PORT)]);
        self.realm.dns.host(&infra(name), Ipv4Addr::LOCALHOST.into());
        self.of(name, self.realm.peer(Some(&identity)))
    }

    /// The hostile ones that answer are gone, and what was connected to them with them.
    pub(crate) fn end_hostile(&mut self) {
        self.fakes.clear();
    }

    /// Somebody without a certificate.
    pub(crate) fn stranger(&self) -> Evil {
        self.of("stranger", self.realm.peer(None))
    }

    fn of(&self, name: &str, peer: Peer) -> Evil {
        Evil { domain: domain(name), peer, to: self.own.ingress, name: self.own.infra.clone() }
    }
}

impl Evil {
    /// A connection from an address.
    pub(crate) async fn wire(&self, from: Ipv4Addr) -> Result<Wire, Broken> {
        self.peer.at(from.into()).connect(self.to, &self.name).await
    }

    /// A bare TCP connection from an address, which has said nothing.
    pub(crate) async fn dial(&self, from: Ipv4Addr) -> io::Result<tokio::net::TcpStream> {
        crate::wire::connect(&self.to.to_string(), from, None).await
    }

    /// Asks once over a connection of its own.
    pub(crate) async fn ask(&self, from: Ipv4Addr, call: &str, body: &Value) -> Result<Reply, Broken> {
        self.wire(from).await?.call(&self.domain, call, body).await
    }

    /// Its only user.
    pub(crate) fn mallory(&self) -> String {
        evil::user_id(&self.domain, "mallory")
    }
}

/// A server of a hostile backend with so many channels, as it tells of it whole; `member` is of the attacked backend. Each
/// `version` is another one.
pub(crate) fn garden(home: &str, id: &str, member: &str, channels: usize, version: usize) -> Value {
    let uuid = |kind: u16, number: usize| format!("01930000-{kind:04x}-7000-8000-{number:012x}");
    let channel = |number: usize| {
        json!({
            "id": format!("{}@{}", uuid(1, number), home), "kind": "text", "server_id": id,
            "name": format!("channel {number}"), "topic": format!("{version} {}", "x".repeat(500)), "position": number,
            "slow_mode_s": 0, "overrides": {}, "participants": [], "last_message_id": null, "version": version,
            "seq": version,
        })
    };
    json!({
        "server": {
            "kind": "community", "id": id, "name": format!("Garden {version}"), "description": "",
            "visibility": "public", "icon": null, "owner": evil::user_id(home, "mallory"), "member_count": 2,
            "created_at": "2026-01-01T00:00:00Z", "version": version,
        },
        "roles": [{
            "id": uuid(2, 0), "server_id": id, "name": "everyone", "color": null, "position": 0,
            "permissions": ["view_channels"], "everyone": true, "version": 1,
        }],
        "channels": (0..channels).map(channel).collect::<Vec<_>>(),
        "members": [evil::member(id, member)],
        "seq": version,
    })
}

/// Where nothing listens.
const NOBODYS_PORT: u16 = 1;
