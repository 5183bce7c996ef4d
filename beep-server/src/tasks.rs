//! The tasks that a backend runs by itself. None ends unseen: one that panics is started again, or, where half of its work
//! may be done, the backend fails. It is not ready then, and the program ends, for whoever started it to start it anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Starts tasks and hears of their ends.
#[derive(Clone)]
pub(crate) struct Tasks(Arc<watch::Sender<Option<String>>>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Tasks {
    /// Starts a task without which the backend fails. It may end.
    pub(crate) fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let (tasks, task) = (self.clone(), tokio::spawn(work));
        tokio::spawn(async move {
            if let Err(error) = task.await
                && error.is_panic()
            {
                tasks.fail(format!("the task `{name}` panicked"));
            }
        });
    }

    /// Records that the backend can work no longer; the first reason counts.
    pub(crate) fn fail(&self, why: String) {
        tracing::error!(%why, "the backend failed");
        self.0.send_if_modified(|failure| {
            let is_first = failure.is_none();
            failure.get_or_insert(why);
            is_first
        });
    }

    /// Why the backend can work no longer.
    pub(crate) fn failure(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until the backend can work no longer, and says why.
    pub(crate) async fn fails(&self) -> String {
        let mut failures = self.0.subscribe();
        match failures.wait_for(Option::is_some).await {
            Ok(failure) => failure.clone().unwrap_or_default(),
            // This holds the sender.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Starts a task again and again, with a pause, until one ends by itself.
pub(crate) async fn restarted<F: Future<Output = ()> + Send + 'static>(name: &'static str, start: impl Fn() -> F) {
    while tokio::spawn(start()).await.is_err_and(|error| error.is_panic()) {
        tracing::error!(task = name, "a task panicked; it is started again");
        tokio::time::sleep(PAUSE).await;
    }
}

const PAUSE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_a_failure_and_one_that_ends_is_none() {
        let tasks = Tasks::default();
        let (ended, ends) = tokio::sync::oneshot::channel::<()>();
        tasks.spawn("short", async move { drop(ended) });
        assert!(ends.await.is_err());
        assert_eq!(tasks.failure(), None);
        tasks.spawn("broken", async { panic!("as a fault would") });
        assert_eq!(tasks.fails().await, "the task `broken` panicked");
        tasks.fail("another reason".to_owned());
        assert_eq!(tasks.failure().as_deref(), Some("the task `broken` panicked"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_started_again_until_it_ends() {
        let starts = Arc::new(AtomicU32::new(0));
        let start = || {
            let number = starts.fetch_add(1, Ordering::SeqCst);
            async move { assert!(number == 2, "as a fault would") }
        };
        restarted("broken twice", start).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
    }
}
