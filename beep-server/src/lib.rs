//! The reference server of Beep: HTTP, gateway, configuration and command line over the library crates.
//!
//! A thin shell. [`Beep`] is a complete backend that another axum program can mount:
//!
//! ```no_run
//! # async fn example() -> Result<(), beep_server::StartError> {
//! let beep = beep_server::Beep::open(beep_server::Config::default()).await?;
//! let app = axum::Router::new().nest("/chat", beep.router());
//! # Ok(()) }
//! ```
//!
//! With the feature `web` the program also contains the web client; [`Beep::router`] does not serve it.
//!
//! The rules are in `beep-core`, the wire formats in `beep-proto`, the storage in `beep-store`.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic when nobody can read it; see `console`")]

mod app;
mod background;
mod beep;
mod callers;
pub mod cli;
mod company;
pub mod config;
mod console;
mod control;
mod federation;
mod gateway;
mod http;
mod hub;
mod ingress;
mod log;
mod mail;
mod metrics;
mod passwords;
mod publish;
mod rate;
mod resumes;
mod serve;
mod tasks;
#[cfg(test)]
mod testing;
mod token;
#[cfg(any(feature = "web", test))]
mod web;
mod world;

pub use beep::{Beep, StartError};
pub use config::Config;
