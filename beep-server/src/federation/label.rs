//! How other backends are named in metrics: by their domain, as long as those are few. Domains cost nothing, and a label
//! stays for as long as the process runs.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use beep_core::domain::Domain;

/// The label of a backend: its domain, or one for all that came when there were too many.
pub(crate) fn of(domain: &Domain) -> String {
    static KNOWN: LazyLock<Mutex<Labels>> = LazyLock::new(Mutex::default);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).of(domain)
}

/// The domains that have a label of their own.
#[derive(Default)]
struct Labels(HashSet<Domain>);

impl Labels {
    fn of(&mut self, domain: &Domain) -> String {
        if !self.0.contains(domain) {
            if self.0.len() >= MOST_LABELS {
                return OTHERS.to_owned();
            }
            self.0.insert(domain.clone());
        }
        domain.to_string()
    }
}

const MOST_LABELS: usize = 1_000;

/// No domain is spelled so.
const OTHERS: &str = "(others)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_have_a_label_of_their_own() {
        let domain = |number: usize| Domain::parse(&format!("d{number}.example.com")).expect("valid");
        let mut labels = Labels::default();
        for number in 0..MOST_LABELS {
            assert_eq!(labels.of(&domain(number)), domain(number).as_str());
        }
        assert_eq!(labels.of(&domain(MOST_LABELS)), OTHERS);
        assert_eq!(labels.of(&domain(0)), domain(0).as_str());
        assert_eq!(labels.0.len(), MOST_LABELS);
    }
}
