//! The stream of another backend: each entry is applied once, in order, in the same transaction as its position.
//!
//! The owner decides and this backend follows. A sender is believed only about its own servers, channels and users;
//! anything else becomes a dead letter and does not block the rest.

mod bounds;
mod copies;
mod people;
mod plan;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::author::Author;
use crate::backend::{Backend, Refusal, pending_leaves, suspensions};
use crate::domain::Domain;
use crate::event::{EventBody, EventClass, Scope, Stream};
use crate::id::{ChannelKey, SpaceKey, UserKey};
use crate::port::{
    Change, CommitError, DeadLetter, Guard, JoinIntent, SpaceGuard, StoreError, StreamGuard, StreamMark, StreamWrite,
    When, Write,
};
use crate::receipt::{self, Receipt};
use crate::replica::Replica;
use crate::replica_delta::{ReplicaDelta, ReplicatedEvent};

/// Part of the stream of another backend.
#[derive(Debug)]
pub struct Received {
    /// The id of the stream.
    pub stream: uuid::Uuid,
    /// The number of the first entry.
    pub first_seq: u64,
    /// One for each number.
    pub entries: Vec<ReceivedEntry>,
}

/// The entry at one number of a stream.
#[derive(Clone, Debug)]
pub struct ReceivedEntry {
    /// What it says, or why it could not be read.
    pub delta: Result<ReplicaDelta, UnreadEntry>,
}

/// What could not be read of an entry. Neither part holds what the entry says: what is set aside outlives messages.
#[derive(Clone, Debug)]
pub struct UnreadEntry {
    /// Why.
    pub error: String,
    /// What it is about, as far as that can be seen; see [`about`].
    pub about: String,
}

impl From<ReplicaDelta> for ReceivedEntry {
    fn from(delta: ReplicaDelta) -> Self {
        Self { delta: Ok(delta) }
    }
}

/// Says what an event is about without what it says: its type, its stream and its number there. A type that no release
/// could have is left out.
pub fn about(kind: &str, stream: Option<&Stream>, seq: Option<u64>) -> String {
    let mut about = match is_type(kind) {
        true => format!("`{kind}`"),
        false => "an event of no type".to_owned(),
    };
    match stream {
        Some(Stream::Channel { id, .. }) => about += &format!(" in channel {id}"),
        Some(Stream::Space(id)) => about += &format!(" in server {id}"),
        Some(Stream::User(id)) => about += &format!(" of user {id}"),
        None => {}
    }
    if let Some(seq) = seq {
        about += &format!(", number {seq}");
    }
    about
}

/// Whether a text may be the type of an event of some release.
fn is_type(kind: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_lowercase() || octet == b'.' || octet == b'_';
    (1..=MOST_OF_TYPE).contains(&kind.len()) && kind.bytes().all(fits)
}

/// The same of a delta.
fn about_delta(delta: &ReplicaDelta) -> String {
    match (&delta.event, &delta.state) {
        (Some(told), _) => about(told.body.kind(), Some(&told.stream), Some(told.place.seq)),
        (None, Some(state)) => format!("server {} whole", state.facts.server.id),
        (None, None) => "channels that appeared or vanished".to_owned(),
    }
}

/// The result of applying entries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Applied {
    /// The last applied number.
    pub up_to: u64,
    /// Whether the stream was new or reset, so that earlier changes of servers may be missing.
    pub anew: bool,
    /// How many entries became dead letters.
    pub dead_letters: u64,
}

/// Applies part of the stream of another backend, which has proven who it is. Where the stream begins anew, what is held
/// of that backend is compared.
///
/// # Errors
/// When the store fails; what was applied until then stays.
pub async fn receive(backend: &Backend, origin: &Domain, received: &Received) -> Result<Applied, Refusal> {
    let applied = apply(backend, origin, received).await?;
    if applied.anew {
        backend.peers.compare(origin, When::Soon);
    }
    backend.peers.applied();
    Ok(applied)
}

