//! Waiting for another backend's stream: the effect of its answer often arrives a moment later, as an event.

use std::time::Duration;

use crate::backend::Backend;
use crate::domain::Domain;
use crate::id::{SpaceKey, UserKey};
use crate::port::{PendingLeave, StoreError, StreamMark};

/// What to wait for.
#[derive(Debug)]
pub(super) enum Awaited<'a> {
    /// A user of this backend is, or is not, a member of a server of another.
    Membership { server: &'a SpaceKey, user: &'a UserKey, is_member: bool },
    /// The owner's stream has reported that a user left.
    LeaveConfirmed(&'a PendingLeave),
    /// The stream of another backend is applied up to a position.
    AppliedUpTo { origin: &'a Domain, mark: StreamMark },
}

impl Awaited<'_> {
    /// Whether it is so.
    pub(super) async fn is_met(&self, backend: &Backend) -> Result<bool, StoreError> {
        let store = &backend.store;
        Ok(match self {
            Self::Membership { server, user, is_member } => store.member(server, user).await?.is_some() == *is_member,
            Self::LeaveConfirmed(pending_leave) => {
                !store.pending_leaves(&pending_leave.server.home).await?.contains(pending_leave)
            }
            Self::AppliedUpTo { origin, mark } => {
                let here = store.inbound(origin).await?;
                here.is_some_and(|here| here.stream == mark.stream && here.seq >= mark.seq)
            }
        })
    }

    /// Waits until it is so, up to a time limit; says whether it is.
    pub(super) async fn within(&self, backend: &Backend, at_most: Duration) -> Result<bool, StoreError> {
        let deadline = backend.now().after(at_most);
        loop {
            // Counted before it is looked, so that nothing falls between the two.
            let count = backend.peers.applied_count();
            if self.is_met(backend).await? {
                return Ok(true);
            }
            // A clock that was set back makes nobody wait longer.
            let left = deadline.since(backend.now()).min(at_most);
            if left.is_zero() || !backend.peers.applied_since(count, left).await {
                return Ok(false);
            }
        }
    }
}
