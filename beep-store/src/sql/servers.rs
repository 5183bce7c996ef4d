//! Servers and what decides in them.

use async_trait::async_trait;
use beep_core::ban::Ban;
use beep_core::channel::Channel;
use beep_core::facts::ServerFacts;
use beep_core::id::{ChannelId, Id, RoleId, ServerId, UserKey};
use beep_core::member::Member;
use beep_core::port::{Servers, StoreError};
use beep_core::server::{Server, Visibility};
use beep_core::text::{Description, ServerName};
use uuid::Uuid;

use super::arg::args;
use super::connection::Connection;
use super::row::Columns;
use super::{SqlStore, bans, channels, members, roles};
use crate::fold::{fold, like_anywhere, may_match};

#[async_trait]
impl Servers for SqlStore {
    async fn server(&self, id: ServerId) -> Result<Option<Server>, StoreError> {
        let row = self.readers.acquire().await?.fetch_optional(BY_ID, &args![id]).await?;
        row.map(|row| read(&mut row.columns())).transpose()
    }

    async fn server_facts(&self, id: ServerId) -> Result<Option<ServerFacts>, StoreError> {
        let mut connection = self.readers.read().await?;
        let Some(row) = connection.fetch_optional(WITH_REVISION, &args![id]).await? else { return Ok(None) };
        let mut columns = row.columns();
        let (server, revision) = (read(&mut columns)?, columns.int()?);
        let found = connection.fetch_all(ROLES, &args![id]).await?;
        let roles = found.iter().map(|row| roles::read(&mut row.columns(), server.id.clone()));
        let roles = roles.collect::<Result<Vec<_>, _>>()?;
        let channels = channels_of(&mut connection, id).await?;
        let facts = ServerFacts::new(server, revision, roles, channels);
        facts.map(Some).ok_or_else(|| StoreError::new("a server has no role `everyone`"))
    }

    async fn server_of_channel(&self, id: ChannelId) -> Result<Option<ServerId>, StoreError> {
        let row = self.readers.acquire().await?.fetch_optional(OF_CHANNEL, &args![id]).await?;
        row.map(|row| row.columns().id()).transpose()
    }

    async fn channels(&self, server: ServerId) -> Result<Vec<Channel>, StoreError> {
        channels_of(&mut self.readers.read().await?, server).await
    }

    async fn servers_of(&self, user: &UserKey, after: Option<ServerId>, limit: u32) -> Result<Vec<Server>, StoreError> {
        let values = args![user.id, user.home.as_str(), first(after), limit];
        let rows = self.readers.acquire().await?.fetch_all(OF_USER, &values).await?;
        rows.iter().map(|row| read(&mut row.columns())).collect()
    }

    async fn owned_servers(&self, user: &UserKey) -> Result<u32, StoreError> {
        owned(&mut self.readers.acquire().await?, user).await
    }

    async fn public_servers(
        &self,
        query: &str,
        after: Option<ServerId>,
        limit: u32,
    ) -> Result<Vec<Server>, StoreError> {
        if !may_match(query) {
            return Ok(Vec::new());
        }
        let pattern = like_anywhere(&fold(query));
        let values = args![&pattern, first(after), limit, self.parts.domain.as_str()];
        let rows = self.readers.acquire().await?.fetch_all(PUBLIC, &values).await?;
        rows.iter().map(|row| read(&mut row.columns())).collect()
    }

    async fn member(&self, server: ServerId, user: &UserKey) -> Result<Option<Member>, StoreError> {
        members::find(&mut self.readers.acquire().await?, server, user).await
    }

    async fn members(
        &self,
        server: ServerId,
        query: &str,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        members::page(&mut self.readers.acquire().await?, server, query, after, limit).await
    }

    async fn ban(&self, server: ServerId, user: &UserKey) -> Result<Option<Ban>, StoreError> {
        bans::find(&mut self.readers.acquire().await?, server, user).await
    }

    async fn bans(&self, server: ServerId, after: Option<&UserKey>, limit: u32) -> Result<Vec<Ban>, StoreError> {
        bans::page(&mut self.readers.acquire().await?, server, after, limit).await
    }

    async fn holders(&self, server: ServerId, role: RoleId) -> Result<Vec<UserKey>, StoreError> {
        members::holders(&mut self.readers.acquire().await?, server, role).await
    }
}

/// How many servers a user owns. They are a member of each, and found by that.
pub(crate) async fn owned(connection: &mut Connection, user: &UserKey) -> Result<u32, StoreError> {
    connection.fetch_one(OWNED, &args![user.id, user.home.as_str()]).await?.columns().int()
}

/// What a page begins after: every id is greater than the nil one.
pub(crate) fn first<T: Id>(after: Option<T>) -> Uuid {
    after.map_or(Uuid::nil(), Id::uuid)
}

