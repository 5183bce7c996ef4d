//! What a user can be shown at one position: as many statements for a hundred servers as for one. Of private spaces those
//! are in it whose streams moved last.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use beep_core::event::Position;
use beep_core::facts::SpaceFacts;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::{HeldSpace, MOST_PRIVATE_SPACES, Snapshot, StoreError};
use beep_core::role::Role;
use beep_core::space::Space;

use super::arg::{Arg, args};
use super::connection::Connection;
use super::{channels, friendships, members, roles, spaces, table};

/// Takes a snapshot on a connection whose statements all see the same moment.
pub(crate) async fn take(
    connection: &mut Connection,
    user: &UserKey,
    since: Option<Position>,
) -> Result<Snapshot, StoreError> {
    let row = connection.fetch_one(HEAD, &args![user.id, &user.home]).await?;
    let mut columns = row.columns();
    let (position, user_seq) = (Position(columns.int()?), columns.int_or_none()?.unwrap_or_default());
    let found = members::gather(&connection.fetch_all(MEMBERSHIPS, &args![user.id, &user.home]).await?)?;
    let mut memberships: HashMap<SpaceKey, Member> =
        found.into_iter().map(|member| (member.server.clone(), member)).collect();
    let values = args![user.id, &user.home, MOST_PRIVATE_SPACES - 1];
    let row = connection.fetch_optional(FIRST_ACTIVE, &values).await?;
    let active: u64 = row.map(|row| row.columns().int()).transpose()?.unwrap_or_default();
    let active = since.map_or(active, |since| active.min(since.0 + 1));
    let parts = gather(connection, &OF_USER, &args![user.id, &user.home, active]).await?;
    let held = parts.into_iter().filter_map(|(id, parts)| Some(hold(parts, memberships.remove(&id)?)));
    let servers = held.collect::<Result<_, _>>()?;
    let mut left_out: Vec<SpaceKey> = memberships.into_keys().collect();
    left_out.sort_unstable();
    let friends = friendships::of(connection, user.id).await?;
    let presence = table::find(connection, &user.id).await?;
    Ok(Snapshot { position, servers, left_out, user_seq, friends, presence })
}

/// Takes one space alone.
pub(crate) async fn take_one(
    connection: &mut Connection,
    user: &UserKey,
    space: &SpaceKey,
) -> Result<Option<(Position, HeldSpace)>, StoreError> {
    let row = connection.fetch_one(HEAD, &args![user.id, &user.home]).await?;
    let position = Position(row.columns().int()?);
    let values = args![user.id, &user.home, space.id, &space.home];
    let Some(member) = members::gather(&connection.fetch_all(MEMBERSHIP, &values).await?)?.pop() else {
        return Ok(None);
    };
    let parts = gather(connection, &OF_SPACE, &args![space.id, &space.home]).await?.remove(space);
    parts.map(|parts| Ok((position, hold(parts, member)?))).transpose()
}

