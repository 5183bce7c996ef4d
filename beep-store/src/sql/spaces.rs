//! Spaces and what decides in them.

use async_trait::async_trait;
use beep_core::ban::{Ban, DomainBan};
use beep_core::channel::Channel;
use beep_core::domain::Domain;
use beep_core::facts::SpaceFacts;
use beep_core::id::{ChannelKey, Id, RoleId, SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::mute::Mute;
use beep_core::port::{SpaceGuard, SpaceWrite, Spaces, StoreError};
use beep_core::space::{FoundPlace, FoundServer, Space, SpaceKind, Visibility};
use beep_core::text::{Description, ServerName};
use uuid::Uuid;

use super::arg::args;
use super::connection::Connection;
use super::group::Group;
use super::row::Columns;
use super::{
    SqlStore, audit, bans, channels, discovery, domain_bans, members, removed_channels, replicas, roles, table,
};
use crate::fold::may_match;

#[async_trait]
impl Spaces for SqlStore {
    async fn server(&self, id: &SpaceKey) -> Result<Option<Space>, StoreError> {
        by_id(&mut self.readers.acquire().await?, id).await
    }

    async fn space_facts(&self, id: &SpaceKey) -> Result<Option<SpaceFacts>, StoreError> {
        let mut connection = self.readers.read().await?;
        let Some(row) = connection.fetch_optional(WITH_REVISION, &args![id.id, &id.home]).await? else {
            return Ok(None);
        };
        let mut columns = row.columns();
        let (server, revision) = (read(&mut columns)?, columns.int()?);
        let found = connection.fetch_all(ROLES, &args![id.id, &id.home]).await?;
        let roles = found.iter().map(|row| roles::read(&mut row.columns(), server.id.clone()));
        let roles = roles.collect::<Result<Vec<_>, _>>()?;
        let channels = channels_of(&mut connection, id).await?;
        let facts = SpaceFacts::new(server, revision, roles, channels);
        facts.map(Some).ok_or_else(|| StoreError::new("a server has no role `everyone`"))
    }

    async fn space_of_channel(&self, id: &ChannelKey) -> Result<Option<SpaceKey>, StoreError> {
        let row = self.readers.acquire().await?.fetch_optional(OF_CHANNEL, &args![id.id, &id.home]).await?;
        row.map(|row| Ok(SpaceKey::new(row.columns().id()?, id.home.clone()))).transpose()
    }

    async fn channels(&self, server: &SpaceKey) -> Result<Vec<Channel>, StoreError> {
        channels_of(&mut self.readers.read().await?, server).await
    }

    async fn servers_of(&self, user: &UserKey, after: Option<&SpaceKey>, limit: u32) -> Result<Vec<Space>, StoreError> {
        let values =
            args![user.id, &user.home, first(after.map(|after| after.id)), after.map(|after| &after.home), limit];
        let rows = self.readers.acquire().await?.fetch_all(OF_USER, &values).await?;
        rows.iter().map(|row| read(&mut row.columns())).collect()
    }

    async fn spaces_of(
        &self,
        user: &UserKey,
        after: Option<&SpaceKey>,
        limit: u32,
    ) -> Result<Vec<SpaceKey>, StoreError> {
        let values =
            args![user.id, &user.home, first(after.map(|after| after.id)), after.map(|after| &after.home), limit];
        let rows = self.readers.acquire().await?.fetch_all(ALL_OF_USER, &values).await?;
        rows.iter().map(|row| row.columns().qualified()).collect()
    }

    async fn conversations_of(
        &self,
        user: &UserKey,
        after: Option<&ChannelKey>,
        limit: u32,
    ) -> Result<Vec<Channel>, StoreError> {
        let values =
            args![user.id, &user.home, first(after.map(|after| after.id)), after.map(|after| &after.home), limit];
        let rows = self.readers.acquire().await?.fetch_all(CONVERSATIONS, &values).await?;
        Ok(channels::join(&rows, &[])?.into_iter().map(|kept| kept.channel).collect())
    }

    async fn owned_servers(&self, user: &UserKey) -> Result<u32, StoreError> {
        owned(&mut self.readers.acquire().await?, user).await
    }

    async fn public_servers(
        &self,
        query: &str,
        after: Option<FoundPlace>,
        limit: u32,
    ) -> Result<Vec<FoundServer>, StoreError> {
        if !may_match(query) {
            return Ok(Vec::new());
        }
        discovery::search(&mut self.readers.acquire().await?, query, after, limit).await
    }

    async fn member(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Member>, StoreError> {
        members::find(&mut self.readers.acquire().await?, server, user).await
    }

    async fn members(
        &self,
        server: &SpaceKey,
        query: &str,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        members::page(&mut self.readers.acquire().await?, server, query, after, limit).await
    }

    async fn members_at(&self, server: &SpaceKey, from: u32, limit: u32) -> Result<Vec<UserKey>, StoreError> {
        members::at(&mut self.readers.acquire().await?, server, from, limit).await
    }

    async fn share_server(&self, user: &UserKey, other: &UserKey) -> Result<bool, StoreError> {
        let values = args![user.id, &user.home, other.id, &other.home];
        Ok(self.readers.acquire().await?.fetch_optional(SHARE, &values).await?.is_some())
    }

    async fn shares_server_with(&self, user: &UserKey, backend: &Domain) -> Result<bool, StoreError> {
        let values = args![user.id, &user.home, backend];
        Ok(self.readers.acquire().await?.fetch_optional(SHARED_WITH, &values).await?.is_some())
    }

    async fn ban(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Ban>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(server.clone(), user.clone())).await
    }

    async fn mute(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Mute>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(server.clone(), user.clone())).await
    }

    async fn bans(&self, server: &SpaceKey, after: Option<&UserKey>, limit: u32) -> Result<Vec<Ban>, StoreError> {
        bans::page(&mut self.readers.acquire().await?, server, after, limit).await
    }

    async fn domain_ban(&self, server: &SpaceKey, domain: &Domain) -> Result<Option<DomainBan>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(server.clone(), domain.clone())).await
    }

    async fn domain_bans(
        &self,
        server: &SpaceKey,
        after: Option<&Domain>,
        limit: u32,
    ) -> Result<Vec<DomainBan>, StoreError> {
        domain_bans::page(&mut self.readers.acquire().await?, server, after, limit).await
    }

    async fn removing_domain_ban(&self) -> Result<Option<DomainBan>, StoreError> {
        domain_bans::removing(&mut self.readers.acquire().await?).await
    }

    async fn members_of_domain(
        &self,
        server: &SpaceKey,
        domain: &Domain,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        members::of_domain(&mut self.readers.acquire().await?, server, domain, limit).await
    }

    async fn domain_holds(&self, server: &SpaceKey, domain: &Domain, roles: &[RoleId]) -> Result<bool, StoreError> {
        members::domain_holds(&mut self.readers.acquire().await?, server, domain, roles).await
    }
}

