//! `cargo xtask bench`: the benchmarks, in release, with the servers that they need.

use std::process::Command;

use crate::failure::Outcome;
use crate::postgres::{Durability, Postgres};
use crate::start::Profile;
use crate::workspace::{built, cargo, forget_cargo};
use crate::{browser, child, node, packages, start, test};

/// Builds in release what the named benchmarks need and runs them: `web` drives the client in a browser, all others are
/// the program `bench`'s. Without a name, every one.
pub(crate) fn bench(arguments: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER])?;
    let ours: Vec<&str> = arguments.iter().copied().filter(|argument| *argument != WEB).collect();
    let named = |arguments: &[&str]| arguments.iter().any(|argument| !argument.starts_with('-'));
    let with_web = !named(arguments) || ours.len() < arguments.len();
    if with_web {
        packages::ensure(&[browser::CHROMIUM])?;
        node::ensure()?;
    }
    if !named(arguments) || named(&ours) {
        programs(&ours)?;
    }
    if with_web {
        start::build(Profile::Release)?;
        browser::speed()?;
    }
    Ok(())
}

fn programs(arguments: &[&str]) -> Outcome {
    let packages = ["--package", "beep-server", "--package", "beep-tests"];
    child::run(cargo(["build", "--release", "--locked", "--bins"]).args(packages))?;
    let postgres = Postgres::start(Durability::Kept)?;
    let mut bench = Command::new(built("release", "bench")?);
    forget_cargo(&mut bench);
    test::with_servers(&mut bench, &postgres, "release")?;
    child::run(bench.args(arguments))
}

const WEB: &str = "web";
