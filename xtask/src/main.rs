//! Every step of building and checking Beep, as commands that anybody can run: `cargo xtask help`.
//!
//! This file only chooses the command. Each command is a file of its own; what they share is how to call
//! cargo ([`workspace`]), how to run and stop a child ([`child`]), what the system lacks ([`packages`]) and
//! how to tell of it ([`progress`]).

mod attack;
mod bench;
mod browser;
mod child;
mod crates;
mod dev;
mod failure;
mod fuzz;
mod nextest;
mod node;
mod packages;
mod postgres;
mod progress;
mod sdk;
mod servers;
mod start;
mod tally;
mod test;
mod wasm;
mod web;
mod workspace;

use std::process::ExitCode;

use failure::{Failure, Outcome};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match child::watch_signals() {
        Ok(()) => run(&arguments),
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Runs one command; each arm is a line of `usage.txt`, which a test compares.
fn run(arguments: &[String]) -> Outcome {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["two-backends", arguments @ ..] => start::two_backends(arguments),
        ["start", "--", flags @ ..] | ["start", flags @ ..] => start::start(flags),
        ["dev", "--", flags @ ..] | ["dev", flags @ ..] => dev::dev(flags),
        ["test"] => test::everything(),
        ["test", "--quick"] => test::quick(),
        ["test", filter] => test::matching(filter),
        ["wasm"] => wasm::check(),
        ["sdk"] => node::ensure().and_then(|()| sdk::build()),
        ["firefox"] => browser::firefox(),
        ["fuzz"] => fuzz::fuzz(fuzz::SECONDS),
        ["fuzz", seconds] => fuzz::fuzz(seconds.parse().map_err(|_| Failure::Usage)?),
        ["package"] => crates::package(),
        ["bench", arguments @ ..] => bench::bench(arguments),
        ["attack", arguments @ ..] => attack::attack(arguments),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::Usage),
    }
}

/// What `help` prints; a test of the workspace reads it too, to know which commands documents may name.
const USAGE: &str = include_str!("usage.txt");

#[cfg(test)]
mod tests {
    use super::USAGE;

    #[test]
    fn the_usage_names_every_command_and_no_other() {
        let source = include_str!("main.rs");
        let arms: std::collections::BTreeSet<&str> =
            source.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next()).collect();
        let named: std::collections::BTreeSet<&str> = USAGE
            .lines()
            .filter_map(|line| line.trim().strip_prefix("cargo xtask ")?.split_whitespace().next())
            .collect();
        assert_eq!(arms, named);
    }
}
