//! Whether the backend is about to stop, for those who work on their own.

use tokio::sync::watch;

use super::Stage;

/// Tells when the backend is about to stop. It holds nothing of it.
#[derive(Clone)]
pub(crate) struct Closing(pub(super) watch::Receiver<Stage>);

impl Closing {
    /// Whether it is.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.has_changed().is_err() || *self.0.borrow() >= Stage::Closing
    }

    /// Waits until it is.
    pub(crate) async fn closes(&self) {
        // A hub that is gone has closed.
        let _ = self.0.clone().wait_for(|stage| *stage >= Stage::Closing).await;
    }
}
