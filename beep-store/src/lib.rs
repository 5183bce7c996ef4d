//! Storage for Beep: the ports of `beep-core` on memory, SQLite and PostgreSQL.
//!
//! [`MemoryStore`] keeps everything in plain maps, for tests and embedding. [`SqlStore`] is one implementation for
//! both databases; what is different between them is in one file. All give the same answers: `conformance` (a
//! feature) is the suite that says so, and that any other store can run.

#[cfg(feature = "conformance")]
pub mod conformance;
mod fold;
mod memory;
mod parts;
mod refresh;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

/// How much that could not be applied is kept of each other backend.
pub(crate) const MOST_SET_ASIDE: u32 = 1_000;

pub use memory::MemoryStore;
pub use parts::StoreParts;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::{Look, OpenError, Schema, Sharing, SqlOptions, SqlStore};
