//! One channel's part of the queue.

use crate::moment::{Attempts, Moment};

/// What is under way in a channel, and when the next attempt is due.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The nonce of the message that is being sent.
    pub(super) under_way: Option<String>,
    pub(super) attempts: Attempts,
}

impl Lane {
    /// Whether the next message may be sent.
    pub(super) fn is_free(&self, now: Moment) -> bool {
        self.under_way.is_none() && self.attempts.is_due(now)
    }
}
