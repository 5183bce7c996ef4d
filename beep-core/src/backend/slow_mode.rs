//! Slow mode: how long a member waits between two messages of a channel.
//!
//! In memory only: a restart loses at most one wait of each member.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::id::{ChannelId, ChannelKey, UserKey};
use crate::time::Timestamp;

/// When members last sent to channels in slow mode.
#[derive(Default)]
pub(super) struct SlowMode(Mutex<HashMap<(ChannelId, UserKey), Timestamp>>);

impl SlowMode {
    /// Lets a member send now, or gives the time from which they may.
    pub(super) fn pass(
        &self,
        channel: &ChannelKey,
        user: &UserKey,
        wait: Duration,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = last.get(&(channel.id, user.clone())).map(|at| at.after(wait)).filter(|until| now < *until)
        {
            return Err(until);
        }
        if last.len() >= MOST {
            last.retain(|_, at| now.since(*at) < LONGEST);
        }
        if last.len() < MOST {
            last.insert((channel.id, user.clone()), now);
        }
        Ok(())
    }
}

const MOST: usize = 100_000;
const LONGEST: Duration = Duration::from_secs(crate::channel::MAX_SLOW_MODE_S as u64);