async fn apply(backend: &Backend, origin: &Domain, received: &Received) -> Result<Applied, Refusal> {
    let (mut anew, mut tries, mut dead_letters) = (false, 0, 0);
    loop {
        let mark = backend.store.inbound(origin).await?;
        let skip = match receipt::of(mark, received.stream, received.first_seq, received.entries.len()) {
            Receipt::Apply { skip } => skip,
            // After a gap the other sends again what follows.
            Receipt::Gap { acked } | Receipt::Repeated { acked } => {
                return Ok(Applied { up_to: acked, anew, dead_letters });
            }
            Receipt::NewStream if tries >= MOST_TRIES => return Err(Refusal::Contended),
            Receipt::NewStream => {
                tries += 1;
                anew = true;
                begin(backend, origin, received.stream, mark).await?;
                continue;
            }
        };
        // Nothing of it was applied yet, so who saw it begin may have ended before anybody heard.
        anew |= mark.is_some_and(|mark| mark.seq == 0);
        let mut work = Work::new(backend, origin, received.stream, mark);
        match work.apply(&received.entries[skip..]).await {
            Ok(()) => return Ok(Applied { up_to: work.last, anew, dead_letters: dead_letters + work.dead_letters }),
            // The same was received twice at a time.
            Err(CommitError::Stale) if tries < MOST_TRIES => {
                tries += 1;
                dead_letters += work.dead_letters;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Handles a new or reset stream of another backend.
async fn begin(
    backend: &Backend,
    origin: &Domain,
    stream: uuid::Uuid,
    before: Option<StreamMark>,
) -> Result<(), Refusal> {
    let change = people::unsaid(backend, origin)
        .await?
        .guard(StreamGuard::ReceivedUpTo { origin: origin.clone(), mark: before })
        .write(StreamWrite::Receive(origin.clone(), StreamMark { stream, seq: 0 }));
    match backend.store.commit(change).await {
        // Somebody else took it.
        Ok(_) | Err(CommitError::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The replica of a server before its owner is asked.
#[derive(Clone, Debug)]
pub struct Held {
    server: SpaceKey,
    replica: Option<Replica>,
    /// The applied position of the owner's stream.
    mark: Option<StreamMark>,
}

/// Reads the replica of a server before its owner is asked.
///
/// # Errors
/// When the store fails.
pub async fn held(backend: &Backend, server: &SpaceKey) -> Result<Held, StoreError> {
    let mark = backend.store.inbound(&server.home).await?;
    let found = backend.store.replica(server, &backend.domain).await?.map(|(_, found)| found);
    let replica = found.filter(|found| found.facts.server.id == *server);
    Ok(Held { server: server.clone(), replica, mark })
}

/// Replaces the replica of a server, which was `held` before its owner was asked, by the owner's state; removes it if
/// the owner says that it has no member here. Says whether anything changed.
///
/// # Errors
/// [`Refusal::Contended`] if an event of the server arrived meanwhile, which the owner's state may not include;
/// [`Refusal::Invalid`] if the state is not plausible; or if the store fails.
pub async fn replace(backend: &Backend, held: Held, state: Option<Replica>) -> Result<bool, Refusal> {
    let Held { server, replica: held, mark } = held;
    let delta = ReplicaDelta { state: state.map(Box::new), ..ReplicaDelta::default() };
    if delta.state.is_some()
        && let Some(why) =
            plan::objection(backend, &server, &delta).or_else(|| plan::contradiction(backend, &delta, held.as_ref()))
    {
        return Err(Refusal::invalid("server", "malformed", why));
    }
    let state = match delta.state {
        Some(state) => {
            let pending = pending_leaves::from(backend, &server).await?;
            plan::concerning(backend, &server, *state, &pending).await?
        }
        None => None,
    };
    let (change, unmoved) = match (state, held) {
        (Some(mut state), Some(before)) => {
            let unmoved = Guard::from(SpaceGuard::At { id: server.clone(), revision: before.facts.revision });
            let Some((_, held)) = backend.store.replica(&server, &backend.domain).await? else {
                return Err(Refusal::Contended);
            };
            heed(&before, &held, &mut state);
            if held.agrees(&state) {
                return Ok(false);
            }
            (plan::whole(backend, state, Some(held), None), unmoved)
        }
        // A server without local members has no stored revision; when it returns, its revision starts over.
        (state, held) => {
            let unmoved = Guard::from(StreamGuard::ReceivedUpTo { origin: server.home.clone(), mark });
            match (state, held) {
                (Some(state), _) => (plan::whole(backend, state, None, None), unmoved),
                (None, Some(held)) => (plan::gone(backend, &held), unmoved),
                (None, None) => return Ok(false),
            }
        }
    };
    backend.store.commit(change.guard(unmoved)).await?;
    Ok(true)
}

/// Keeps messages that arrived since the owner was asked: its answer may be older.
fn heed(before: &Replica, now: &Replica, state: &mut Replica) {
    let facts = Arc::make_mut(&mut state.facts);
    for (id, seq) in &mut state.channel_seqs {
        if before.channel_seqs.get(id) < now.channel_seqs.get(id) {
            *seq = (*seq).max(now.channel_seqs.get(id).copied().unwrap_or_default());
            let said = now.facts.channels.get(id).and_then(|channel| channel.last_message);
            if let Some(channel) = facts.channels.get_mut(id).filter(|channel| channel.last_message < said) {
                Arc::make_mut(channel).last_message = said;
            }
        }
    }
}

/// Stores that a user of this backend asks to join a server of another. From now on the owner may report that they are
/// a member. Says whether it was not stored before.
///
/// # Errors
/// [`Refusal::Conflict`] for who has asked to join too many servers that have not let them in; or when the store fails.
pub async fn join_intent(backend: &Backend, user: &UserKey, server: &SpaceKey) -> Result<bool, Refusal> {
    let is_news = backend.store.join_intents(server, &[user.id]).await?.is_empty();
    if is_news {
        if backend.store.open_join_intents(user.id, MOST_INTENTS).await? >= MOST_INTENTS {
            return Err(Refusal::Conflict("you have asked to join too many servers that have not answered"));
        }
        backend.store.commit(Change::default().put(JoinIntent { user: user.id, server: server.clone() })).await?;
    }
    Ok(is_news)
}

/// Removes this again, because the owner refused.
///
/// # Errors
/// When the store fails.
pub async fn remove_join_intent(backend: &Backend, user: &UserKey, server: &SpaceKey) -> Result<(), Refusal> {
    backend
        .store
        .commit(Change::default().remove::<JoinIntent>(JoinIntent { user: user.id, server: server.clone() }))
        .await?;
    Ok(())
}

/// Removes all of this for the servers of a backend that none of those who asked is a member of: it has not answered for
/// long. Who wants to join asks again.
///
/// # Errors
/// When the store fails.
pub async fn forget_join_intents(backend: &Backend, home: &Domain) -> Result<(), Refusal> {
    loop {
        let intents = backend.store.join_intents_at(home, MOST_INTENTS).await?;
        let is_last = intents.len() < MOST_INTENTS as usize;
        if !intents.is_empty() {
            let change = intents.into_iter().fold(Change::default(), Change::remove::<JoinIntent>);
            backend.store.commit(change).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Entries of the stream that are being applied.
struct Work<'a> {
    backend: &'a Backend,
    origin: &'a Domain,
    stream: uuid::Uuid,
    mark: Option<StreamMark>,
    /// The last applied number.
    last: u64,
    /// The last number in the change.
    reached: u64,
    change: Change,
    /// How many entries became dead letters.
    dead_letters: u64,
    /// Whether a user of this backend may be said to write in a server, of those who were asked for since facts changed.
    writers: HashMap<(SpaceKey, UserKey), bool>,
    /// Whether who wrote something is suspended here, of those who were asked for.
    silenced: HashMap<UserKey, bool>,
}

impl<'a> Work<'a> {
    fn new(backend: &'a Backend, origin: &'a Domain, stream: uuid::Uuid, mark: Option<StreamMark>) -> Self {
        let last = mark.map_or(0, |mark| mark.seq);
        Self {
            backend,
            origin,
            stream,
            mark,
            last,
            reached: last,
            change: Change::default(),
            dead_letters: 0,
            writers: HashMap::new(),
            silenced: HashMap::new(),
        }
    }

    async fn apply(&mut self, entries: &[ReceivedEntry]) -> Result<(), CommitError> {
        for (heard, seq) in entries.iter().zip(self.last + 1..) {
            match &heard.delta {
                Err(unread) => self.aside(seq, &unread.error, &unread.about),
                Ok(delta) if delta.is_empty() => {}
                Ok(delta) => {
                    let delta = self.without_silenced(copies::dated(delta, self.backend.now())).await?;
                    let rejected = match content(&delta) {
                        Some(told) => self.content(told).await?,
                        None => self.facts(seq, &delta).await?,
                    };
                    if let Some(why) = rejected {
                        self.aside(seq, why, &about_delta(&delta));
                    }
                }
            }
            self.reached = seq;
            if self.change.events.len() >= MOST_AT_ONCE {
                self.commit().await?;
            }
        }
        self.commit().await
    }

    /// Adds a content event of a known channel; gives the reason if it becomes a dead letter.
    async fn content(&mut self, told: &ReplicatedEvent) -> Result<Option<&'static str>, StoreError> {
        let (backend, store) = (self.backend, &*self.backend.store);
        let Some((id, server)) = of_channel(self.origin, told) else { return Ok(Some(FOREIGN)) };
        if backend.facts.server_of(store, id).await?.as_ref() != Some(&server) {
            return Ok(Some(ABSENT));
        }
        if let Some(author) = local_author(&backend.domain, &told.body)
            && !self.may_write(&server, author).await?
        {
            return Ok(Some(UNSENT));
        }
        let change = copies::write(std::mem::take(&mut self.change), &told.body);
        let scopes = vec![Scope::Space(server)];
        self.change = change.told(told.stream.clone(), told.place, scopes, told.body.clone());
        Ok(None)
    }

    /// Whether a user of this backend may have written in a server: as a member, or until they left, of which the owner has
    /// yet to say so.
    async fn may_write(&mut self, server: &SpaceKey, user: &UserKey) -> Result<bool, StoreError> {
        let key = (server.clone(), user.clone());
        if let Some(known) = self.writers.get(&key) {
            return Ok(*known);
        }
        let may = self.backend.store.member(server, user).await?.is_some()
            || pending_leaves::from(self.backend, server).await?.iter().any(|leave| leave.user == user.id);
        self.writers.insert(key, may);
        Ok(may)
    }

    /// The delta as it is applied: of what somebody wrote who is suspended here nothing is shown but that it is gone, which
    /// leaves no hole in its stream. Its owner keeps it.
    async fn without_silenced<'d>(
        &mut self,
        delta: Cow<'d, ReplicaDelta>,
    ) -> Result<Cow<'d, ReplicaDelta>, StoreError> {
        let Some(told) = &delta.event else { return Ok(delta) };
        let (EventBody::MessageCreated(message) | EventBody::MessageUpdated(message)) = &told.body else {
            return Ok(delta);
        };
        let Some(author) = message.author.user() else { return Ok(delta) };
        let is_silenced = match self.silenced.get(author) {
            Some(known) => *known,
            None => {
                let is_silenced = suspensions::is_silenced(self.backend, author).await?;
                self.silenced.insert(author.clone(), is_silenced);
                is_silenced
            }
        };
        if !is_silenced {
            return Ok(delta);
        }
        let body = EventBody::MessageDeleted { channel: message.channel.clone(), id: message.id };
        let event = Some(ReplicatedEvent { body, ..told.clone() });
        Ok(Cow::Owned(ReplicaDelta { event, ..delta.into_owned() }))
    }

    /// Applies an entry that changes more than messages, based on the stored state. Gives the reason if it becomes a
    /// dead letter.
    async fn facts(&mut self, seq: u64, delta: &ReplicaDelta) -> Result<Option<&'static str>, CommitError> {
        self.commit().await?;
        self.writers.clear();
        match plan::plan(self.backend, self.origin, delta).await? {
            Ok(change) => {
                self.change = change;
                self.reached = seq;
                self.commit().await.map(|()| None)
            }
            Err(why) => Ok(Some(why)),
        }
    }

    fn aside(&mut self, seq: u64, why: &str, about: &str) {
        let (origin, at) = (self.origin.clone(), self.backend.now());
        let plain = |text: &str| text.chars().filter(|char| !char.is_control()).take(MOST_OF_LETTER).collect();
        let letter = DeadLetter { origin, seq, error: plain(why), about: plain(about), at };
        self.change.writes.push(StreamWrite::SetAside(letter).into());
    }

    /// Commits the gathered entries with their position.
    async fn commit(&mut self) -> Result<(), CommitError> {
        if self.reached == self.last {
            return Ok(());
        }
        let mark = StreamMark { stream: self.stream, seq: self.reached };
        let mut change = std::mem::take(&mut self.change);
        // The log is kept for so long by these times. It must not be kept for ever because another's clock is ahead, nor
        // go at once because what comes says that it is old.
        let now = self.backend.now();
        let oldest = now.before(OLDEST);
        for place in change.events.iter_mut().filter_map(|event| event.place.as_mut()) {
            place.at = place.at.min(now).max(oldest);
        }
        let so_far = StreamGuard::ReceivedUpTo { origin: self.origin.clone(), mark: self.mark };
        change.guards.insert(0, so_far.into());
        change.writes.push(StreamWrite::Receive(self.origin.clone(), mark).into());
        let is_aside = |write: &&Write| matches!(write, Write::Stream(StreamWrite::SetAside(_)));
        let dead_letters = change.writes.iter().filter(is_aside).count();
        self.reached = self.last;
        self.backend.store.commit(change).await?;
        (self.mark, self.last, self.reached) = (Some(mark), mark.seq, mark.seq);
        self.dead_letters += dead_letters as u64;
        Ok(())
    }
}

/// The event of a delta that holds only a content event.
fn content(delta: &ReplicaDelta) -> Option<&ReplicatedEvent> {
    let alone = delta.state.is_none() && delta.appeared.is_empty() && delta.vanished.is_empty();
    let told = delta.event.as_ref().filter(|_| alone)?;
    (told.body.class() == EventClass::Content).then_some(told)
}

/// The channel of a content event, if everything in it belongs to the origin.
fn of_channel<'a>(origin: &Domain, told: &'a ReplicatedEvent) -> Option<(&'a ChannelKey, SpaceKey)> {
    let Stream::Channel { id, .. } = &told.stream else { return None };
    let (of, _) = told.body.message()?;
    let space = told.stream.space().filter(|_| id.home == *origin && of == id)?;
    Some((id, space))
}

/// The user of this backend who is said to have written, or reacted.
fn local_author<'a>(own: &Domain, body: &'a EventBody) -> Option<&'a UserKey> {
    let user = match body {
        EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => match &message.author {
            Author::User(user) => user,
            _ => return None,
        },
        EventBody::ReactionAdded { user, .. } => user,
        _ => return None,
    };
    Some(user).filter(|user| user.home == *own)
}

const UNSENT: &str = "it is said to be by a user of this backend who is not in the server";
const FOREIGN: &str = "it refers to something that the sender does not own";
const ABSENT: &str = "it refers to a server without local members";

/// The most octets of the type of an event.
const MOST_OF_TYPE: usize = 64;

/// The most characters of either part of a dead letter.
const MOST_OF_LETTER: usize = 300;

/// The most servers that a user asks to join at a time, without being a member of them.
const MOST_INTENTS: u32 = 100;

/// How much older than its arrival an event is kept as, at most.
const OLDEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The maximum number of events that one change applies.
const MOST_AT_ONCE: usize = 500;

/// How often applying is retried when another request moves the stream.
const MOST_TRIES: u32 = 32;
