//! Whether two users of two backends are friends: what each side holds, and what an action makes of it.
//!
//! Each side says of its own user whether they want it, and nobody else says that; so actions that cross cannot contradict
//! each other. Each backend tells the other what its user did last until that is answered, and numbers what they do: what
//! comes late, twice or out of order is harmless, and the last word of each user stands.

/// What a user does about another one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Action {
    /// Asks to be friends, or agrees.
    Connect,
    /// Withdraws that.
    #[default]
    Rescind,
}

/// What a user did last about another one, as their backend tells it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Told {
    /// Counts what the user did about the other; 0 is nothing yet.
    pub number: u64,
    /// What it was.
    pub action: Action,
}

/// What one side holds of a pair of users. Kept for good: a backend that counts from 1 again is not heard.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Connection {
    own: Told,
    other: Told,
}

/// How a pair looks from one side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MemberContext {
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
    /// The own user acts; what comes of it is to be told to the other side.
    pub fn act(&mut self, action: Action) -> Told {
        self.own = Told { number: self.own.number.saturating_add(1), action };
        self.own
    }

    /// The other side tells what its user did last, of itself or as an answer. What the own user did last is the
    /// reaction, with which the telling is answered.
    pub fn hear(&mut self, told: Told) -> Told {
        if told.number > self.other.number {
            self.other = told;
        }
        self.own
    }

    /// How the pair looks from this side.
    pub fn member_context(self) -> MemberContext {
        match (self.own.action, self.other.action) {
            (Action::Rescind, Action::Rescind) => MemberContext::Apart,
            (Action::Connect, Action::Rescind) => MemberContext::Asked,
            (Action::Rescind, Action::Connect) => MemberContext::IsAsked,
            (Action::Connect, Action::Connect) => MemberContext::Friends,
        }
    }
}

impl MemberContext {
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
    use crate::sim::Link;
    use Action::{Connect, Rescind};
    use proptest::prelude::*;

    #[test]
    fn every_two_crossing_actions_end_alike_in_both_orders() {
        for own in [Connect, Rescind] {
            for other in [Connect, Rescind] {
                for (a, b) in [(Connect, Connect), (Connect, Rescind), (Rescind, Connect), (Rescind, Rescind)] {
                    let mut start = [Connection::default(); 2];
                    let told = [start[0].act(own), start[1].act(other)];
                    start[1].hear(told[0]);
                    start[0].hear(told[1]);
                    let ends = [[0, 1], [1, 0]].map(|order| {
                        let mut sides = start;
                        let told = [sides[0].act(a), sides[1].act(b)];
                        for from in order {
                            let reaction = sides[1 - from].hear(told[from]);
                            sides[from].hear(reaction);
                        }
                        sides
                    });
                    assert_eq!(ends[0], ends[1], "{a:?} {b:?}");
                    assert_eq!(ends[0][0].member_context(), ends[0][1].member_context().seen_from_the_other());
                }
            }
        }
    }

    #[test]
    fn both_asking_are_friends_and_one_withdrawing_ends_it() {
        let (mut side, mut other) = (Connection::default(), Connection::default());
        let asked = side.act(Connect);
        assert_eq!((asked, side.member_context()), (Told { number: 1, action: Connect }, MemberContext::Asked));
        assert_eq!(side.hear(other.act(Connect)), asked, "the reaction");
        assert_eq!(side.member_context(), MemberContext::Friends);
        let withdrawn = side.act(Rescind);
        assert_eq!((withdrawn.number, side.member_context()), (2, MemberContext::IsAsked));
        assert_eq!(side.hear(other.act(Rescind)), withdrawn);
        assert_eq!(side.member_context(), MemberContext::Apart);
    }

    #[test]
    fn what_comes_late_changes_nothing() {
        let (mut side, mut other) = (Connection::default(), Connection::default());
        let (asked, withdrawn) = (side.act(Connect), side.act(Rescind));
        other.hear(withdrawn);
        other.hear(asked);
        assert_eq!(other.member_context(), MemberContext::Apart);
        other.hear(Told::default());
        assert_eq!(other.other, withdrawn);
    }

    /// Something that happens between the two.
    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Act(usize, Action),
        /// A backend tells what its user did last, for the first time or again.
        Tell(usize),
        Arrive {
            at: usize,
            doubled: bool,
        },
        Lose(usize),
        Cut,
    }

    /// What one backend tells the other; what it tells of itself is answered.
    #[derive(Clone, Copy, Debug)]
    struct Letter {
        to: usize,
        told: Told,
        answer: bool,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let action = prop_oneof![Just(Connect), Just(Rescind)];
        prop_oneof![
            4 => (0usize..2, action).prop_map(|(side, action)| Happening::Act(side, action)),
            4 => (0usize..2).prop_map(Happening::Tell),
            6 => (any::<usize>(), any::<bool>()).prop_map(|(at, doubled)| Happening::Arrive { at, doubled }),
            2 => any::<usize>().prop_map(Happening::Lose),
            1 => Just(Happening::Cut),
        ]
    }

    fn arrive(sides: &mut [Connection; 2], link: &mut Link<Letter>, Letter { to, told, answer }: Letter) {
        let reaction = sides[to].hear(told);
        if !answer {
            link.put(Letter { to: 1 - to, told: reaction, answer: true });
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// Over the link of the simulation, which drops, delays, doubles, reorders and cuts; one telling that arrives is
        /// enough to agree on its teller, and one that is answered, on both.
        #[test]
        fn crossing_actions_converge_in_every_order(
            steps in prop::collection::vec(happening(), 0..80), teller in 0usize..2, late in any::<usize>(),
        ) {
            let mut sides = [Connection::default(); 2];
            let mut link = Link::default();
            let mut wants = [Rescind; 2];
            for step in steps {
                match step {
                    Happening::Act(side, action) => {
                        wants[side] = action;
                        sides[side].act(action);
                    }
                    Happening::Tell(side) => link.put(Letter { to: 1 - side, told: sides[side].own, answer: false }),
                    Happening::Arrive { at, doubled } => if let Some(letter) = link.arrive(at, doubled) {
                        arrive(&mut sides, &mut link, letter);
                    },
                    Happening::Lose(at) => link.lose(at),
                    Happening::Cut => link.cut(),
                }
            }
            let reaction = sides[1 - teller].hear(sides[teller].own);
            sides[teller].hear(reaction);
            let agreed = sides;
            prop_assert_eq!(sides[0].member_context(), sides[1].member_context().seen_from_the_other());
            prop_assert_eq!(sides.map(|side| side.own.action), wants);
            prop_assert_eq!(sides.map(|side| side.other.action), [wants[1], wants[0]]);

            // What is still under way comes after all that, in any order.
            while let Some(letter) = link.arrive(late, false) {
                arrive(&mut sides, &mut link, letter);
            }
            prop_assert_eq!(sides, agreed);
        }
    }
}
