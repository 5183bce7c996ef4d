//! Keys of the backend itself.

use async_trait::async_trait;
use beep_core::port::{Keys, SecretKey, SecretPurpose, StoreError};
use uuid::Uuid;

use super::SqlStore;
use super::arg::args;
use super::connection::Connection;
use super::row::Row;

#[async_trait]
impl Keys for SqlStore {
    async fn secret_keys(&self) -> Result<Vec<SecretKey>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(ALL, &[]).await?;
        rows.iter().map(read).collect()
    }
}

pub(crate) async fn put(connection: &mut Connection, key: &SecretKey) -> Result<(), StoreError> {
    let purpose = match key.purpose {
        SecretPurpose::Access => ACCESS,
        SecretPurpose::Refresh => REFRESH,
        SecretPurpose::Cursor => CURSOR,
    };
    connection.execute(PUT, &args![key.id, purpose, key.secret.as_slice(), key.created_at]).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    connection.execute(REMOVE, &args![id]).await.map(drop)
}

fn read(row: &Row) -> Result<SecretKey, StoreError> {
    let mut columns = row.columns();
    let id = columns.uuid()?;
    let purpose = match columns.int::<i64>()? {
        ACCESS => SecretPurpose::Access,
        REFRESH => SecretPurpose::Refresh,
        CURSOR => SecretPurpose::Cursor,
        _ => return Err(columns.unfit("no purpose of a key")),
    };
    Ok(SecretKey { id, purpose, secret: columns.octets()?, created_at: columns.time()? })
}

const ACCESS: i64 = 0;
const REFRESH: i64 = 1;
const CURSOR: i64 = 2;

const ALL: &str = "
    SELECT
        id,
        purpose,
        secret,
        created_at
    FROM secret_key
    ORDER BY created_at, id";

const PUT: &str = "
    INSERT INTO secret_key (
        id,
        purpose,
        secret,
        created_at
    ) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO UPDATE SET
        purpose = excluded.purpose,
        secret = excluded.secret,
        created_at = excluded.created_at";

const REMOVE: &str = "DELETE FROM secret_key WHERE id = $1";
