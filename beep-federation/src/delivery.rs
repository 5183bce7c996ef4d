//! How a stream of events gets to another backend: what its sender does next, and what its receiver makes of a batch.
//!
//! Decides alone. Reading rows, calling and committing are the caller's.

mod outbound;
mod receipt;

pub use outbound::{Acked, Outbound, Step};
pub use receipt::{Receipt, receive};
