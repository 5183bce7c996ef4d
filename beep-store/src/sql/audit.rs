//! The audit logs of servers, and that of the backend, which stands where one of a server with a nil id would. So does the
//! operator of the backend where a user would.
//!
//! The entries of a log are numbered in the order of the commits: a page ends at a number, so entries that come meanwhile
//! move nothing, whatever their clocks said. Of each the newest are kept; those that are one too many go with the
//! entry that makes them so.

use std::collections::BTreeSet;

use async_trait::async_trait;
use beep_core::audit::{
    AUDIT_LIFE, AUDIT_LIFE_OF_BACKEND, AuditAction, AuditEntry, AuditFilter, AuditLog, AuditNumber, AuditTarget,
    AuditTargetKind,
};
use beep_core::domain::Domain;
use beep_core::id::{Id, SpaceId, SpaceKey, UserId, UserKey};
use beep_core::port::{AuditLogs, AuditWrite, Change, StoreError, Write};
use beep_core::text::Reason;
use beep_core::time::Timestamp;
use uuid::Uuid;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::group::Group;
use super::row::Columns;
use super::{SqlStore, audit_changes};

#[async_trait]
impl AuditLogs for SqlStore {
    async fn audit_entries(
        &self,
        log: &AuditLog,
        filter: &AuditFilter,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditEntry)>, StoreError> {
        page(&mut self.readers.acquire().await?, log, filter, before, limit).await
    }
}

/// Makes one write.
pub(crate) async fn write(group: &mut Group<'_>, write: &AuditWrite) -> Result<(), StoreError> {
    let AuditWrite::Add(entry) = write;
    add_all(group, &[entry]).await
}

/// The entries that changes write, in order.
pub(crate) fn entries<'c>(changes: impl Iterator<Item = &'c Change>) -> Vec<&'c AuditEntry> {
    let writes = changes.flat_map(|change| &change.writes);
    let entry = |write: &'c Write| match write {
        Write::Audit(AuditWrite::Add(entry)) => Some(&**entry),
        _ => None,
    };
    writes.filter_map(entry).collect()
}

/// Adds entries in order, each as the newest one of its log, and removes those that are too many since.
pub(crate) async fn add_all(group: &mut Group<'_>, entries: &[&AuditEntry]) -> Result<(), StoreError> {
    learn_newest(group, entries).await?;
    let own = group.connection.domain().clone();
    let changes: Vec<Vec<u8>> = entries.iter().map(|entry| audit_changes::encode(&entry.changes)).collect();
    let (mut added, mut too_many): (Vec<Arg<'_>>, Vec<Arg<'_>>) = (Vec::new(), Vec::new());
    for (entry, changes) in entries.iter().zip(&changes) {
        let AuditEntry { id, log, at, actor, action, target, reason, changes: _ } = entry;
        let number = group.known.audited(log).unwrap_or_default() + 1;
        group.known.learn_audited(log.clone(), number);
        let (space, home) = key(log, &own);
        added.extend(args![
            space,
            home,
            number,
            *id,
            *at,
            actor.as_ref().map_or(UserId::from_uuid(Uuid::nil()), |actor| actor.id),
            actor.as_ref().map_or(&own, |actor| &actor.home),
            action.name(),
            target.kind.name(),
            target.id.as_str(),
            reason.as_ref().map(Reason::as_str),
            changes.as_slice(),
        ]);
        if let Some(last) = number.checked_sub(log.most()) {
            too_many.extend(args![space, home, last]);
        }
    }
    ADD.defer(group.connection, &added).await?;
    REMOVE.defer(group.connection, &too_many).await
}

/// Looks up the number of the newest entry of each log, where it is not cached.
async fn learn_newest(group: &mut Group<'_>, entries: &[&AuditEntry]) -> Result<(), StoreError> {
    let own = group.connection.domain().clone();
    let logs: BTreeSet<&AuditLog> = entries.iter().map(|entry| &entry.log).collect();
    let unknown = logs.into_iter().filter(|log| group.known.audited(log).is_none());
    let asked: Vec<Arg<'_>> = unknown
        .flat_map(|log| {
            let (space, home) = key(log, &own);
            args![space, home]
        })
        .collect();
    for row in NEWEST_NUMBERS.fetch(group.connection, &asked).await? {
        let mut columns = row.columns();
        let space: SpaceKey = columns.qualified()?;
        let log = if space.id.uuid().is_nil() { AuditLog::Backend } else { AuditLog::Server(space) };
        group.known.learn_audited(log, columns.int()?);
    }
    Ok(())
}

/// Removes the log of a server that is removed.
pub(crate) async fn remove(connection: &mut Connection, server: &SpaceKey) -> Result<(), StoreError> {
    connection.execute(REMOVE_LOG, &args![server.id, &server.home]).await.map(drop)
}

/// Removes at most so many of the entries that have outlived their log's time; says how many.
pub(crate) async fn prune(connection: &mut Connection, now: Timestamp, most: i64) -> Result<u64, StoreError> {
    let outlived = args![now.before(AUDIT_LIFE), now.before(AUDIT_LIFE_OF_BACKEND), Uuid::nil(), most];
    connection.execute(PRUNE, &outlived).await
}

/// The id of the server whose log it is, a nil one for that of the backend, and its origin.
fn key<'l>(log: &'l AuditLog, own: &'l Domain) -> (SpaceId, &'l Domain) {
    match log {
        AuditLog::Server(server) => (server.id, &server.home),
        AuditLog::Backend => (SpaceId::from_uuid(Uuid::nil()), own),
    }
}

