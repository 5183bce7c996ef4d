//! Whether two users are friends: what each has said, and what follows from it.
//!
//! Each side says of its own user whether they want it and which requests of the other they have ended, and nobody else
//! says that; so actions that cross cannot contradict each other. What a user says is numbered: what comes late, twice or
//! out of order between two backends is harmless, and the last word of each user stands.

use crate::account::User;
use crate::id::{FriendRequestId, UserId, UserKey};
use crate::time::Timestamp;

/// A request to be friends, as both see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FriendRequest {
    /// Its id, for one of the two: on another backend it has another.
    pub id: FriendRequestId,
    /// Who asks.
    pub from: User,
    /// Who is asked.
    pub to: User,
    /// When.
    pub created_at: Timestamp,
}

/// What a user said last about another one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Told {
    /// Counts what the user said about the other; 0 is nothing yet.
    pub number: u64,
    /// Whether they want to be friends.
    pub wants: bool,
    /// The last thing that the other said and that they put an end to: a request that they declined, or a friendship.
    pub ended: u64,
}

/// What is kept of a user of this backend and another user. It stays when they are apart: a count that began anew would
/// not be heard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Friendship {
    /// The user of this backend.
    pub user: UserId,
    /// The other.
    pub other: UserKey,
    /// The request that is open, or that they became friends by.
    pub request: FriendRequestId,
    /// When they came to stand as they do.
    pub since: Timestamp,
    /// What the user said last.
    pub own: Told,
    /// What the other said last.
    pub heard: Told,
    /// Up to here the user is shown nothing of what the other said: it came while they were blocked.
    pub ignored: u64,
    /// Whether the other's backend knows what the user said last.
    pub is_told: bool,
}

/// How two users stand, as one of them is shown it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// Neither wants to be friends.
    Apart,
    /// The user has asked.
    Asked,
    /// The other has asked.
    IsAsked,
    /// Both want it.
    Friends,
}

impl Friendship {
    /// Two users of whom neither has said anything.
    pub fn new(user: UserId, other: UserKey, request: FriendRequestId, at: Timestamp) -> Self {
        let (own, heard) = (Told::default(), Told::default());
        Self { user, other, request, since: at, own, heard, ignored: 0, is_told: true }
    }

    /// The user asks, or agrees.
    pub fn ask(&mut self) {
        self.say(Told { wants: true, ..self.own });
    }

    /// The user withdraws, declines, or ends the friendship.
    pub fn end(&mut self) {
        self.say(Told { wants: false, ended: self.heard.number, ..self.own });
    }

    /// The user is shown nothing of what the other has said so far, who does not hear of that.
    pub fn ignore(&mut self) {
        self.ignored = self.heard.number;
    }

    /// The other's last word arrives; says whether it is new.
    pub fn hear(&mut self, told: Told) -> bool {
        let is_new = told.number > self.heard.number;
        if is_new {
            self.heard = told;
        }
        is_new
    }

    /// How the user is shown the two.
    pub fn standing(&self) -> Standing {
        let asked = self.own.wants && self.own.number > self.heard.ended;
        let is_asked = self.heard.wants && self.heard.number > self.own.ended;
        match (asked, is_asked) {
            (true, true) => Standing::Friends,
            (true, false) => Standing::Asked,
            (false, true) if self.heard.number > self.ignored => Standing::IsAsked,
            (false, _) => Standing::Apart,
        }
    }

