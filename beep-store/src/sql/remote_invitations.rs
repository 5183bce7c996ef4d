//! Invitations of other backends to users of this one, as they were told.

use beep_core::domain::Domain;
use beep_core::id::{InvitationId, InvitationKey, Qualified, UserId, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::port::StoreError;

use super::arg::args;
use super::connection::Connection;
use super::invitations::read_preview;
use super::row::Row;
use super::spaces::first;

/// Keeps what was told.
pub(crate) async fn put(connection: &mut Connection, invited: &Invited) -> Result<(), StoreError> {
    let Invited { invitation, server } = invited;
    let user =
        invitation.user().ok_or_else(|| StoreError::new("an invitation of another backend has no invited user"))?;
    let values = args![
        user.id,
        invitation.id,
        &server.id.home,
        server.id.id,
        server.name.as_str(),
        server.description.as_str(),
        server.member_count,
        invitation.inviter.id,
        &invitation.inviter.home,
        invitation.expires_at,
        invitation.created_at,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, user: UserId, id: &InvitationKey) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![user, id.id, &id.home]).await.map(drop)
}

pub(crate) async fn of(
    connection: &mut Connection,
    user: &UserKey,
    after: Option<&InvitationKey>,
    limit: u32,
) -> Result<Vec<Invited>, StoreError> {
    let rows = connection
        .fetch_all(OF_USER, &args![user.id, first(after.map(|after| after.id)), after.map(|after| &after.home), limit])
        .await?;
    rows.iter().map(|row| read(row, &user.home)).collect()
}

pub(crate) async fn by_id(
    connection: &mut Connection,
    user: UserId,
    id: &InvitationKey,
    own: &Domain,
) -> Result<Option<Invited>, StoreError> {
    let row = connection.fetch_optional(BY_ID, &args![user, id.id, &id.home]).await?;
    row.map(|row| read(&row, own)).transpose()
}

pub(crate) async fn named(
    connection: &mut Connection,
    user: UserId,
    id: InvitationId,
    own: &Domain,
) -> Result<Vec<Invited>, StoreError> {
    let rows = connection.fetch_all(NAMED, &args![user, id]).await?;
    rows.iter().map(|row| read(row, own)).collect()
}

pub(crate) async fn by(connection: &mut Connection, home: &Domain, own: &Domain) -> Result<Vec<Invited>, StoreError> {
    let rows = connection.fetch_all(BY_HOME, &args![home]).await?;
    rows.iter().map(|row| read(row, own)).collect()
}

fn read(row: &Row, own: &Domain) -> Result<Invited, StoreError> {
    let mut columns = row.columns();
    let user = Qualified::new(columns.id()?, own.clone());
    let invitation = Invitation {
        id: columns.id()?,
        admits: Admits::User(user),
        server: columns.qualified()?,
        inviter: columns.qualified()?,
        expires_at: columns.time_or_none()?,
        uses: 0,
        created_at: columns.time()?,
    };
    let server = read_preview(&mut columns, invitation.server.clone())?;
    Ok(Invited { invitation, server })
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT
                user_id,
                id,
                space_id,
                origin,
                inviter_id,
                inviter_origin,
                expires_at,
                created_at,
                space_name,
                space_description,
                member_count
            FROM remote_invitation
            WHERE ",
            $condition
        )
    };
}

const OF_USER: &str = select!("user_id = $1 AND (id, origin) > ($2, $3) ORDER BY id, origin LIMIT $4 + 0");
const BY_ID: &str = select!("user_id = $1 AND id = $2 AND origin = $3");

const NAMED: &str = select!("user_id = $1 AND id = $2 ORDER BY origin");
const BY_HOME: &str = select!("origin = $1 ORDER BY user_id, id");

const PUT: &str = "
    INSERT INTO remote_invitation (
        user_id,
        id,
        origin,
        space_id,
        space_name,
        space_description,
        member_count,
        inviter_id,
        inviter_origin,
        expires_at,
        created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (user_id, id, origin) DO UPDATE SET
        space_id = excluded.space_id,
        space_name = excluded.space_name,
        space_description = excluded.space_description,
        member_count = excluded.member_count,
        inviter_id = excluded.inviter_id,
        inviter_origin = excluded.inviter_origin,
        expires_at = excluded.expires_at,
        created_at = excluded.created_at";

const REMOVE: &str = "DELETE FROM remote_invitation WHERE user_id = $1 AND id = $2 AND origin = $3";
