//! In which order the hosts of a domain are tried (RFC 2782).

use crate::discovery::Target;

/// Lower priorities first; within one, each place is drawn by weight, so that load is shared as the domain wishes.
pub(super) fn order(targets: &[Target], mut random: impl FnMut() -> u64) -> Vec<Target> {
    let mut ordered: Vec<Target> = targets.to_vec();
    // Those without a weight come first within their priority, and so are drawn only by a zero.
    ordered.sort_by_key(|target| (target.priority, target.weight));
    for at in 0..ordered.len() {
        let priority = ordered[at].priority;
        let left = &ordered[at..];
        let left = &left[..left.iter().take_while(|target| target.priority == priority).count()];
        let all: u64 = left.iter().map(|target| u64::from(target.weight)).sum();
        let drawn = random() % (all + 1);
        let mut sum = 0;
        let reaches = |target: &Target| {
            sum += u64::from(target.weight);
            sum >= drawn
        };
        let chosen = left.iter().position(reaches).unwrap_or(0);
        ordered[at..=at + chosen].rotate_right(1);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use beep_core::domain::Domain;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn target(priority: u16, weight: u16, port: u16) -> Target {
        Target { priority, weight, port, host: Domain::parse("f.example.com").expect("a domain") }
    }

    #[test]
    fn weights_share_the_first_place() {
        let targets = [target(1, 60, 1), target(1, 30, 2), target(1, 10, 3), target(1, 0, 4), target(0, 1, 5)];
        let mut first: HashMap<u16, u32> = HashMap::new();
        for drawn in 0..1010 {
            let ordered = order(&targets, || drawn);
            assert_eq!(ordered[0].port, 5, "the lowest priority goes before all");
            *first.entry(ordered[1].port).or_default() += 1;
        }
        assert_eq!([first[&1], first[&2], first[&3], first[&4]], [600, 300, 100, 10]);
    }

    proptest! {
        #[test]
        fn every_target_has_one_place_in_the_order_of_priorities(
            of in proptest::collection::vec((0u16..4, any::<u16>()), 0..20),
            seed in any::<u64>(),
        ) {
            let targets: Vec<Target> = of.iter().zip(0..).map(|((priority, weight), port)| target(*priority, *weight, port)).collect();
            let mut state = seed;
            let ordered = order(&targets, || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 33
            });
            prop_assert!(ordered.is_sorted_by_key(|target| target.priority));
            let mut ports: Vec<u16> = ordered.iter().map(|target| target.port).collect();
            ports.sort_unstable();
            prop_assert_eq!(ports, (0..u16::try_from(targets.len()).expect("few")).collect::<Vec<_>>());
        }
    }
}
