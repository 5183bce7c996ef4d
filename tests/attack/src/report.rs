//! What came of an attack.

use std::fmt;

use crate::address::Spread;

/// What came of one attack.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) name: &'static str,
    pub(crate) spread: Spread,
    pub(crate) outcome: Outcome,
}

/// What was seen.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// What did not hold.
    pub(crate) broken: Vec<String>,
    /// What was measured, if it was played to its end.
    pub(crate) figures: Option<Figures>,
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// How long an honest message took from one to the other before the attack, in milliseconds; 99 of 100 were faster.
    pub(crate) quiet_p99: f64,
    /// The same during the attack.
    pub(crate) p99: f64,
    /// How many messages that was.
    pub(crate) messages: usize,
    /// The most memory that the backend ever had, in MiB.
    pub(crate) most_resident: f64,
    /// The descriptors that it has more than before.
    pub(crate) descriptors: i64,
}

impl Report {
    /// What did not hold of what must always hold.
    pub fn broken(&self) -> &[String] {
        &self.outcome.broken
    }

    /// What did not hold, figures included. They mean something only of a release build that has the machine for itself.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = self.outcome.broken.clone();
        if let Some(figures) = self.outcome.figures {
            if figures.ratio() > MOST_RATIO {
                let (now, quiet) = (figures.p99, figures.quiet_p99);
                failures.push(format!("an honest message took {now:.1} ms, and {quiet:.1} ms before the attack"));
            }
            if figures.most_resident > MOST_MIB {
                failures.push(format!("the backend took {:.0} MiB", figures.most_resident));
            }
        }
        failures
    }

    /// The head of the table that reports are lines of.
    pub fn head() -> String {
        format!(
            "{:<26} {:>9} {:>6} {:>10} {:>11} {:>7} {:>9} {:>8} {:>12}",
            "attack", "addresses", "holds", "quiet p99", "attack p99", "ratio", "messages", "memory", "descriptors"
        )
    }
}

impl Figures {
    fn ratio(&self) -> f64 {
        self.p99 / self.quiet_p99.max(0.1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = if self.failures().is_empty() { "yes" } else { "NO" };
        write!(f, "{:<26} {:>9} {holds:>6}", self.name, self.spread.name())?;
        let Some(figures) = self.outcome.figures else { return Ok(()) };
        let Figures { quiet_p99, p99, messages, most_resident, descriptors } = figures;
        write!(f, " {quiet_p99:>7.1} ms")?;
        // An attack that is over at once tells nothing of what others notice.
        match messages {
            0 => write!(f, " {:>11} {:>7}", "-", "-")?,
            _ => write!(f, " {p99:>8.1} ms {:>7.1}", figures.ratio())?,
        }
        write!(f, " {messages:>9} {most_resident:>4.0} MiB")?;
        write!(f, " {descriptors:>+12}")
    }
}

/// How many times longer an honest message may take during an attack.
const MOST_RATIO: f64 = 10.0;

/// The most memory that a backend may take.
const MOST_MIB: f64 = 512.0;
