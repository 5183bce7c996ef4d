//! Streams to other backends: the events that their users may see.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::backend::Backend;
use crate::domain::Domain;
use crate::event::{Event, EventBody, Position, Stream, content_events, facts_events};
use crate::id::{ChannelId, SpaceKey};
use crate::port::{Change, CommitError, StoreError, StreamWrite};
use crate::replica::Replica;
use crate::replica_delta::ReplicaDelta;
use crate::replication_view::{self, ReplicationView};

/// Reads the stream to one other backend; what it has seen is remembered from one batch to the next.
pub struct OutboundStream {
    to: Domain,
    replication_view: ReplicationView,
    at: u64,
}

/// Part of a stream.
#[derive(Debug)]
pub struct Batch {
    /// The number of the first entry.
    pub first_seq: u64,
    /// The entries, one for each number.
    pub deltas: Vec<ReplicaDelta>,
}

/// Why there is no next part.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Events of the stream are no longer retained: it must be reset.
    #[error("events of the stream are no longer retained")]
    Hole,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OutboundStream {
    /// A stream of which nothing was read yet.
    pub fn new(to: Domain) -> Self {
        Self { replication_view: ReplicationView::new(to.clone()), to, at: 0 }
    }

    /// Reads the entries after a number, at most `limit`. Continuing after the last read is cheapest; from any other
    /// number the servers are sent whole again, for comparison.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub async fn read(&mut self, backend: &Backend, after: u64, limit: u32) -> Result<Batch, Unreadable> {
        if after != self.at {
            self.replication_view = ReplicationView::new(self.to.clone());
        }
        // Lest a failure in the middle leaves it ahead of what was told.
        self.at = u64::MAX;
        let queued = backend.store.outbound_events(&self.to, after, limit).await?;
        let numbers = queued.iter().map(|(seq, _)| *seq);
        if !numbers.eq((after + 1..).take(queued.len())) {
            return Err(Unreadable::Hole);
        }
        let late = backend.now().before(LAG);
        let lags = queued.len() >= limit as usize || queued.first().is_some_and(|(_, event)| event.at < late);
        let mut shown = Shown { of: self.to.clone(), channels: lags.then(HashMap::new) };
        let mut deltas = Vec::with_capacity(queued.len());
        for (_, event) in &queued {
            deltas.push(self.delta(backend, event, &mut shown).await?);
        }
        self.at = after + queued.len() as u64;
        Ok(Batch { first_seq: after + 1, deltas })
    }

    /// Whether the other backend was told of a channel, and may see it still, as far as the stream was read.
    pub fn shows(&self, server: &SpaceKey, channel: ChannelId) -> bool {
        self.replication_view.shows(server, channel)
    }

    async fn delta(&mut self, backend: &Backend, event: &Event, shown: &mut Shown) -> Result<ReplicaDelta, StoreError> {
        let Some(server) = event.stream.space() else {
            let is_told = self.is_told(backend, event).await?;
            return Ok(ReplicaDelta {
                event: is_told.then(|| replication_view::told(event)),
                ..ReplicaDelta::default()
            });
        };
        if event.body.loses_facts() {
            self.replication_view.forget(&server);
        }
        if self.replication_view.knows(&server) {
            shown.learn(backend, &server).await?;
            return Ok(self.replication_view.tell(&server, event, |channel| shown.has(&server, channel)));
        }
        match whole_after(backend, &server, event.position, &self.to).await? {
            Some(whole) => Ok(self.replication_view.open(whole, event)),
            None => Ok(self.replication_view.gone(event)),
        }
    }
}

impl OutboundStream {
    /// Whether an event of a user's stream is for the other backend.
    async fn is_told(&self, backend: &Backend, event: &Event) -> Result<bool, StoreError> {
        let Stream::User(user) = &event.stream else { return Ok(false) };
        Ok(match &event.body {
            EventBody::UserUpdated(_) => user.home == backend.domain,
            // One that is gone by now shows nothing any more.
            EventBody::InvitationReceived(invited) if user.home == self.to => {
                backend.store.invitation(invited.invitation.id).await?.is_some()
            }
            EventBody::InvitationRevoked { .. } => user.home == self.to,
            // What only a newer release knows is told of servers alone.
            // What is said about friends goes to the other's home by itself.
            EventBody::InvitationReceived(_)
            | EventBody::FriendRequestReceived(_)
            | EventBody::FriendRequestAccepted(_)
            | EventBody::FriendRequestDeclined(_)
            | EventBody::FriendRequestCancelled(_)
            | EventBody::FriendRemoved { .. }
            | EventBody::SessionRevoked { .. }
            // What somebody has read is known to their own backend alone.
            | EventBody::ReadUpdated(_)
            | EventBody::Unknown { .. }
            | EventBody::Unreadable { .. }
            | content_events!()
            | facts_events!() => false,
        })
    }
}