/// Writes what is to be written of spaces.
pub(crate) async fn write(group: &mut Group<'_>, write: &SpaceWrite) -> Result<(), StoreError> {
    match write {
        SpaceWrite::Put(space) => put(group.connection, space).await,
        SpaceWrite::Remove(id) => remove(group.connection, id).await,
        SpaceWrite::Revise(id) => group.connection.execute(REVISE, &args![id.id, &id.home]).await.map(drop),
        SpaceWrite::CountMembers(id, more) => members::count(group.connection, id, *more).await,
        SpaceWrite::Replicate(replica) => replicas::put(group, replica).await,
    }
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &SpaceGuard) -> Result<bool, StoreError> {
    match guard {
        SpaceGuard::At { id, revision } => {
            Ok(connection.fetch_optional(AT, &args![id.id, &id.home, *revision]).await?.is_some())
        }
        SpaceGuard::DomainHolds { id, domain, none_of } => {
            Ok(!members::domain_holds(connection, id, domain, none_of).await?)
        }
        SpaceGuard::OwnsFewer { user, than } => Ok(owned(connection, user).await? < *than),
    }
}

/// How many servers a user owns. They are a member of each, and found by that.
async fn owned(connection: &mut Connection, user: &UserKey) -> Result<u32, StoreError> {
    connection.fetch_one(OWNED, &args![user.id, &user.home]).await?.columns().int()
}

