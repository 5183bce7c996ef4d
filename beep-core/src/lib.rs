//! The rules of Beep, a chat backend with servers, channels and roles.
//!
//! Three layers: *rules* are plain functions over values ([`permission`], [`hierarchy`], [`replay`]); [`port`] has the
//! traits for storage, time, randomness and other IO; [`backend`] has the use cases, one function each, over a plain
//! struct of ports. The crate has no IO, clock or randomness, and no wire formats, which are in `beep-proto`.
//!
//! A *backend* is one installation that owns a domain; a *server* is a community of people on it.

pub mod account;
pub mod account_removal;
pub mod audit;
pub mod author;
pub mod backend;
pub mod ban;
mod base32;
pub mod block;
pub mod channel;
pub mod content;
pub mod direct;
pub mod domain;
pub mod email_change;
pub mod event;
pub mod facts;
pub mod friendship;
pub mod global_role;
pub mod handle;
pub mod hierarchy;
pub mod id;
pub mod invitation;
pub mod mail_code;
pub mod member;
pub mod mention;
pub mod message;
pub mod mute;
pub mod network;
pub mod permission;
pub mod port;
pub mod presence;
pub mod reaction;
pub mod read_state;
pub mod receipt;
pub mod record;
pub mod registration;
pub mod replay;
pub mod replica;
pub mod replica_delta;
pub mod replication_view;
pub mod report;
pub mod restriction;
pub mod role;
pub mod second_factor;
pub mod session;
mod sorted_lookup;
pub mod space;
pub mod suspension;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod time;
pub mod totp;
pub mod transient;
