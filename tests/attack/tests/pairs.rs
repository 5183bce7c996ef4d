//! Some of the pairs of operations at the same moment, on each engine.

use beep_attack::pairs::{Rounds, play};
use beep_tests::database::Engine;

#[tokio::test(flavor = "multi_thread")]
async fn two_operations_at_once_end_as_one_after_the_other() {
    for (which, engine) in Engine::at_hand().into_iter().enumerate() {
        let found = play(engine, Rounds { rounds: 2, one_of: 80, which }).await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
