//! Invitations.

use async_trait::async_trait;
use beep_core::domain::Domain;
use beep_core::id::{InvitationId, Qualified, ServerId, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::port::{CommitError, Invitations, StoreError, Unique};
use beep_core::server::Preview;
use beep_core::text::{Description, ServerName};

use super::arg::args;
use super::connection::Connection;
use super::row::{Columns, Row};
use super::servers::first;
use super::{SqlStore, remote_invitations};
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
        row.map(|row| read(&mut row.columns())).transpose()
    }

    async fn invitations(
        &self,
        server: ServerId,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(OF_SERVER, &args![server, first(after), limit]).await?;
        rows.iter().map(|row| read(&mut row.columns())).collect()
    }

    async fn invitations_for(&self, server: ServerId, user: &UserKey) -> Result<Vec<InvitationId>, StoreError> {
        let values = args![user.id, user.home.as_str(), server];
        let rows = self.readers.acquire().await?.fetch_all(FOR_USER, &values).await?;
        rows.iter().map(|row| row.columns().id()).collect()
    }

    async fn invited(
        &self,
        user: &UserKey,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError> {
        let mut connection = self.readers.read().await?;
        let values = args![user.id, user.home.as_str(), first(after), limit];
        let rows = connection.fetch_all(INVITED, &values).await?;
        let mut invited = rows.iter().map(read_invited).collect::<Result<Vec<_>, _>>()?;
        // Others tell of users of this backend alone.
        if user.home == self.parts.domain {
            invited.extend(remote_invitations::of(&mut connection, user, first(after), limit).await?);
            invited.sort_by_key(|invited| invited.invitation.id);
            invited.truncate(limit as usize);
        }
        Ok(invited)
    }

    async fn invitations_to(
        &self,
        home: &Domain,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError> {
        let values = args![home.as_str(), first(after), limit];
        let rows = self.readers.acquire().await?.fetch_all(TO_HOME, &values).await?;
        rows.iter().map(read_invited).collect()
    }
}

pub(crate) async fn by_id(connection: &mut Connection, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    connection.fetch_optional(BY_ID, &args![id]).await?.map(|row| read(&mut row.columns())).transpose()
}

pub(crate) async fn put(connection: &mut Connection, invitation: &Invitation) -> Result<(), CommitError> {
    let code = invitation.code();
    if let Some(code) = code
        && connection.fetch_optional(HOLDER, &args![invitation.id, code]).await?.is_some()
    {
        return Err(CommitError::Taken(Unique::InvitationCode));
    }
    let values = args![
        invitation.id,
        code,
        invitation.user().map(|user| user.id),
        invitation.user().map(|user| user.home.as_str()),
        invitation.server.id,
        invitation.inviter.id,
        invitation.inviter.home.as_str(),
        invitation.expires_at,
        invitation.max_uses(),
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

fn read(columns: &mut Columns<'_>) -> Result<Invitation, StoreError> {
    let id = columns.id()?;
    let (code, max_uses) = (columns.text_or_none()?, columns.int_or_none()?);
    let user = match columns.id_or_none()? {
        Some(user) => Some(Qualified::new(user, columns.domain()?)),
        None => columns.text_or_none().map(|_| None)?,
    };
    let admits = match (code, user) {
        (Some(code), None) => Admits::Code { code: code.to_owned(), max_uses },
        (None, Some(user)) => Admits::User(user),
        _ => return Err(columns.unfit("an invitation has a code or is for one person")),
    };
    Ok(Invitation {
        id,
        admits,
        server: columns.qualified()?,
        inviter: columns.qualified()?,
        expires_at: columns.time_or_none()?,
        uses: columns.int()?,
        created_at: columns.time()?,
    })
}

fn read_invited(row: &Row) -> Result<Invited, StoreError> {
    let mut columns = row.columns();
    let invitation = read(&mut columns)?;
    let server = read_preview(&mut columns, invitation.server.clone())?;
    Ok(Invited { invitation, server })
}

pub(crate) fn read_preview(columns: &mut Columns<'_>, id: Qualified<ServerId>) -> Result<Preview, StoreError> {
    Ok(Preview {
        id,
        name: columns.parsed(ServerName::parse)?,
        description: columns.parsed(Description::parse)?,
        member_count: columns.int()?,
    })
}

macro_rules! select {
    ($condition:literal) => {
        select!("", $condition)
    };
    ($more:literal, $condition:literal) => {
        concat!(
            "SELECT
                invitation.id,
                invitation.code,
                invitation.max_uses,
                invitation.user_id,
                invitation.user_home,
                invitation.server_id,
                server.home,
                invitation.inviter_id,
                invitation.inviter_home,
                invitation.expires_at,
                invitation.uses,
                invitation.created_at",
            $more,
            " FROM invitation
            JOIN server ON server.id = invitation.server_id
            WHERE ",
            $condition
        )
    };
}

const BY_ID: &str = select!("invitation.id = $1");
const BY_CODE: &str = select!("invitation.code = $1");
const OF_SERVER: &str = select!("invitation.server_id = $1 AND invitation.id > $2 ORDER BY invitation.id LIMIT $3 + 0");

const INVITED: &str = select!(
    ", server.name, server.description, server.member_count",
    "invitation.user_id = $1 AND invitation.user_home = $2 AND invitation.id > $3
    ORDER BY invitation.id
    LIMIT $4 + 0"
);
const TO_HOME: &str = select!(
    ", server.name, server.description, server.member_count",
    "invitation.user_id IS NOT NULL AND invitation.user_home = $1 AND invitation.id > $2
    ORDER BY invitation.id
    LIMIT $3 + 0"
);

const FOR_USER: &str = "
    SELECT id FROM invitation
    WHERE user_id = $1 AND user_home = $2 AND server_id = $3
    ORDER BY id";

const HOLDER: &str = "SELECT 1 FROM invitation WHERE code = $2 AND id <> $1";

const PUT: &str = "
    INSERT INTO invitation (
        id,
        code,
        user_id,
        user_home,
        server_id,
        inviter_id,
        inviter_home,
        expires_at,
        max_uses,
        uses,
        created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (id) DO UPDATE SET
        code = excluded.code,
        user_id = excluded.user_id,
        user_home = excluded.user_home,
        server_id = excluded.server_id,
        inviter_id = excluded.inviter_id,
        inviter_home = excluded.inviter_home,
        expires_at = excluded.expires_at,
        max_uses = excluded.max_uses,
        uses = excluded.uses,
        created_at = excluded.created_at";

const USE: &str = "UPDATE invitation SET uses = uses + 1 WHERE id = $1";

const REMOVE: &str = "DELETE FROM invitation WHERE id = $1";
