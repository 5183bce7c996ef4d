//! Sessions.

use async_trait::async_trait;
use beep_core::id::{SessionId, UserId};
use beep_core::port::{SessionGuard, Sessions, StoreError};
use beep_core::session::{Chain, Rotation, Session};
use beep_core::text::SessionLabel;
use beep_core::time::Timestamp;

use super::SqlStore;
use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Columns;
use super::table::{self, Select, Stored, Table};

#[async_trait]
impl Sessions for SqlStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &id).await
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(OF_USER.text(), &args![user]).await?;
        table::read_all(&rows)
    }

    async fn session_addresses(&self, user: UserId) -> Result<Vec<String>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(ADDRESSES, &args![user]).await?;
        rows.iter().map(|row| row.columns().text().map(str::to_owned)).collect()
    }

    async fn revoked_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(REVOKED, &args![since]).await?;
        rows.iter().map(|row| row.columns().id()).collect()
    }
}

static TABLE: Table = Table::new(
    "session",
    &["id"],
    &["user_id", "label", "address", "persist", "created_at", "last_used_at", "revoked_at", "current_hash", "replaced"],
);

impl Stored for Session {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(id: &SessionId) -> Vec<Arg<'_>> {
        args![*id].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        args![
            self.id,
            self.user,
            self.label.as_ref().map(SessionLabel::as_str),
            self.address.as_deref(),
            self.persist,
            self.created_at,
            self.last_used_at,
            self.revoked_at,
            self.rotation.current.as_slice(),
            self.rotation.replaced.octets(),
        ]
        .into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: columns.id()?,
            user: columns.id()?,
            label: columns.parsed_or_none(SessionLabel::parse)?,
            address: columns.text_or_none()?.map(str::to_owned),
            persist: columns.bool()?,
            created_at: columns.time()?,
            last_used_at: columns.time()?,
            revoked_at: columns.time_or_none()?,
            rotation: Rotation { current: columns.octets()?, replaced: chain(columns)? },
        })
    }
}

fn chain(columns: &mut Columns<'_>) -> Result<Chain, StoreError> {
    Chain::from_octets(columns.bytes()?).ok_or_else(|| columns.unfit("replaced secrets of another length"))
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &SessionGuard) -> Result<bool, StoreError> {
    match guard {
        SessionGuard::At { id, current } => {
            Ok(connection.fetch_optional(AT, &args![*id, current.as_slice()]).await?.is_some())
        }
        SessionGuard::Counted { user, signed_in } => {
            let counted: u32 = connection.fetch_one(COUNT, &args![*user]).await?.columns().int()?;
            Ok(counted == *signed_in)
        }
    }
}

const ADDRESSES: &str = "SELECT DISTINCT address FROM session WHERE user_id = $1 AND address IS NOT NULL";

static OF_USER: Select =
    Select::new(&TABLE, "WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC");

const REVOKED: &str = "SELECT id FROM session WHERE revoked_at >= $1 ORDER BY revoked_at, id";

const COUNT: &str = "SELECT COUNT(*) FROM session WHERE user_id = $1 AND revoked_at IS NULL";

const AT: &str = "SELECT 1 FROM session WHERE id = $1 AND current_hash = $2 AND revoked_at IS NULL";
