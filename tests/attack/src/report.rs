//! What came of an attack.

use std::fmt;

use crate::address::Spread;

/// What came of one attack.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the attack.
    pub name: &'static str,
    /// From how many addresses it came.
    pub spread: Spread,
    /// What was seen.
    pub outcome: Outcome,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What did not hold.
    pub broken: Vec<String>,
    /// What was measured, if it was played to its end.
    pub figures: Option<Figures>,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Of each honest pair.
    pub pairs: Vec<PairFigures>,
    /// The most memory that the backend ever had, in MiB.
    pub most_resident: f64,
    /// The descriptors that it has more than before.
    pub descriptors: i64,
}

/// What was measured of an honest pair.
#[derive(Clone, Copy, Debug)]
pub struct PairFigures {
    /// Where they are.
    pub who: &'static str,
    /// How long a message took from one to the other before the attack, in milliseconds; 99 of 100 were faster.
    pub quiet_p99: f64,
    /// The same during the attack.
    pub p99: f64,
    /// How many messages that was.
    pub messages: usize,
}

impl Report {
    /// What did not hold of what must always hold.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = self.outcome.broken.clone();
        if let Some(left) = self.outcome.figures.as_ref().map(|figures| figures.descriptors).filter(|left| *left > 0) {
            broken.push(format!("the backend still has {left} descriptors more than before"));
        }
        broken
    }

    /// What did not hold, figures included. They mean something only of a release build that has the machine for itself.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = self.broken();
        if let Some(figures) = &self.outcome.figures {
            for pair in figures.pairs.iter().filter(|pair| pair.ratio() >= MOST_RATIO) {
                let PairFigures { who, quiet_p99, p99, .. } = pair;
                failures
                    .push(format!("an honest message {who} took {p99:.1} ms, and {quiet_p99:.1} ms before the attack"));
            }
            if figures.most_resident >= MOST_MIB {
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

impl PairFigures {
    fn ratio(&self) -> f64 {
        self.p99 / self.quiet_p99.max(0.1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = if self.failures().is_empty() { "yes" } else { "NO" };
        write!(f, "{:<26} {:>9} {holds:>6}", self.name, self.spread.name())?;
        let Some(Figures { pairs, most_resident, descriptors }) = &self.outcome.figures else { return Ok(()) };
        for (number, pair) in pairs.iter().enumerate() {
            if number > 0 {
                write!(f, "\n{:>43}", pair.who)?;
            }
            let PairFigures { quiet_p99, p99, messages, .. } = pair;
            write!(f, " {quiet_p99:>7.1} ms")?;
            // An attack that is over at once tells nothing of what others notice.
            match messages {
                0 => write!(f, " {:>11} {:>7}", "-", "-")?,
                _ => write!(f, " {p99:>8.1} ms {:>7.1}", pair.ratio())?,
            }
            write!(f, " {messages:>9}")?;
            if number == 0 {
                write!(f, " {most_resident:>4.0} MiB {descriptors:>+12}")?;
            }
        }
        Ok(())
    }
}

/// How many times longer an honest message may take during an attack.
const MOST_RATIO: f64 = 10.0;

/// The most memory that a backend may take.
const MOST_MIB: f64 = 512.0;
