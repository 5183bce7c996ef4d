//! Whether two users of two backends are friends: what each side holds, and what an action makes of it.
//!
//! Each side says of its own user whether they want it, and nobody else says that; so actions that cross cannot
//! contradict each other. Each backend tells the other its user's actions in their order; telling one twice is harmless.

/// What a user does about another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Asks to be friends, or agrees.
    Connect,
    /// Withdraws that.
    Rescind,
}

/// What one side holds of a pair of users.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Connection {
    own: bool,
    other: bool,
}

/// How a pair looks from one side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Neither wants it.
    Apart,
    /// The own user has asked.
    Asked,
    /// The other user has asked.
    IsAsked,
    /// Both want it.
    Friends,
}

impl Connection {
    /// The own user acts; to be told to the other side.
    pub fn act(&mut self, action: Action) {
        self.own = action == Action::Connect;
    }

    /// The other side tells what its user did; the answer is where the own user stands, the reaction.
    pub fn hear(&mut self, action: Action) -> Action {
        self.other = action == Action::Connect;
        if self.own { Action::Connect } else { Action::Rescind }
    }

    /// How the pair looks from this side.
    pub fn standing(self) -> Standing {
        match (self.own, self.other) {
            (false, false) => Standing::Apart,
            (true, false) => Standing::Asked,
            (false, true) => Standing::IsAsked,
            (true, true) => Standing::Friends,
        }
    }
}

impl Standing {
    /// How it looks from the other side.
    #[must_use]
    pub fn seen_from_the_other(self) -> Self {
        match self {
            Self::Asked => Self::IsAsked,
            Self::IsAsked => Self::Asked,
            same => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Action::{Connect, Rescind};
    use proptest::prelude::*;
    use std::collections::VecDeque;

    #[test]
    fn every_two_crossing_actions_end_alike_in_both_orders() {
        for own in [false, true] {
            for other in [false, true] {
                for (a, b) in [(Connect, Connect), (Connect, Rescind), (Rescind, Connect), (Rescind, Rescind)] {
                    let start = (Connection { own, other }, Connection { own: other, other: own });
                    let (mut first, mut second) = (start, start);
                    first.0.act(a);
                    first.1.hear(a);
                    first.1.act(b);
                    first.0.hear(b);
                    second.1.act(b);
                    second.0.act(a);
                    second.0.hear(b);
                    second.1.hear(a);
                    assert_eq!(first, second, "{a:?} {b:?}");
                    assert_eq!(first.0.standing(), first.1.standing().seen_from_the_other());
                }
            }
        }
    }

    #[test]
    fn both_asking_are_friends_and_one_withdrawing_ends_it() {
        let mut side = Connection::default();
        side.act(Connect);
        assert_eq!(side.standing(), Standing::Asked);
        assert_eq!(side.hear(Connect), Connect);
        assert_eq!(side.standing(), Standing::Friends);
        side.act(Rescind);
        assert_eq!(side.standing(), Standing::IsAsked);
        assert_eq!(side.hear(Rescind), Rescind);
        assert_eq!(side.standing(), Standing::Apart);
    }

    proptest! {
        #[test]
        fn both_sides_agree_whatever_crosses_or_comes_twice(
            steps in prop::collection::vec((0usize..2, 0u8..4), 0..60),
        ) {
            let mut sides = [Connection::default(); 2];
            let mut told: [VecDeque<Action>; 2] = Default::default();
            let mut wants = [false; 2];
            for (side, step) in steps {
                match step {
                    0 | 1 => {
                        let action = if step == 0 { Connect } else { Rescind };
                        wants[side] = step == 0;
                        sides[side].act(action);
                        told[1 - side].push_back(action);
                    }
                    // Its answer is lost, so it comes again.
                    2 => if let Some(action) = told[side].front() { sides[side].hear(*action); },
                    _ => if let Some(action) = told[side].pop_front() { sides[side].hear(action); },
                }
            }
            for side in 0..2 {
                while let Some(action) = told[side].pop_front() {
                    sides[side].hear(action);
                }
            }
            prop_assert_eq!(sides[0].standing(), sides[1].standing().seen_from_the_other());
            prop_assert_eq!(sides[0], Connection { own: wants[0], other: wants[1] });
        }
    }
}
