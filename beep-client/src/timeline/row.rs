//! The rows of a timeline, and the shortest way from one list of them to another.

use std::sync::Arc;

use beep_core::id::MessageId;
use beep_proto::id::Bare;
use beep_proto::view::Message;
use serde::Serialize;

use crate::observe::ObservedList;
use crate::send_queue::Outgoing;

/// One row. Cheap to clone.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimelineRow {
    /// A message of the channel.
    Message(Arc<MessageRow>),
    /// A message of the caller that is on its way. These are below all others.
    Outgoing(Arc<Outgoing>),
}

/// A message and what is shown with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageRow {
    /// The message.
    pub message: Arc<Message>,
    /// What it replies to; `None` if it replies to nothing.
    pub reply: Option<ReplyPreview>,
    /// The nonce under which this program sent it, so that its row stays the same one.
    pub nonce: Option<String>,
}

/// The message that another one replies to.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplyPreview {
    /// It is not here yet.
    Loading,
    /// It was deleted.
    Deleted,
    /// It is this one.
    Message {
        /// The message, without its reactions.
        message: Arc<Message>,
    },
}

/// What a row stays known by when it changes: a message that was on its way keeps its key when it has arrived.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKey {
    /// A message.
    Message(Bare<MessageId>),
    /// A message that this program sent, by its nonce.
    Sent(String),
}

impl TimelineRow {
    /// What it stays known by. Different rows of a timeline have different keys.
    pub fn key(&self) -> RowKey {
        match self {
            Self::Message(row) => row.nonce.clone().map_or(RowKey::Message(row.message.id), RowKey::Sent),
            Self::Outgoing(outgoing) => RowKey::Sent(outgoing.nonce.clone()),
        }
    }

    /// The message, unless it is on its way.
    pub fn message(&self) -> Option<&Arc<Message>> {
        match self {
            Self::Message(row) => Some(&row.message),
            Self::Outgoing(_) => None,
        }
    }

    /// Its place: rows are sorted by it.
    fn place(&self) -> Place {
        match self {
            Self::Message(row) => Place::Message(row.message.id),
            Self::Outgoing(outgoing) => Place::Outgoing(outgoing.number()),
        }
    }

    fn has_key_of(&self, other: &Self) -> bool {
        let nonce = |row: &Self| match row {
            Self::Message(row) => row.nonce.clone(),
            Self::Outgoing(outgoing) => Some(outgoing.nonce.clone()),
        };
        match (self, other) {
            (Self::Message(a), Self::Message(b)) if a.message.id == b.message.id => a.nonce == b.nonce,
            (Self::Message(a), Self::Message(b)) if a.nonce.is_none() || b.nonce.is_none() => false,
            _ => nonce(self).is_some_and(|own| nonce(other) == Some(own)),
        }
    }
}

impl PartialEq for TimelineRow {
    /// Rows are compared often and hardly ever differ: the same allocation is equal without a look at the text.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Message(a), Self::Message(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Outgoing(a), Self::Outgoing(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl PartialEq for ReplyPreview {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Loading, Self::Loading) | (Self::Deleted, Self::Deleted) => true,
            (Self::Message { message: a }, Self::Message { message: b }) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Place {
    Message(Bare<MessageId>),
    Outgoing(u64),
}

/// Makes these sorted rows the list. A row is taken out, put in or replaced only if it differs.
pub(super) fn show(list: &mut ObservedList<TimelineRow>, rows: Vec<TimelineRow>) {
    let mut rows = rows.into_iter().peekable();
    let mut at = 0;
    loop {
        match (list.rows().get(at), rows.peek()) {
            (None, None) => return,
            (Some(old), Some(new)) if old.has_key_of(new) => {
                list.update(at, rows.next().expect("it was peeked"));
                at += 1;
            }
            (Some(old), new) if new.is_none_or(|new| old.place() < new.place()) => {
                let limit = new.map(TimelineRow::place);
                let goes = |row: &&TimelineRow| limit.as_ref().is_none_or(|limit| row.place() < *limit);
                let old = &list.rows()[at..];
                // A row whose key comes later, at another place, stays until then.
                let count = old.iter().take_while(goes).count().max(1);
                list.remove(at, count);
            }
            (old, Some(_)) => {
                let limit = old.map(TimelineRow::place);
                let old = old.cloned();
                let mut items = Vec::new();
                while let Some(new) = rows.next_if(|new| {
                    let comes = limit.as_ref().is_none_or(|limit| new.place() < *limit);
                    comes && !old.as_ref().is_some_and(|old| old.has_key_of(new))
                }) {
                    items.push(new);
                }
                if items.is_empty() {
                    // Of one place and another key: the old row goes.
                    list.remove(at, 1);
                    continue;
                }
                let count = items.len();
                list.insert(at, items);
                at += count;
            }
            (Some(_), None) => list.remove(at, 1),
        }
    }
}
