//! `cargo xtask attack`: the attacks of `tests/attack` at full length, in release.

use std::process::Command;

use crate::failure::Outcome;
use crate::postgres::{Durability, Postgres};
use crate::workspace::{built, cargo, forget_cargo};
use crate::{child, packages, test};

/// Builds the server and the attacks in release and plays the named ones, or all. The program prints what held.
pub(crate) fn attack(arguments: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER, crate::postgres::POSTGRES])?;
    let packages = ["--package", "beep-server", "--package", "beep-attack"];
    child::run(cargo(["build", "--release", "--locked", "--bins"]).args(packages))?;
    let postgres = Postgres::start(Durability::Forgone)?;
    let mut attack = Command::new(built("release", "attack")?);
    forget_cargo(&mut attack);
    test::with_servers(&mut attack, &postgres, "release")?;
    child::run(attack.args(arguments))
}
