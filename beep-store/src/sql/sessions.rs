//! Sessions.

use async_trait::async_trait;
use beep_core::id::{SessionId, UserId};
use beep_core::port::{Sessions, StoreError};
use beep_core::session::{Rotation, Session};
use beep_core::text::SessionLabel;
use beep_core::time::Timestamp;

use super::SqlStore;
use super::arg::args;
use super::connection::Connection;
use super::row::Row;

#[async_trait]
impl Sessions for SqlStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = self.readers.acquire().await?.fetch_optional(BY_ID, &args![id]).await?;
        row.as_ref().map(read).transpose()
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(OF_USER, &args![user]).await?;
        rows.iter().map(read).collect()
    }

    async fn revoked_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(REVOKED, &args![since]).await?;
        rows.iter().map(|row| row.columns().id()).collect()
    }
}

pub(crate) async fn put(connection: &mut Connection, session: &Session) -> Result<(), StoreError> {
    let values = args![
        session.id,
        session.user,
        session.label.as_ref().map(SessionLabel::as_str),
        session.address.as_deref(),
        session.persist,
        session.created_at,
        session.last_used_at,
        session.revoked_at,
        session.rotation.current.as_slice(),
        session.rotation.previous.as_ref().map(<[u8; 32]>::as_slice),
        session.rotation.nonce.as_slice(),
        session.rotation.rotated_at,
    ];
    connection.execute(PUT, &values).await.map(drop)
}

fn read(row: &Row) -> Result<Session, StoreError> {
    let mut columns = row.columns();
    Ok(Session {
        id: columns.id()?,
        user: columns.id()?,
        label: columns.parsed_or_none(SessionLabel::parse)?,
        address: columns.text_or_none()?.map(str::to_owned),
        persist: columns.bool()?,
        created_at: columns.time()?,
        last_used_at: columns.time()?,
        revoked_at: columns.time_or_none()?,
        rotation: Rotation {
            current: columns.octets()?,
            previous: columns.octets_or_none()?,
            nonce: columns.octets()?,
            rotated_at: columns.time()?,
        },
    })
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT
                id,
                user_id,
                label,
                address,
                persist,
                created_at,
                last_used_at,
                revoked_at,
                current_hash,
                previous_hash,
                rotation_nonce,
                rotated_at
            FROM session
            WHERE ",
            $condition
        )
    };
}

const BY_ID: &str = select!("id = $1");
const OF_USER: &str = select!("user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC");

const REVOKED: &str = "SELECT id FROM session WHERE revoked_at >= $1 ORDER BY revoked_at, id";

const PUT: &str = "
    INSERT INTO session (
        id,
        user_id,
        label,
        address,
        persist,
        created_at,
        last_used_at,
        revoked_at,
        current_hash,
        previous_hash,
        rotation_nonce,
        rotated_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO UPDATE SET
        user_id = excluded.user_id,
        label = excluded.label,
        address = excluded.address,
        persist = excluded.persist,
        created_at = excluded.created_at,
        last_used_at = excluded.last_used_at,
        revoked_at = excluded.revoked_at,
        current_hash = excluded.current_hash,
        previous_hash = excluded.previous_hash,
        rotation_nonce = excluded.rotation_nonce,
        rotated_at = excluded.rotated_at";
