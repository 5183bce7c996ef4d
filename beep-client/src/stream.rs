//! Which stream an event belongs to: a channel's, a server's or a user's, and whose.
//!
//! An event names the id alone. Its type says of what, so that a channel and a server with the same id have streams
//! of their own.

use std::fmt;

use beep_proto::gateway::Event;

/// What a stream tells of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A channel and its messages.
    Channel,
    /// A server, its members and roles.
    Server,
    /// A user.
    User,
}

impl Kind {
    /// What the stream of an event tells of.
    pub(crate) fn of(event: &Event) -> Self {
        let kind = event.data.kind();
        match kind.split_once('.').map_or(kind, |(object, _)| object) {
            "message" | "reaction" | "channel" => Self::Channel,
            "server" | "member" | "role" => Self::Server,
            _ => Self::User,
        }
    }

    /// The name of the stream of this kind of thing with this id.
    pub(crate) fn stream(self, id: impl fmt::Display) -> String {
        format!("{}{id}", self.prefix())
    }

    /// Whether this is the name of a stream of this kind of thing.
    pub(crate) fn names(self, stream: &str) -> bool {
        stream.starts_with(self.prefix())
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Channel => "channel:",
            Self::Server => "server:",
            Self::User => "user:",
        }
    }
}

/// The name of the stream that an event belongs to.
pub(crate) fn of(event: &Event) -> String {
    Kind::of(event).stream(&event.stream)
}
