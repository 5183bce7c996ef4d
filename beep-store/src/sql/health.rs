//! Whether the writer can write, as it last found out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::port::StoreError;
use tokio::time::Instant;

/// What came of the writer's last transaction.
#[derive(Clone, Default)]
pub(crate) struct Health(Arc<Mutex<Option<Ended>>>);

/// A transaction that ended.
#[derive(Clone)]
struct Ended {
    at: Instant,
    result: Result<(), StoreError>,
}

impl Health {
    /// Records what came of a transaction.
    pub(crate) fn report(&self, result: Result<(), StoreError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Ended { at: Instant::now(), result });
    }

    /// What came of the last one; nothing if it was too long ago to tell of the present.
    pub(crate) fn recent(&self) -> Option<Result<(), StoreError>> {
        let Ended { at, result } = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let good_for = if result.is_ok() { SUCCESS } else { FAILURE };
        (at.elapsed() < good_for).then_some(result)
    }
}

/// How long a transaction shows that others will succeed.
const SUCCESS: Duration = Duration::from_secs(5);

/// How long one that failed shows that others will fail.
const FAILURE: Duration = Duration::from_secs(1);
