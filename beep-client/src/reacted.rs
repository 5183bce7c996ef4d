//! Reactions as the objects of a chat hold them: with whether the caller is one of those who reacted, which events leave out
//! because they are the same for everybody.

use std::sync::Arc;

use beep_core::id::{MessageId, UserId};
use beep_proto::gateway::{EventData, ReactionMoved};
use beep_proto::id::{Bare, Full};
use beep_proto::view::{Message, Reaction};

/// What an event tells of the reactions to a message.
#[derive(Clone, Debug)]
pub(crate) struct Reacted {
    pub(crate) message: Bare<MessageId>,
    emoji: String,
    /// How many react with the emoji since.
    count: u64,
    /// Whether it is one more.
    added: bool,
    /// Whether it is the caller's.
    is_own: bool,
}

impl Reacted {
    /// Takes it from an event, if it tells of a reaction.
    pub(crate) fn of(data: &EventData, me: &Full<UserId>) -> Option<Self> {
        let (moved, added) = match data {
            EventData::ReactionAdded(moved) => (moved, true),
            EventData::ReactionRemoved(moved) => (moved, false),
            _ => return None,
        };
        let ReactionMoved { message_id, emoji, user, count, .. } = moved;
        let is_own = user.as_ref() == Some(me);
        Some(Self { message: *message_id, emoji: emoji.clone(), count: *count, added, is_own })
    }

    /// The message after it. The first with an emoji comes after all others, also when it is told once more, so that the order
    /// is the backend's in the end.
    pub(crate) fn apply(&self, message: &Message) -> Message {
        let mut reactions = message.reactions.clone();
        let at = reactions.iter().position(|one| one.emoji == self.emoji);
        match at {
            Some(at) if self.count > 0 && !(self.added && self.count == 1) => {
                let held = &mut reactions[at];
                held.count = self.count;
                if self.is_own {
                    held.me = Some(self.added);
                }
            }
            at => {
                at.map(|at| reactions.remove(at));
                if self.count > 0 {
                    let me = Some(self.is_own && self.added);
                    reactions.push(Reaction { emoji: self.emoji.clone(), count: self.count, me });
                }
            }
        }
        Message { reactions, ..message.clone() }
    }
}

/// A message of an answer or an event: who is not said to have reacted has not, or it is told next.
pub(crate) fn settled(message: Arc<Message>) -> Arc<Message> {
    if message.reactions.iter().all(|reaction| reaction.me.is_some()) {
        return message;
    }
    Arc::new(as_held(&message, &[]))
}

/// A message of an event, with whether the caller reacted as it is held.
pub(crate) fn as_held(message: &Message, held: &[Reaction]) -> Message {
    let own = |emoji: &str| held.iter().any(|one| one.emoji == emoji && one.me == Some(true));
    let reactions = message.reactions.iter();
    let reactions = reactions.map(|one| Reaction { me: one.me.or_else(|| Some(own(&one.emoji))), ..one.clone() });
    Message { reactions: reactions.collect(), ..message.clone() }
}
