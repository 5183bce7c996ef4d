//! The reference server of Beep: HTTP, gateway, configuration and command line over the library crates.
//!
//! A thin shell. [`Beep`] is a whole backend that another axum program mounts:
//!
//! ```no_run
//! # async fn example() -> Result<(), beep_server::StartError> {
//! let beep = beep_server::Beep::open(beep_server::Config::default()).await?;
//! let app = axum::Router::new().nest("/chat", beep.router());
//! # Ok(()) }
//! ```
//!
//! With the feature `web` the program carries the web client as well; [`Beep::router`] stays without it.
//!
//! The rules are `beep-core`'s, the wire is `beep-proto`'s, the storage `beep-store`'s.

mod app;
mod background;
mod beep;
pub mod cli;
pub mod config;
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
mod serve;
#[cfg(test)]
mod testing;
mod token;
#[cfg(any(feature = "web", test))]
mod web;
mod world;

pub use beep::{Beep, StartError};
pub use config::Config;
