//! What another backend is told of one event of this one.

use crate::channel::Channel;
use crate::event::{EventBody, Stream};
use crate::id::{ChannelKey, SpaceId};
use crate::port::Place;
use crate::replica::Replica;

/// What another backend is told of one event; nothing at all, where the event is not for its users.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReplicaDelta {
    /// The server whole, as it is after the event: when it opens to the other, and from time to time to be compared.
    pub state: Option<Box<Replica>>,
    /// Channels that its users can see from now on, each with the last number of its stream.
    pub appeared: Vec<(Channel, u64)>,
    /// Channels that none of its users can see any more, each with its server.
    pub vanished: Vec<(ChannelKey, SpaceId)>,
    /// The event, if its users may be told.
    pub event: Option<ReplicatedEvent>,
}

impl ReplicaDelta {
    /// Whether it tells of nothing.
    pub fn is_empty(&self) -> bool {
        self.state.is_none() && self.appeared.is_empty() && self.vanished.is_empty() && self.event.is_none()
    }
}

/// An event as its owner tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplicatedEvent {
    /// What it belongs to.
    pub stream: Stream,
    /// Its place there.
    pub place: Place,
    /// What happened.
    pub body: EventBody,
}