/// Reads spaces whole, by id.
async fn gather(
    connection: &mut Connection,
    by: &Statements,
    values: &[Arg<'_>],
) -> Result<BTreeMap<SpaceKey, Parts>, StoreError> {
    let mut parts: BTreeMap<SpaceKey, Parts> = BTreeMap::new();
    for row in connection.fetch_all(by.servers, values).await? {
        let mut columns = row.columns();
        let server = spaces::read(&mut columns)?;
        let (revision, seq) = (columns.int()?, columns.int_or_none()?.unwrap_or_default());
        let id = server.id.clone();
        parts.insert(id, Parts { server, revision, seq, roles: Vec::new(), channels: Vec::new() });
    }
    for row in connection.fetch_all(by.roles, values).await? {
        let mut columns = row.columns();
        if let Some(parts) = parts.get_mut(&columns.qualified()?) {
            parts.roles.push(roles::read(&mut columns, parts.server.id.clone())?);
        }
    }
    let found = connection.fetch_all(by.channels, values).await?;
    let overrides = connection.fetch_all(by.overrides, values).await?;
    for kept in channels::join(&found, &overrides)? {
        if let Some(parts) = parts.get_mut(&kept.channel.space_key()) {
            parts.channels.push(kept);
        }
    }
    Ok(parts)
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

const MEMBERSHIP: &str = members::select_from!(
    "(SELECT * FROM member WHERE user_id = $1 AND user_origin = $2 AND space_id = $3 AND origin = $4) AS member"
);

/// The place in the log of what happened last in that of the user's private spaces with which there are as many as may be.
const FIRST_ACTIVE: &str = "
    SELECT MAX(position) AS active
    FROM (
        SELECT
            space.id,
            space.origin,
            stream.position
        FROM member
        JOIN space ON space.id = member.space_id AND space.origin = member.origin AND space.kind <> 0
        JOIN stream ON stream.id = space.id AND stream.origin = space.origin AND stream.kind = 1
        WHERE member.user_id = $1 AND member.user_origin = $2
        UNION ALL
        SELECT
            space.id,
            space.origin,
            stream.position
        FROM member
        JOIN space ON space.id = member.space_id AND space.origin = member.origin AND space.kind <> 0
        JOIN channel ON channel.space_id = space.id AND channel.origin = space.origin
        JOIN stream ON stream.id = channel.id AND stream.origin = channel.origin AND stream.kind = 0
        WHERE member.user_id = $1 AND member.user_origin = $2
    ) AS moved
    GROUP BY id, origin
    ORDER BY active DESC
    LIMIT 1
    OFFSET $3 + 0";

/// Those rows that are of a server of the user, or of a private space of theirs in which something happened at the place $3
/// or later.
macro_rules! of_user {
    ($space:literal) => {
        concat!(
            " WHERE (",
            $space,
            ") IN (
                SELECT
                    held.id,
                    held.origin
                FROM member
                JOIN space AS held ON held.id = member.space_id AND held.origin = member.origin
                WHERE member.user_id = $1 AND member.user_origin = $2 AND (
                    held.kind = 0
                    OR EXISTS (
                        SELECT 1
                        FROM stream AS moved
                        WHERE moved.id = held.id AND moved.origin = held.origin AND moved.kind = 1
                            AND moved.position >= $3
                    )
                    OR EXISTS (
                        SELECT 1
                        FROM channel AS its
                        JOIN stream AS moved ON moved.id = its.id AND moved.origin = its.origin AND moved.kind = 0
                        WHERE its.space_id = held.id AND its.origin = held.origin AND moved.position >= $3
                    )
                )
            )"
        )
    };
}

/// Those rows that are of one space.
macro_rules! of_space {
    ($space:literal) => {
        concat!(" WHERE (", $space, ") = ($1, $2)")
    };
}

/// What reads the parts of spaces.
struct Statements {
    servers: &'static str,
    roles: &'static str,
    channels: &'static str,
    overrides: &'static str,
}

macro_rules! statements {
    ($those:ident) => {
        Statements {
            servers: concat!(
                "SELECT ",
                spaces::columns!(),
                ", space.revision, stream.seq
                FROM space
                LEFT JOIN stream ON stream.id = space.id AND stream.origin = space.origin AND stream.kind = 1",
                $those!("space.id, space.origin")
            ),
            roles: concat!(
                "SELECT role.space_id, role.origin, ",
                roles::columns!(),
                " FROM role",
                $those!("role.space_id, role.origin")
            ),
            channels: concat!("SELECT ", channels::columns!(), $those!("channel.space_id, channel.origin")),
            overrides: concat!("SELECT ", channels::override_columns!(), $those!("channel.space_id, channel.origin")),
        }
    };
}

const OF_USER: Statements = statements!(of_user);

const OF_SPACE: Statements = statements!(of_space);
