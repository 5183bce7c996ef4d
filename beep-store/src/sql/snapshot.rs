//! What a user can be shown at one position: as many statements for a hundred servers as for one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use beep_core::event::Position;
use beep_core::facts::SpaceFacts;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::{HeldSpace, Snapshot, StoreError};
use beep_core::role::Role;
use beep_core::space::Space;

use super::arg::args;
use super::connection::Connection;
use super::{channels, members, roles, spaces};

/// Takes a snapshot on a connection whose statements all see the same moment.
pub(crate) async fn take(connection: &mut Connection, user: &UserKey) -> Result<Snapshot, StoreError> {
    let row = connection.fetch_one(HEAD, &args![user.id, &user.home]).await?;
    let mut columns = row.columns();
    let (position, user_seq) = (Position(columns.int()?), columns.int_or_none()?.unwrap_or_default());
    let values = args![user.id, &user.home];
    let found = members::gather(&connection.fetch_all(MEMBERSHIPS, &values).await?)?;
    let mut memberships: HashMap<SpaceKey, Member> =
        found.into_iter().map(|member| (member.server.clone(), member)).collect();
    let mut parts: BTreeMap<SpaceKey, Parts> = BTreeMap::new();
    for row in connection.fetch_all(SERVERS, &values).await? {
        let mut columns = row.columns();
        let server = spaces::read(&mut columns)?;
        let (revision, seq) = (columns.int()?, columns.int_or_none()?.unwrap_or_default());
        let id = server.id.clone();
        parts.insert(id, Parts { server, revision, seq, roles: Vec::new(), channels: Vec::new() });
    }
    for row in connection.fetch_all(ROLES, &values).await? {
        let mut columns = row.columns();
        if let Some(parts) = parts.get_mut(&columns.qualified()?) {
            parts.roles.push(roles::read(&mut columns, parts.server.id.clone())?);
        }
    }
    let found = connection.fetch_all(CHANNELS, &values).await?;
    let overrides = connection.fetch_all(OVERRIDES, &values).await?;
    for kept in channels::join(&found, &overrides)? {
        if let Some(parts) = parts.get_mut(&kept.channel.space_key()) {
            parts.channels.push(kept);
        }
    }
    let held = parts.into_iter().filter_map(|(id, parts)| Some(hold(parts, memberships.remove(&id)?)));
    Ok(Snapshot { position, servers: held.collect::<Result<_, _>>()?, user_seq })
}

/// A server as it comes out of several statements.
struct Parts {
    server: Space,
    revision: u64,
    seq: u64,
    roles: Vec<Role>,
    channels: Vec<channels::Kept>,
}

fn hold(parts: Parts, member: Member) -> Result<HeldSpace, StoreError> {
    let Parts { server, revision, seq, roles, channels } = parts;
    let channel_seqs = channels.iter().map(|kept| (kept.channel.id.id, kept.seq)).collect();
    let channels = channels.into_iter().map(|kept| kept.channel);
    let facts = SpaceFacts::new(server, revision, roles, channels);
    let facts = facts.ok_or_else(|| StoreError::new("a server has no role `everyone`"))?;
    Ok(HeldSpace { facts: Arc::new(facts), member, seq, channel_seqs })
}

const HEAD: &str = "SELECT log.head, stream.seq FROM log LEFT JOIN stream ON stream.id = $1 AND stream.origin = $2 AND stream.kind = 2";

const MEMBERSHIPS: &str =
    members::select_from!("(SELECT * FROM member WHERE user_id = $1 AND user_origin = $2) AS member");

/// Those rows that are of a server of the user.
macro_rules! of_user {
    ($space:literal) => {
        concat!(
            " WHERE (",
            $space,
            ") IN (SELECT space_id, origin FROM member WHERE user_id = $1 AND user_origin = $2)"
        )
    };
}

const SERVERS: &str = concat!(
    "SELECT ",
    spaces::columns!(),
    ", space.revision, stream.seq
    FROM space
    LEFT JOIN stream ON stream.id = space.id AND stream.origin = space.origin AND stream.kind = 1",
    of_user!("space.id, space.origin")
);

const ROLES: &str = concat!(
    "SELECT role.space_id, role.origin, ",
    roles::columns!(),
    " FROM role",
    of_user!("role.space_id, role.origin")
);

const CHANNELS: &str = concat!("SELECT ", channels::columns!(), of_user!("channel.space_id, channel.origin"));

const OVERRIDES: &str = concat!("SELECT ", channels::override_columns!(), of_user!("channel.space_id, channel.origin"));
