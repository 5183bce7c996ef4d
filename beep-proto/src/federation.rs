//! What backends say to each other: the bodies of the calls of the contract (federation, "One vocabulary").
//!
//! Unknown fields are ignored. A request carries its version; a backend that does not speak it says so.

use beep_core::friendship::Told;
use beep_core::id::{SpaceId, UserId};
use beep_core::port::Taken;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::text::Hidden;
use crate::view::User;

mod digest;
mod entry;
pub mod event;
mod outline;
mod space;
mod transient;
pub use digest::digest;
pub use entry::{Entry, EventEntry, State, StreamName};
pub use outline::{misfit, outline};
pub use space::{Space, SpaceKind};
pub use transient::{InSpace, Seen, Transient};

/// The version that this release speaks.
pub const VERSION: u32 = 1;

fn first_version() -> u32 {
    1
}

/// Declares requests, each with the version that it is written in.
macro_rules! requests {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident { $($(#[doc = $fdoc:literal])+ $(#[serde($($fattr:tt)*)])? $field:ident: $type:ty),* $(,)? }
    )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Deserialize, Serialize)]
        pub struct $name {
            /// The version of the vocabulary; 1 if left out.
            #[serde(default = "first_version")]
            pub version: u32,
            $($(#[doc = $fdoc])+ $(#[serde($($fattr)*)])? pub $field: $type,)*
        }

        impl $name {
            /// In the version of this release.
            #[allow(clippy::new_without_default, reason = "only one request has no field")]
            pub fn new($($field: $type),*) -> Self {
                Self { version: VERSION, $($field),* }
            }
        }

        impl Versioned for $name {
            fn version(&self) -> u32 {
                self.version
            }
        }
    )+ };
}

/// What is written in some version.
pub trait Versioned {
    /// Which version.
    fn version(&self) -> u32;
}

requests! {
    /// `meta/versions`
    Versions {}
    /// `users/by-handle`
    ByHandle {
        /// The name, with or without the domain of the callee.
        handle: String,
    }
    /// `users/by-ids`
    ByIds {
        /// Users of the callee, 100 at most.
        ids: Vec<Full<UserId>>,
    }
    /// `users/search`
    Search {
        /// How username or display name begin.
        q: String,
        /// Users in the answer, 100 at most.
        limit: u32,
    }
    /// `users/contact`
    AskContact {
        /// A user of the caller.
        from: Full<UserId>,
        /// A user of the callee.
        to: Full<UserId>,
    }
    /// `users/connect`
    Connect {
        /// A user of the caller.
        from: Full<UserId>,
        /// A user of the callee.
        to: Full<UserId>,
        /// Whether the first wants to be friends with the second.
        action: ConnectAction,
        /// Counts what the first said about the second; the next number if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u64>,
        /// The number of the last thing that the second said and the first put an end to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<u64>,
    }
    /// `commands/execute` and `queries/run`
    Execute {
        /// Who asks: a user of the caller; nobody, of operations that need no login.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Full<UserId>>,
        /// Which operation, such as `messages.send`.
        operation: String,
        /// The operation's path, query and body members together.
        arguments: Hidden<Value>,
        /// The caller's name for the request, so that it is carried out once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idempotency_key: Option<String>,
    }
    /// `servers/snapshot`
    Snapshot {
        /// A server of the callee that users of the caller are members of.
        server: Full<SpaceId>,
    }
    /// `events/on-events`
    OnEvents {
        /// The id of the caller's stream to the callee.
        stream: Uuid,
        /// The number of the first event.
        first_seq: u64,
        /// One [`Entry`] for each number.
        events: Vec<Box<RawValue>>,
    }
    /// `events/on-transient`
    OnTransient {
        /// What happened, 100 things at most.
        #[serde(deserialize_with = "lenient::items")]
        events: Vec<Transient>,
    }
    /// `users/presence`
    AskPresence {
        /// Users of the callee, 100 at most.
        users: Vec<Full<UserId>>,
    }
    /// `events/pull`
    Pull {
        /// The number after which to go on.
        after_seq: u64,
        /// Events in the answer, 500 at most.
        limit: u32,
    }
    /// `events/digest`
    Digest {
        /// The server after which to go on; none to begin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Bare<SpaceId>>,
    }
}

