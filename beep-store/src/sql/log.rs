//! Appending to the log in a transaction: numbers are assigned in memory, and the rows are written at the end in one
//! batch.

use std::collections::HashMap;
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::event::{Event, EventBody, Position, Scope, Stream};
use beep_core::id::{ChannelKey, Id, MessageId, SpaceId, SpaceKey, UserKey};
use beep_core::port::{EventCodec, Place, StoreError};
use beep_core::time::Timestamp;
use uuid::Uuid;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::known::Known;
use super::outbound::{Queue, Remotes};
use super::row::Columns;
use super::stream_key::StreamKey;
use crate::{StoreParts, refresh};

/// The end of the log, and what is appended to it.
pub(crate) struct Log {
    head: Position,
    begun_at: Position,
    commits: u64,
    at: Timestamp,
    tails: HashMap<StreamKey, Tail>,
    /// Which tails were moved since the last mark, and what they were.
    moved: Vec<(StreamKey, Option<Tail>)>,
    events: Vec<Arc<Event>>,
    scopes: Vec<Kept>,
    remotes: Remotes,
    queue: Queue,
}

/// The scopes of an event.
struct Kept {
    /// The space or the user.
    of: StreamKey,
    position: Position,
    changes: bool,
}

/// The end of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tail {
    /// The number of its last event.
    pub(crate) seq: u64,
    /// For a channel, the newest message that was sent there.
    pub(crate) last_message: Option<MessageId>,
    /// Where in the log this transaction put its last event; nothing where it put none.
    position: Position,
    /// Whether this transaction moved it.
    moved: bool,
}

impl Tail {
    /// Reads what [`STREAM_COLUMNS`] names; a stream that has no row has not begun.
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let seq = columns.int_or_none()?.unwrap_or_default();
        Ok(Self { seq, last_message: columns.id_or_none()?, ..Self::default() })
    }
}

/// Where the log was at some moment of a transaction.
pub(crate) struct Mark {
    head: Position,
    events: usize,
    scopes: usize,
    queued: usize,
}

impl Log {
    /// Takes the head of the log, and with it the right to append, until the transaction ends.
    pub(crate) async fn take(connection: &mut Connection, at: Timestamp) -> Result<Self, StoreError> {
        let sql = connection.dialect().take_log_head();
        let row = connection.fetch_one(sql, &[]).await?;
        // Whoever else wrote has committed, numbers of domains among it.
        connection.learn_others().await?;
        let mut columns = row.columns();
        let (head, commits) = (Position(columns.int()?), columns.int()?);
        let queue = Queue::new(connection.domain());
        Ok(Self {
            head,
            begun_at: head,
            commits,
            at,
            tails: HashMap::new(),
            moved: Vec::new(),
            events: Vec::new(),
            scopes: Vec::new(),
            remotes: Remotes::default(),
            queue,
        })
    }

    /// How many transactions have written, with this one once it is flushed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }

    /// The last place that is taken.
    pub(crate) fn head(&self) -> Position {
        self.head
    }

    /// What was appended, in order.
    pub(crate) fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// Remembers where the log is; the marks before mean nothing any more.
    pub(crate) fn mark(&mut self) -> Mark {
        self.moved.clear();
        let (events, scopes, queued) = (self.events.len(), self.scopes.len(), self.queue.len());
        Mark { head: self.head, events, scopes, queued }
    }

    /// What was appended since, in order.
    pub(crate) fn since(&self, mark: &Mark) -> Vec<Arc<Event>> {
        self.events[mark.events..].to_vec()
    }

