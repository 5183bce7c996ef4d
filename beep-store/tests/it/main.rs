//! The suite on every store of this crate, and what only a database has.

mod at_once;
mod contention;
mod conversations;
mod damage;
mod deleted;
mod domain_bans;
mod faults;
mod federation;
mod hostile;
mod invitations;
mod line;
mod moderation;
mod origins;
mod pair;
mod poison;
mod pooler;
mod private;
mod reads;
mod remote;
mod silent;
mod sql;
mod squatting;
mod talk;

use std::sync::Arc;

use async_trait::async_trait;
use beep_core::port::{Store, StoreError};
use beep_proto::record::Records;
use beep_store::conformance::{Place, Stage};
use beep_store::{SqlOptions, SqlStore, StoreParts};

mod memory {
    beep_store::store_conformance!(super::in_memory());
}

mod sqlite {
    beep_store::store_conformance!(super::in_a_file());
}

mod postgres {
    beep_store::store_conformance!(super::in_a_database());
}

struct Memory;

#[async_trait]
impl Place for Memory {
    async fn open(&self, parts: StoreParts) -> Result<Arc<dyn Store>, StoreError> {
        open("memory:", parts).await
    }

    fn lasts(&self) -> bool {
        false
    }
}

/// A database with its URL; what else is held goes when the place does.
struct Database<T> {
    url: String,
    _held: T,
}

#[async_trait]
impl<T: Send + Sync> Place for Database<T> {
    async fn open(&self, parts: StoreParts) -> Result<Arc<dyn Store>, StoreError> {
        open(&self.url, parts).await
    }
}

async fn open(url: &str, parts: StoreParts) -> Result<Arc<dyn Store>, StoreError> {
    let store = SqlStore::open(url, SqlOptions::default(), parts).await;
    Ok(Arc::new(store.map_err(StoreError::new)?))
}

async fn in_memory() -> Option<Stage> {
    Some(Stage::open(Memory, Arc::new(Records)).await)
}

async fn in_a_file() -> Option<Stage> {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let url = sql::file_in(&folder);
    Some(Stage::open(Database { url, _held: folder }, Arc::new(Records)).await)
}

async fn in_a_database() -> Option<Stage> {
    let url = sql::new_postgres().await?;
    Some(Stage::open(Database { url, _held: () }, Arc::new(Records)).await)
}
