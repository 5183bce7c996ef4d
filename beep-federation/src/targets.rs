//! In which order the hosts of a domain are tried (RFC 2782).

use crate::discovery::Target;

/// Orders by priority, and among those of one priority at random by weight; `random` gives the numbers.
pub fn in_order(targets: &[Target], mut random: impl FnMut() -> u64) -> Vec<Target> {
    let mut left = targets.to_vec();
    // Weight 0 comes first, so that it is chosen by the number 0 alone, as the RFC has it.
    left.sort_by_key(|target| (target.priority, target.weight != 0));
    let mut ordered = Vec::with_capacity(left.len());
    while let Some(priority) = left.first().map(|first| first.priority) {
        let peers = left.iter().take_while(|target| target.priority == priority);
        let sum: u64 = peers.clone().map(|target| u64::from(target.weight)).sum();
        let number = random() % (sum + 1);
        let mut running = 0;
        let chosen = peers.map(|target| {
            running += u64::from(target.weight);
            running
        });
        let chosen = chosen.into_iter().position(|running| running >= number).unwrap_or(0);
        ordered.push(left.remove(chosen));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use beep_core::domain::Domain;
    use proptest::prelude::*;

    fn target(priority: u16, weight: u16, port: u16) -> Target {
        Target { priority, weight, port, host: Domain::parse("x.example.com").expect("a domain") }
    }

    /// Numbers that look random, from a seed (splitmix64).
    fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
        move || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    #[test]
    fn the_share_follows_the_weight() {
        let targets = [target(1, 0, 0), target(1, 10, 1), target(1, 30, 2), target(1, 60, 3)];
        let mut first = [0u32; 4];
        let mut random = numbers(7);
        for _ in 0..10_000 {
            first[usize::from(in_order(&targets, &mut random)[0].port)] += 1;
        }
        for (count, share) in first.into_iter().zip([99, 990, 2_970, 5_940]) {
            assert!(count.abs_diff(share) < 40 + share / 10, "{first:?}");
        }
    }

    #[test]
    fn with_weight_0_alone_everyone_is_tried() {
        let targets = [target(1, 0, 0), target(1, 0, 1)];
        assert_eq!(in_order(&targets, || u64::MAX).len(), 2);
    }

    proptest! {
        #[test]
        fn an_order_has_everyone_once_and_never_goes_back(
            shape in prop::collection::vec((0u16..4, prop_oneof![Just(0u16), any::<u16>()]), 0..12), seed: u64,
        ) {
            let targets: Vec<_> = shape.iter().zip(0..).map(|(&(p, w), port)| target(p, w, port)).collect();
            let ordered = in_order(&targets, numbers(seed));
            prop_assert!(ordered.is_sorted_by_key(|target| target.priority));
            let mut ports: Vec<_> = ordered.iter().map(|target| target.port).collect();
            ports.sort_unstable();
            prop_assert_eq!(ports.len(), targets.len());
            prop_assert!(ports.into_iter().eq(0..u16::try_from(targets.len()).expect("few")));
        }
    }
}
