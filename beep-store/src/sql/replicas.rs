//! Replicas: servers of other backends, stored for local users.

use beep_core::domain::Domain;
use beep_core::event::Position;
use beep_core::facts::SpaceFacts;
use beep_core::id::SpaceKey;
use beep_core::member::Member;
use beep_core::port::StoreError;
use beep_core::replica::Replica;

use super::arg::args;
use super::connection::Connection;
use super::group::Group;
use super::stream_key::StreamKey;
use super::{channels, members, read_marks, removed_channels, roles, spaces};

pub(crate) async fn put(group: &mut Group<'_>, replica: &Replica) -> Result<(), StoreError> {
    let facts = &replica.facts;
    let id = &facts.server.id;
    let row = group.connection.fetch_optional(REVISION, &args![id.id, &id.home]).await?;
    let before: u64 = row.map(|row| row.columns().int()).transpose()?.unwrap_or_default();
    spaces::remove_rows(group.connection, id).await?;
    spaces::put(group.connection, &facts.server).await?;
    for role in facts.roles.values() {
        roles::put(group.connection, role).await?;
    }
    for channel in facts.channels.values() {
        channels::put(group.connection, channel).await?;
        let seq = replica.channel_seqs.get(&channel.id.id).copied().unwrap_or_default();
        group.log.move_to(StreamKey::channel(&channel.id), seq, channel.last_message);
    }
    for member in &replica.members {
        members::put(group.connection, member).await?;
    }
    read_marks::remove_of_others(group.connection, id).await?;
    removed_channels::sweep(group.connection).await?;
    group.log.move_to(StreamKey::space(id), replica.seq, None);
    let values = args![id.id, &id.home, before + 1, facts.server.member_count];
    group.connection.execute(SET, &values).await?;
    group.connection.execute(TELL_OWNER, &args![id.id, &id.home]).await.map(drop)
}

/// Reads a server with its members of one domain, on a connection whose statements all see the same moment.
pub(crate) async fn read(
    connection: &mut Connection,
    id: &SpaceKey,
    of: &Domain,
) -> Result<Option<(Position, Replica)>, StoreError> {
    let Some(row) = connection.fetch_optional(SERVER, &args![id.id, &id.home]).await? else { return Ok(None) };
    let mut columns = row.columns();
    let server = spaces::read(&mut columns)?;
    let (revision, seq) = (columns.int()?, columns.int_or_none()?.unwrap_or_default());
    let position = Position(columns.int()?);
    let found = connection.fetch_all(ROLES, &args![id.id, &id.home]).await?;
    let roles = found.iter().map(|row| roles::read(&mut row.columns(), server.id.clone()));
    let roles = roles.collect::<Result<Vec<_>, _>>()?;
    let found = connection.fetch_all(ITS_CHANNELS, &args![id.id, &id.home]).await?;
    let overrides = connection.fetch_all(OVERRIDES, &args![id.id, &id.home]).await?;
    let kept = channels::join(&found, &overrides)?;
    let channel_seqs = kept.iter().map(|kept| (kept.channel.id.id, kept.seq)).collect();
    let facts = SpaceFacts::new(server, revision, roles, kept.into_iter().map(|kept| kept.channel));
    let facts = facts.ok_or_else(|| StoreError::new("a server has no role `everyone`"))?;
    let members = members_from(connection, id, of).await?;
    Ok(Some((position, Replica { facts: facts.into(), members, seq, channel_seqs })))
}

pub(crate) async fn members_from(
    connection: &mut Connection,
    server: &SpaceKey,
    home: &Domain,
) -> Result<Vec<Member>, StoreError> {
    members::gather(&connection.fetch_all(MEMBERS, &args![server.id, &server.home, home]).await?)
}

pub(crate) async fn of(connection: &mut Connection, home: &Domain) -> Result<Vec<SpaceKey>, StoreError> {
    let rows = connection.fetch_all(OF_HOME, &args![home]).await?;
    rows.iter().map(|row| Ok(SpaceKey::new(row.columns().id()?, home.clone()))).collect()
}

const REVISION: &str = "SELECT revision FROM space WHERE id = $1 AND origin = $2";

const SET: &str = "UPDATE space SET revision = $3, member_count = $4 WHERE id = $1 AND origin = $2";

const TELL_OWNER: &str = "INSERT INTO space_remote (space_id, origin, remote, members) VALUES ($1, $2, $2, 1)";

const SERVER: &str = concat!(
    "SELECT ",
    spaces::columns!(),
    ", space.revision, stream.seq, log.head
    FROM space
    JOIN log ON TRUE
    LEFT JOIN stream ON stream.id = space.id AND stream.origin = space.origin AND stream.kind = 1
    WHERE space.id = $1 AND space.origin = $2"
);

const ROLES: &str =
    concat!("SELECT ", roles::columns!(), " FROM role WHERE role.space_id = $1 AND role.origin = $2 ORDER BY role.id");

const ITS_CHANNELS: &str = concat!(
    "SELECT ",
    channels::columns!(),
    " WHERE channel.space_id = $1 AND channel.origin = $2 ORDER BY channel.id"
);

const OVERRIDES: &str =
    concat!("SELECT ", channels::override_columns!(), " WHERE channel.space_id = $1 AND channel.origin = $2");

const MEMBERS: &str =
    members::select_from!("(SELECT * FROM member WHERE space_id = $1 AND origin = $2 AND user_origin = $3) AS member");

const OF_HOME: &str = "SELECT id FROM space WHERE origin = $1 ORDER BY id";
