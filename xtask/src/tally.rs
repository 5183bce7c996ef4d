//! How many tests ran, counted from the lines with which each test program ends.

use std::fmt;

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Adds what a closing line says: cargo's `test result: ok. 3 passed; 0 failed; …`,
    /// nextest's `Summary [ 1.5s] 4 tests run: 3 passed (1 slow), 1 timed out, 2 skipped`, Vitest's
    /// `Tests  1 failed | 3 passed (4)`, Playwright's `3 passed (1.5s)`, Node's `ℹ pass 3`. Ignores any other.
    pub(crate) fn read(&mut self, line: &str) {
        // nextest shows, indented, what a test that failed wrote: that one is in its summary.
        if line.starts_with("    test result: ") {
            return;
        }
        let line = line.trim();
        if let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) {
            counts.split(';').for_each(|count| self.add(count));
        } else if let Some((_, counts)) = line.strip_prefix("Summary [").and_then(|rest| rest.split_once(" run: ")) {
            self.add_nextest(counts);
        } else if let Some(counts) = line.strip_prefix("Tests ") {
            counts.split('|').for_each(|count| self.add(count.split('(').next().unwrap_or_default()));
        } else if let Some(count) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            match count.split_once(' ') {
                Some(("pass", number)) => self.passed += number.parse().unwrap_or(0),
                Some(("fail", number)) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        } else {
            self.add(line.split('(').next().unwrap_or_default());
        }
    }

    /// Adds `3 passed (1 slow, 1 leaky), 1 failed, 1 timed out, 2 skipped`: what ran and did not pass has failed.
    fn add_nextest(&mut self, counts: &str) {
        let mut inside = false;
        let outside = |letter: &char| {
            inside = (inside || *letter == '(') && *letter != ')';
            !inside && *letter != ')'
        };
        let counts: String = counts.chars().filter(outside).collect();
        for count in counts.split(',') {
            let Some((number, what)) = count.trim().split_once(' ') else { continue };
            let number: u64 = number.parse().unwrap_or(0);
            match what.trim() {
                "passed" => self.passed += number,
                "skipped" => {}
                _ => self.failed += number,
            }
        }
    }

    /// Adds `3 passed` or `3 failed`.
    fn add(&mut self, count: &str) {
        match count.trim().split_once(' ') {
            Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
            Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
            _ => {}
        }
    }

    /// Whether no test ran at all.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_closing_lines() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test says_test_result ... ok",
            "test result: FAILED. 41 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "44 passed, 2 failed");
        assert!(!tally.is_empty());
    }

    #[test]
    fn adds_up_those_of_nextest() {
        let mut tally = Tally::default();
        for line in [
            "        PASS [   0.031s] (1/9) beep-core::it permission::summary_3_passed",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s",
            "     Summary [  12.345s] 9 tests run: 5 passed (2 slow, 1 leaky), 2 failed (1 due to being leaky), 1 timed out, 1 exec failed, 4 skipped",
            "     Summary [   0.006s] 1 test run: 1 passed, 700 skipped",
            "     Summary [   3.000s] 2/9 tests run: 1 passed, 1 failed, 0 skipped",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "7 passed, 5 failed");
    }

    #[test]
    fn adds_up_those_of_other_runners() {
        let mut tally = Tally::default();
        for line in [
            "  ✓  3 e2e/chat.spec.ts:78:1 › what 9 passed (and 2 failed",
            " Test Files  6 passed (6)",
            "      Tests  1 failed | 70 passed (71)",
            "      Tests  4 passed (4)",
            "  2 failed",
            "    e2e/chat.spec.ts:17:1 › two people",
            "  6 passed (17.9s)",
            "  3 passed (2.1m)",
            "ℹ tests 5",
            "ℹ pass 4",
            "ℹ fail 1",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "87 passed, 4 failed");
    }
}
