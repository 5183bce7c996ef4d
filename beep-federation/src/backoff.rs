//! How long to wait before a remote is tried again (contract: federation, "Events between backends").

use std::time::Duration;

/// The pause after so many failures in a row: between a second and a ceiling that doubles up to five minutes, anywhere
/// with the same likelihood, so that those who failed together do not come back together.
pub fn pause(failures: u32, random: u64) -> Duration {
    let ceiling = LEAST.saturating_mul(1 << failures.min(16)).min(MOST);
    let span = u64::try_from((ceiling - LEAST).as_millis()).unwrap_or(u64::MAX);
    LEAST + Duration::from_millis(random % (span + 1))
}

const LEAST: Duration = Duration::from_secs(1);

/// The longest pause.
pub const MOST: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ceiling_doubles_up_to_five_minutes() {
        let most = |failures| (0..400_000).map(|random| pause(failures, random)).max().map(|most| most.as_secs());
        let ceilings: Vec<_> = [1, 2, 3, 8, 9, 1_000].into_iter().map(most).collect();
        assert_eq!(ceilings, [2, 4, 8, 256, 300, 300].map(Some));
    }

    proptest! {
        #[test]
        fn a_pause_is_between_a_second_and_five_minutes(failures: u32, random: u64) {
            let pause = pause(failures, random);
            prop_assert!((LEAST..=MOST).contains(&pause));
            prop_assert!(pause <= Duration::from_secs(1 << failures.min(9)));
        }
    }
}
