//! What the sender of one remote's stream does next: hear where the remote is, send, back off, begin anew.

use std::time::Duration;

use beep_core::port;
use beep_core::time::Timestamp;
use uuid::Uuid;

use super::outbound::{Acked, Outbound, Step};

/// What a sender does next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Next {
    /// Begins the stream anew, with nothing in it; ends in [`Sender::reset`]. What the remote misses, it fetches.
    Reset(ResetReason),
    /// Calls with no events, to hear where the remote is; ends in [`Sender::answered`] or [`Sender::failed`].
    Handshake,
    /// Puts all invitations for users of the remote into the stream, as who follows a stream that began anew has
    /// forgotten them; ends in [`Sender::resent`].
    Resend,
    /// Sends what follows from this number on, as much as one call carries; ends in [`Sender::answered`],
    /// [`Sender::failed`], or [`Sender::unreadable`].
    Send {
        /// The number of the first.
        first: u64,
    },
    /// Waits until then, or until the remote is heard of; without a time, until there is more in the stream.
    Wait(Option<Timestamp>),
}

/// Why a stream begins anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ResetReason {
    /// What the remote is not to be told is not kept for it either.
    #[error("the peer is not on the allow list")]
    Denied,
    /// More waits, or for longer, than is kept for a remote.
    #[error("the backlog for the peer exceeds the retention limits")]
    Backlog,
    /// The log no longer has all of it.
    #[error("events of the stream are no longer retained")]
    Hole,
    /// The remote acknowledged, twice, what it cannot have applied, or less than it had.
    #[error("the peer acknowledged event {acked}, but only {from} to {last} are possible")]
    PositionMismatch {
        /// What it acknowledged.
        acked: u64,
        /// What it had acknowledged before.
        from: u64,
        /// The last that there is.
        last: u64,
    },
}

/// What an answer means for what was read and sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answered {
    /// All that was sent is applied.
    Applied,
    /// So many of what was sent are applied, from the first on: the rest is sent again.
    Partly(u64),
    /// The remote is elsewhere in the stream: what was read is dropped, and sent again from there on.
    Elsewhere,
    /// The remote cannot be there. What was read is dropped, and it is looked once more where both are, before all is
    /// told again.
    PositionMismatch,
}

/// How much is kept for a remote that takes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// So many events.
    pub events: u64,
    /// For so long.
    pub time: Duration,
}

/// The sender of one remote's stream, one call at a time.
#[derive(Debug)]
pub struct Sender {
    outbound: Outbound,
    kept: Kept,
    /// Whether the remote has said where it is.
    is_handshaken: bool,
    /// Whether that was where it cannot be.
    has_mismatch: bool,
    /// Whether it is looked once more where both are.
    looks_again: bool,
    /// Whether this process has put the invitations of the remote's users into the stream.
    is_resent: bool,
    must_reset: Option<ResetReason>,
}

impl Sender {
    /// Takes up a stream where it was left.
    pub fn new(stream: &port::Outbound, kept: Kept) -> Self {
        Self {
            outbound: outbound(stream),
            kept,
            is_handshaken: false,
            has_mismatch: false,
            looks_again: false,
            is_resent: false,
            must_reset: None,
        }
    }

    /// The id of the stream.
    pub fn stream(&self) -> Uuid {
        self.outbound.stream()
    }

    /// The last number that the remote has said to have applied.
    pub fn acknowledged(&self) -> u64 {
        self.outbound.acknowledged()
    }

    /// How often in a row it failed.
    pub fn failures(&self) -> u32 {
        self.outbound.failures()
    }

