//! What a user can be shown at one position: as many statements for a hundred servers as for one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use beep_core::event::Position;
use beep_core::facts::ServerFacts;
use beep_core::id::{ServerId, UserKey};
use beep_core::member::Member;
use beep_core::port::{HeldServer, Snapshot, StoreError};
use beep_core::role::Role;
use beep_core::server::Server;

use super::arg::args;
use super::connection::Connection;
use super::{channels, members, roles, servers};

/// Takes a snapshot on a connection whose statements all see the same moment.
pub(crate) async fn take(connection: &mut Connection, user: &UserKey) -> Result<Snapshot, StoreError> {
    let row = connection.fetch_one(HEAD, &args![user.id]).await?;
    let mut columns = row.columns();
    let (position, user_seq) = (Position(columns.int()?), columns.int_or_none()?.unwrap_or_default());
    let values = args![user.id, user.home.as_str()];
    let found = members::gather(&connection.fetch_all(MEMBERSHIPS, &values).await?)?;
    let mut memberships: HashMap<ServerId, Member> =
        found.into_iter().map(|member| (member.server.id, member)).collect();
    let mut parts: BTreeMap<ServerId, Parts> = BTreeMap::new();
    for row in connection.fetch_all(SERVERS, &values).await? {
        let mut columns = row.columns();
        let server = servers::read(&mut columns)?;
        let (revision, seq) = (columns.int()?, columns.int_or_none()?.unwrap_or_default());
        let id = server.id.id;
        parts.insert(id, Parts { server, revision, seq, roles: Vec::new(), channels: Vec::new() });
    }
    for row in connection.fetch_all(ROLES, &values).await? {
        let mut columns = row.columns();
        if let Some(parts) = parts.get_mut(&columns.id()?) {
            parts.roles.push(roles::read(&mut columns, parts.server.id.clone())?);
        }
    }
    let found = connection.fetch_all(CHANNELS, &values).await?;
    let overrides = connection.fetch_all(OVERRIDES, &values).await?;
    for kept in channels::join(&found, &overrides)? {
        if let Some(parts) = parts.get_mut(&kept.channel.server) {
            parts.channels.push(kept);
        }
    }
    let held = parts.into_iter().filter_map(|(id, parts)| Some(hold(parts, memberships.remove(&id)?)));
    Ok(Snapshot { position, servers: held.collect::<Result<_, _>>()?, user_seq })
}

/// A server as it comes out of several statements.
struct Parts {
    server: Server,
    revision: u64,
    seq: u64,
    roles: Vec<Role>,
    channels: Vec<channels::Kept>,
}

fn hold(parts: Parts, member: Member) -> Result<HeldServer, StoreError> {
    let Parts { server, revision, seq, roles, channels } = parts;
    let channel_seqs = channels.iter().map(|kept| (kept.channel.id.id, kept.seq)).collect();
    let channels = channels.into_iter().map(|kept| kept.channel);
    let facts = ServerFacts::new(server, revision, roles, channels);
    let facts = facts.ok_or_else(|| StoreError::new("a server has no role `everyone`"))?;
    Ok(HeldServer { facts: Arc::new(facts), member, seq, channel_seqs })
}

const HEAD: &str = "SELECT log.head, stream.seq FROM log LEFT JOIN stream ON stream.id = $1";

const MEMBERSHIPS: &str =
    members::select_from!("(SELECT * FROM member WHERE user_id = $1 AND user_home = $2) AS member");

/// Those rows that are of a server of the user.
macro_rules! of_user {
    ($server:literal) => {
        concat!(" WHERE ", $server, " IN (SELECT server_id FROM member WHERE user_id = $1 AND user_home = $2)")
    };
}

const SERVERS: &str = concat!(
    "SELECT ",
    servers::columns!(),
    ", server.revision, stream.seq FROM server LEFT JOIN stream ON stream.id = server.id",
    of_user!("server.id")
);

const ROLES: &str = concat!("SELECT role.server_id, ", roles::columns!(), " FROM role", of_user!("role.server_id"));

const CHANNELS: &str = concat!("SELECT ", channels::columns!(), of_user!("channel.server_id"));

const OVERRIDES: &str = concat!("SELECT ", channels::override_columns!(), of_user!("channel.server_id"));
