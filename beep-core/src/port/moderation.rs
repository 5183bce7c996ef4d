//! What moderators of the backend decide, and what is reported to them.

use async_trait::async_trait;

use crate::id::{ReportId, SpaceKey, UserId, UserKey};
use crate::port::StoreError;
use crate::record::Record;
use crate::report::{Report, ReportState, ReportsSeen};
use crate::restriction::Restriction;
use crate::suspension::Suspension;
use crate::time::Timestamp;

/// Suspensions, restrictions and reports.
#[async_trait]
pub trait Moderation {
    /// The suspension of a user, which may have ended.
    async fn suspension(&self, user: &UserKey) -> Result<Option<Suspension>, StoreError>;
    /// The suspensions of some users of this backend, which may have ended, in any order.
    async fn suspensions_of(&self, users: &[UserId]) -> Result<Vec<Suspension>, StoreError>;
    /// All suspensions that are in force at `now`, by user, after `after`.
    async fn suspensions(
        &self,
        now: Timestamp,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Suspension>, StoreError>;
    /// The restriction of a user in a server, which may have ended.
    async fn restriction(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Restriction>, StoreError>;
    /// The report with this id.
    async fn report(&self, id: ReportId) -> Result<Option<Report>, StoreError>;
    /// Reports that somebody sees, of one state or of any, oldest first, after `after`.
    async fn reports(
        &self,
        seen: ReportsSeen,
        state: Option<ReportState>,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Report>, StoreError>;
    /// How many reports of a user are not resolved.
    async fn unresolved_reports(&self, by: &UserKey) -> Result<u32, StoreError>;
}

impl Record for Suspension {
    type Key = UserKey;
}

impl Record for Restriction {
    type Key = (SpaceKey, UserKey);
}

impl Record for Report {
    type Key = ReportId;
}
