//! Invitations of other backends to users of this one, as they were told.

use beep_core::domain::Domain;
use beep_core::id::{InvitationId, Qualified, UserId, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::port::StoreError;
use uuid::Uuid;

use super::arg::args;
use super::connection::Connection;
use super::invitations::read_preview;
use super::row::Row;

/// Keeps what was told; not in place of what yet another backend told under the same id.
pub(crate) async fn put(connection: &mut Connection, invited: &Invited) -> Result<(), StoreError> {
    let Invited { invitation, server } = invited;
    let user = invitation.user().ok_or_else(|| StoreError::new("others tell of invitations for one person alone"))?;
    let values = args![
        user.id,
        invitation.id,
        server.id.id,
        server.id.home.as_str(),
        server.name.as_str(),
        server.description.as_str(),
        server.member_count,
        invitation.inviter.id,
        invitation.inviter.home.as_str(),
        invitation.expires_at,
        invitation.created_at,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, user: UserId, id: InvitationId) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![user, id]).await.map(drop)
}

pub(crate) async fn of(
    connection: &mut Connection,
    user: &UserKey,
    after: Uuid,
    limit: u32,
) -> Result<Vec<Invited>, StoreError> {
    let rows = connection.fetch_all(OF_USER, &args![user.id, after, limit]).await?;
    rows.iter().map(|row| read(row, &user.home)).collect()
}

pub(crate) async fn by_id(
    connection: &mut Connection,
    user: UserId,
    id: InvitationId,
    own: &Domain,
) -> Result<Option<Invited>, StoreError> {
    let row = connection.fetch_optional(BY_ID, &args![user, id]).await?;
    row.map(|row| read(&row, own)).transpose()
}

pub(crate) async fn by(connection: &mut Connection, home: &Domain, own: &Domain) -> Result<Vec<Invited>, StoreError> {
    let rows = connection.fetch_all(BY_HOME, &args![home.as_str()]).await?;
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
                server_id,
                home,
                inviter_id,
                inviter_home,
                expires_at,
                created_at,
                server_name,
                server_description,
                member_count
            FROM remote_invitation
            WHERE ",
            $condition
        )
    };
}

const OF_USER: &str = select!("user_id = $1 AND id > $2 ORDER BY id LIMIT $3 + 0");
const BY_ID: &str = select!("user_id = $1 AND id = $2");
const BY_HOME: &str = select!("home = $1 ORDER BY user_id, id");

const PUT: &str = "
    INSERT INTO remote_invitation (
        user_id,
        id,
        server_id,
        home,
        server_name,
        server_description,
        member_count,
        inviter_id,
        inviter_home,
        expires_at,
        created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (user_id, id) DO UPDATE SET
        server_id = excluded.server_id,
        server_name = excluded.server_name,
        server_description = excluded.server_description,
        member_count = excluded.member_count,
        inviter_id = excluded.inviter_id,
        inviter_home = excluded.inviter_home,
        expires_at = excluded.expires_at,
        created_at = excluded.created_at
    WHERE remote_invitation.home = excluded.home";

const REMOVE: &str = "DELETE FROM remote_invitation WHERE user_id = $1 AND id = $2";