    /// Takes back what was appended since.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.head = mark.head;
        for (stream, before) in self.moved.drain(..).rev() {
            match before {
                Some(tail) => drop(self.tails.insert(stream, tail)),
                None => drop(self.tails.remove(&stream)),
            }
        }
        self.events.truncate(mark.events);
        self.scopes.truncate(mark.scopes);
        self.queue.truncate(mark.queued);
    }

    /// Learns the ends of streams, where it does not know better.
    pub(crate) async fn load(
        &mut self,
        connection: &mut Connection,
        known: &mut Known,
        streams: impl Iterator<Item = StreamKey>,
    ) -> Result<(), StoreError> {
        let mut unknown: Vec<StreamKey> = streams.filter(|stream| !self.tails.contains_key(stream)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown.retain(|stream| match known.tail(stream) {
            Some(tail) => {
                self.learn(stream.clone(), tail);
                false
            }
            None => true,
        });
        let asked: Vec<Arg<'_>> = unknown.iter().flat_map(StreamKey::args).collect();
        for row in STREAMS.fetch(connection, &asked).await? {
            let mut columns = row.columns();
            let stream = StreamKey::read(&mut columns)?;
            self.learn(stream, Tail::read(&mut columns)?);
        }
        for stream in unknown {
            // Those of users are many, and each is seldom written to.
            if !stream.is_of_user() {
                known.learn_tail(stream.clone(), self.tail(&stream).unwrap_or_default());
            }
            self.learn(stream, Tail::default());
        }
        Ok(())
    }

    /// Learns the end of a stream, unless it knows better.
    fn learn(&mut self, stream: StreamKey, tail: Tail) {
        self.tails.entry(stream).or_insert(tail);
    }

    /// The end of a stream that it knows, once it is flushed.
    pub(crate) fn tail(&self, stream: &StreamKey) -> Option<Tail> {
        self.tails.get(stream).map(|tail| Tail { moved: false, ..*tail })
    }

    /// The newest message of a channel whose stream is known.
    pub(crate) fn last_message(&self, stream: &StreamKey) -> Option<MessageId> {
        self.tails.get(stream).and_then(|tail| tail.last_message)
    }

    /// The other backends that get events of servers, as far as known.
    pub(crate) fn remotes(&mut self) -> &mut Remotes {
        &mut self.remotes
    }

    /// Says where a stream of another backend is.
    pub(crate) fn move_to(&mut self, stream: StreamKey, seq: u64, last_message: Option<MessageId>) {
        self.set(stream, Tail { seq, last_message, position: self.head, moved: true });
    }

    fn set(&mut self, stream: StreamKey, tail: Tail) {
        let before = self.tails.insert(stream.clone(), tail);
        self.moved.push((stream, before));
    }

    /// Appends an event to a stream that it knows. Scopes of members are kept by [`Self::keep_for_members`]. An event of
    /// another backend has its place already; users of others are numbered there alone.
    pub(crate) fn append(
        &mut self,
        stream: Stream,
        scopes: &[Scope],
        body: EventBody,
        place: Option<Place>,
    ) -> Arc<Event> {
        let (seq, at) = match place {
            Some(Place { seq, at }) if matches!(stream, Stream::User(_)) => (seq, at),
            None if self.queue.numbers_elsewhere(&stream) => (0, self.at),
            place => {
                let key = StreamKey::of(&stream);
                let before = self.tails.get(&key).copied().unwrap_or_default();
                let seq = place.map_or(before.seq + 1, |place| place.seq);
                let last_message = before.last_message.max(refresh::last_message(&body));
                self.set(key, Tail { seq, last_message, position: Position(self.head.0 + 1), moved: true });
                (seq, place.map_or(self.at, |place| place.at))
            }
        };
        self.head.0 += 1;
        if place.is_none() {
            self.queue.take(scopes, &self.remotes, self.head);
        }
        let (position, changes) = (self.head, body.changes_facts());
        for scope in scopes {
            let of = match scope {
                Scope::Space(space) => StreamKey::space(space),
                Scope::User(user) => StreamKey::user(user),
                Scope::MembersOf(_) => continue,
            };
            self.scopes.push(Kept { of, position, changes });
        }
        let event = Arc::new(Event { position, stream, seq, at, body });
        self.events.push(event.clone());
        event
    }

    /// Keeps the event that will have this place for all who are members now, and whether it changes facts.
    ///
    /// The place may be provisional, below zero, and is then to be made good by [`Self::settle`].
    pub(crate) async fn keep_for_members(
        connection: &mut Connection,
        space: &SpaceKey,
        place: i64,
        changes: bool,
    ) -> Result<(), StoreError> {
        let values = args![place, space.id, &space.home, i64::from(changes)];
        connection.execute(KEEP_FOR_MEMBERS, &values).await.map(drop)
    }

    /// Gives what was kept for a provisional place its real one.
    pub(crate) async fn settle(connection: &mut Connection, place: i64, real: Position) -> Result<(), StoreError> {
        connection.execute(SETTLE, &args![real, place]).await.map(drop)
    }

    /// Writes the appended events, and counts the transaction; gives the backends whose streams got entries.
    pub(crate) async fn flush(
        &mut self,
        connection: &mut Connection,
        parts: &StoreParts,
    ) -> Result<Vec<Domain>, StoreError> {
        self.commits += 1;
        // It reads first, and all that waits is then written together.
        let queued = self.queue.write(connection, &*parts.entropy).await?;
        if self.head > self.begun_at {
            self.write(connection, &*parts.codec).await?;
        }
        MOVE_HEAD.defer(connection, &args![self.head, self.commits]).await?;
        connection.carry_out_deferred().await?;
        Ok(queued)
    }

    async fn write(&self, connection: &mut Connection, codec: &dyn EventCodec) -> Result<(), StoreError> {
        let data: Vec<Vec<u8>> = self.events.iter().map(|event| codec.encode(&event.body)).collect();
        let keys: Vec<StreamKey> = self.events.iter().map(|event| StreamKey::of(&event.stream)).collect();
        let mut rows = Vec::with_capacity(self.events.len() * 9);
        for ((event, data), key) in self.events.iter().zip(&data).zip(&keys) {
            let space = match &event.stream {
                Stream::Channel { server, .. } => Some(*server),
                Stream::Space(_) | Stream::User(_) => None,
            };
            rows.extend(key.args());
            rows.extend(args![space, event.position, event.seq, event.at, event.body.kind(), data.as_slice(),]);
        }
        INSERT_EVENTS.defer_all(connection, &rows, "an event with this number is already in the log").await?;
        let mut rows = Vec::with_capacity(self.scopes.len() * 5);
        for Kept { of, position, changes } in &self.scopes {
            rows.extend(of.args());
            rows.extend(args![*position, i64::from(*changes)]);
        }
        INSERT_SCOPES.defer(connection, &rows).await?;
        let mut rows = Vec::with_capacity(self.tails.len() * 6);
        for (stream, tail) in self.tails.iter().filter(|(_, tail)| tail.moved) {
            rows.extend(stream.args());
            rows.extend(args![tail.seq, tail.last_message, tail.position]);
        }
        PUT_STREAMS.defer(connection, &rows).await
    }
}

