//! The latest messages of the caller, by which replies to them are known.

use std::collections::VecDeque;

use beep_core::id::MessageId;
use beep_proto::id::Bare;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::sorted::SortedSet;

/// The latest messages of the caller.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnMessages {
    /// Oldest first.
    sent: VecDeque<Bare<MessageId>>,
    known: SortedSet<Bare<MessageId>>,
}

impl OwnMessages {
    /// Remembers one; gives whether it is new.
    pub(super) fn add(&mut self, message: Bare<MessageId>) -> bool {
        if !self.known.insert(message) {
            return false;
        }
        self.sent.push_back(message);
        if self.sent.len() > MOST
            && let Some(oldest) = self.sent.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// Whether it is one of them.
    pub(super) fn contains(&self, message: Bare<MessageId>) -> bool {
        self.known.contains(&message)
    }
}

impl Serialize for OwnMessages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.sent.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OwnMessages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut own = Self::default();
        for message in Vec::deserialize(deserializer)? {
            own.add(message);
        }
        Ok(own)
    }
}

/// How many are remembered.
const MOST: usize = 500;
