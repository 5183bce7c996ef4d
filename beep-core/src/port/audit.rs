//! The audit logs of servers, and that of the backend.

use async_trait::async_trait;

use crate::audit::{AuditEntry, AuditFilter, AuditLog, AuditNumber};
use crate::port::StoreError;

/// The audit logs. The store numbers the entries of each in the order of the commits, and keeps the newest
/// [`AuditLog::most`] of it for [`AuditLog::life`].
#[async_trait]
pub trait AuditLogs {
    /// The entries of a log that a filter lets through, newest first, those before `before`.
    async fn audit_entries(
        &self,
        log: &AuditLog,
        filter: &AuditFilter,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditEntry)>, StoreError>;
}

/// What is written of audit logs.
#[derive(Clone, Debug, PartialEq)]
pub enum AuditWrite {
    /// Adds an entry as the newest one of its log.
    Add(Box<AuditEntry>),
}