/// Reads the stream of an event: its key, and the space of a channel.
pub(crate) fn read_stream(columns: &mut Columns<'_>) -> Result<Stream, StoreError> {
    let key = StreamKey::read(columns)?;
    let space = columns.id_or_none()?;
    key.stream(space).ok_or_else(|| columns.unfit("no kind of stream"))
}

/// Reads the stream of an event that cannot be read otherwise. Whose kind is none is of a channel where it names the
/// channel's space, and else of a space, whose members then take it anew; what names nothing is nobody's.
pub(crate) fn read_stream_or_guess(columns: &mut Columns<'_>) -> Stream {
    let (id, origin, kind) = (columns.uuid(), columns.origin(), columns.int());
    let space: Option<SpaceId> = columns.id_or_none().unwrap_or_default();
    let (Ok(id), Ok(origin)) = (id, origin) else {
        return Stream::User(UserKey::new(Id::from_uuid(Uuid::nil()), columns.own().clone()));
    };
    let known = kind.ok().and_then(|kind| StreamKey::new(id, origin.clone(), kind).stream(space));
    known.unwrap_or_else(|| match space {
        Some(server) => Stream::Channel { id: ChannelKey::new(Id::from_uuid(id), origin), server },
        None => Stream::Space(SpaceKey::new(Id::from_uuid(id), origin)),
    })
}

static STREAMS: Batch =
    Batch::new("SELECT id, origin, kind, seq, last_message FROM stream WHERE (id, origin, kind) IN (", 3, ")");

static INSERT_EVENTS: Batch = Batch::new(
    "INSERT INTO event (
        stream,
        stream_origin,
        stream_kind,
        stream_space,
        position,
        seq,
        happened_at,
        kind,
        data
    ) ",
    9,
    " ON CONFLICT DO NOTHING",
);

static INSERT_SCOPES: Batch =
    Batch::new("INSERT INTO event_scope (scope, origin, kind, position, changes) ", 5, " ON CONFLICT DO NOTHING");

// `WHERE` keeps SQLite from taking `ON CONFLICT` for the condition of a join.
static PUT_STREAMS: Batch = Batch::new(
    "INSERT INTO stream (id, origin, kind, seq, last_message, position)
    SELECT DISTINCT column1, column2, column3, column4, column5, column6
    FROM (",
    6,
    ") AS moved
    WHERE TRUE
    ON CONFLICT (id, origin, kind) DO UPDATE SET
        seq = excluded.seq,
        last_message = excluded.last_message,
        position = excluded.position",
);

const KEEP_FOR_MEMBERS: &str = "
    INSERT INTO event_scope (scope, kind, origin, position, changes)
    SELECT user_id, 2, user_origin, $1, $4
    FROM member
    WHERE space_id = $2 AND origin = $3
    ON CONFLICT DO NOTHING";

const SETTLE: &str = "UPDATE event_scope SET position = $1 WHERE position = $2";

static MOVE_HEAD: Batch =
    Batch::new("UPDATE log SET head = moved.column1, commits = moved.column2 FROM (", 2, ") AS moved");
