//! How figures are printed: what was measured, beside its limit, and whether the aim is met.

use std::time::Duration;

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Nothing in particular.
    None,
}

/// Prints one figure beside its limit, and the ratio of the two.
pub(crate) fn beside(what: &str, value: f64, limit: f64, unit: &str, aim: Aim) {
    let ratio = value / limit;
    let (value, limit) = (number(value), number(limit));
    line(what, &format!("{value} {unit}"), &format!("limit {limit} {unit}"), &format!("ratio {ratio:.2}"), aim, ratio);
}

/// Prints one figure whose aim is a value in its unit.
pub(crate) fn alone(what: &str, value: f64, unit: &str, aim: Aim) {
    line(what, &format!("{} {unit}", number(value)), "", "", aim, value);
}

/// Prints what explains the line above.
pub(crate) fn detail(text: &str) {
    println!("    {text}");
}

fn line(what: &str, value: &str, limit: &str, ratio: &str, aim: Aim, judged: f64) {
    let verdict = match aim {
        Aim::AtLeast(least) if judged >= least => format!("aim ≥ {least}: met"),
        Aim::AtLeast(least) => format!("aim ≥ {least}: MISSED"),
        Aim::AtMost(most) if judged <= most => format!("aim ≤ {most}: met"),
        Aim::AtMost(most) => format!("aim ≤ {most}: MISSED"),
        Aim::None => String::new(),
    };
    println!("{what:<44} {value:>16}  {limit:<22} {ratio:<12} {verdict}");
}

/// A number with three digits that mean something, or all before the point.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => thousands(value),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How long things took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<u32>);

impl Times {
    /// Of nothing yet.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one, in microseconds.
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds all of another.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The time in milliseconds that this share of all, from 0 to 1, did not exceed; 0 of nothing.
    pub(crate) fn percentile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let at = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(at.saturating_sub(1)).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }
}

/// The middle one of several values.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
