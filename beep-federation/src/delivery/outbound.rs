//! What the sender of one remote's stream does next.

use beep_core::time::Timestamp;
use uuid::Uuid;

use crate::backoff::{MOST, pause};

/// What a sender does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Sends these; each such call ends in one of [`Outbound::acked`] and [`Outbound::failed`].
    Send {
        /// The number of the first.
        first: u64,
        /// The number of the last.
        up_to: u64,
    },
    /// Waits until then, or until something happens.
    Wait(Option<Timestamp>),
}

/// What an answer means for the stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Acked {
    /// All up to the number that was answered may be let go of.
    Kept,
    /// The remote has what it was never sent, or has lost what it had: only a fresh stream brings the two together.
    PositionMismatch,
}

/// The stream to one remote. What it sends stays sent only if it is answered; all else is sent again.
#[derive(Clone, Debug)]
pub struct Outbound {
    stream: Uuid,
    acked: u64,
    sent: u64,
    last: u64,
    /// Calls without an answer.
    under_way: u64,
    /// What was acknowledged when the first of those under way began: no answer to them can be less.
    floor: u64,
    failures: u32,
    retry: Option<Timestamp>,
}

impl Outbound {
    /// Takes up a stream where it was left.
    pub fn new(stream: Uuid, acked: u64, last: u64) -> Self {
        Self { stream, acked, sent: acked, last, under_way: 0, floor: acked, failures: 0, retry: None }
    }

    /// The id of the stream.
    pub fn stream(&self) -> Uuid {
        self.stream
    }

    /// The last number that the remote has said to have applied.
    pub fn acknowledged(&self) -> u64 {
        self.acked
    }

    /// The last number that there is.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How often in a row it failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Takes that the stream goes up to `last`.
    pub fn queued(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// Until when it waits after a failure.
    pub fn retry(&self, now: Timestamp) -> Option<Timestamp> {
        // A clock that was set back makes nobody wait longer than anybody ever does.
        self.retry.filter(|retry| now < *retry && *retry <= now.after(MOST))
    }

    /// What to do now.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if let Some(retry) = self.retry(now) {
            return Step::Wait(Some(retry));
        }
        // After a failure one call shows whether the remote is back.
        let window = if self.failures > 0 { 1 } else { WINDOW };
        if self.sent >= self.last || self.under_way >= window {
            return Step::Wait(None);
        }
        if self.under_way == 0 {
            self.floor = self.acked;
        }
        let first = self.sent + 1;
        self.sent = self.sent.saturating_add(BATCH).min(self.last);
        self.under_way += 1;
        Step::Send { first, up_to: self.sent }
    }

    /// Takes the answer to a call: the last number that the remote has applied.
    pub fn acked(&mut self, seq: u64) -> Acked {
        self.under_way = self.under_way.saturating_sub(1);
        if seq < self.floor || seq > self.last {
            return Acked::PositionMismatch;
        }
        self.failures = 0;
        self.retry = None;
        self.acked = self.acked.max(seq);
        self.settle();
        Acked::Kept
    }

    /// Takes that a call came to nothing.
    pub fn failed(&mut self, now: Timestamp, random: u64) {
        self.under_way = self.under_way.saturating_sub(1);
        // Calls that fail together are one failure.
        if self.retry.is_none_or(|retry| retry <= now) {
            self.failures = self.failures.saturating_add(1);
            self.retry = Some(now.after(pause(self.failures, random)));
        }
        self.settle();
    }

    /// Takes that the remote was heard of: it is tried at once.
    pub fn woken(&mut self) {
        self.retry = None;
    }

    /// Takes up the stream as it is kept, after as many failures as before.
    pub fn take_up(&mut self, kept: Self) {
        *self = Self { failures: self.failures, retry: self.retry, ..kept };
    }

    /// Begins anew, with nothing in the stream.
    pub fn reset(&mut self, stream: Uuid) {
        *self = Self::new(stream, 0, 0);
    }

    /// Once nothing is under way it is plain what did not arrive.
    fn settle(&mut self) {
        self.sent = if self.under_way == 0 { self.acked } else { self.sent.max(self.acked) };
    }
}

