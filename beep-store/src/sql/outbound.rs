//! Queueing events for other backends, in the transaction that makes the event.
//!
//! An event of this backend is queued for the backends of the users in its scopes. What these may see is decided when
//! it is sent.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::event::{Position, Scope, Stream};
use beep_core::id::SpaceKey;
use beep_core::port::{Entropy, StoreError};
use uuid::Uuid;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::group::Group;

/// The other backends that get events of a server: those of its members, or the owner of a replica.
#[derive(Default)]
pub(crate) struct Remotes {
    now: HashMap<SpaceKey, Arc<[Domain]>>,
    leaving: HashMap<SpaceKey, Arc<[Domain]>>,
}

/// The entries to write into the streams, in order.
pub(crate) struct Queue {
    own: Domain,
    queued: Vec<(Domain, Position)>,
}

impl Remotes {
    fn of<'a>(&'a self, scope: &'a Scope) -> &'a [Domain] {
        match scope {
            Scope::Space(server) => self.now.get(server).map_or(&[], |remotes| remotes),
            Scope::MembersOf(server) => self.leaving.get(server).map_or(&[], |remotes| remotes),
            Scope::User(user) => std::slice::from_ref(&user.home),
        }
    }
}

impl Queue {
    pub(crate) fn new(own: &Domain) -> Self {
        Self { own: own.clone(), queued: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.queued.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.queued.truncate(len);
    }

    /// Whether the events of a stream that are made here get their numbers from another backend, which tells its users.
    pub(crate) fn numbers_elsewhere(&self, stream: &Stream) -> bool {
        *stream.home() != self.own
    }

    /// Queues an event of this backend for the backends of its scopes.
    pub(crate) fn take(&mut self, scopes: &[Scope], remotes: &Remotes, position: Position) {
        let to = scopes.iter().flat_map(|scope| remotes.of(scope)).filter(|to| **to != self.own);
        let to: BTreeSet<&Domain> = to.collect();
        self.queued.extend(to.into_iter().map(|to| (to.clone(), position)));
    }

    /// Numbers and writes the queued entries; gives the backends that they are for.
    pub(crate) async fn write(
        &self,
        connection: &mut Connection,
        entropy: &dyn Entropy,
    ) -> Result<Vec<Domain>, StoreError> {
        if self.queued.is_empty() {
            return Ok(Vec::new());
        }
        let to: BTreeSet<&Domain> = self.queued.iter().map(|(to, _)| to).collect();
        let asked: Vec<Arg<'_>> = to.iter().map(|to| Arg::from(*to)).collect();
        let mut ends: HashMap<Domain, (Uuid, u64)> = HashMap::new();
        for row in LAST.fetch(connection, &asked).await? {
            let mut columns = row.columns();
            ends.insert(columns.origin()?, (columns.uuid()?, columns.int()?));
        }
        let mut rows = Vec::with_capacity(self.queued.len() * 3);
        for (to, position) in &self.queued {
            let end = ends.entry(to.clone()).or_insert_with(|| (new_stream(entropy), 0));
            end.1 += 1;
            rows.extend(args![to, end.1, *position]);
        }
        QUEUE.defer_all(connection, &rows, "an event with this number is already in the stream").await?;
        let mut rows = Vec::with_capacity(ends.len() * 3);
        for (to, (stream, last)) in &ends {
            rows.extend(args![to, *stream, *last]);
        }
        MOVE.defer(connection, &rows).await?;
        Ok(to.into_iter().cloned().collect())
    }
}

/// Learns which other backends are told of servers, as they are before writes remove them.
pub(crate) async fn learn_leaving(group: &mut Group<'_>, servers: Vec<SpaceKey>) -> Result<(), StoreError> {
    for (server, remotes) in read(group.connection, servers.into_iter().collect()).await? {
        group.log.remotes().leaving.insert(server, remotes);
    }
    Ok(())
}

/// Learns which other backends are told of servers.
pub(crate) async fn learn(group: &mut Group<'_>, servers: Vec<SpaceKey>) -> Result<(), StoreError> {
    let servers: HashSet<SpaceKey> = servers.into_iter().collect();
    let (known, unknown): (Vec<_>, Vec<_>) =
        servers.into_iter().partition(|server| group.known.remotes(server).is_some());
    for (server, remotes) in read(group.connection, unknown.into_iter().collect()).await? {
        group.known.learn_remotes(server.clone(), remotes.clone());
        group.log.remotes().now.insert(server, remotes);
    }
    for server in known {
        if let Some(remotes) = group.known.remotes(&server) {
            group.log.remotes().now.insert(server, remotes.clone());
        }
    }
    Ok(())
}

async fn read(
    connection: &mut Connection,
    servers: HashSet<SpaceKey>,
) -> Result<HashMap<SpaceKey, Arc<[Domain]>>, StoreError> {
    let mut found: HashMap<SpaceKey, Vec<Domain>> = servers.iter().map(|server| (server.clone(), Vec::new())).collect();
    let asked: Vec<Arg<'_>> = servers.iter().flat_map(|server| args![server.id, &server.home]).collect();
    for row in REMOTES.fetch(connection, &asked).await? {
        let mut columns = row.columns();
        let server = columns.qualified()?;
        found.entry(server).or_default().push(columns.origin()?);
    }
    Ok(found.into_iter().map(|(server, remotes)| (server, remotes.into())).collect())
}

fn new_stream(entropy: &dyn Entropy) -> Uuid {
    uuid::Builder::from_random_bytes(entropy.octets()).into_uuid()
}

static REMOTES: Batch =
    Batch::new("SELECT space_id, origin, remote FROM space_remote WHERE (space_id, origin) IN (", 2, ")");

static LAST: Batch = Batch::new("SELECT remote, stream, last FROM outbound WHERE remote IN (", 1, ")");

static QUEUE: Batch = Batch::new("INSERT INTO outbound_event (remote, seq, position) ", 3, " ON CONFLICT DO NOTHING");

// `WHERE` keeps SQLite from taking `ON CONFLICT` for the condition of a join.
static MOVE: Batch = Batch::new(
    "INSERT INTO outbound (remote, stream, last, acknowledged)
    SELECT DISTINCT column1, column2, column3, 0
    FROM (",
    3,
    ") AS moved
    WHERE TRUE
    ON CONFLICT (remote) DO UPDATE SET last = excluded.last",
);
