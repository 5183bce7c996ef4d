//! `cargo xtask test`: every check there is, the quick ones first; the first that fails ends it.

use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::postgres::{self, Postgres};
use crate::progress::Progress;
use crate::tally::Tally;
use crate::workspace::{built, cargo};
use crate::{browser, child, crates, fuzz, node, packages, sdk, wasm, web};

/// Runs every check, and ends with a line that counts the tests.
pub(crate) fn everything() -> Outcome {
    run(|progress, tally| {
        let needs = [packages::C_COMPILER, packages::CXX_COMPILER, postgres::POSTGRES, browser::CHROMIUM];
        progress.step("system packages", || packages::ensure(&needs).and_then(|()| node::ensure()))?;
        progress.step("formatting", || child::run(&mut cargo(["fmt", "--all", "--check"])))?;
        progress.step("clippy", clippy)?;
        progress.step("documentation", document)?;
        progress.step("wasm", wasm::check)?;
        tests(progress, tally, None)?;
        progress.step("fuzzing", || fuzz::fuzz(fuzz::SECONDS_IN_TEST))?;
        progress.step("packages", crates::package)?;
        progress.step("browser SDK", || sdk::build().and_then(|()| sdk::test(tally)))?;
        progress.step("web client", || web::check(tally))?;
        progress.step("start", browser::start_as_the_readme_says)?;
        progress.step("browser", || browser::tests(tally))
    })
}

/// Runs only the tests whose name contains `filter`, with all that they need.
pub(crate) fn matching(filter: &str) -> Outcome {
    run(|progress, tally| tests(progress, tally, Some(filter)))
}

fn run(steps: impl FnOnce(&mut Progress, &mut Tally) -> Outcome) -> Outcome {
    let (mut progress, mut tally) = (Progress::default(), Tally::default());
    let outcome = steps(&mut progress, &mut tally);
    progress.durations();
    println!("{tally}");
    outcome
}

fn clippy() -> Outcome {
    child::run(&mut cargo(["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

/// A link that leads nowhere is an error.
fn document() -> Outcome {
    let mut command = cargo(["doc", "--locked", "--workspace", "--no-deps", "--quiet"]);
    child::run(command.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn tests(progress: &mut Progress, tally: &mut Tally, filter: Option<&str>) -> Outcome {
    progress.step("building the tests", build)?;
    let postgres = progress.step("PostgreSQL", Postgres::start)?;
    progress.step("tests", || {
        let mut command = cargo(["test", "--locked", "--workspace", "--no-fail-fast"]);
        with_servers(&mut command, &postgres, "debug")?;
        if let Some(filter) = filter {
            command.args(["--", filter]);
        }
        child::run_reading(&mut command, |line| {
            println!("{line}");
            tally.read(line);
        })?;
        if tally.is_empty() {
            return Err(Failure::Because("no test ran".to_owned()));
        }
        Ok(())
    })
}

/// Builds every program as well, with the features that the tests are built with: otherwise the server that the
/// scenarios start would compile its dependencies a second time.
fn build() -> Outcome {
    child::run(&mut cargo(["build", "--locked", "--workspace", "--all-targets"]))
}

/// Tells the tests where their servers are; `profile` is the folder of the server's binary.
pub(crate) fn with_servers(command: &mut Command, postgres: &Postgres, profile: &str) -> Outcome {
    command.env(postgres::URL_VARIABLE, &postgres.url);
    command.env("BEEP_SERVER_BIN", built(profile, "beep-server")?);
    Ok(())
}
