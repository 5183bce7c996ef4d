//! How a load is measured: callers that each do one thing after the other, for a while after a warm-up.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::crowd::Crowd;
use crate::figure::Times;
use crate::process;

/// What was measured of operations that were carried out.
pub(crate) struct Load {
    /// Operations a second.
    pub(crate) rate: f64,
    /// Milliseconds that half of them took at most.
    pub(crate) p50: f64,
    /// Milliseconds that all but one in a hundred took at most.
    pub(crate) p99: f64,
    /// Milliseconds of CPU that the process which carried them out took for one.
    pub(crate) cpu_ms: f64,
}

/// What the callers of a load have in common.
#[derive(Clone, Default)]
pub(crate) struct Phase(Rc<Cell<Step>>);

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Step {
    #[default]
    WarmUp,
    Measured,
    Over,
}

impl Phase {
    /// Whether what ends now is counted.
    pub(crate) fn is_measured(&self) -> bool {
        self.0.get() == Step::Measured
    }

    /// Whether a caller should end.
    pub(crate) fn is_over(&self) -> bool {
        self.0.get() == Step::Over
    }
}

/// Lets callers warm up, measures them, and ends them; gives the load as a whole, and the times by kind of operation,
/// which each caller returns.
pub(crate) async fn measure<const KINDS: usize>(
    crowd: &Crowd,
    phase: &Phase,
    callers: Vec<JoinHandle<[Times; KINDS]>>,
) -> (Load, [Times; KINDS]) {
    tokio::time::sleep(WARM_UP).await;
    let (cpu, begun) = (process::cpu(crowd.server.pid()), Instant::now());
    phase.0.set(Step::Measured);
    tokio::time::sleep(MEASURE).await;
    phase.0.set(Step::Over);
    let (cpu, took) = (process::cpu(crowd.server.pid()) - cpu, begun.elapsed());
    let mut by_kind = [const { Times::new() }; KINDS];
    for caller in callers {
        for (kind, times) in by_kind.iter_mut().zip(caller.await.expect("a caller ends")) {
            kind.join(times);
        }
    }
    let mut all = Times::new();
    by_kind.iter().for_each(|times| all.join(times.clone()));
    let count = all.count() as f64;
    let load = Load {
        rate: count / took.as_secs_f64(),
        p50: all.percentile(0.5),
        p99: all.percentile(0.99),
        cpu_ms: cpu.as_secs_f64() * 1e3 / count,
    };
    (load, by_kind)
}

/// How long a load lasts before it is measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// How long a load is measured.
pub(crate) const MEASURE: Duration = Duration::from_secs(4);