/// A server as it was right after a position; `None` if it no longer exists.
async fn whole_after(
    backend: &Backend,
    server: &SpaceKey,
    after: Position,
    of: &Domain,
) -> Result<Option<Replica>, StoreError> {
    let Some((now, mut whole)) = backend.store.replica(server, of).await? else { return Ok(None) };
    let (mut later, mut at, mut said) = (Vec::new(), after, BTreeSet::new());
    while at < now {
        let page = backend.store.space_events(server, at, now, PAGE).await?;
        at = page.last().filter(|_| page.len() >= PAGE as usize).map_or(now, |event| event.position);
        // Of messages only where the first of each channel stood matters, however many followed.
        later.extend(page.into_iter().filter(|event| match &event.stream {
            stream if stream.space().as_ref() != Some(server) => false,
            Stream::Channel { id, .. } if !event.body.changes_facts() => said.insert(id.id),
            _ => true,
        }));
    }
    for event in later.iter().rev() {
        whole.rewind(&event.stream, event.seq, &event.body, of);
    }
    Ok(Some(whole))
}

/// What another backend may see now; read on demand.
struct Shown {
    of: Domain,
    /// None where the stream is not behind, and shows what it says.
    channels: Option<HashMap<SpaceKey, BTreeSet<ChannelId>>>,
}

impl Shown {
    async fn learn(&mut self, backend: &Backend, server: &SpaceKey) -> Result<(), StoreError> {
        if let Some(channels) = &mut self.channels
            && !channels.contains_key(server)
        {
            let now = backend.store.replica(server, &self.of).await?;
            let visible = now.map(|(_, replica)| replica.visible(backend.now())).unwrap_or_default();
            channels.insert(server.clone(), visible);
        }
        Ok(())
    }

    fn has(&self, server: &SpaceKey, channel: ChannelId) -> bool {
        let Some(channels) = &self.channels else { return true };
        channels.get(server).is_some_and(|shown| shown.contains(&channel))
    }
}

/// The whole server as the users of another backend may see it, for a request between two events.
///
/// # Errors
/// Only if the store fails; `None` if none of its users is a member.
pub async fn snapshot(backend: &Backend, server: &SpaceKey, of: &Domain) -> Result<Option<Replica>, StoreError> {
    let found = backend.store.replica(server, of).await?.map(|(_, replica)| replica);
    let inside = found.filter(|found| found.facts.server.id.home == backend.domain && !found.members.is_empty());
    Ok(inside.map(|found| found.shown(&found.visible(backend.now()))))
}

/// The entries after a number in the stream to another backend, at most `limit`, with the id of the stream; `None` if
/// older events are no longer retained.
///
/// # Errors
/// Only when the store fails.
pub async fn read_after(
    backend: &Backend,
    to: &Domain,
    after: u64,
    limit: u32,
) -> Result<Option<(uuid::Uuid, Batch)>, StoreError> {
    let Some(stream) = backend.store.outbound_to(to).await? else { return Ok(None) };
    if after < stream.acknowledged.seq || after > stream.last {
        return Ok(None);
    }
    match OutboundStream::new(to.clone()).read(backend, after, limit).await {
        Ok(batch) => Ok(Some((stream.acknowledged.stream, batch))),
        Err(Unreadable::Hole) => Ok(None),
        Err(Unreadable::Store(error)) => Err(error),
    }
}

/// Stores that another backend has applied its stream up to a number.
///
/// # Errors
/// When the store fails.
pub async fn acknowledge(backend: &Backend, to: &Domain, seq: u64) -> Result<(), CommitError> {
    backend.store.commit(Change::default().write(StreamWrite::Acknowledge(to.clone(), seq))).await.map(drop)
}

/// Resets the stream to another backend to an empty one; gives its id.
///
/// # Errors
/// When the store fails.
pub async fn reset(backend: &Backend, to: &Domain) -> Result<uuid::Uuid, CommitError> {
    let stream = uuid::Builder::from_random_bytes(backend.entropy.octets()).into_uuid();
    backend.store.commit(Change::default().write(StreamWrite::Reset(to.clone(), stream))).await?;
    Ok(stream)
}

/// Queues all open invitations for users of another backend: a receiver forgets them when the stream is reset.
///
/// # Errors
/// When the store fails.
pub async fn tell_again(backend: &Backend, to: &Domain) -> Result<(), CommitError> {
    let mut after = None;
    loop {
        let page = backend.store.invitations_to(to, after, PAGE).await?;
        after = page.last().map(|invited| invited.invitation.id);
        let is_last = page.len() < PAGE as usize;
        let change = page.into_iter().fold(Change::default(), |change, invited| {
            let user = invited.invitation.user().cloned();
            user.iter()
                .fold(change, |change, user| change.user_event(user, EventBody::InvitationReceived(invited.clone())))
        });
        if !change.events.is_empty() {
            backend.store.commit(change).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

const PAGE: u32 = 1_000;

/// The age of an event from which current visibility is checked before sending it.
const LAG: Duration = Duration::from_secs(1);
