//! Storage for Beep: the ports of `beep-core` on SQLite, in a file or in memory, and on PostgreSQL.
//!
//! [`SqlStore`] is one implementation for both engines; what differs between them is in one file. Both give the same
//! answers: `conformance` (a feature) is the suite that says so, and that any other store can run.

#[cfg(feature = "conformance")]
pub mod conformance;
mod fold;
mod parts;
mod refresh;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

/// How much that could not be applied is kept of each other backend.
pub(crate) const MOST_DEAD_LETTERS: u32 = 1_000;

pub use parts::StoreParts;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::{Look, OpenError, Schema, Sharing, SqlOptions, SqlStore};
