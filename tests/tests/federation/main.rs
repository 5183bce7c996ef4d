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
mod reads;
mod repair;
mod roles;
mod smoke;
mod talk;
mod two_backends;

use beep_tests::PATIENCE;
use beep_tests::chance::Chance;

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
