//! The messages that others reply to and that are not in the window.

use std::sync::Arc;

use beep_core::id::MessageId;
use beep_proto::id::Bare;
use beep_proto::problem::ErrorCode;
use beep_proto::view::Message;

use super::row::ReplyPreview;
use super::window::{Change, Window};
use crate::error::Error;
use crate::failure::Outlook;
use crate::sorted::{SortedMap, SortedSet};

/// What is known of messages outside of the window.
#[derive(Debug, Default)]
pub(super) struct Replies {
    known: SortedMap<Bare<MessageId>, Known>,
    under_way: SortedSet<Bare<MessageId>>,
    /// Deleted messages; of so many, the newest.
    gone: SortedSet<Bare<MessageId>>,
}

#[derive(Debug)]
struct Known {
    /// `None` if there is no such message.
    message: Option<Arc<Message>>,
    /// Whether every change since was told.
    is_current: bool,
}

impl Replies {
    /// Whether a message was deleted.
    pub(super) fn is_gone(&self, id: Bare<MessageId>) -> bool {
        self.gone.contains(&id)
    }

    /// What is shown of a message that is replied to.
    pub(super) fn preview(&self, id: Bare<MessageId>, window: &Window) -> ReplyPreview {
        if self.is_gone(id) {
            return ReplyPreview::Deleted;
        }
        let known = self.known.get(&id);
        let message = window.get(id).or(known.and_then(|known| known.message.as_ref()));
        match message {
            Some(message) => ReplyPreview::Message { message: alone(message) },
            None if known.is_some() || window.covers(id) => ReplyPreview::Deleted,
            None => ReplyPreview::Loading,
        }
    }

    /// The next message to ask for, which is then under way: that of the newest row that needs one.
    pub(super) fn next(&mut self, window: &Window) -> Option<Bare<MessageId>> {
        if self.under_way.len() >= MAX_UNDER_WAY {
            return None;
        }
        let needed = window.rows().iter().rev().filter_map(|row| row.message.reply_to);
        let mut needed = needed.filter(|id| !self.gone.contains(id) && !self.under_way.contains(id));
        let next =
            needed.find(|id| !window.covers(*id) && !self.known.get(id).is_some_and(|known| known.is_current))?;
        self.under_way.insert(next);
        Some(next)
    }

    /// The answer to a question; says whether it has to be asked again later.
    pub(super) fn answered(&mut self, id: Bare<MessageId>, answer: Result<Message, Error>) -> bool {
        // What was told of meanwhile is newer.
        if !self.under_way.remove(&id) {
            return false;
        }
        let message = match answer {
            Ok(message) if message.id == id => Some(Arc::new(message)),
            Err(error) if error.code() == Some(ErrorCode::NotFound) => None,
            Err(error) if Outlook::of(&error) != Outlook::Lasting => return true,
            Ok(_) | Err(_) => None,
        };
        self.know(id, message);
        false
    }

    /// Takes a change of a message.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Edited(message) => {
                if self.known.contains_key(&message.id) || self.under_way.remove(&message.id) {
                    self.know(message.id, Some(message.clone()));
                }
            }
            Change::Sent(message) | Change::Answered(message) => {
                if let Some(Known { message: Some(held), .. }) = self.known.get_mut(&message.id)
                    && message.edited_at > held.edited_at
                {
                    *held = alone(message);
                }
            }
            Change::Deleted(id) => {
                self.known.remove(id);
                self.under_way.remove(id);
                self.gone.insert(*id);
                if self.gone.len() > MAX_GONE {
                    self.gone.pop_first();
                }
            }
            Change::Pinned(id, pinned) => {
                if let Some(Known { message: Some(message), .. }) = self.known.get_mut(id) {
                    *message = Arc::new(Message { pinned: *pinned, ..Message::clone(message) });
                }
            }
            // They are not shown.
            Change::Reacted(_) => {}
        }
    }

    /// Changes may have been missed: what is known is shown until it was asked for again.
    pub(super) fn restart(&mut self) {
        self.under_way.clear();
        self.known.values_mut().for_each(|known| known.is_current = false);
    }

    fn know(&mut self, id: Bare<MessageId>, message: Option<Arc<Message>>) {
        if self.known.len() >= MAX_KNOWN && !self.known.contains_key(&id) {
            self.known.pop_first();
        }
        let message = message.as_ref().map(alone);
        self.known.insert(id, Known { message, is_current: true });
    }
}

/// A message without its reactions: what replies to it shows none.
fn alone(message: &Arc<Message>) -> Arc<Message> {
    if message.reactions.is_empty() {
        return message.clone();
    }
    Arc::new(Message { reactions: Vec::new(), ..Message::clone(message) })
}

/// How many messages are asked for at once.
const MAX_UNDER_WAY: usize = 2;
/// How many are kept: more than a window can need.
const MAX_KNOWN: usize = 1_000;
const MAX_GONE: usize = 1_000;
