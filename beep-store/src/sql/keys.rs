//! Keys of the backend itself.

use async_trait::async_trait;
use beep_core::port::{Keys, SecretKey, SecretPurpose, StoreError};
use uuid::Uuid;

use super::SqlStore;
use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{self, Select, Stored, Table};

#[async_trait]
impl Keys for SqlStore {
    async fn secret_keys(&self) -> Result<Vec<SecretKey>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(ALL.text(), &[]).await?;
        table::read_all(&rows)
    }
}

static TABLE: Table = Table::new("secret_key", &["id"], &["purpose", "secret", "created_at"]);

impl Stored for SecretKey {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(id: &Uuid) -> Vec<Arg<'_>> {
        args![*id].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let purpose = match self.purpose {
            SecretPurpose::Access => ACCESS,
            SecretPurpose::Refresh => REFRESH,
            SecretPurpose::Cursor => CURSOR,
        };
        args![self.id, purpose, self.secret.as_slice(), self.created_at].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let id = columns.uuid()?;
        let purpose = match columns.int::<i64>()? {
            ACCESS => SecretPurpose::Access,
            REFRESH => SecretPurpose::Refresh,
            CURSOR => SecretPurpose::Cursor,
            _ => return Err(columns.unfit("no purpose of a key")),
        };
        Ok(Self { id, purpose, secret: columns.octets()?, created_at: columns.time()? })
    }
}

const ACCESS: i64 = 0;
const REFRESH: i64 = 1;
const CURSOR: i64 = 2;

static ALL: Select = Select::new(&TABLE, "ORDER BY created_at, id");