async fn page(
    connection: &mut Connection,
    log: &AuditLog,
    filter: &AuditFilter,
    before: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditEntry)>, StoreError> {
    let AuditFilter { actor, targets, action } = filter;
    let own = connection.domain().clone();
    let (space, origin) = key(log, &own);
    let before = before.map_or(i64::MAX, |before| before.0.cast_signed());
    let (id, home) = (actor.as_ref().map(|actor| actor.id), actor.as_ref().map(|actor| &actor.home));
    let action = action.map(AuditAction::name);
    // The narrowest index finds them; what else is asked for is looked at on the way.
    let rows = if let Some(target) = targets.first() {
        let values = args![space, origin, before, limit, target, targets.get(1).unwrap_or(target), id, home, action];
        connection.fetch_all(BY_TARGET, &values).await?
    } else if actor.is_some() {
        connection.fetch_all(BY_ACTOR, &args![space, origin, before, limit, id, home, action]).await?
    } else if action.is_some() {
        connection.fetch_all(BY_ACTION, &args![space, origin, before, limit, action]).await?
    } else {
        connection.fetch_all(NEWEST, &args![space, origin, before, limit]).await?
    };
    rows.iter().map(|row| read(&mut row.columns(), log)).collect()
}

fn read(columns: &mut Columns<'_>, log: &AuditLog) -> Result<(AuditNumber, AuditEntry), StoreError> {
    let number = AuditNumber(columns.int()?);
    let entry = AuditEntry {
        id: columns.id()?,
        log: log.clone(),
        at: columns.time()?,
        actor: Some(columns.qualified()?).filter(|actor: &UserKey| !actor.id.uuid().is_nil()),
        action: AuditAction::named(columns.text()?).ok_or_else(|| columns.unfit("no action"))?,
        target: AuditTarget {
            kind: AuditTargetKind::named(columns.text()?).ok_or_else(|| columns.unfit("no kind of target"))?,
            id: columns.text()?.to_owned(),
        },
        reason: columns.parsed_or_none(Reason::parse)?,
        changes: audit_changes::decode(columns.bytes()?).ok_or_else(|| columns.unfit("no changes"))?,
    };
    Ok((number, entry))
}

static NEWEST_NUMBERS: Batch = Batch::new(
    "SELECT asked.column1, asked.column2, (
        SELECT COALESCE(MAX(number), 0)
        FROM audit_entry
        WHERE space_id = asked.column1 AND origin = asked.column2
    ) FROM (",
    2,
    ") AS asked",
);

static ADD: Batch = Batch::new(
    "INSERT INTO audit_entry (
        space_id,
        origin,
        number,
        id,
        at,
        actor_id,
        actor_origin,
        action,
        target_kind,
        target_id,
        reason,
        changes
    ) ",
    12,
    " ON CONFLICT DO NOTHING",
);

// Up to each number none is left but the one that has become too many.
static REMOVE: Batch = Batch::new("DELETE FROM audit_entry WHERE (space_id, origin, number) IN (", 3, ")");

const REMOVE_LOG: &str = "DELETE FROM audit_entry WHERE space_id = $1 AND origin = $2";

const PRUNE: &str = "
    DELETE FROM audit_entry
    WHERE (space_id, origin, number) IN (
        SELECT space_id, origin, number
        FROM audit_entry
        WHERE at < $1 AND (at < $2 OR space_id <> $3)
        ORDER BY at
        LIMIT $4 + 0
    )";

/// The entries whose numbers are found by an index alone.
macro_rules! select {
    ($number:literal, $and:literal) => {
        concat!(
            "SELECT
                audit_entry.number,
                audit_entry.id,
                audit_entry.at,
                audit_entry.actor_id,
                audit_entry.actor_origin,
                audit_entry.action,
                audit_entry.target_kind,
                audit_entry.target_id,
                audit_entry.reason,
                audit_entry.changes
            FROM (
                SELECT number AS found
                FROM audit_entry
                WHERE space_id = $1 AND origin = $2 AND ",
            $number,
            " < $3",
            $and,
            " ORDER BY ",
            $number,
            " DESC
                LIMIT $4 + 0
            ) AS page
            JOIN audit_entry ON audit_entry.space_id = $1
                AND audit_entry.origin = $2
                AND audit_entry.number = page.found
            ORDER BY audit_entry.number DESC"
        )
    };
}

const NEWEST: &str = select!("number", "");

const BY_ACTION: &str = select!("number", " AND action = $5");

const BY_ACTOR: &str = select!("number", " AND actor_id = $5 AND actor_origin = $6 AND ($7 IS NULL OR action = $7)");

// Of two targets none has its entries in the order of the numbers: SQLite would read all of the server's for that.
const BY_TARGET: &str = select!(
    "number + 0",
    " AND target_id IN ($5, $6)
            AND ($7 IS NULL OR actor_id = $7 AND actor_origin = $8)
            AND ($9 IS NULL OR action = $9)"
);

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::super::plans;
    use super::*;

    #[tokio::test]
    async fn an_index_finds_what_is_asked_for() {
        let id = uuid::Uuid::from_u128(1);
        let values = args![id, 0i64, i64::MAX, 50u32, "roles.update", "roles.update", id, 0i64, "roles.update"];
        let by_actor = args![id, 0i64, i64::MAX, 50u32, id, 0i64, "roles.update"];
        for (sql, index, values) in [
            (NEWEST, "PRIMARY KEY", &values[..4]),
            (BY_ACTION, "audit_entry_by_action", &values[..5]),
            (BY_ACTOR, "audit_entry_by_actor", &by_actor[..]),
            (BY_TARGET, "audit_entry_by_target", &values[..]),
        ] {
            let plan = plans::of(sql, values).await;
            assert!(plan.contains(index), "{sql}: {plan}");
        }
    }
}
