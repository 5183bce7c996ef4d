//! The rules of Beep, a chat of servers, channels and roles that is yours.
//!
//! Three floors: *rules* are plain functions over values ([`permission`], [`hierarchy`], [`replay`]); [`port`]
//! holds the traits for what only the world can give; [`backend`] holds the use cases, one function each, over
//! a plain struct of ports. No IO, no clock, no randomness and no wire format: those are arguments, ports, and
//! `beep-proto`'s.
//!
//! A *backend* is one installation that owns a domain; a *server* is a community of people on it.

pub mod account;
pub mod author;
pub mod backend;
pub mod ban;
pub mod channel;
pub mod content;
pub mod direct;
pub mod domain;
pub mod event;
pub mod facts;
pub mod global_role;
pub mod hierarchy;
pub mod id;
pub mod invitation;
pub mod member;
pub mod message;
pub mod permission;
pub mod port;
pub mod receipt;
pub mod record;
pub mod replay;
pub mod replica;
pub mod replica_delta;
pub mod replication_view;
pub mod role;
pub mod session;
mod sorted_lookup;
pub mod space;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod time;