    /// What to do now; `stream` is as it is kept, `is_allowed` whether the remote may be told anything.
    pub fn next(&mut self, stream: &port::Outbound, is_allowed: bool, now: Timestamp) -> Next {
        if self.looks_again || stream.acknowledged.stream != self.outbound.stream() {
            self.outbound.take_up(outbound(stream));
            (self.looks_again, self.is_handshaken, self.is_resent) = (false, false, false);
        }
        self.outbound.queued(stream.last);
        if !is_allowed {
            self.is_resent = false;
            return if stream.last > 0 {
                Next::Reset(ResetReason::Denied)
            } else {
                Next::Wait(Some(now.after(DENIED_PAUSE)))
            };
        }
        if let Some(reason) = self.must_reset.or(self.is_past(stream, now).then_some(ResetReason::Backlog)) {
            return Next::Reset(reason);
        }
        if !self.is_handshaken {
            // Where the remote is, it says; what it is told then may differ from what it was told before.
            return self.outbound.retry(now).map_or(Next::Handshake, |retry| Next::Wait(Some(retry)));
        }
        // Where nothing of the stream is applied, it may have begun anew, and what is in it may have come since: another
        // process may have ended before it put the invitations in. Nothing is sent before they are.
        if !self.is_resent && self.outbound.acknowledged() == 0 {
            return Next::Resend;
        }
        match self.outbound.next(now) {
            Step::Wait(until) => Next::Wait(until),
            Step::Send { first, .. } => Next::Send { first },
        }
    }

    /// Takes that the stream begins anew, with this id.
    pub fn reset(&mut self, stream: Uuid) {
        match self.must_reset {
            // Who is where it cannot be again and again is not told all again and again.
            Some(ResetReason::PositionMismatch { .. }) => self.outbound.take_up(Outbound::new(stream, 0, 0)),
            _ => self.outbound.reset(stream),
        }
        (self.is_handshaken, self.is_resent, self.must_reset) = (false, false, None);
    }

    /// Takes that the invitations are in the stream.
    pub fn resent(&mut self) {
        self.is_resent = true;
    }

    /// Takes that part of the stream cannot be read any more.
    pub fn unreadable(&mut self) {
        self.must_reset = Some(ResetReason::Hole);
    }

    /// Takes the answer to a call that carried so many events: the last number that the remote has applied.
    pub fn answered(&mut self, acked: u64, sent: u64, now: Timestamp, random: u64) -> Answered {
        let before = self.outbound.acknowledged();
        // More may have been committed before it was read than there was when the stream was looked at.
        self.outbound.queued(before + sent);
        self.is_handshaken = true;
        if self.outbound.acked(acked) == Acked::PositionMismatch {
            if self.has_mismatch {
                let last = self.outbound.last();
                self.must_reset = Some(ResetReason::PositionMismatch { acked, from: before, last });
            }
            (self.has_mismatch, self.looks_again) = (true, !self.has_mismatch);
            self.outbound.failed(now, random);
            return Answered::PositionMismatch;
        }
        self.has_mismatch = false;
        if sent > 0 && acked <= before {
            // It takes nothing: it is tried again later.
            self.outbound.failed(now, random);
        }
        match acked.checked_sub(before) {
            Some(applied) if applied == sent => Answered::Applied,
            Some(applied) if 0 < applied && applied < sent => Answered::Partly(applied),
            _ => Answered::Elsewhere,
        }
    }

    /// Takes that a call came to nothing.
    pub fn failed(&mut self, now: Timestamp, random: u64) {
        self.outbound.failed(now, random);
    }

    /// Takes that the remote was heard of: it is tried at once.
    pub fn woken(&mut self) {
        self.outbound.woken();
    }

    fn is_past(&self, stream: &port::Outbound, now: Timestamp) -> bool {
        let oldest = now.before(self.kept.time);
        stream.last.saturating_sub(stream.acknowledged.seq) > self.kept.events
            || stream.waits_since.is_some_and(|since| since < oldest)
    }
}

fn outbound(stream: &port::Outbound) -> Outbound {
    Outbound::new(stream.acknowledged.stream, stream.acknowledged.seq, stream.last)
}

/// How soon it is looked whether a remote is allowed again.
const DENIED_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
