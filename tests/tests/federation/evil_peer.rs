//! A peer with a valid certificate and bad intent: whatever it sends gets its code, reaches nothing that is not its
//! own, and slows nobody down.

mod answers;
mod bodies;
mod events;
mod flood;
mod identity;
mod strange;

use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use beep_tests::federation::authority::Identity;
use beep_tests::federation::evil::{self, user, user_id};
use beep_tests::federation::fake::{Fake, Reaction};
use beep_tests::federation::peer::{Broken, Reply, Wire, request};
use beep_tests::federation::realm::{Backend, Realm, domain};
use beep_tests::making::ids;
use beep_tests::people::{Person, http};
use beep_tests::server::free_address;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const EVIL: &str = "evil.example.com";

/// A backend with an owner and a server, and an evil peer with a certificate.
struct World {
    realm: Realm,
    own: Backend,
    owner: Person,
    /// A public server and its channel.
    server: String,
    channel: String,
    fake: Fake,
    identity: Identity,
    metrics: String,
}

impl World {
    async fn new() -> Self {
        let mut realm = Realm::new(Engine::Sqlite).await;
        let metrics = free_address();
        let flags = ["--limits.rates", "off", "--metrics.listen", &metrics];
        let own = realm.backend_with("own", &flags).await;
        let owner = own.sign_up("owner").await;
        let (server, channel) = owner.community("public").await;
        let (fake, identity) = realm.fake("evil", |heard| evil::polite(EVIL, heard)).await;
        Self { realm, own, owner, server, channel, fake, identity, metrics }
    }

    async fn wire(&self) -> Wire {
        let peer = self.realm.peer(Some(&self.identity));
        peer.connect(self.own.ingress, &self.own.infra).await.expect("the certificate is good")
    }

    /// How many calls of the evil domain have reached the domain logic.
    async fn answered(&self) -> u64 {
        let text = http().get(format!("http://{}/metrics", self.metrics)).send().await.expect("metrics are there");
        let text = text.text().await.expect("they are text");
        let of_evil =
            text.lines().filter(|line| line.starts_with("beep_federation_answered_total") && line.contains(EVIL));
        of_evil.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Lets somebody of the evil domain become a member of the public server, as is their right.
    async fn joins(&self, wire: &mut Wire) {
        let joined = execute(wire, &mallory(), "servers.join", json!({ "server": self.server })).await;
        assert_eq!(joined.json()["status"], 200, "{}", joined.json());
    }

    /// What the public channel holds.
    async fn history(&self) -> Vec<String> {
        let page = self.owner.get(&format!("/channels/{}/messages?limit=100", self.channel)).await.expect(200);
        let items = page["items"].as_array().expect("a list").iter();
        items.map(|message| message["content"].as_str().expect("a text").to_owned()).collect()
    }
}

fn mallory() -> String {
    user_id(EVIL, "mallory")
}

async fn execute(wire: &mut Wire, actor: &str, operation: &str, arguments: Value) -> Reply {
    perform(wire, "commands/execute", actor, operation, arguments, &beep_tests::chance::nobodys_id()).await
}

async fn run(wire: &mut Wire, actor: &str, operation: &str, arguments: Value) -> Reply {
    perform(wire, "queries/run", actor, operation, arguments, "").await
}

async fn perform(wire: &mut Wire, call: &str, actor: &str, operation: &str, arguments: Value, key: &str) -> Reply {
    evil::perform(wire, (EVIL, call), actor, operation, arguments, key).await.expect("it is answered")
}

/// 10 MiB of zeros in 64 KiB of gzip: a zero, and that so often again (RFC 1951, 3.2.6: the fixed codes).
fn bomb() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |code: u32, length: u32| bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    // The last block, of fixed codes; then the literal 0.
    put(0b1, 1);
    put(0b10, 2);
    put(0b0011_0000, 8);
    for _ in 0..40_640 {
        // 258 octets, from one octet back.
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let octets = bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |octet, bit| octet << 1 | u8::from(*bit)));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(octets).chain([0; 8]).collect()
}

/// KiB of memory that a backend's process has.
fn memory(of: &Backend) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", of.server.pid())).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it says how much it has");
    line.trim().trim_end_matches(" kB").parse().expect("it is a number")
}
