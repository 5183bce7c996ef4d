//! Storage for Beep: the ports of `beep-core` on SQLite, in a file or in memory, and on PostgreSQL.
//!
//! [`SqlStore`] is one implementation for both engines; their differences are in one file. The feature `conformance`
//! has the test suite that both pass, and that any other store can run.

mod caller;
#[cfg(feature = "conformance")]
pub mod conformance;
mod fold;
mod parts;
mod refresh;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod turns;

/// How many dead letters are stored of each other backend.
pub(crate) const MOST_DEAD_LETTERS: u32 = 1_000;

pub use caller::on_behalf_of;
pub use parts::StoreParts;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::{Look, OpenError, Schema, Sharing, SqlOptions, SqlStore};
pub use turns::{Turn, Turns};
