//! Which owner to compare with next, and how many comparisons run at once.
//!
//! Only decides; the caller reads the store and compares.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::domain::Domain;
use crate::port::When;
use crate::time::Timestamp;

/// What to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Turn {
    /// Arrange a comparison with every owner whose servers users of this backend are in: [`Turns::ask`]. Where they cannot
    /// be found out: [`Turns::unarranged`].
    Round,
    /// Find out in which lane an owner waits; ends in [`Turns::sorted`] or [`Turns::unsorted`].
    Sort(Domain),
    /// Compare with this owner, then call [`Turns::ended`].
    Compare(Domain),
    /// Wait until then, or until something happens.
    Wait(Timestamp),
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TurnEnd {
    /// It was compared, as far as the owner answered.
    Compared,
    /// This backend failed in the middle: it is compared again.
    Failed,
}

/// A queue of its own, so that nobody in the other waits for who is in this one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
    /// Owners whose servers users of this backend are members of.
    Member,
    /// Owners that users of this backend only asked to join. They may not exist.
    Asked,
}

/// The queue of owners. Each owner has one turn at a time, and one more if it is requested meanwhile.
#[derive(Debug, Default)]
pub struct Turns {
    owners: BTreeMap<Domain, Place>,
    waiting: [VecDeque<Domain>; 2],
    running: [usize; 2],
    when_reachable: BTreeSet<Domain>,
    /// Owners that were heard and do not answer yet, as a circuit breaker may still be open: how often each is tried again.
    tries: BTreeMap<Domain, u32>,
    /// When the next round starts; at once if there was none.
    round: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Requested, not before this time.
    Asked { from: Option<Timestamp> },
    /// Its lane is being determined.
    Sorting,
    /// In the queue of its lane.
    Waiting,
    /// A comparison is running; `is_heard` if a request of the owner arrived since it started.
    Running { lane: Lane, again: bool, is_heard: bool },
}

impl Turns {
    /// Requests a comparison; does nothing if one waits already.
    pub fn ask(&mut self, owner: &Domain, when: When) {
        match (when, self.owners.get_mut(owner)) {
            // It answers again already, and what was tried may have failed just before.
            (When::Reachable, Some(Place::Running { again, is_heard, .. })) if *is_heard => {
                (*again, *is_heard) = (true, false);
            }
            (When::Reachable, _) => drop(self.when_reachable.insert(owner.clone())),
            (When::Soon, Some(Place::Running { again, .. })) => *again = true,
            (When::Soon, Some(_)) => {}
            (When::Soon, None) => drop(self.owners.insert(owner.clone(), Place::Asked { from: None })),
        }
    }

    /// A request of an owner arrived. Says whether anything waited for that.
    pub fn reachable(&mut self, owner: &Domain) -> bool {
        if let Some(Place::Running { is_heard, .. }) = self.owners.get_mut(owner) {
            *is_heard = true;
        }
        let waited = self.when_reachable.remove(owner);
        if waited {
            self.tries.insert(owner.clone(), TRIES);
            self.ask(owner, When::Soon);
        }
        waited
    }

    /// What to do now.
    pub fn next(&mut self, now: Timestamp) -> Turn {
        if is_due(self.round, now, ROUND) {
            self.round = Some(now.after(ROUND));
            return Turn::Round;
        }
        let due = self.owners.iter_mut().find(|(_, place)| match place {
            Place::Asked { from } => is_due(*from, now, FAILURE_PAUSE),
            _ => false,
        });
        if let Some((owner, place)) = due {
            *place = Place::Sorting;
            return Turn::Sort(owner.clone());
        }
        for lane in [Lane::Member, Lane::Asked] {
            if self.running[lane as usize] < AT_ONCE
                && let Some(owner) = self.waiting[lane as usize].pop_front()
            {
                self.running[lane as usize] += 1;
                self.owners.insert(owner.clone(), Place::Running { lane, again: false, is_heard: false });
                return Turn::Compare(owner);
            }
        }
        let pauses = self.owners.values().filter_map(|place| match place {
            Place::Asked { from } => *from,
            _ => None,
        });
        Turn::Wait(pauses.chain(self.round).min().unwrap_or(now))
    }

    /// The lane of an owner; `None` if there is nothing to compare.
    pub fn sorted(&mut self, owner: &Domain, lane: Option<Lane>) {
        match lane {
            Some(lane) => {
                self.owners.insert(owner.clone(), Place::Waiting);
                self.waiting[lane as usize].push_back(owner.clone());
            }
            None => {
                self.owners.remove(owner);
                self.tries.remove(owner);
            }
        }
    }

    /// Takes that it cannot be found out in which lane an owner waits: it is tried again.
    pub fn unsorted(&mut self, owner: &Domain, now: Timestamp) {
        self.owners.insert(owner.clone(), Place::Asked { from: Some(now.after(FAILURE_PAUSE)) });
    }

    /// Takes that it cannot be found out with whom to compare in this round: it is tried again.
    pub fn unarranged(&mut self, now: Timestamp) {
        self.round = Some(now.after(FAILURE_PAUSE));
    }

