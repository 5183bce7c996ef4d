//! The Rust SDK of Beep: typed operations, a session that renews itself, and events that arrive exactly once.
//!
//! A [`Client`] is one user of one backend. Every operation of the backend has a method, grouped by area. Its argument
//! is built with `new(required…)` and a setter for each optional field:
//!
//! ```no_run
//! use beep_client::{Client, EventData, GatewayEvent, messages};
//!
//! # async fn example() -> Result<(), beep_client::Error> {
//! let client = Client::builder("http://127.0.0.1:8008").build()?;
//! let me = client.login("echo", "correct horse battery staple").await?;
//!
//! let mut events = client.events();
//! while let Some(event) = events.next().await {
//!     let GatewayEvent::Event(event) = event? else { continue };
//!     if let EventData::MessageCreated(message) = event.data
//!         && message.author.as_ref() != Some(&me.id)
//!     {
//!         let answer = messages::Send::new(message.channel_id, message.content).reply_to(message.id);
//!         client.messages().send(answer).await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - **Calls.** `client.messages().send(…)`, `client.servers().join(…)`, or [`Client::call`] with any [`Operation`]. A
//!   refusal is an [`Error`] with a stable [`code`](Error::code). Failed requests are retried if a retry cannot act
//!   twice; a message gets a `nonce` if it has none, other changes an idempotency key.
//! - **Session.** [`Client::login`] or [`Client::activate`] starts it; the access token is renewed before it expires.
//!   To stay signed in over a restart, store [`Client::session`] whenever [`Builder::on_session_change`] calls back,
//!   and pass it to [`Client::resume`].
//! - **Events.** [`Client::events`] gives a stream that reconnects without limit, resumes where it stopped, and fetches
//!   missing events. [`Cache`] turns a snapshot and the events after it into the state that the user may see, and their
//!   permissions.
//! - **Chats.** [`Chat`] has the objects that a chat app shows, each observable: timelines, a send queue that survives
//!   restarts, drafts, pins, members, people, friends, and which backends answer. It opens from its [`storage`] without a network.
//!   Some of them work alone as well: [`markup`], [`permissions`] and [`conversations`].
//! - **Transport.** All IO, time and randomness pass through one trait, [`transport::Transport`]. The default feature
//!   `native` implements it for tokio; then calls must be made inside a tokio runtime.

pub mod areas;
mod backoff;
mod bell;
mod cache;
pub mod chat;
mod client;
mod company;
pub mod conversation_list;
pub mod drafts;
mod error;
pub mod failure;
pub mod friend_list;
mod gateway;
mod link;
mod list_place;
mod login;
pub mod markup;
pub mod member_list;
mod moment;
#[cfg(feature = "native")]
mod native;
pub mod observe;
pub mod people;
pub mod permissions;
mod pin_list;
pub mod reachability;
mod reacted;
mod retry;
#[cfg(test)]
mod sample;
pub mod send_queue;
mod session;
mod sorted;
pub mod storage;
pub mod timeline;
pub mod transport;
pub mod watch;

pub use beep_core::domain::{Domain, DomainError};
pub use beep_core::id::{ChannelId, FriendRequestId, Id, InvitationId, MessageId, RoleId, SessionId, SpaceId, UserId};
pub use beep_core::time::Timestamp;
pub use beep_proto::gateway::{Event, EventData, Focus, FocusedMembers, Ready, StreamName};
pub use beep_proto::id::{Bare, Full, Ref};
pub use beep_proto::operation::Operation;
pub use beep_proto::problem::{ErrorCode, Problem};
pub use beep_proto::text::{Nullable, Secret};
pub use beep_proto::time::Time;
pub use beep_proto::view;
pub use cache::{Cache, CachedServer};
pub use chat::Chat;
pub use client::{Builder, Client};
pub use error::{Error, Refusal};
pub use gateway::{Disconnect, EventStream, GatewayEvent};
pub use login::{LoginStep, SecondStep};
#[cfg(feature = "native")]
pub use native::NativeTransport;
pub use session::{SavedSession, SessionChange, SessionListener};
pub use sorted::{SortedMap, SortedSet};

macro_rules! operations {
    ($($area:ident $methods:tt)+) => { pub use beep_proto::operation::{$($area),+}; };
}
beep_proto::for_each_operation!(operations);

#[cfg(all(doctest, feature = "native"))]
#[doc = include_str!("../README.md")]
struct Readme;
