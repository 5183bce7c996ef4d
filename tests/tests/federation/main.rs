//! Several backends, each in a process of its own with its own domain, certificate and address, and a name server and
//! wires between them that the stories break; and peers with good certificates and bad intent.

mod audit_log;
mod categories;
mod certificates;
mod conversations;
mod deletion;
mod domain_bans;
mod evil_peer;
mod follower;
mod friends;
mod invitations;
mod kit;
mod live;
mod metrics;
mod moderation;
mod operator;
mod outage;
mod pending_leaves;
mod repair;
mod roles;
mod smoke;
mod talk;
mod two_backends;

use beep_tests::PATIENCE;
use beep_tests::chance::Chance;
use serde_json::{Value, json};

/// Waits for something with the usual patience.
async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    waited.unwrap_or_else(|_| panic!("{what}: nothing of it in {} s", PATIENCE.as_secs()))
}

/// The chance of a story. Each prints its seed, and `BEEP_TEST_SEED` tells it again.
fn chance() -> Chance {
    let given = std::env::var("BEEP_TEST_SEED").ok();
    let seed = given.map(|text| text.parse().expect("BEEP_TEST_SEED is a number"));
    let seed = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().1 >> 8);
    eprintln!("BEEP_TEST_SEED={seed}");
    Chance::new(seed)
}

/// A user of a false backend, as it tells of them; the same name is always the same user.
fn user(domain: &str, name: &str) -> Value {
    json!({
        "id": format!("{}@{domain}", users_uuid(name)),
        "username": name,
        "domain": domain,
        "display_name": null,
        "avatar": null,
        "bio": null,
        "created_at": "2026-01-01T00:00:00Z",
        "deleted": false,
    })
}

/// The id of a user of a false backend, made of the name.
fn users_uuid(name: &str) -> String {
    let sum = name.bytes().fold(0u64, |sum, octet| sum.wrapping_mul(31).wrapping_add(octet.into()));
    format!("01930000-0000-7000-8000-{:012x}", sum & 0xffff_ffff_ffff)
}