/// What a user says about being friends with another one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectAction {
    /// They want it.
    Connect,
    /// They do not want it, or no more.
    Rescind,
}

/// The answer to `users/connect`: what the other user said last.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Connected {
    /// Whether they want it.
    pub action: ConnectAction,
    /// Its number; 0 if they have said nothing.
    pub number: u64,
    /// The number of the last thing that the first said and they put an end to.
    pub ended: u64,
}

impl From<Told> for Connected {
    fn from(told: Told) -> Self {
        let action = if told.wants { ConnectAction::Connect } else { ConnectAction::Rescind };
        Self { action, number: told.number, ended: told.ended }
    }
}

impl From<Connected> for Told {
    fn from(of: Connected) -> Self {
        Self { number: of.number, wants: of.action == ConnectAction::Connect, ended: of.ended }
    }
}

/// The answer to `meta/versions`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Supported {
    /// The versions that the callee speaks.
    pub supported: Vec<u32>,
    /// What it runs.
    pub software: String,
}

/// The answer to `users/by-ids` and `users/search`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Users {
    /// As far as there are such.
    #[serde(deserialize_with = "lenient::items")]
    pub users: Vec<User>,
}

/// The answer to `commands/execute` and `queries/run`: what the client API would have answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Executed {
    /// The HTTP status.
    pub status: u16,
    /// The body; `null` where it is empty. It is read by who knows what the operation answers.
    #[serde(default = "nothing")]
    pub body: Box<RawValue>,
}

impl Executed {
    /// With a body in JSON.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn new(status: u16, body: Vec<u8>) -> Result<Self, serde_json::Error> {
        let body = if body.is_empty() { nothing() } else { serde_json::from_slice(&body)? };
        Ok(Self { status, body })
    }
}

fn nothing() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// The answer to `events/on-events`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Acknowledged {
    /// The last number of the stream that the callee has applied.
    pub acked_seq: u64,
}

/// The answer to `users/presence`: of those that the caller may hear of.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Presences {
    /// As far as they are there.
    #[serde(deserialize_with = "lenient::items")]
    pub presences: Vec<Seen>,
}

/// The answer to `users/contact`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Contact {
    /// Whether the second takes direct messages of the first.
    pub taken: ContactTaken,
}

/// Whether a user takes direct messages of another one. Why it is so is not said.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactTaken {
    /// They do.
    Always,
    /// They do if both are members of a server that the caller knows of.
    FromFellows,
    /// They do not.
    #[serde(other)]
    Not,
}

impl From<Taken> for Contact {
    fn from(taken: Taken) -> Self {
        let taken = match taken {
            Taken::Always => ContactTaken::Always,
            Taken::FromFellows => ContactTaken::FromFellows,
            Taken::Not => ContactTaken::Not,
        };
        Self { taken }
    }
}

impl From<Contact> for Taken {
    fn from(Contact { taken }: Contact) -> Self {
        match taken {
            ContactTaken::Always => Self::Always,
            ContactTaken::FromFellows => Self::FromFellows,
            ContactTaken::Not => Self::Not,
        }
    }
}

/// The answer to `events/on-transient`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Heard {}

/// The answer to `events/digest`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Digests {
    /// How far the callee's stream to the caller went before this was so; none if there is no stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Mark>,
    /// Of the servers of the callee that users of the caller are members of, by id, 100 at most.
    #[serde(deserialize_with = "lenient::items")]
    pub digests: Vec<ServerDigest>,
    /// Where to go on, unless that is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Bare<SpaceId>>,
}

/// A place in the stream from one backend to another.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mark {
    /// The id of the stream.
    pub stream: Uuid,
    /// The number of the last event.
    pub seq: u64,
}

/// What two backends compare to see whether they hold the same of a server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ServerDigest {
    /// The server.
    pub server: Full<SpaceId>,
    /// SHA-256 over the state, in hexadecimal.
    pub digest: String,
}
