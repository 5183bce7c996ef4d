//! Simple things that are kept whole under a key: how one is written, removed and looked for is the same for all.

use std::fmt::Debug;

/// A thing that is kept whole under a key.
pub trait Record: Clone + Debug + PartialEq {
    /// What it is found by.
    type Key: Clone + Debug + PartialEq;
}

/// Writes or removes one record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RecordWrite<T: Record> {
    /// Makes it, or replaces the one with its key.
    Put(T),
    /// Removes the one with this key, if there is one.
    Remove(T::Key),
}

/// What a decision rested on about one record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RecordGuard<T: Record> {
    /// It is kept exactly so.
    Is(T),
    /// There is one with this key.
    Present(T::Key),
    /// There is none with this key.
    Absent(T::Key),
}