const BATCH: u64 = 500;

/// The calls under way at a time.
const WINDOW: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);
    const IDLE: Step = Step::Wait(None);

    fn send(first: u64, up_to: u64) -> Step {
        Step::Send { first, up_to }
    }

    fn fresh(acked: u64, last: u64) -> Outbound {
        Outbound::new(Uuid::from_u128(1), acked, last)
    }

    #[test]
    fn batches_go_in_order_up_to_the_window() {
        let mut outbound = fresh(10, 5_000);
        let steps: Vec<_> = (0..5).map(|_| outbound.next(NOW)).collect();
        assert_eq!(steps, [send(11, 510), send(511, 1_010), send(1_011, 1_510), send(1_511, 2_010), IDLE]);
        assert_eq!(outbound.acked(1_010), Acked::Kept);
        assert_eq!(outbound.acked(510), Acked::Kept, "overtaken by the one after it");
        assert_eq!(outbound.acknowledged(), 1_010);
        assert_eq!(outbound.next(NOW), send(2_011, 2_510));
    }

    #[test]
    fn what_is_queued_is_sent_when_there_is_some() {
        let mut outbound = fresh(0, 0);
        assert_eq!(outbound.next(NOW), IDLE);
        outbound.queued(2);
        assert_eq!(outbound.next(NOW), send(1, 2));
        assert_eq!(outbound.acked(2), Acked::Kept);
        assert_eq!(outbound.next(NOW), IDLE);
    }

    #[test]
    fn what_fails_is_sent_again_later_alone() {
        let mut outbound = fresh(0, 2_000);
        assert_eq!([outbound.next(NOW), outbound.next(NOW)], [send(1, 500), send(501, 1_000)]);
        outbound.failed(NOW, 0);
        outbound.failed(NOW, 0);
        assert_eq!(outbound.failures(), 1);
        let later = Timestamp::from_millis(1_000);
        assert_eq!(outbound.next(NOW), Step::Wait(Some(later)));
        assert_eq!([outbound.next(later), outbound.next(later)], [send(1, 500), IDLE]);
        assert_eq!(outbound.acked(500), Acked::Kept);
        assert_eq!([outbound.next(later), outbound.next(later)], [send(501, 1_000), send(1_001, 1_500)]);
    }

    #[test]
    fn a_remote_that_was_heard_of_is_tried_at_once() {
        let mut outbound = fresh(0, 1);
        assert_eq!(outbound.next(NOW), send(1, 1));
        outbound.failed(NOW, u64::MAX);
        assert!(matches!(outbound.next(NOW), Step::Wait(Some(_))));
        outbound.woken();
        assert_eq!(outbound.next(NOW), send(1, 1));
    }

    #[test]
    fn a_gap_is_filled_once_all_have_answered() {
        let mut outbound = fresh(0, 1_000);
        assert_eq!([outbound.next(NOW), outbound.next(NOW)], [send(1, 500), send(501, 1_000)]);
        assert_eq!(outbound.acked(0), Acked::Kept);
        assert_eq!(outbound.acked(500), Acked::Kept);
        assert_eq!(outbound.next(NOW), send(501, 1_000));
    }

    #[test]
    fn a_remote_that_has_more_or_less_than_it_can_is_a_mismatch() {
        let mut outbound = fresh(5, 8);
        assert_eq!(outbound.next(NOW), send(6, 8));
        assert_eq!(outbound.clone().acked(4), Acked::PositionMismatch);
        assert_eq!(outbound.acked(9), Acked::PositionMismatch);
        outbound.reset(Uuid::from_u128(2));
        outbound.queued(1);
        assert_eq!((outbound.stream(), outbound.next(NOW)), (Uuid::from_u128(2), send(1, 1)));
    }
}
