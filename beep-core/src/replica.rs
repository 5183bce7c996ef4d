//! A server as another backend holds it for its users: the owner's state, as far as those users may see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::ServerFacts;
use crate::id::ChannelId;
use crate::member::Member;

/// A server with the members of one backend and where its streams are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replica {
    /// The server with its member count, its roles, and channels with their last messages.
    pub facts: Arc<ServerFacts>,
    /// The members of the backend that holds it.
    pub members: Vec<Member>,
    /// The last number of the server's own stream.
    pub seq: u64,
    /// The last number of each channel's stream.
    pub channel_seqs: BTreeMap<ChannelId, u64>,
}
