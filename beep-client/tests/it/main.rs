//! The SDK against a backend that exists only in memory: its network, its clock and its randomness are the test's.

mod calls;
mod chat;
mod events;
#[cfg(feature = "native")]
mod native;
#[path = "../../src/sample.rs"]
mod sample;
mod session;
mod world;
