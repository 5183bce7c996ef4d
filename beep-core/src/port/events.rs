//! The log and what is read of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::event::{Event, Position, Scope};
use crate::facts::SpaceFacts;
use crate::id::{ChannelId, ChannelKey, SpaceKey, UserKey};
use crate::member::Member;
use crate::port::StoreError;
use crate::presence::PresenceChoice;
use crate::time::Timestamp;

/// The log.
#[async_trait]
pub trait Events {
    /// The id of the log and the positions that it covers.
    async fn log_state(&self) -> Result<LogState, StoreError>;
    /// The events for a user or for the servers that they are a member of, after one position and up to another, in
    /// order, at most `limit`. Visibility within a server is not decided here.
    async fn events_for(
        &self,
        user: &UserKey,
        which: Which,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;
    /// All events after a position, in order, at most `limit`.
    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// Whom the event at a position concerns, as far as it is kept; those who were members at one time each by themself.
    async fn scopes_of(&self, position: Position) -> Result<Vec<Scope>, StoreError>;
    /// The events of a channel after a number, in order, at most `limit`.
    async fn channel_events(&self, channel: &ChannelKey, after_seq: u64, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// What a user can be shown, and the position at which it was so: one consistent reading. Of private spaces those in
    /// which something happened last, [`MOST_PRIVATE_SPACES`] at most, and with `since` all in which something happened after
    /// that position, since of each of them there is something to tell.
    async fn snapshot(&self, user: &UserKey, since: Option<Position>) -> Result<Snapshot, StoreError>;
    /// One space of a user, and the position at which it was so; `None` if they are not in it.
    async fn snapshot_of(&self, user: &UserKey, space: &SpaceKey) -> Result<Option<(Position, HeldSpace)>, StoreError>;
    /// Removes events, claims and dead letters that were made before `before`; gives how many events went. Also
    /// removes codes and holds of usernames that ended before, registrations that were older than
    /// [`REGISTRATION_LIFE`](crate::registration::REGISTRATION_LIFE), sessions that ended 30 days before, and a day later
    /// those that were not used for [`REFRESH_LIFE`](crate::session::REFRESH_LIFE).
    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Which events are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// All.
    All,
    /// Those that change who may see what ([`EventBody::changes_facts`]); a store may add others if it cannot tell. The
    /// messages in between are not read.
    ///
    /// [`EventBody::changes_facts`]: crate::event::EventBody::changes_facts
    Changes,
}

/// The id of the log and the positions that it covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogState {
    /// A random id from when the log was created; positions of different logs cannot be compared.
    pub id: u64,
    /// The position of the last event.
    pub head: Position,
    /// All events after this position are retained.
    pub kept_after: Position,
}

/// The most private spaces in a snapshot: what a list of conversations shows before anybody scrolls, so that connecting
/// costs as much for who has ten as for who has ten thousand.
pub const MOST_PRIVATE_SPACES: u32 = 50;

/// The spaces of a user at one position of the log.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The position of the last event in it.
    pub position: Position,
    /// The servers that the user is a member of, and their private spaces of late.
    pub servers: Vec<HeldSpace>,
    /// The user's other private spaces, in order.
    pub left_out: Vec<SpaceKey>,
    /// The last number of the user's own stream.
    pub user_seq: u64,
    /// The user's friends.
    pub friends: Vec<UserKey>,
    /// What the user has chosen to be seen as.
    pub presence: Option<PresenceChoice>,
}

/// A server for one of its members.
#[derive(Clone, Debug)]
pub struct HeldSpace {
    /// The facts, with the member count and last messages at that position.
    pub facts: Arc<SpaceFacts>,
    /// The user's membership.
    pub member: Member,
    /// The last number of each stream: the server's own, then those of its channels by id.
    pub seq: u64,
    /// The last number of each channel's stream.
    pub channel_seqs: BTreeMap<ChannelId, u64>,
}
