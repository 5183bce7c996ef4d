//! Slow mode: how long a member waits between two messages of a channel.
//!
//! In memory only: a restart loses at most one wait of each member. Only waits that are not over are remembered. Where
//! there is no room for more, the server that has the most of them loses its own, so that whoever fills the memory lifts
//! the slow mode of no server but theirs.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::id::{ChannelId, SpaceKey, UserKey};
use crate::time::Timestamp;

/// When members may send again to channels in slow mode.
#[derive(Default)]
pub(super) struct SlowMode(Mutex<Waits>);

#[derive(Default)]
struct Waits {
    of: HashMap<SpaceKey, HashMap<(ChannelId, UserKey), Wait>>,
    /// The same by when they are over.
    ends: BTreeSet<(Timestamp, SpaceKey, ChannelId, UserKey)>,
}

#[derive(Clone, Copy)]
struct Wait {
    since: Timestamp,
    until: Timestamp,
}

impl SlowMode {
    /// Lets a member send now, or gives the time from which they may.
    pub(super) fn pass(
        &self,
        space: &SpaceKey,
        channel: ChannelId,
        user: &UserKey,
        wait: Duration,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A few at a time, so that nobody waits for all of them; more than come.
        for _ in 0..2 {
            waits.forget_one_before(now);
        }
        let known = waits.of.get(space).and_then(|waits| waits.get(&(channel, user.clone())));
        // The channel may have become slower or faster meanwhile.
        if let Some(until) = known.map(|known| known.since.after(wait)).filter(|until| now < *until) {
            return Err(until);
        }
        waits.remember(space, channel, user, Wait { since: now, until: now.after(wait) });
        if waits.ends.len() > MOST {
            waits.forget_the_most();
        }
        Ok(())
    }
}

impl Waits {
    fn remember(&mut self, space: &SpaceKey, channel: ChannelId, user: &UserKey, wait: Wait) {
        let own = self.of.entry(space.clone()).or_default();
        if let Some(before) = own.insert((channel, user.clone()), wait) {
            self.ends.remove(&(before.until, space.clone(), channel, user.clone()));
        }
        self.ends.insert((wait.until, space.clone(), channel, user.clone()));
    }

    fn forget_one_before(&mut self, now: Timestamp) {
        if self.ends.first().is_none_or(|(until, ..)| *until > now) {
            return;
        }
        let Some((_, space, channel, user)) = self.ends.pop_first() else { return };
        if let Some(own) = self.of.get_mut(&space) {
            own.remove(&(channel, user));
            if own.is_empty() {
                self.of.remove(&space);
            }
        }
    }

    fn forget_the_most(&mut self) {
        let Some(space) = self.of.iter().max_by_key(|(_, own)| own.len()).map(|(space, _)| space.clone()) else {
            return;
        };
        for ((channel, user), wait) in self.of.remove(&space).into_iter().flatten() {
            self.ends.remove(&(wait.until, space.clone(), channel, user));
        }
    }
}

const MOST: usize = 200_000;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::Domain;
    use crate::id::Id;

    fn id<T: Id>(number: usize) -> T {
        T::from_uuid(Uuid::from_u128(number as u128))
    }

    #[test]
    fn whoever_fills_the_memory_lifts_their_own_slow_mode_alone() {
        let slow = SlowMode::default();
        let home = Domain::parse("a.example.com").expect("a domain");
        let space = |number| SpaceKey::new(id(number), home.clone());
        let user = |number| UserKey::new(id(number), home.clone());
        let at = Timestamp::from_millis;
        let (minute, hours) = (Duration::from_secs(60), Duration::from_secs(6 * 60 * 60));
        assert_eq!(slow.pass(&space(1), id(1), &user(1), minute, at(0)), Ok(()));
        for number in 0..2 * MOST {
            assert_eq!(slow.pass(&space(2), id(number), &user(2), hours, at(1)), Ok(()));
        }
        assert!(slow.0.lock().expect("nobody panicked").ends.len() <= MOST);
        assert_eq!(slow.pass(&space(1), id(1), &user(1), minute, at(2)), Err(at(60_000)));
        assert_eq!(
            slow.pass(&space(1), id(1), &user(1), Duration::from_secs(30), at(30_000)),
            Ok(()),
            "it is faster now"
        );
    }

    #[test]
    fn waits_that_are_over_are_forgotten() {
        let slow = SlowMode::default();
        let home = Domain::parse("a.example.com").expect("a domain");
        for number in 0..1_000 {
            let (space, user) = (SpaceKey::new(id(number % 7), home.clone()), UserKey::new(id(number), home.clone()));
            let now = Timestamp::from_millis(number as i64 * 1_000);
            assert_eq!(slow.pass(&space, id(1), &user, Duration::from_secs(5), now), Ok(()));
        }
        let waits = slow.0.lock().expect("nobody panicked");
        let remembered: usize = waits.of.values().map(HashMap::len).sum();
        assert!(remembered == waits.ends.len() && remembered < 10, "{remembered}");
    }
}
