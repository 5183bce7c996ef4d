//! Invitations.

use async_trait::async_trait;
use beep_core::domain::Domain;
use beep_core::id::{InvitationId, InvitationKey, Qualified, SpaceKey, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::port::{CommitError, InvitationGuard, InvitationWrite, Invitations, StoreError, Unique};
use beep_core::space::Preview;
use beep_core::text::{Description, ServerName};

use super::arg::args;
use super::connection::Connection;
use super::row::{Columns, Row};
use super::spaces::first;
use super::table::Table;
use super::{SqlStore, registrations, remote_invitations};
use crate::fold::may_match;

static TABLE: Table = Table::new(
    "invitation",
    &["id"],
    &[
        "code",
        "user_id",
        "user_origin",
        "space_id",
        "origin",
        "inviter_id",
        "inviter_origin",
        "expires_at",
        "max_uses",
        "uses",
        "created_at",
    ],
);

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
        server: &SpaceKey,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = self
            .readers
            .acquire()
            .await?
            .fetch_all(OF_SPACE, &args![server.id, &server.home, first(after), limit])
            .await?;
        rows.iter().map(|row| read(&mut row.columns())).collect()
    }

    async fn invitations_for(&self, server: &SpaceKey, user: &UserKey) -> Result<Vec<InvitationId>, StoreError> {
        let values = args![user.id, &user.home, server.id, &server.home];
        let rows = self.readers.acquire().await?.fetch_all(FOR_USER, &values).await?;
        rows.iter().map(|row| row.columns().id()).collect()
    }

    async fn invited(
        &self,
        user: &UserKey,
        after: Option<&InvitationKey>,
        limit: u32,
    ) -> Result<Vec<Invited>, StoreError> {
        let mut connection = self.readers.read().await?;
        let after_id = first(after.map(|after| after.id));
        let values = args![user.id, &user.home, after_id, limit];
        let rows = connection.fetch_all(INVITED, &values).await?;
        let mut invited = rows.iter().map(read_invited).collect::<Result<Vec<_>, _>>()?;
        // Others tell of users of this backend alone.
        if user.home == self.parts.domain {
            invited.extend(remote_invitations::of(&mut connection, user, after, limit).await?);
            // Stable: of one id this backend's is first, and the others stay in their order.
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
        let values = args![home, first(after), limit];
        let rows = self.readers.acquire().await?.fetch_all(TO_HOME, &values).await?;
        rows.iter().map(read_invited).collect()
    }
}

/// Writes what is to be written of invitations.
pub(crate) async fn write(connection: &mut Connection, write: &InvitationWrite) -> Result<(), CommitError> {
    match write {
        InvitationWrite::Put(invitation) => put(connection, invitation).await?,
        InvitationWrite::Use(id) => connection.execute(USE, &args![*id]).await.map(drop)?,
        InvitationWrite::Remove(id) => connection.execute(TABLE.remove(), &args![*id]).await.map(drop)?,
    }
    Ok(())
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &InvitationGuard) -> Result<bool, CommitError> {
    let (id, by, now) = match guard {
        InvitationGuard::Exists(id) => return Ok(by_id(connection, *id).await?.is_some()),
        InvitationGuard::Usable { id, by, now } => (id, by, now),
    };
    let Some(mut invitation) = by_id(connection, *id).await? else { return Ok(false) };
    let values = args![*id, first(*by)];
    let seats: u32 = connection.fetch_one(registrations::SEATS, &values).await?.columns().int()?;
    invitation.uses = invitation.uses.saturating_add(seats);
    invitation.usable(*now).map_err(CommitError::Spent)?;
    Ok(true)
}

async fn by_id(connection: &mut Connection, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    connection.fetch_optional(BY_ID, &args![id]).await?.map(|row| read(&mut row.columns())).transpose()
}

async fn put(connection: &mut Connection, invitation: &Invitation) -> Result<(), CommitError> {
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
        invitation.user().map(|user| &user.home),
        invitation.server.id,
        &invitation.server.home,
        invitation.inviter.id,
        &invitation.inviter.home,
        invitation.expires_at,
        invitation.max_uses(),
        invitation.uses,
        invitation.created_at,
    ];
    connection.execute(TABLE.put(), &values).await?;
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<Invitation, StoreError> {
    let id = columns.id()?;
    let (code, max_uses) = (columns.text_or_none()?, columns.int_or_none()?);
    let user = columns.id_or_none()?.zip(columns.origin_or_none()?).map(|(id, home)| Qualified::new(id, home));
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

fn read_preview(columns: &mut Columns<'_>, id: SpaceKey) -> Result<Preview, StoreError> {
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
                invitation.user_origin,
                invitation.space_id,
                invitation.origin,
                invitation.inviter_id,
                invitation.inviter_origin,
                invitation.expires_at,
                invitation.uses,
                invitation.created_at",
            $more,
            " FROM invitation
            JOIN space ON space.id = invitation.space_id AND space.origin = invitation.origin
            WHERE ",
            $condition
        )
    };
}

const BY_ID: &str = select!("invitation.id = $1");
const BY_CODE: &str = select!("invitation.code = $1");
const OF_SPACE: &str = select!(
    "invitation.space_id = $1 AND invitation.origin = $2 AND invitation.id > $3
    ORDER BY invitation.id
    LIMIT $4 + 0"
);

const INVITED: &str = select!(
    ", space.name, space.description, space.member_count",
    "invitation.user_id = $1 AND invitation.user_origin = $2 AND invitation.id > $3
    ORDER BY invitation.id
    LIMIT $4 + 0"
);
const TO_HOME: &str = select!(
    ", space.name, space.description, space.member_count",
    "invitation.user_id IS NOT NULL AND invitation.user_origin = $1 AND invitation.id > $2
    ORDER BY invitation.id
    LIMIT $3 + 0"
);

const FOR_USER: &str = "
    SELECT id FROM invitation
    WHERE user_id = $1 AND user_origin = $2 AND space_id = $3 AND origin = $4
    ORDER BY id";

const HOLDER: &str = "SELECT 1 FROM invitation WHERE code = $2 AND id <> $1";

const USE: &str = "UPDATE invitation SET uses = uses + 1 WHERE id = $1";
