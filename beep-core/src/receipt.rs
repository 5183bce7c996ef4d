//! What a receiver makes of part of another backend's stream: what of it is applied, once and in order.
//!
//! Decides from numbers alone. Applying, and keeping in the same unit of work how far that went, is
//! [`crate::backend::inbound`]'s.

use uuid::Uuid;

use crate::port::StreamMark;

/// What to do with part of a stream; the answer to the sender is the last number that is applied then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Receipt {
    /// Apply what comes after the first `skip`. An entry that is rejected is set aside and counts as applied.
    Apply {
        /// How many at its beginning were applied before.
        skip: usize,
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
    /// The stream begins anew: follow it from 0, then look at this again. Something may have happened before, in a stream
    /// that was dropped, and snapshots make that good.
    NewStream,
}

/// Decides on so many entries from `first_seq` on, `mark` being the stream that is followed and how far it is applied.
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
