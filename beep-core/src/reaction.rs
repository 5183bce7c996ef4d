//! Reactions to a message: who answers it with an emoji is counted.

use crate::text::Emoji;

/// How many users reacted to a message with one emoji.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// How many, at least one.
    pub count: u64,
}

/// The reactions to a message by emoji, in the order in which each was first used; at most [`MOST_EMOJI`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reactions(Vec<Reaction>);

impl Reactions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many different emoji there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each emoji with its count.
    pub fn iter(&self) -> impl Iterator<Item = &Reaction> {
        self.0.iter()
    }

    /// How many reacted with an emoji.
    pub fn count(&self, emoji: &Emoji) -> u64 {
        self.0.iter().find(|one| one.emoji == *emoji).map_or(0, |one| one.count)
    }

    /// Whether somebody may react with an emoji: with one that is there, or with one more.
    pub fn has_room(&self, emoji: &Emoji) -> bool {
        self.count(emoji) > 0 || self.0.len() < MOST_EMOJI
    }

    /// Takes how many there are of an emoji after somebody reacted with it. Who is the only one is the first again, whatever
    /// was known before, so that whoever hears of reactions twice ends with the same order.
    pub fn added(&mut self, emoji: &Emoji, count: u64) {
        let at = self.0.iter().position(|one| one.emoji == *emoji);
        match at {
            Some(at) if count > 1 => self.0[at].count = count,
            at => {
                at.map(|at| self.0.remove(at));
                if count > 0 && self.0.len() < MOST_EMOJI {
                    self.0.push(Reaction { emoji: emoji.clone(), count });
                }
            }
        }
    }

    /// Takes how many are left of an emoji after somebody took their reaction back.
    pub fn removed(&mut self, emoji: &Emoji, count: u64) {
        if count == 0 {
            self.0.retain(|one| one.emoji != *emoji);
        } else if let Some(one) = self.0.iter_mut().find(|one| one.emoji == *emoji) {
            one.count = count;
        }
    }
}

/// Takes each emoji once, and no more than there may be.
impl FromIterator<Reaction> for Reactions {
    fn from_iter<T: IntoIterator<Item = Reaction>>(reactions: T) -> Self {
        let mut taken = Self::default();
        for Reaction { emoji, count } in reactions {
            if taken.count(&emoji) == 0 {
                taken.added(&emoji, count);
            }
        }
        taken
    }
}

/// The most different emoji that a message is reacted to with (contract, "Messages").
pub const MOST_EMOJI: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn emoji(text: &str) -> Emoji {
        Emoji::parse(text).expect("an emoji")
    }

    fn listed(reactions: &Reactions) -> Vec<(&str, u64)> {
        reactions.iter().map(|one| (one.emoji.as_str(), one.count)).collect()
    }

    #[test]
    fn the_first_stays_the_first_until_nobody_is_left() {
        let (thumb, heart) = (emoji("👍"), emoji("❤"));
        let mut reactions = Reactions::default();
        reactions.added(&thumb, 1);
        reactions.added(&heart, 1);
        reactions.added(&thumb, 2);
        assert_eq!(listed(&reactions), [("👍", 2), ("❤\u{fe0f}", 1)]);
        reactions.removed(&thumb, 1);
        reactions.removed(&thumb, 0);
        assert_eq!(listed(&reactions), [("❤\u{fe0f}", 1)]);
        reactions.added(&thumb, 1);
        assert_eq!(listed(&reactions), [("❤\u{fe0f}", 1), ("👍", 1)]);
    }

    #[test]
    fn what_is_heard_once_more_ends_the_same() {
        let (thumb, heart) = (emoji("👍"), emoji("❤"));
        let happen = |reactions: &mut Reactions| {
            reactions.added(&heart, 1);
            reactions.removed(&heart, 0);
            reactions.added(&heart, 1);
            reactions.added(&thumb, 1);
            reactions.added(&heart, 2);
        };
        let mut reactions = Reactions::default();
        happen(&mut reactions);
        let once = reactions.clone();
        happen(&mut reactions);
        assert_eq!(reactions, once);
    }

    #[test]
    fn there_are_so_many_and_each_is_there_once() {
        let many = (0..50u8).map(|n| Reaction { emoji: Emoji::stored(n.to_string()), count: 1 });
        let reactions: Reactions = many.clone().chain(many).collect();
        assert_eq!(reactions.len(), MOST_EMOJI);
        assert!(reactions.has_room(&Emoji::stored("7".to_owned())) && !reactions.has_room(&emoji("👍")));
        let none: Reactions = [Reaction { emoji: emoji("👍"), count: 0 }].into_iter().collect();
        assert!(none.is_empty());
    }
}