async fn channels_of(connection: &mut Connection, server: ServerId) -> Result<Vec<Channel>, StoreError> {
    let found = connection.fetch_all(CHANNELS, &args![server]).await?;
    let overrides = connection.fetch_all(OVERRIDES, &args![server]).await?;
    Ok(channels::join(&found, &overrides)?.into_iter().map(|kept| kept.channel).collect())
}

pub(crate) async fn put(connection: &mut Connection, server: &Server) -> Result<(), StoreError> {
    let (name_folded, description_folded) = (fold(server.name.as_str()), fold(server.description.as_str()));
    let visibility = match server.visibility {
        Visibility::Public => PUBLICLY,
        Visibility::Private => PRIVATELY,
    };
    let values = args![
        server.id.id,
        server.id.home.as_str(),
        server.name.as_str(),
        &name_folded,
        server.description.as_str(),
        &description_folded,
        visibility,
        server.owner.id,
        server.owner.home.as_str(),
        server.created_at,
        server.version,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

pub(crate) async fn revise(connection: &mut Connection, id: ServerId) -> Result<(), StoreError> {
    connection.execute(REVISE, &args![id]).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, id: ServerId) -> Result<(), StoreError> {
    // All but the messages goes by its foreign key.
    for sql in [REMOVE_MESSAGES, REMOVE] {
        connection.execute(sql, &args![id]).await?;
    }
    Ok(())
}

/// Reads [`columns`] of a server.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Server, StoreError> {
    Ok(Server {
        id: columns.qualified()?,
        name: columns.parsed(ServerName::parse)?,
        description: columns.parsed(Description::parse)?,
        visibility: match columns.int::<i64>()? {
            PUBLICLY => Visibility::Public,
            PRIVATELY => Visibility::Private,
            _ => return Err(columns.unfit("no visibility")),
        },
        owner: columns.qualified()?,
        member_count: columns.int()?,
        created_at: columns.time()?,
        version: columns.int()?,
    })
}

const PUBLICLY: i64 = 0;
const PRIVATELY: i64 = 1;

macro_rules! columns {
    () => {
        "server.id,
        server.home,
        server.name,
        server.description,
        server.visibility,
        server.owner_id,
        server.owner_home,
        server.member_count,
        server.created_at,
        server.version"
    };
}
pub(crate) use columns;

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM server WHERE server.id = $1");

const WITH_REVISION: &str = concat!("SELECT ", columns!(), ", server.revision FROM server WHERE server.id = $1");

const OF_USER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM member
    JOIN server ON server.id = member.server_id
    WHERE member.user_id = $1 AND member.user_home = $2 AND member.server_id > $3
    ORDER BY member.server_id
    LIMIT $4 + 0"
);

const OWNED: &str = "
    SELECT COUNT(*)
    FROM member
    JOIN server ON server.id = member.server_id
    WHERE member.user_id = $1 AND member.user_home = $2 AND server.owner_id = $1 AND server.owner_home = $2";

const PUBLIC: &str = concat!(
    "SELECT ",
    columns!(),
    r" FROM server
    WHERE server.visibility = 0 AND server.id > $2 AND server.home = $4
        AND (server.name_folded LIKE $1 ESCAPE '\' OR server.description_folded LIKE $1 ESCAPE '\')
    ORDER BY server.id
    LIMIT $3 + 0"
);

const OF_CHANNEL: &str = "SELECT server_id FROM channel WHERE id = $1";

const ROLES: &str = concat!("SELECT ", roles::columns!(), " FROM role WHERE role.server_id = $1 ORDER BY role.id");

const CHANNELS: &str = concat!("SELECT ", channels::columns!(), " WHERE channel.server_id = $1 ORDER BY channel.id");

const OVERRIDES: &str = concat!("SELECT ", channels::override_columns!(), " WHERE channel.server_id = $1");

const PUT: &str = "
    INSERT INTO server (
        id,
        home,
        name,
        name_folded,
        description,
        description_folded,
        visibility,
        owner_id,
        owner_home,
        created_at,
        version,
        member_count,
        revision
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 1)
    ON CONFLICT (id) DO UPDATE SET
        home = excluded.home,
        name = excluded.name,
        name_folded = excluded.name_folded,
        description = excluded.description,
        description_folded = excluded.description_folded,
        visibility = excluded.visibility,
        owner_id = excluded.owner_id,
        owner_home = excluded.owner_home,
        created_at = excluded.created_at,
        version = excluded.version";

const REVISE: &str = "UPDATE server SET revision = revision + 1 WHERE id = $1";

const REMOVE_MESSAGES: &str = "DELETE FROM message WHERE channel_id IN (SELECT id FROM channel WHERE server_id = $1)";

const REMOVE: &str = "DELETE FROM server WHERE id = $1";
