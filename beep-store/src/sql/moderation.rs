//! What moderators of the backend decided, and what was reported to them.

use async_trait::async_trait;
use beep_core::id::{ReportId, SpaceKey, UserId, UserKey};
use beep_core::port::{Moderation, StoreError};
use beep_core::report::{Report, ReportState, ReportsSeen};
use beep_core::restriction::Restriction;
use beep_core::suspension::Suspension;
use beep_core::time::Timestamp;

use super::{SqlStore, reports, suspensions, table};

#[async_trait]
impl Moderation for SqlStore {
    async fn suspension(&self, user: &UserKey) -> Result<Option<Suspension>, StoreError> {
        table::find(&mut self.readers.acquire().await?, user).await
    }

    async fn suspensions_of(&self, users: &[UserId]) -> Result<Vec<Suspension>, StoreError> {
        suspensions::of(&mut self.readers.acquire().await?, users).await
    }

    async fn suspensions(
        &self,
        now: Timestamp,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Suspension>, StoreError> {
        suspensions::page(&mut self.readers.acquire().await?, now, after, limit).await
    }

    async fn restriction(&self, server: &SpaceKey, user: &UserKey) -> Result<Option<Restriction>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(server.clone(), user.clone())).await
    }

    async fn report(&self, id: ReportId) -> Result<Option<Report>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &id).await
    }

    async fn reports(
        &self,
        seen: ReportsSeen,
        state: Option<ReportState>,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Report>, StoreError> {
        reports::page(&mut self.readers.acquire().await?, seen, state, after, limit).await
    }

    async fn unresolved_reports(&self, by: &UserKey) -> Result<u32, StoreError> {
        reports::unresolved(&mut self.readers.acquire().await?, by).await
    }
}
