//! What a person sees of a long run: which step it is at, how long each took, where it stopped.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};

/// The steps of one run and how long each took.
#[derive(Default)]
pub(crate) struct Progress {
    done: Vec<(&'static str, Duration)>,
}

impl Progress {
    /// Runs one step under its name. A failure is told of here, beside what the step printed.
    pub(crate) fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        println!("==> {name}");
        let start = Instant::now();
        let outcome = crate::child::check_stopped().and_then(|()| work());
        let took = start.elapsed();
        self.done.push((name, took));
        match outcome {
            Ok(value) => {
                println!("    {name}: {}", spelled(took));
                Ok(value)
            }
            Err(Failure::Because(reason)) => {
                println!("==> FAILED at {name} after {}: {reason}", spelled(took));
                Err(Failure::Told)
            }
            Err(other) => Err(other),
        }
    }

    /// Prints how long each step took.
    pub(crate) fn durations(&self) {
        let width = self.done.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        println!();
        for (name, took) in &self.done {
            println!("{name:width$}  {:>12}", spelled(*took));
        }
        let all = self.done.iter().map(|(_, took)| *took).sum();
        println!("{:width$}  {:>12}", "all", spelled(all));
    }
}

/// A duration as a person says it.
pub(crate) fn spelled(took: Duration) -> String {
    match took.as_secs() {
        0..60 => format!("{:.1} s", took.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spelled_for_people() {
        assert_eq!(spelled(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(spelled(Duration::from_secs(61)), "1 min 01 s");
        assert_eq!(spelled(Duration::from_secs(3_600)), "60 min 00 s");
    }
}
