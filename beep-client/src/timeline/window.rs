//! The part of a channel's history that is held: messages in order, without gaps between its two ends.

use std::sync::Arc;

use beep_core::id::MessageId;
use beep_proto::id::Bare;
use beep_proto::view::Message;

use super::replies::Replies;
use super::row::MessageRow;
use crate::reacted::{Reacted, as_held, settled};
use crate::sorted::SortedMap;

/// The messages that are held.
#[derive(Debug)]
pub(super) struct Window {
    /// By id, which is their order.
    rows: Vec<Arc<MessageRow>>,
    pub(super) older: Edge,
    pub(super) newer: Edge,
}

/// Whether there is more at an end of the window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Edge {
    /// No: it is the beginning of the channel, or messages are added as they are sent.
    Reached,
    /// Perhaps: what comes next is beyond this id.
    Open(Bare<MessageId>),
}

/// Something that happened to one message.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// It was sent.
    Sent(Arc<Message>),
    /// It was edited.
    Edited(Arc<Message>),
    /// An answer says what it was; what was told since is newer.
    Answered(Arc<Message>),
    /// It was deleted.
    Deleted(Bare<MessageId>),
    /// It was pinned or unpinned.
    Pinned(Bare<MessageId>, bool),
    /// Somebody reacted to it, or does not any more.
    Reacted(Reacted),
}

impl Window {
    /// Holds these messages, in any order.
    pub(super) fn new(messages: impl IntoIterator<Item = Arc<Message>>, older: Edge, newer: Edge) -> Self {
        let by_id: SortedMap<_, _> = messages.into_iter().map(|message| (message.id, message)).collect();
        Self { rows: by_id.into_values().map(row).collect(), older, newer }
    }

    pub(super) fn rows(&self) -> &[Arc<MessageRow>] {
        &self.rows
    }

    pub(super) fn first(&self) -> Option<Bare<MessageId>> {
        self.rows.first().map(|row| row.message.id)
    }

    pub(super) fn last(&self) -> Option<Bare<MessageId>> {
        self.rows.last().map(|row| row.message.id)
    }

    pub(super) fn get(&self, id: Bare<MessageId>) -> Option<&Arc<Message>> {
        self.find(id).ok().map(|at| &self.rows[at].message)
    }

    /// Whether a message would be held if it existed.
    pub(super) fn covers(&self, id: Bare<MessageId>) -> bool {
        let after_first = self.older == Edge::Reached || self.first().is_some_and(|first| first <= id);
        let before_last = self.newer == Edge::Reached || self.last().is_some_and(|last| id <= last);
        after_first && before_last
    }

