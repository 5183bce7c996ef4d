//! `cargo xtask test`: every check there is, the quick ones first; the first that fails ends it.

use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::postgres::{self, Durability, Postgres};
use crate::progress::Progress;
use crate::servers::{self, Servers};
use crate::tally::Tally;
use crate::workspace::{built, cargo};
use crate::{browser, child, crates, nextest, node, packages, sdk, wasm, web};

/// Runs every check, and ends with a line that counts the tests.
pub(crate) fn everything() -> Outcome {
    run(|progress, tally| {
        let needs = [packages::C_COMPILER, postgres::POSTGRES, browser::CHROMIUM];
        progress.step("system packages", || packages::ensure(&needs).and_then(|()| node::ensure()))?;
        progress.step("formatting", format)?;
        progress.step("clippy", clippy)?;
        progress.step("documentation", document)?;
        progress.step("wasm", wasm::check)?;
        tests(progress, tally, None)?;
        progress.step("packages", crates::package_if_changed)?;
        progress.step("browser SDK", || sdk::build().and_then(|()| sdk::test(tally)))?;
        progress.step("web client", || web::check(tally))?;
        progress.step("start", browser::start_as_the_readme_says)?;
        progress.step("browser", || browser::tests(tally))
    })
}

/// Runs what tells most in little time: no test that needs PostgreSQL, and none over processes.
pub(crate) fn quick() -> Outcome {
    run(|progress, tally| {
        progress.step("system packages", || packages::ensure(&[packages::C_COMPILER]))?;
        progress.step("formatting", format)?;
        progress.step("clippy", clippy)?;
        let program = progress.step("nextest", nextest::ensure)?;
        progress.step("tests", || {
            let mut command = nextest::run(&program);
            command.args(["--lib", "--bin", "xtask", "--test", "it", "--test", "net", "--filterset", WITHOUT_POSTGRES]);
            command.env_remove(postgres::URL_VARIABLE);
            count(&mut command, tally)
        })
    })
}

/// Each test that needs PostgreSQL says so in its name.
const WITHOUT_POSTGRES: &str = "not test(postgres)";

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

fn format() -> Outcome {
    child::run(&mut cargo(["fmt", "--all", "--check"]))
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
    let program = progress.step("nextest", nextest::ensure)?;
    progress.step("building the tests", build)?;
    let postgres = progress.step("PostgreSQL", || Postgres::start(Durability::Forgone))?;
    let servers = progress.step("shared servers", || Servers::start(&postgres))?;
    progress.step("tests", || {
        let mut command = nextest::run(&program);
        with_servers(&mut command, &postgres, "debug")?;
        command.env(servers::VARIABLE, &servers.told);
        // Whether any ran is seen once the examples have run as well.
        command.args(filter.map(|filter| ["--no-tests=pass", filter]).into_iter().flatten());
        count(&mut command, tally)
    })?;
    drop((servers, postgres));
    progress.step("examples in documentation", || {
        let mut command = cargo(["test", "--locked", "--workspace", "--doc"]);
        command.args(filter.map(|filter| ["--", filter]).into_iter().flatten());
        child::run_reading(&mut command, |line| {
            println!("{line}");
            tally.read(line);
        })
    })?;
    if tally.is_empty() {
        return Err(Failure::Because("no test ran".to_owned()));
    }
    Ok(())
}

fn count(nextest: &mut Command, tally: &mut Tally) -> Outcome {
    child::run_reading_errors(nextest, |line| {
        eprintln!("{line}");
        tally.read(line);
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
