//! What the scenarios share: real processes, real databases, real mail in a directory.
//!
//! Nothing here sleeps: each wait is for an event, with a limit after which the scenario fails and says what it
//! waited for.

pub mod authenticator;
pub mod chance;
pub mod database;
pub mod difference;
pub mod federation;
pub mod gateway;
mod history;
pub mod invited;
pub mod making;
pub mod operation;
pub mod people;
pub mod proxy;
pub mod server;

pub use history::history;

/// The limit of a wait; far more than anything takes, even on a busy machine.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
