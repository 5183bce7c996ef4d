//! What this backend sends to another about one event.

use crate::channel::Channel;
use crate::event::{EventBody, Stream};
use crate::id::{ChannelKey, SpaceId};
use crate::port::Place;
use crate::replica::Replica;

/// What this backend sends to another about one event; empty if the event is not for its users.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReplicaDelta {
    /// The whole server after the event: when it becomes visible to the other backend, and sometimes for comparison.
    pub state: Option<Box<Replica>>,
    /// Channels that become visible to its users, each with the last number of its stream.
    pub appeared: Vec<(Channel, u64)>,
    /// Channels that are no longer visible to any of its users, each with its server.
    pub vanished: Vec<(ChannelKey, SpaceId)>,
    /// The event, if its users may see it.
    pub event: Option<ReplicatedEvent>,
}

impl ReplicaDelta {
    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.state.is_none() && self.appeared.is_empty() && self.vanished.is_empty() && self.event.is_none()
    }
}

/// An event as its owner sends it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplicatedEvent {
    /// Its stream.
    pub stream: Stream,
    /// Its number and time in that stream.
    pub place: Place,
    /// What happened.
    pub body: EventBody,
}
