//! Servers of other backends, as this one holds them for its users.

use beep_core::domain::Domain;
use beep_core::event::Position;
use beep_core::facts::ServerFacts;
use beep_core::id::{ChannelId, Id, Qualified, ServerId};
use beep_core::member::Member;
use beep_core::port::StoreError;
use beep_core::replica::Replica;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::group::Group;
use super::{channels, members, roles, servers};

/// Whether the ids of a server and of channels of it are in use for nothing else: streams are told apart by them.
pub(crate) async fn are_free(
    connection: &mut Connection,
    server: &Qualified<ServerId>,
    own_channels: &[ChannelId],
) -> Result<bool, StoreError> {
    let ids = std::iter::once(server.id.uuid()).chain(own_channels.iter().map(|channel| channel.uuid()));
    let ids: Vec<Arg<'_>> = ids.map(Arg::from).collect();
    if !USERS.fetch(connection, &ids).await?.is_empty() {
        return Ok(false);
    }
    for row in SERVERS.fetch(connection, &ids).await? {
        let found: Qualified<ServerId> = row.columns().qualified()?;
        if found != *server {
            return Ok(false);
        }
    }
    for row in CHANNELS.fetch(connection, &ids).await? {
        let mut columns = row.columns();
        let (channel, of): (ChannelId, ServerId) = (columns.id()?, columns.id()?);
        if of != server.id || channel.uuid() == server.id.uuid() {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) async fn put(group: &mut Group<'_>, replica: &Replica) -> Result<(), StoreError> {
    let facts = &replica.facts;
    let id = facts.server.id.id;
    let row = group.connection.fetch_optional(REVISION, &args![id]).await?;
    let before: u64 = row.map(|row| row.columns().int()).transpose()?.unwrap_or_default();
    servers::remove(group.connection, id).await?;
    servers::put(group.connection, &facts.server).await?;
    for role in facts.roles.values() {
        roles::put(group.connection, role).await?;
    }
    for channel in facts.channels.values() {
        channels::put(group.connection, channel).await?;
        let seq = replica.channel_seqs.get(&channel.id.id).copied().unwrap_or_default();
        group.log.move_to(channel.id.id.uuid(), seq, channel.last_message);
    }
    for member in &replica.members {
        members::put(group.connection, member).await?;
    }
    group.log.move_to(id.uuid(), replica.seq, None);
    let values = args![id, before + 1, facts.server.member_count];
    group.connection.execute(SET, &values).await?;
    group.connection.execute(TELL_OWNER, &args![id, facts.server.id.home.as_str()]).await.map(drop)
}

/// Reads a server with its members of one domain, on a connection whose statements all see the same moment.
pub(crate) async fn read(
    connection: &mut Connection,
    id: ServerId,
    of: &Domain,
) -> Result<Option<(Position, Replica)>, StoreError> {
    let Some(row) = connection.fetch_optional(SERVER, &args![id]).await? else { return Ok(None) };
    let mut columns = row.columns();
    let server = servers::read(&mut columns)?;
    let (revision, seq) = (columns.int()?, columns.int_or_none()?.unwrap_or_default());
    let position = Position(columns.int()?);
    let found = connection.fetch_all(ROLES, &args![id]).await?;
    let roles = found.iter().map(|row| roles::read(&mut row.columns(), server.id.clone()));
    let roles = roles.collect::<Result<Vec<_>, _>>()?;
    let found = connection.fetch_all(ITS_CHANNELS, &args![id]).await?;
    let overrides = connection.fetch_all(OVERRIDES, &args![id]).await?;
    let kept = channels::join(&found, &overrides)?;
    let channel_seqs = kept.iter().map(|kept| (kept.channel.id.id, kept.seq)).collect();
    let facts = ServerFacts::new(server, revision, roles, kept.into_iter().map(|kept| kept.channel));
    let facts = facts.ok_or_else(|| StoreError::new("a server has no role `everyone`"))?;
    let members = members_from(connection, id, of).await?;
    Ok(Some((position, Replica { facts: facts.into(), members, seq, channel_seqs })))
}

pub(crate) async fn members_from(
    connection: &mut Connection,
    server: ServerId,
    home: &Domain,
) -> Result<Vec<Member>, StoreError> {
    members::gather(&connection.fetch_all(MEMBERS, &args![server, home.as_str()]).await?)
}

pub(crate) async fn of(connection: &mut Connection, home: &Domain) -> Result<Vec<ServerId>, StoreError> {
    let rows = connection.fetch_all(OF_HOME, &args![home.as_str()]).await?;
    rows.iter().map(|row| row.columns().id()).collect()
}

static USERS: Batch = Batch::new("SELECT id FROM account WHERE id IN (", 1, ")");

static SERVERS: Batch = Batch::new("SELECT id, home FROM server WHERE id IN (", 1, ")");

static CHANNELS: Batch = Batch::new("SELECT id, server_id FROM channel WHERE id IN (", 1, ")");

const REVISION: &str = "SELECT revision FROM server WHERE id = $1";

const SET: &str = "UPDATE server SET revision = $2, member_count = $3 WHERE id = $1";

const TELL_OWNER: &str = "INSERT INTO server_remote (server_id, home, members) VALUES ($1, $2, 1)";

const SERVER: &str = concat!(
    "SELECT ",
    servers::columns!(),
    ", server.revision, stream.seq, log.head
    FROM server
    JOIN log ON TRUE
    LEFT JOIN stream ON stream.id = server.id
    WHERE server.id = $1"
);

const ROLES: &str = concat!("SELECT ", roles::columns!(), " FROM role WHERE role.server_id = $1 ORDER BY role.id");

const ITS_CHANNELS: &str =
    concat!("SELECT ", channels::columns!(), " WHERE channel.server_id = $1 ORDER BY channel.id");

const OVERRIDES: &str = concat!("SELECT ", channels::override_columns!(), " WHERE channel.server_id = $1");

const MEMBERS: &str = members::select_from!("(SELECT * FROM member WHERE server_id = $1 AND user_home = $2) AS member");

const OF_HOME: &str = "SELECT id FROM server WHERE home = $1 ORDER BY id";
