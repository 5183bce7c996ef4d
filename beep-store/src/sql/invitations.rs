//! Invitations.

use async_trait::async_trait;
use beep_core::id::{InvitationId, ServerId, UserKey};
use beep_core::invitation::Invitation;
use beep_core::port::{CommitError, Invitations, StoreError, Unique};

use super::SqlStore;
use super::arg::args;
use super::connection::Connection;
use super::row::Row;
use super::servers::first;
use crate::fold::may_match;

#[async_trait]
impl Invitations for SqlStore {
    async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        by_id(&mut self.readers.acquire().await?, id).await
    }

    async fn invitation_by_code(&self, code: &str) -> Result<Option<Invitation>, StoreError> {
        if !may_match(code) {
            return Ok(None);
        }
        let row = self.readers.acquire().await?.fetch_optional(BY_CODE, &args![code]).await?;
        row.as_ref().map(read).transpose()
    }

    async fn invitations(
        &self,
        server: ServerId,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(OF_SERVER, &args![server, first(after), limit]).await?;
        rows.iter().map(read).collect()
    }
}

pub(crate) async fn by_id(connection: &mut Connection, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    connection.fetch_optional(BY_ID, &args![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn put(connection: &mut Connection, invitation: &Invitation) -> Result<(), CommitError> {
    let code = invitation.code.as_str();
    if connection.fetch_optional(HOLDER, &args![invitation.id, code]).await?.is_some() {
        return Err(CommitError::Taken(Unique::InvitationCode));
    }
    let values = args![
        invitation.id,
        code,
        invitation.server.id,
        invitation.inviter.id,
        invitation.inviter.home.as_str(),
        invitation.expires_at,
        invitation.max_uses,
        invitation.uses,
        invitation.created_at,
    ];
    connection.execute(PUT, &values).await?;
    Ok(())
}

pub(crate) async fn use_once(connection: &mut Connection, id: InvitationId) -> Result<(), StoreError> {
    connection.execute(USE, &args![id]).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, id: InvitationId) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![id]).await.map(drop)
}

pub(crate) async fn remove_by(
    connection: &mut Connection,
    server: ServerId,
    inviter: &UserKey,
) -> Result<(), StoreError> {
    connection.execute(REMOVE_BY, &args![server, inviter.id, inviter.home.as_str()]).await.map(drop)
}

fn read(row: &Row) -> Result<Invitation, StoreError> {
    let mut columns = row.columns();
    Ok(Invitation {
        id: columns.id()?,
        code: columns.text()?.to_owned(),
        server: columns.qualified()?,
        inviter: columns.qualified()?,
        expires_at: columns.time_or_none()?,
        max_uses: columns.int_or_none()?,
        uses: columns.int()?,
        created_at: columns.time()?,
    })
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT
                invitation.id,
                invitation.code,
                invitation.server_id,
                server.home,
                invitation.inviter_id,
                invitation.inviter_home,
                invitation.expires_at,
                invitation.max_uses,
                invitation.uses,
                invitation.created_at
            FROM invitation
            JOIN server ON server.id = invitation.server_id
            WHERE ",
            $condition
        )
    };
}

const BY_ID: &str = select!("invitation.id = $1");
const BY_CODE: &str = select!("invitation.code = $1");
const OF_SERVER: &str = select!("invitation.server_id = $1 AND invitation.id > $2 ORDER BY invitation.id LIMIT $3 + 0");

const HOLDER: &str = "SELECT 1 FROM invitation WHERE code = $2 AND id <> $1";

const PUT: &str = "
    INSERT INTO invitation (
        id,
        code,
        server_id,
        inviter_id,
        inviter_home,
        expires_at,
        max_uses,
        uses,
        created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (id) DO UPDATE SET
        code = excluded.code,
        server_id = excluded.server_id,
        inviter_id = excluded.inviter_id,
        inviter_home = excluded.inviter_home,
        expires_at = excluded.expires_at,
        max_uses = excluded.max_uses,
        uses = excluded.uses,
        created_at = excluded.created_at";

const USE: &str = "UPDATE invitation SET uses = uses + 1 WHERE id = $1";

const REMOVE: &str = "DELETE FROM invitation WHERE id = $1";

const REMOVE_BY: &str = "DELETE FROM invitation WHERE server_id = $1 AND inviter_id = $2 AND inviter_home = $3";
