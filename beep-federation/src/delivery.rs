//! How a stream of events gets to another backend: what its sender does next. What its receiver makes of it,
//! `beep-core` says ([`beep_core::receipt`]).
//!
//! Decides alone. Reading rows, calling and committing are the caller's.

mod outbound;

pub use outbound::{Acked, Outbound, Step};
