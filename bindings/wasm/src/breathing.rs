//! A future that leaves the page time to draw.
//!
//! What wakes itself while it runs has more to do. In a browser it would be asked again before anything is drawn, so it is
//! asked again by a timer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use beep_client::transport::BoxFuture;
use futures_util::task::{ArcWake, waker};

use crate::transport::sleep;

/// Runs a future with pauses.
pub(crate) struct Breathing<F> {
    work: Pin<Box<F>>,
    pause: Option<BoxFuture<()>>,
}

impl<F> Breathing<F> {
    pub(crate) fn new(work: F) -> Self {
        Self { work: Box::pin(work), pause: None }
    }
}

impl<F: Future> Future for Breathing<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let noted = Arc::new(Noted {
            runs: AtomicBool::new(true),
            woken: AtomicBool::new(false),
            outer: context.waker().clone(),
        });
        let result = self.work.as_mut().poll(&mut Context::from_waker(&waker(noted.clone())));
        noted.runs.store(false, Ordering::Relaxed);
        if result.is_pending() && noted.woken.load(Ordering::Relaxed) {
            let mut pause = sleep(Duration::ZERO);
            // It is not over yet, and wakes when it is.
            let _ = pause.as_mut().poll(context);
            self.pause = Some(pause);
        }
        result
    }
}

/// Notes that the future is woken while it runs, and wakes it at once otherwise.
struct Noted {
    runs: AtomicBool,
    woken: AtomicBool,
    outer: Waker,
}

impl ArcWake for Noted {
    fn wake_by_ref(noted: &Arc<Self>) {
        if noted.runs.load(Ordering::Relaxed) {
            noted.woken.store(true, Ordering::Relaxed);
        } else {
            noted.outer.wake_by_ref();
        }
    }
}
