//! What was looked at, line by line: how it is, and what to do where it is not well.

use std::fmt::Write;

use crate::console;

/// What a look at one thing found.
pub(super) struct Finding {
    level: Level,
    what: String,
    /// What to do about it.
    then: Option<String>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// The lines so far.
#[derive(Default)]
pub(super) struct Report {
    /// What failed, each with what it is about.
    failed: Vec<String>,
}

/// It is well.
pub(super) fn ok(what: impl Into<String>) -> Finding {
    Finding { level: Level::Ok, what: what.into(), then: None }
}

/// It works, and somebody should look at it.
pub(super) fn warn(what: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding { level: Level::Warn, what: what.into(), then: Some(then.into()) }
}

/// It does not work.
pub(super) fn fail(what: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding { level: Level::Fail, what: what.into(), then: Some(then.into()) }
}

impl Report {
    /// Prints a finding; whether one may go on from there.
    pub(super) fn add(&mut self, about: &str, finding: Finding) -> bool {
        console::print(&finding.line(about));
        if finding.level == Level::Fail {
            self.failed.push(format!("{about}: {}", finding.what));
        }
        finding.level != Level::Fail
    }

    /// Prints a finding, and gives what was found if one may go on from there.
    pub(super) fn take<T>(&mut self, about: &str, found: Result<(Finding, T), Finding>) -> Option<T> {
        match found {
            Ok((finding, found)) => self.add(about, finding).then_some(found),
            Err(finding) => {
                self.add(about, finding);
                None
            }
        }
    }

    /// What failed first, and how much more did.
    pub(super) fn failure(&self) -> Option<String> {
        let first = self.failed.first()?;
        Some(match self.failed.len() - 1 {
            0 => first.clone(),
            more => format!("{first} (and {more} more)"),
        })
    }
}

impl Finding {
    fn line(&self, about: &str) -> String {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        // What strangers say may be anything.
        let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let mut line = format!("{level:<4}  {about:<16}  {}\n", plain(&self.what));
        if let Some(then) = &self.then {
            let _ = writeln!(line, "{:24}-> {}", "", plain(then));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_it_is_and_what_to_do() {
        assert_eq!(ok("at home").line("place"), "ok    place             at home\n");
        let line = fail("gone\x1b[2J\nok", "look for it").line("place");
        assert_eq!(line, "fail  place             gone [2J ok\n                        -> look for it\n");
    }

    #[test]
    fn what_fails_is_remembered_and_ends_what_depends_on_it() {
        let mut report = Report::default();
        assert!(report.add("a", ok("well")) && report.add("b", warn("old", "renew it")));
        assert_eq!(report.failure(), None);
        assert_eq!(report.take("c", Ok((ok("well"), 17))), Some(17));
        assert_eq!(report.take::<u8>("c", Err(fail("gone", "look for it"))), None);
        assert_eq!(report.failure().as_deref(), Some("c: gone"));
        assert!(!report.add("d", fail("gone", "look for it")));
        assert_eq!(report.failure().as_deref(), Some("c: gone (and 1 more)"));
    }
}
