//! Roles of servers.

use beep_core::id::SpaceKey;
use beep_core::port::StoreError;
use beep_core::record::RecordWrite;
use beep_core::role::Role;
use beep_core::text::{Color, RoleName};

use super::arg::args;
use super::connection::Connection;
use super::group::Group;
use super::row::Columns;
use super::table::Table;

static TABLE: Table = Table::new(
    "role",
    &["space_id", "origin", "id"],
    &["name", "color", "position", "permissions", "hoist", "mentionable", "everyone", "version"],
);

/// Writes or removes a role.
pub(crate) async fn write(group: &mut Group<'_>, write: &RecordWrite<Role>) -> Result<(), StoreError> {
    let connection = &mut *group.connection;
    match write {
        RecordWrite::Put(role) => put(connection, role).await,
        RecordWrite::Remove((space, id)) => {
            if connection.execute(TABLE.remove(), &args![space.id, &space.home, *id]).await? > 0 {
                connection.execute(REMOVE_OVERRIDES, &args![space.id, &space.home, *id]).await?;
                connection.execute(REMEMBER, &args![space.id, &space.home, *id, group.now]).await?;
            }
            Ok(())
        }
    }
}

pub(crate) async fn put(connection: &mut Connection, role: &Role) -> Result<(), StoreError> {
    let values = args![
        role.server.id,
        &role.server.home,
        role.id,
        role.name.as_str(),
        role.color.map(Color::rgb),
        role.position,
        role.permissions,
        role.hoist,
        role.mentionable,
        role.everyone,
        role.version,
    ];
    connection.execute(TABLE.put(), &values).await.map(drop)
}

/// Reads [`columns`] of a role of this server.
pub(crate) fn read(columns: &mut Columns<'_>, server: SpaceKey) -> Result<Role, StoreError> {
    let id = columns.id()?;
    let name = columns.parsed(RoleName::parse)?;
    let color: Option<u32> = columns.int_or_none()?;
    let color = color.map(|rgb| Color::new(rgb).ok_or_else(|| columns.unfit("no colour"))).transpose()?;
    Ok(Role {
        id,
        server,
        name,
        color,
        position: columns.int()?,
        permissions: columns.permissions()?,
        hoist: columns.bool()?,
        mentionable: columns.bool()?,
        everyone: columns.bool()?,
        version: columns.int()?,
    })
}

macro_rules! columns {
    () => {
        "role.id,
        role.name,
        role.color,
        role.position,
        role.permissions,
        role.hoist,
        role.mentionable,
        role.everyone,
        role.version"
    };
}
pub(crate) use columns;

const REMEMBER: &str = "
    INSERT INTO former_role (space_id, origin, role_id, removed_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (space_id, origin, role_id) DO UPDATE SET removed_at = excluded.removed_at";

const REMOVE_OVERRIDES: &str = "
    DELETE FROM channel_override
    WHERE channel_id IN (SELECT id FROM channel WHERE space_id = $1 AND origin = $2) AND origin = $2
        AND target_kind = 0 AND target_id = $3";