/// What a page begins after: every id is greater than the nil one.
pub(crate) fn first<T: Id>(after: Option<T>) -> Uuid {
    after.map_or(Uuid::nil(), Id::uuid)
}

async fn channels_of(connection: &mut Connection, server: &SpaceKey) -> Result<Vec<Channel>, StoreError> {
    let found = connection.fetch_all(CHANNELS, &args![server.id, &server.home]).await?;
    let overrides = connection.fetch_all(OVERRIDES, &args![server.id, &server.home]).await?;
    Ok(channels::join(&found, &overrides)?.into_iter().map(|kept| kept.channel).collect())
}

async fn by_id(connection: &mut Connection, id: &SpaceKey) -> Result<Option<Space>, StoreError> {
    let row = connection.fetch_optional(BY_ID, &args![id.id, &id.home]).await?;
    row.map(|row| read(&mut row.columns())).transpose()
}

pub(crate) async fn put(connection: &mut Connection, server: &Space) -> Result<(), StoreError> {
    let before = by_id(connection, &server.id).await?;
    discovery::update(connection, before.as_ref(), Some(server)).await?;
    let visibility = match server.visibility {
        Visibility::Public => PUBLICLY,
        Visibility::Private => PRIVATELY,
    };
    let values = args![
        server.id.id,
        &server.id.home,
        kind_number(server.kind),
        server.name.as_str(),
        server.description.as_str(),
        visibility,
        server.owner.id,
        &server.owner.home,
        server.created_at,
        server.version,
        server.suspended_until,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

async fn remove(connection: &mut Connection, id: &SpaceKey) -> Result<(), StoreError> {
    remove_rows(connection, id).await?;
    // A few messages are gone at once.
    removed_channels::sweep(connection).await.map(drop)
}

/// Removes a space, and leaves what is in its channels to [`removed_channels::sweep`].
pub(crate) async fn remove_rows(connection: &mut Connection, id: &SpaceKey) -> Result<(), StoreError> {
    // Looked for first, as a domain that is only asked for gets no number.
    let Some(space) = by_id(connection, id).await? else { return Ok(()) };
    discovery::update(connection, Some(&space), None).await?;
    // All but the messages and the audit log goes by its foreign key.
    removed_channels::add_all(connection, id).await?;
    audit::remove(connection, id).await?;
    connection.execute(REMOVE, &args![id.id, &id.home]).await.map(drop)
}

/// Reads [`columns`] of a server.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Space, StoreError> {
    let id = columns.qualified()?;
    let kind = columns.int()?;
    Ok(Space {
        id,
        kind: read_kind(columns, kind)?,
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
        suspended_until: columns.time_or_none()?,
    })
}

pub(crate) fn kind_number(kind: SpaceKind) -> i64 {
    match kind {
        SpaceKind::Community => COMMUNITY,
        SpaceKind::Group => GROUP,
        SpaceKind::Direct => DIRECT,
    }
}

pub(crate) fn read_kind(columns: &Columns<'_>, kind: i64) -> Result<SpaceKind, StoreError> {
    match kind {
        COMMUNITY => Ok(SpaceKind::Community),
        GROUP => Ok(SpaceKind::Group),
        DIRECT => Ok(SpaceKind::Direct),
        _ => Err(columns.unfit("no kind of space")),
    }
}

const COMMUNITY: i64 = 0;
const GROUP: i64 = 1;
const DIRECT: i64 = 2;

const PUBLICLY: i64 = 0;
const PRIVATELY: i64 = 1;

macro_rules! columns {
    () => {
        "space.id,
        space.origin,
        space.kind,
        space.name,
        space.description,
        space.visibility,
        space.owner_id,
        space.owner_origin,
        space.member_count,
        space.created_at,
        space.version,
        space.suspended_until"
    };
}
pub(crate) use columns;

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM space WHERE space.id = $1 AND space.origin = $2");

const WITH_REVISION: &str =
    concat!("SELECT ", columns!(), ", space.revision FROM space WHERE space.id = $1 AND space.origin = $2");

const OF_USER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM member
    JOIN space ON space.id = member.space_id AND space.origin = member.origin
    WHERE member.user_id = $1 AND member.user_origin = $2 AND space.kind = 0
        AND (member.space_id, member.origin) > ($3, $4)
    ORDER BY member.space_id, member.origin
    LIMIT $5 + 0"
);