    /// Takes that a comparison has ended.
    pub fn ended(&mut self, owner: &Domain, end: TurnEnd, now: Timestamp) {
        let Some(Place::Running { lane, again, .. }) = self.owners.remove(owner) else { return };
        self.running[lane as usize] -= 1;
        let pause = match end {
            TurnEnd::Failed => FAILURE_PAUSE,
            // Who begins its stream anew again and again is not compared with all the time.
            TurnEnd::Compared if again => PAUSE,
            TurnEnd::Compared => {
                let left = self.tries.remove(owner).and_then(|tries| tries.checked_sub(1));
                let Some(left) = left.filter(|_| self.when_reachable.contains(owner)) else { return };
                self.tries.insert(owner.clone(), left);
                FAILURE_PAUSE
            }
        };
        self.owners.insert(owner.clone(), Place::Asked { from: Some(now.after(pause)) });
    }
}

/// Whether a moment that was at most `at_most` ahead has come. A clock that was set back does not make the wait longer.
fn is_due(at: Option<Timestamp>, now: Timestamp, at_most: Duration) -> bool {
    at.is_none_or(|at| at <= now || at > now.after(at_most))
}

/// The interval of comparisons.
const ROUND: Duration = Duration::from_secs(5 * 60);

/// How often an owner is tried again that was heard and does not answer: for longer than a breaker is open.
const TRIES: u32 = 6;

/// How many owners of one lane are compared with at once.
const AT_ONCE: usize = 8;

/// The minimum time between two turns of an owner.
const PAUSE: Duration = Duration::from_secs(1);