    /// Takes a change of one message.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Sent(message) => match self.find(message.id) {
                Ok(at) => self.replace_older(at, message),
                // What is further back than what is held comes with its page.
                Err(0) if self.older != Edge::Reached && !self.rows.is_empty() => {}
                Err(at) if at < self.rows.len() || self.newer == Edge::Reached => {
                    self.rows.insert(at, row(message.clone()));
                }
                Err(_) => {}
            },
            Change::Edited(message) => {
                if let Ok(at) = self.find(message.id)
                    && message.edited_at >= self.rows[at].message.edited_at
                {
                    let held = &self.rows[at].message;
                    self.replace(at, as_held(message, &held.reactions));
                }
            }
            Change::Answered(message) => {
                if let Ok(at) = self.find(message.id) {
                    self.replace_older(at, message);
                }
            }
            Change::Deleted(id) => {
                if let Ok(at) = self.find(*id) {
                    self.rows.remove(at);
                }
            }
            Change::Pinned(id, pinned) => {
                if let Ok(at) = self.find(*id)
                    && self.rows[at].message.pinned != *pinned
                {
                    let message = Message { pinned: *pinned, ..Message::clone(&self.rows[at].message) };
                    self.put(at, Arc::new(message));
                }
            }
            Change::Reacted(reacted) => {
                if let Ok(at) = self.find(reacted.message) {
                    self.replace(at, reacted.apply(&self.rows[at].message));
                }
            }
        }
    }

    /// Adds older messages.
    pub(super) fn prepend(&mut self, messages: impl IntoIterator<Item = Arc<Message>>, older: Edge) {
        let first = self.first();
        let mut rows: Vec<_> =
            messages.into_iter().filter(|message| first.is_none_or(|first| message.id < first)).map(row).collect();
        rows.sort_by_key(|row| row.message.id);
        rows.append(&mut self.rows);
        self.rows = rows;
        self.older = older;
    }

    /// Adds newer messages.
    pub(super) fn append(&mut self, messages: impl IntoIterator<Item = Arc<Message>>, newer: Edge) {
        let last = self.last();
        let mut rows: Vec<_> =
            messages.into_iter().filter(|message| last.is_none_or(|last| last < message.id)).map(row).collect();
        rows.sort_by_key(|row| row.message.id);
        self.rows.append(&mut rows);
        self.newer = newer;
    }

    /// Becomes another window, but keeps what is known better: later edits, and rows that are the same. Reactions are those
    /// of the other.
    pub(super) fn replace_by(&mut self, mut next: Self) {
        for row in &mut next.rows {
            let Ok(at) = self.find(row.message.id) else { continue };
            let held = &self.rows[at];
            if held.message == row.message {
                *row = held.clone();
            } else if held.message.edited_at > row.message.edited_at {
                let reactions = row.message.reactions.clone();
                let message = Message { reactions, ..Message::clone(&held.message) };
                *row = Arc::new(MessageRow { message: Arc::new(message), ..MessageRow::clone(held) });
            }
        }
        *self = next;
    }

    /// Drops what is more than `most` at the far end.
    pub(super) fn trim(&mut self, most: usize, keep_newer: bool) {
        let Some(excess) = self.rows.len().checked_sub(most).filter(|excess| *excess > 0) else { return };
        if keep_newer {
            self.rows.drain(..excess);
            self.older = self.first().map_or(Edge::Reached, Edge::Open);
        } else {
            self.rows.truncate(most);
            self.newer = self.last().map_or(Edge::Reached, Edge::Open);
        }
    }

    /// Puts previews and nonces on the rows that need them.
    pub(super) fn dress(&mut self, replies: &Replies, echoes: &SortedMap<Bare<MessageId>, String>) {
        for at in 0..self.rows.len() {
            let held = &self.rows[at];
            let reply = held.message.reply_to.map(|to| replies.preview(to, self));
            let nonce = echoes.get(&held.message.id);
            if held.reply != reply || held.nonce.as_ref() != nonce {
                self.rows[at] = Arc::new(MessageRow { message: held.message.clone(), reply, nonce: nonce.cloned() });
            }
        }
    }

    /// Takes a message that may be older than what is held: only a later edit says that it is not. Reactions are told by
    /// themselves.
    fn replace_older(&mut self, at: usize, message: &Arc<Message>) {
        let held = &self.rows[at].message;
        if message.edited_at > held.edited_at {
            let reactions = held.reactions.clone();
            self.put(at, Arc::new(Message { reactions, ..Message::clone(message) }));
        }
    }

    fn replace(&mut self, at: usize, message: Message) {
        if message != *self.rows[at].message {
            self.put(at, Arc::new(message));
        }
    }

    fn put(&mut self, at: usize, message: Arc<Message>) {
        self.rows[at] = Arc::new(MessageRow { message, ..MessageRow::clone(&self.rows[at]) });
    }

    fn find(&self, id: Bare<MessageId>) -> Result<usize, usize> {
        self.rows.binary_search_by_key(&id, |row| row.message.id)
    }
}

fn row(message: Arc<Message>) -> Arc<MessageRow> {
    Arc::new(MessageRow { message: settled(message), reply: None, nonce: None })
}