    fn say(&mut self, told: Told) {
        self.own = Told { number: self.own.number.saturating_add(1), ..told };
        self.is_told = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::Domain;
    use crate::id::{Id, Qualified};

    fn sides() -> [Friendship; 2] {
        [0, 1].map(|side: u8| {
            let id = |n: u8| UserId::from_uuid(Uuid::from_u128(n.into()));
            let other = Qualified::new(id(1 - side), Domain::parse("a.example.com").expect("a domain"));
            let request = FriendRequestId::from_uuid(Uuid::nil());
            Friendship::new(id(side), other, request, Timestamp::from_millis(0))
        })
    }

    fn told([one, other]: &mut [Friendship; 2]) -> [Standing; 2] {
        one.hear(other.own);
        other.hear(one.own);
        [one.standing(), other.standing()]
    }

    #[test]
    fn a_request_is_accepted_declined_or_withdrawn() {
        use Standing::{Apart, Asked, Friends, IsAsked};
        let mut sides = sides();
        sides[0].ask();
        assert_eq!(told(&mut sides), [Asked, IsAsked]);
        sides[0].end();
        assert_eq!(told(&mut sides), [Apart, Apart], "withdrawn");
        sides[0].ask();
        assert_eq!(told(&mut sides), [Asked, IsAsked], "asked again");
        sides[1].end();
        assert_eq!(told(&mut sides), [Apart, Apart], "declined");
        sides[1].ask();
        assert_eq!(told(&mut sides), [IsAsked, Asked], "what was declined is no consent");
        sides[0].ask();
        assert_eq!(told(&mut sides), [Friends, Friends]);
        sides[1].end();
        assert_eq!(told(&mut sides), [Apart, Apart], "the end is that of both");
        sides[0].ask();
        assert_eq!(told(&mut sides), [Asked, IsAsked], "what was ended is no consent");
    }

    #[test]
    fn who_is_ignored_cannot_tell() {
        use Standing::{Apart, Asked, Friends, IsAsked};
        let mut sides = sides();
        sides[0].ask();
        assert_eq!(told(&mut sides), [Asked, IsAsked]);
        sides[1].ignore();
        assert_eq!(told(&mut sides), [Asked, Apart]);
        sides[0].end();
        sides[0].ask();
        assert_eq!(told(&mut sides), [Asked, IsAsked], "asked again, unless that is ignored as well");
        sides[1].ignore();
        assert_eq!(told(&mut sides), [Asked, Apart]);
        sides[1].ask();
        assert_eq!(told(&mut sides), [Friends, Friends], "both want it");
    }

    /// Something that happens between the two.
    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Ask(usize),
        End(usize),
        Ignore(usize),
        /// What a side said last is sent.
        Tell(usize),
        /// Something that was sent arrives, and perhaps once more later.
        Arrive(usize, bool),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            3 => (0usize..2).prop_map(Happening::Ask),
            3 => (0usize..2).prop_map(Happening::End),
            1 => (0usize..2).prop_map(Happening::Ignore),
            5 => (0usize..2).prop_map(Happening::Tell),
            5 => (any::<usize>(), any::<bool>()).prop_map(|(which, again)| Happening::Arrive(which, again)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// Whatever was lost, doubled or came late: once both have heard the other's last word they agree.
        #[test]
        fn both_agree_in_the_end(steps in prop::collection::vec(happening(), 0..60)) {
            let mut sides = sides();
            let mut sent: Vec<(usize, Told)> = Vec::new();
            for step in steps {
                match step {
                    Happening::Ask(side) => sides[side].ask(),
                    Happening::End(side) => sides[side].end(),
                    Happening::Ignore(side) => sides[side].ignore(),
                    Happening::Tell(side) => sent.push((1 - side, sides[side].own)),
                    Happening::Arrive(which, again) if !sent.is_empty() => {
                        let which = which % sent.len();
                        let (to, told) = if again { sent[which] } else { sent.swap_remove(which) };
                        sides[to].hear(told);
                    }
                    Happening::Arrive(..) => {}
                }
            }
            let [one, other] = told(&mut sides);
            let seen_from_there = match other {
                Standing::Asked => Standing::IsAsked,
                Standing::IsAsked => Standing::Asked,
                same => same,
            };
            let is_hidden = |side: &Friendship| side.heard.number > 0 && side.ignored >= side.heard.number;
            let agree = one == seen_from_there
                || (is_hidden(&sides[0]) && one == Standing::Apart && other == Standing::Asked)
                || (is_hidden(&sides[1]) && other == Standing::Apart && one == Standing::Asked);
            prop_assert!(agree, "{:?}", sides);
            for (to, told) in sent {
                prop_assert!(!sides[to].hear(told), "what comes late changes nothing");
            }
        }
    }
}
