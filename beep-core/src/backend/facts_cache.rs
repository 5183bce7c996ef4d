//! A cache of the facts of servers, kept as long as they are current.
//!
//! It decides nothing: a change that is based on cached facts commits only if their revision is still current, and the
//! members that it looked at are unchanged. The cache is updated by every commit before the commit is answered
//! ([`Publish`]), so after an answer no caller reads older facts. What changes one member leaves the facts as they are.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::{Event, EventBody, Stream};
use crate::facts::SpaceFacts;
use crate::id::{ChannelKey, SpaceKey, UserKey};
use crate::member::Member;
use crate::port::{Publish, Store, StoreError};

/// The facts of servers, their members, and the server of each channel.
pub struct FactsCache {
    servers: Mutex<HashMap<SpaceKey, Arc<Known>>>,
    channels: Mutex<HashMap<ChannelKey, SpaceKey>>,
    /// Counts invalidations, of the servers that share a place: facts that were read before one must not be cached after it.
    forgotten: [AtomicU64; PLACES],
}

/// A server's facts at one revision, and the members that were asked for, as they are.
pub struct Known {
    /// The facts.
    pub facts: SpaceFacts,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    known: HashMap<UserKey, Arc<Member>>,
    /// Counts their changes: who was read before one must not be cached after it.
    changes: u64,
}

impl Default for FactsCache {
    fn default() -> Self {
        let forgotten = [const { AtomicU64::new(0) }; PLACES];
        Self { servers: Mutex::default(), channels: Mutex::default(), forgotten }
    }
}

impl FactsCache {
    /// The facts of a server.
    pub(super) async fn server(&self, store: &dyn Store, id: &SpaceKey) -> Result<Option<Arc<Known>>, StoreError> {
        if let Some(known) = lock(&self.servers).get(id) {
            return Ok(Some(known.clone()));
        }
        let forgotten = self.forgotten(id);
        let before = forgotten.load(Ordering::Acquire);
        let Some(facts) = store.space_facts(id).await? else { return Ok(None) };
        let known = Arc::new(Known { facts, members: Mutex::default() });
        let mut servers = lock(&self.servers);
        if forgotten.load(Ordering::Acquire) == before {
            room(&mut servers, MOST_SERVERS).insert(id.clone(), known.clone());
        }
        Ok(Some(known))
    }

    /// The server of a channel.
    pub(super) async fn server_of(&self, store: &dyn Store, id: &ChannelKey) -> Result<Option<SpaceKey>, StoreError> {
        if let Some(server) = lock(&self.channels).get(id) {
            return Ok(Some(server.clone()));
        }
        let server = store.space_of_channel(id).await?;
        if let Some(server) = &server {
            // A channel never changes its space; one that is gone is not found in the space's facts.
            room(&mut lock(&self.channels), MOST_CHANNELS).insert(id.clone(), server.clone());
        }
        Ok(server)
    }

    /// Forgets the facts of a server.
    pub(super) fn forget(&self, server: &SpaceKey) {
        let mut servers = lock(&self.servers);
        self.forgotten(server).fetch_add(1, Ordering::AcqRel);
        servers.remove(server);
    }

    fn forgotten(&self, server: &SpaceKey) -> &AtomicU64 {
        let mut hasher = DefaultHasher::new();
        server.hash(&mut hasher);
        &self.forgotten[hasher.finish() as usize % PLACES]
    }
}

impl Known {
    /// One member.
    pub(super) async fn member(&self, store: &dyn Store, user: &UserKey) -> Result<Option<Arc<Member>>, StoreError> {
        let before = {
            let members = lock(&self.members);
            if let Some(member) = members.known.get(user) {
                return Ok(Some(member.clone()));
            }
            members.changes
        };
        let Some(member) = store.member(&self.facts.server.id, user).await? else { return Ok(None) };
        let member = Arc::new(member);
        let mut members = lock(&self.members);
        if members.changes == before {
            room(&mut members.known, MOST_MEMBERS).insert(user.clone(), member.clone());
        }
        Ok(Some(member))
    }

    /// A member is another by now.
    fn update(&self, member: &Member) {
        let mut members = lock(&self.members);
        members.changes += 1;
        if let Some(known) = members.known.get_mut(&member.user) {
            *known = Arc::new(member.clone());
        }
    }
}

impl Publish for FactsCache {
    fn publish(&self, events: &[Arc<Event>]) {
        for event in events {
            match &event.body {
                // Absence is not kept. Of a private conversation who takes part is a fact.
                EventBody::MemberJoined(_) if matches!(event.stream, Stream::Space(_)) => {}
                EventBody::MemberUpdated { member, .. } => {
                    if let Some(known) = lock(&self.servers).get(&member.server) {
                        known.update(member);
                    }
                }
                body if body.changes_facts() => event.stream.space().iter().for_each(|server| self.forget(server)),
                _ => {}
            }
        }
    }

    /// What is kept may be newer than these, so all that they may have changed is read again.
    fn missed(&self, events: &[Arc<Event>]) {
        let changes = events.iter().filter(|event| event.body.changes_facts());
        changes.filter_map(|event| event.stream.space()).for_each(|server| self.forget(&server));
    }

    fn lost_track(&self) {
        self.clear();
    }
}

impl FactsCache {
    /// Forgets everything.
    fn clear(&self) {
        let mut servers = lock(&self.servers);
        for place in &self.forgotten {
            place.fetch_add(1, Ordering::AcqRel);
        }
        servers.clear();
    }
}

/// Keeps a cache within its bound by clearing it.
fn room<K, V>(map: &mut HashMap<K, V>, most: usize) -> &mut HashMap<K, V> {
    if map.len() >= most {
        map.clear();
    }
    map
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Changes of one server keep the facts of few others from being cached.
const PLACES: usize = 1_024;

const MOST_SERVERS: usize = 10_000;
const MOST_CHANNELS: usize = 100_000;
const MOST_MEMBERS: usize = 50_000;
