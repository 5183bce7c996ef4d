//! What a receiver does with part of another backend's stream, so that each entry is applied once and in order.
//!
//! Decides by sequence numbers only. [`crate::backend::inbound`] applies the entries and records the position in the
//! same transaction.

use uuid::Uuid;

use crate::port::StreamMark;

/// What to do with part of a stream. The answer to the sender is the last applied number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Receipt {
    /// Apply the entries after the first `skip`. A rejected entry becomes a dead letter and counts as applied.
    Apply {
        /// How many entries at the beginning were applied before.
        skip: usize,
    },
    /// All entries were applied before.
    Repeated {
        /// The last applied number.
        acked: u64,
    },
    /// Earlier entries are missing; nothing is applied.
    Gap {
        /// The last applied number.
        acked: u64,
    },
    /// The stream was reset: follow it from 0, then decide again. Events of the earlier stream may be lost; the
    /// snapshots of the new one make up for them.
    NewStream,
}

/// Decides about `count` entries from `first_seq` on. `mark` is the stream that is followed and its last applied
/// number.
pub fn of(mark: Option<StreamMark>, stream: Uuid, first_seq: u64, count: usize) -> Receipt {
    let Some(StreamMark { seq: acked, .. }) = mark.filter(|mark| mark.stream == stream) else {
        return if first_seq == 1 { Receipt::NewStream } else { Receipt::Gap { acked: 0 } };
    };
    // Nothing has the number 0.
    let Some(skip) = first_seq.checked_sub(1).and_then(|before| acked.checked_sub(before)) else {
        return Receipt::Gap { acked };
    };
    match usize::try_from(skip) {
        Ok(skip) if skip < count => Receipt::Apply { skip },
        _ => Receipt::Repeated { acked },
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
            let mark = last.map(|(stream, seq)| StreamMark { stream, seq });
            assert_eq!(of(mark, here, first, count), expected, "{last:?} {first} {count}");
        }
    }
}
