//! What a receiver makes of a batch.

use uuid::Uuid;

/// What to do with a batch; the answer to the sender is the last number that is applied then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Receipt {
    /// Apply what comes after the first `skip`. An entry that is rejected is set aside and counts as applied.
    Apply {
        /// How many at its beginning were applied before.
        skip: u64,
    },
    /// All of it was applied before.
    Repeated {
        /// The last that is applied.
        acked: u64,
    },
    /// Something before it is missing; nothing of it is applied.
    Gap {
        /// The last that is applied.
        acked: u64,
    },
    /// The stream begins anew: take snapshots and keep the stream at 0, then look at the batch again.
    NewStream,
}

/// Decides on a batch, `last` being the stream that is followed and its last number that is applied.
pub fn receive(last: Option<(Uuid, u64)>, stream: Uuid, first_seq: u64, count: u64) -> Receipt {
    let Some((_, acked)) = last.filter(|(known, _)| *known == stream) else {
        return if first_seq == 1 { Receipt::NewStream } else { Receipt::Gap { acked: 0 } };
    };
    // Nothing has the number 0.
    match first_seq.checked_sub(1).and_then(|before| acked.checked_sub(before)) {
        None => Receipt::Gap { acked },
        Some(skip) if skip >= count => Receipt::Repeated { acked },
        Some(skip) => Receipt::Apply { skip },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_applied_once_and_in_order() {
        let (here, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for (last, first, count, expected) in [
            (None, 1, 3, Receipt::NewStream),
            (None, 2, 3, Receipt::Gap { acked: 0 }),
            (Some((other, 9)), 1, 3, Receipt::NewStream),
            (Some((other, 9)), 10, 3, Receipt::Gap { acked: 0 }),
            (Some((here, 0)), 1, 3, Receipt::Apply { skip: 0 }),
            (Some((here, 0)), 1, 0, Receipt::Repeated { acked: 0 }),
            (Some((here, 5)), 6, 3, Receipt::Apply { skip: 0 }),
            (Some((here, 5)), 4, 3, Receipt::Apply { skip: 2 }),
            (Some((here, 5)), 3, 3, Receipt::Repeated { acked: 5 }),
            (Some((here, 5)), 7, 3, Receipt::Gap { acked: 5 }),
            (Some((here, 5)), 0, 9, Receipt::Gap { acked: 5 }),
            (Some((here, u64::MAX)), u64::MAX, 1, Receipt::Repeated { acked: u64::MAX }),
        ] {
            assert_eq!(receive(last, here, first, count), expected, "{last:?} {first} {count}");
        }
    }
}
