//! How a stream is named: by what it is of, and whose.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use beep_core::event::Stream;
use beep_core::id::{ChannelId, SpaceId, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::Full;

/// What an event belongs to and is numbered by: `channel:<id>`, `server:<id>` or `user:<id>`, whatever its type.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StreamName {
    /// A channel and what is in it.
    Channel(Full<ChannelId>),
    /// A server, its members and roles.
    Server(Full<SpaceId>),
    /// A user.
    User(Full<UserId>),
    /// Of something that only a newer backend knows.
    Other(String),
}

impl From<&Stream> for StreamName {
    fn from(stream: &Stream) -> Self {
        match stream {
            Stream::Channel { id, .. } => Self::Channel(id.into()),
            Stream::Space(id) => Self::Server(id.into()),
            Stream::User(id) => Self::User(id.into()),
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(id) => write!(f, "{CHANNEL}{id}"),
            Self::Server(id) => write!(f, "{SERVER}{id}"),
            Self::User(id) => write!(f, "{USER}{id}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl FromStr for StreamName {
    type Err = Infallible;

    /// Reads a name; one that this release does not know is kept as it is.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let channel = || text.strip_prefix(CHANNEL)?.parse().ok().map(Self::Channel);
        let server = || text.strip_prefix(SERVER)?.parse().ok().map(Self::Server);
        let user = || text.strip_prefix(USER)?.parse().ok().map(Self::User);
        Ok(channel().or_else(server).or_else(user).unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

impl From<String> for StreamName {
    fn from(text: String) -> Self {
        let Ok(name) = text.parse();
        name
    }
}

impl Serialize for StreamName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for StreamName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StreamName".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "What an event belongs to and is numbered by: `channel:<id>`, `server:<id>` or `user:<id>`, \
                            the id with its domain. A newer backend may name others.",
        })
    }
}

const CHANNEL: &str = "channel:";
const SERVER: &str = "server:";
const USER: &str = "user:";
