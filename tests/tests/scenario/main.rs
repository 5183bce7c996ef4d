//! Whole stories over real processes: many clients, connections that are cut, backends that are killed.
//!
//! Chance decides who is cut and when. Each story prints its seed, and `BEEP_TEST_SEED` tells it again; what the
//! machine does in between stays its own.

mod audit;
mod convergence;
mod embedded;
mod guest;
mod lossless;
mod plain;
mod two_backends;

use std::time::Duration;

use beep_tests::PATIENCE;
use beep_tests::chance::Chance;
use beep_tests::database::Engine;

/// The chance of a story.
fn chance() -> Chance {
    let given = std::env::var("BEEP_TEST_SEED").ok();
    let seed = given.map(|text| text.parse().expect("BEEP_TEST_SEED is a number"));
    let seed = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().1 >> 8);
    eprintln!("BEEP_TEST_SEED={seed}");
    Chance::new(seed)
}

/// A chance of its own for a part of a story, which so does not depend on what the others do.
fn part(chance: &mut Chance) -> Chance {
    Chance::new(chance.below(usize::MAX) as u64)
}

/// Different numbers between 1 and `end`, in order.
fn moments(chance: &mut Chance, count: usize, end: usize) -> Vec<usize> {
    let mut moments = std::collections::BTreeSet::new();
    while moments.len() < count {
        moments.insert(1 + chance.below(end));
    }
    moments.into_iter().collect()
}

/// Waits for something with the usual patience.
async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let patience: Duration = PATIENCE;
    let waited = tokio::time::timeout(patience, wait).await;
    waited.unwrap_or_else(|_| panic!("{what}: nothing of it in {} s", patience.as_secs()))
}

/// Whether a story can be told on an engine; says why if not.
fn is_at_hand(engine: Engine) -> bool {
    Engine::at_hand().contains(&engine)
}
