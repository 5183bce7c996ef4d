//! For whom the database is read: a caller never holds more than a part of the connections that read.

use std::future::Future;

tokio::task_local! {
    static CALLER: u64;
}

/// Carries something out for a caller, who is any number of one's own; what is not carried out for anybody is not held up.
/// Tasks that it spawns are nobody's.
pub async fn on_behalf_of<F: Future>(caller: u64, work: F) -> F::Output {
    CALLER.scope(caller, work).await
}

/// For whom this is carried out.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn caller() -> Option<u64> {
    CALLER.try_get().ok()
}
