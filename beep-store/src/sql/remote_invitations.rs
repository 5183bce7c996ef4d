//! Invitations of other backends to users of this one, as they were told.

use beep_core::domain::Domain;
use beep_core::id::{InvitationId, InvitationKey, Qualified, UserId, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::port::StoreError;
use beep_core::space::Preview;
use beep_core::text::{Description, ServerName};

use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new(
    "remote_invitation",
    &["user_id", "id", "origin"],
    &[
        "space_id",
        "space_name",
        "space_description",
        "member_count",
        "inviter_id",
        "inviter_origin",
        "expires_at",
        "created_at",
    ],
);

impl Stored for Invited {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((user, id): &Self::Key) -> Vec<Arg<'_>> {
        args![*user, id.id, &id.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { invitation, server } = self;
        args![
            // Others tell of invitations for one person alone.
            invitation.user().map(|user| user.id),
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
        ]
        .into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let user = Qualified::new(columns.id()?, columns.own().clone());
        let (id, home) = (columns.id()?, columns.origin()?);
        let server = Preview {
            id: Qualified::new(columns.id()?, home),
            name: columns.parsed(ServerName::parse)?,
            description: columns.parsed(Description::parse)?,
            member_count: columns.int()?,
        };
        let invitation = Invitation {
            id,
            admits: Admits::User(user),
            server: server.id.clone(),
            inviter: columns.qualified()?,
            expires_at: columns.time_or_none()?,
            uses: 0,
            created_at: columns.time()?,
        };
        Ok(Self { invitation, server })
    }
}

pub(crate) async fn of(
    connection: &mut Connection,
    user: &UserKey,
    after: Option<&InvitationKey>,
    limit: u32,
) -> Result<Vec<Invited>, StoreError> {
    let rows = connection
        .fetch_all(
            OF_USER.text(),
            &args![user.id, first(after.map(|after| after.id)), after.map(|after| &after.home), limit],
        )
        .await?;
    table::read_all(&rows)
}

pub(crate) async fn named(
    connection: &mut Connection,
    user: UserId,
    id: InvitationId,
) -> Result<Vec<Invited>, StoreError> {
    let rows = connection.fetch_all(NAMED.text(), &args![user, id]).await?;
    table::read_all(&rows)
}

pub(crate) async fn by(
    connection: &mut Connection,
    home: &Domain,
    user: Option<UserId>,
) -> Result<Vec<Invited>, StoreError> {
    let rows = match user {
        Some(user) => connection.fetch_all(BY_HOME_TO_USER.text(), &args![home, user]).await?,
        None => connection.fetch_all(BY_HOME.text(), &args![home]).await?,
    };
    table::read_all(&rows)
}

static OF_USER: Select =
    Select::new(&TABLE, "WHERE user_id = $1 AND (id, origin) > ($2, $3) ORDER BY id, origin LIMIT $4 + 0");

static NAMED: Select = Select::new(&TABLE, "WHERE user_id = $1 AND id = $2 ORDER BY origin");

static BY_HOME_TO_USER: Select = Select::new(&TABLE, "WHERE origin = $1 AND user_id = $2 ORDER BY id");

static BY_HOME: Select = Select::new(&TABLE, "WHERE origin = $1 ORDER BY user_id, id");
