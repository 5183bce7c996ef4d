//! The audit logs of servers.

use async_trait::async_trait;

use crate::audit::{AuditEntry, AuditFilter, AuditNumber};
use crate::id::SpaceKey;
use crate::port::StoreError;

/// The audit logs of servers. The store numbers the entries of a server in the order of the commits, and keeps the newest
/// [`MOST_ENTRIES`](crate::audit::MOST_ENTRIES) of it for [`AUDIT_LIFE`](crate::audit::AUDIT_LIFE).
#[async_trait]
pub trait AuditLogs {
    /// The entries of a server that a filter lets through, newest first, those before `before`.
    async fn audit_entries(
        &self,
        server: &SpaceKey,
        filter: &AuditFilter,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditEntry)>, StoreError>;
}

/// What is written of audit logs.
#[derive(Clone, Debug, PartialEq)]
pub enum AuditWrite {
    /// Adds an entry as the newest one of its server.
    Add(Box<AuditEntry>),
}
