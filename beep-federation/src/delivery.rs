//! How a stream of events gets to another backend: what its sender does next, and what one call carries. What its receiver
//! makes of it, `beep-core` says ([`beep_core::receipt`]).
//!
//! Decides alone. Reading rows, calling and committing are the caller's.

mod batch;
mod outbound;
mod sender;

pub use batch::{Written, fitting, write};
pub use outbound::{Acked, Outbound, Step};
pub use sender::{Answered, Kept, Next, ResetReason, Sender};