const ALL_OF_USER: &str = "
    SELECT
        space_id,
        origin
    FROM member
    WHERE user_id = $1 AND user_origin = $2 AND (space_id, origin) > ($3, $4)
    ORDER BY space_id, origin
    LIMIT $5 + 0";

/// The channel of a private space has its id.
const CONVERSATIONS: &str = concat!(
    "SELECT ",
    channels::columns!(),
    " JOIN member ON member.space_id = channel.space_id AND member.origin = channel.origin
    WHERE member.user_id = $1 AND member.user_origin = $2 AND channel.kind IN (1, 2)
        AND (member.space_id, member.origin) > ($3, $4)
    ORDER BY member.space_id, member.origin
    LIMIT $5 + 0"
);

const SHARE: &str = "
    SELECT 1
    FROM member
    JOIN space ON space.id = member.space_id AND space.origin = member.origin
    WHERE member.user_id = $1 AND member.user_origin = $2 AND space.kind = 0
        AND (
            member.origin = $4 AND $4 <> 0
            OR EXISTS (
                SELECT 1
                FROM member AS other
                WHERE other.space_id = member.space_id
                    AND other.origin = member.origin
                    AND other.user_id = $3
                    AND other.user_origin = $4
            )
        )
    LIMIT 1";

const SHARED_WITH: &str = "
    SELECT 1
    FROM member
    JOIN space ON space.id = member.space_id AND space.origin = member.origin
    WHERE member.user_id = $1 AND member.user_origin = $2 AND space.kind = 0
        AND (
            member.origin = $3
            OR member.origin = 0 AND EXISTS (
                SELECT 1
                FROM space_remote
                WHERE space_remote.space_id = member.space_id
                    AND space_remote.origin = member.origin
                    AND space_remote.remote = $3
            )
        )
    LIMIT 1";

const OWNED: &str = "
    SELECT COUNT(*)
    FROM member
    JOIN space ON space.id = member.space_id AND space.origin = member.origin
    WHERE member.user_id = $1 AND member.user_origin = $2 AND space.owner_id = $1 AND space.owner_origin = $2
        AND space.kind = 0";

const OF_CHANNEL: &str = "SELECT space_id FROM channel WHERE id = $1 AND origin = $2";

const ROLES: &str =
    concat!("SELECT ", roles::columns!(), " FROM role WHERE role.space_id = $1 AND role.origin = $2 ORDER BY role.id");

const CHANNELS: &str = concat!(
    "SELECT ",
    channels::columns!(),
    " WHERE channel.space_id = $1 AND channel.origin = $2 ORDER BY channel.id"
);

const OVERRIDES: &str =
    concat!("SELECT ", channels::override_columns!(), " WHERE channel.space_id = $1 AND channel.origin = $2");

const PUT: &str = "
    INSERT INTO space (
        id,
        origin,
        kind,
        name,
        description,
        visibility,
        owner_id,
        owner_origin,
        created_at,
        version,
        suspended_until,
        member_count,
        revision
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 1)
    ON CONFLICT (id, origin) DO UPDATE SET
        kind = excluded.kind,
        name = excluded.name,
        description = excluded.description,
        visibility = excluded.visibility,
        owner_id = excluded.owner_id,
        owner_origin = excluded.owner_origin,
        created_at = excluded.created_at,
        version = excluded.version,
        suspended_until = excluded.suspended_until";

const AT: &str = "SELECT 1 FROM space WHERE id = $1 AND origin = $2 AND revision = $3";

const REVISE: &str = "UPDATE space SET revision = revision + 1 WHERE id = $1 AND origin = $2";

const REMOVE: &str = "DELETE FROM space WHERE id = $1 AND origin = $2";
