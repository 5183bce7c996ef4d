//! `cargo xtask bench`: the benchmarks, in release, with the servers that they need.

use std::process::Command;

use crate::failure::Outcome;
use crate::postgres::Postgres;
use crate::workspace::{built, cargo, forget_cargo};
use crate::{child, packages, test};

/// Builds the server and the benchmarks in release and runs them with `arguments`.
pub(crate) fn bench(arguments: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER])?;
    let packages = ["--package", "beep-server", "--package", "beep-tests"];
    child::run(cargo(["build", "--release", "--locked", "--bins"]).args(packages))?;
    let postgres = Postgres::start()?;
    let mut bench = Command::new(built("release", "bench")?);
    forget_cargo(&mut bench);
    test::with_servers(&mut bench, &postgres, "release")?;
    child::run(bench.args(arguments))
}