/// How long is waited after this backend failed.
const FAILURE_PAUSE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owner(number: usize) -> Domain {
        Domain::parse(&format!("n{number}.example.com")).expect("a domain")
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Turns whose first round has begun.
    fn turns() -> Turns {
        let mut turns = Turns::default();
        assert_eq!(turns.next(at(0)), Turn::Round);
        turns
    }

    /// Sorts all who ask into a lane, and gives who is to be compared with.
    fn begun(turns: &mut Turns, now: Timestamp, lane: impl Fn(&Domain) -> Option<Lane>) -> Vec<Domain> {
        let mut begun = Vec::new();
        loop {
            match turns.next(now) {
                Turn::Sort(owner) => turns.sorted(&owner, lane(&owner)),
                Turn::Compare(owner) => begun.push(owner),
                Turn::Round => {}
                Turn::Wait(_) => return begun,
            }
        }
    }

    #[test]
    fn each_lane_has_so_many_turns_at_once() {
        let mut turns = turns();
        (0..40).for_each(|number| turns.ask(&owner(number), When::Soon));
        let lane = |domain: &Domain| {
            let is_member = (0..20).any(|number| owner(number) == *domain);
            Some(if is_member { Lane::Member } else { Lane::Asked })
        };
        let first = begun(&mut turns, at(0), lane);
        assert_eq!(first.len(), 2 * AT_ONCE);
        let members = first.iter().filter(|owner| lane(owner) == Some(Lane::Member)).count();
        assert_eq!(members, AT_ONCE);
        // One that ends makes room for one of its own lane.
        let ended = first.iter().find(|owner| lane(owner) == Some(Lane::Asked)).expect("there are some");
        turns.ended(ended, TurnEnd::Compared, at(1));
        let next = begun(&mut turns, at(1), lane);
        assert_eq!(next.iter().map(lane).collect::<Vec<_>>(), [Some(Lane::Asked)]);
    }

    #[test]
    fn what_is_asked_for_meanwhile_comes_once_more_after_a_pause() {
        let (mut turns, one) = (turns(), owner(1));
        let all = |_: &Domain| Some(Lane::Member);
        (0..3).for_each(|_| turns.ask(&one, When::Soon));
        assert_eq!(begun(&mut turns, at(0), all), std::slice::from_ref(&one));
        (0..3).for_each(|_| turns.ask(&one, When::Soon));
        assert_eq!(begun(&mut turns, at(0), all), []);
        turns.ended(&one, TurnEnd::Compared, at(10));
        assert_eq!((begun(&mut turns, at(10), all), turns.next(at(10))), (vec![], Turn::Wait(at(1_010))));
        assert_eq!(begun(&mut turns, at(1_010), all), std::slice::from_ref(&one));
        turns.ended(&one, TurnEnd::Compared, at(1_020));
        assert_eq!(turns.next(at(1_020)), Turn::Wait(at(300_000)));
        assert!(turns.owners.is_empty());
    }

    #[test]
    fn who_has_nothing_to_compare_waits_for_nothing() {
        let mut turns = turns();
        turns.ask(&owner(1), When::Soon);
        assert_eq!(begun(&mut turns, at(0), |_| None), []);
        assert!(turns.owners.is_empty());
    }

    #[test]
    fn who_is_to_be_told_of_something_is_once_they_are_reachable() {
        let (mut turns, one) = (turns(), owner(1));
        turns.ask(&one, When::Reachable);
        assert_eq!(begun(&mut turns, at(0), |_| Some(Lane::Member)), []);
        assert!(turns.reachable(&one) && !turns.reachable(&one));
        assert_eq!(begun(&mut turns, at(0), |_| Some(Lane::Member)), [one]);
    }

    #[test]
    fn who_is_heard_of_while_something_fails_has_another_turn() {
        let (mut turns, one) = (turns(), owner(1));
        turns.ask(&one, When::Soon);
        assert_eq!(begun(&mut turns, at(0), |_| Some(Lane::Member)), std::slice::from_ref(&one));
        assert!(!turns.reachable(&one));
        turns.ask(&one, When::Reachable);
        turns.ended(&one, TurnEnd::Compared, at(10));
        assert_eq!(begun(&mut turns, at(1_010), |_| Some(Lane::Member)), [one]);
    }

    #[test]
    fn who_is_heard_and_does_not_answer_is_tried_again_for_a_while() {
        let mut turns = turns();
        let mut now = at(1);
        turns.ask(&owner(1), When::Reachable);
        assert!(turns.reachable(&owner(1)));
        let mut tried = 0;
        while now < at(0).after(ROUND) {
            for owner in begun(&mut turns, now, |_| Some(Lane::Member)) {
                tried += 1;
                turns.ask(&owner, When::Reachable);
                turns.ended(&owner, TurnEnd::Compared, now);
            }
            now = now.after(FAILURE_PAUSE);
        }
        assert_eq!(tried, 1 + TRIES);
        // Heard again, it answers: once is enough.
        assert!(turns.reachable(&owner(1)));
        assert_eq!(begun(&mut turns, now, |_| Some(Lane::Member)), [owner(1)]);
        turns.ended(&owner(1), TurnEnd::Compared, now);
        assert_eq!(begun(&mut turns, now.after(FAILURE_PAUSE), |_| Some(Lane::Member)), []);
    }

    #[test]
    fn what_fails_here_is_tried_again() {
        let (mut turns, one) = (turns(), owner(1));
        let member = |_: &Domain| Some(Lane::Member);
        turns.ask(&one, When::Soon);
        assert_eq!(turns.next(at(0)), Turn::Sort(one.clone()));
        turns.unsorted(&one, at(0));
        assert_eq!((begun(&mut turns, at(9_999), member), turns.next(at(9_999))), (vec![], Turn::Wait(at(10_000))));
        assert_eq!(begun(&mut turns, at(10_000), member), std::slice::from_ref(&one));
        turns.ended(&one, TurnEnd::Failed, at(10_000));
        assert_eq!(begun(&mut turns, at(19_999), member), []);
        assert_eq!(begun(&mut turns, at(20_000), member), std::slice::from_ref(&one));
        turns.ended(&one, TurnEnd::Compared, at(20_000));
        assert!(turns.owners.is_empty());
        turns.unarranged(at(20_000));
        assert_eq!((turns.next(at(20_000)), turns.next(at(30_000))), (Turn::Wait(at(30_000)), Turn::Round));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_up_no_round() {
        let mut turns = Turns::default();
        assert_eq!(turns.next(at(1_000_000_000)), Turn::Round);
        assert_eq!(turns.next(at(0)), Turn::Round);
        assert_eq!(turns.next(at(0)), Turn::Wait(at(300_000)));
    }

    proptest! {
        #[test]
        fn whoever_asks_gets_a_turn_and_nobody_two_at_once(
            steps in prop::collection::vec((0usize..4, 0usize..30, -5_000i64..5_000), 0..300),
        ) {
            let (mut turns, mut now) = (Turns::default(), 0);
            let (mut running, mut asked): (BTreeSet<Domain>, BTreeSet<Domain>) = Default::default();
            let lane = |domain: &Domain| Some(if domain.as_str().len().is_multiple_of(2) { Lane::Member } else { Lane::Asked });
            let go_on = |turns: &mut Turns, now, running: &mut BTreeSet<_>, asked: &mut BTreeSet<_>| {
                for begun in begun(turns, at(now), lane) {
                    asked.remove(&begun);
                    assert!(running.insert(begun), "two turns at once");
                }
            };
            for (what, number, jump) in steps {
                let one = owner(number);
                match what {
                    0 | 1 => {
                        turns.ask(&one, When::Soon);
                        asked.insert(one);
                    }
                    2 => {
                        if running.remove(&one) {
                            turns.ended(&one, TurnEnd::Compared, at(now));
                        }
                    }
                    _ => now += jump,
                }
                go_on(&mut turns, now, &mut running, &mut asked);
                for lane in 0..2 {
                    prop_assert!(turns.running[lane] <= AT_ONCE);
                }
            }
            for _ in 0..30 {
                now += 2_000;
                for one in std::mem::take(&mut running) {
                    turns.ended(&one, TurnEnd::Compared, at(now));
                }
                now += 2_000;
                go_on(&mut turns, now, &mut running, &mut asked);
            }
            prop_assert!(asked.is_empty(), "{asked:?} had no turn");
        }
    }
}
